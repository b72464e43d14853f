/** Ingress as consensus sees it: fill a payload, judge somebody else's. Source: replica A.17. */
import type { BatchPayload, ValidationContext } from "../../types/consensus.ts";
import type { Height } from "../../types/ids.ts";

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
  validate(payload: BatchPayload, context: ValidationContext, past: readonly PastPayload[]): PayloadVerdict;
}
