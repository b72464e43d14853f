/** Payloads as consensus sees them: fill one, judge somebody else's. Source: replica A.17. */
import type { Decoded } from "../../base/decoded.ts";
import type { BatchPayload, ValidationContext } from "../../types/consensus.ts";
import type { CanisterId, Height, MessageId, Nanos, NodeId, UserId } from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";
import type { Query } from "./execution.ts";
import type { StatePath } from "./state-reader.ts";

/** Payloads of the blocks from the context's certified height + 1 to the parent: what may not be included again. */
export interface PastPayload {
  readonly height: Height;
  readonly payload: BatchPayload;
}

export type PayloadVerdict =
  | { readonly kind: "valid" }
  /** For ever: the block is refused. */
  | { readonly kind: "invalid"; readonly because: string }
  /** Not judged yet, for example the state it names is not here: try again later. */
  | { readonly kind: "wait"; readonly because: string };

export interface PayloadBuilder {
  build(context: ValidationContext, past: readonly PastPayload[]): BatchPayload;
  /** `maker`: of the block that holds the payload. */
  validate(
    payload: BatchPayload,
    context: ValidationContext,
    past: readonly PastPayload[],
    maker: NodeId,
  ): PayloadVerdict;
}

/** A request that is refused before anything of it happens: an HTTP status and its body. Source: interface §1.3. */
export interface RequestRefused {
  readonly ok: false;
  readonly status: 400 | 403 | 404 | 413;
  readonly text: string;
}
export type Judged<T> = { readonly ok: true; readonly value: T } | RequestRefused;

export interface JudgedQuery {
  /** Hash of the query's content: part of what the node signs. */
  readonly id: MessageId;
  readonly query: Query;
  /** As in SignedIngress: whom the URL must name; the management canister where it may name anyone. */
  readonly effectiveCanister: CanisterId;
}
export interface JudgedReadState {
  readonly sender: UserId;
  readonly paths: readonly StatePath[];
  /** Canisters that the sender's delegations allow; undefined: all. */
  readonly targets: ReadonlySet<CanisterId> | undefined;
}

/** Envelopes in, authenticated requests out. `now` is what expiry and delegations are held against. */
export interface RequestJudge {
  call(envelope: Uint8Array, now: Nanos): Judged<SignedIngress>;
  query(envelope: Uint8Array, now: Nanos): Judged<JudgedQuery>;
  readState(envelope: Uint8Array, now: Nanos): Judged<JudgedReadState>;
  /** What a call says, nothing of it verified: for payloads that a quorum has already judged. */
  decode(envelope: Uint8Array): Decoded<SignedIngress>;
}
