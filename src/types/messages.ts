/** What users send and what they may learn about it. Source: interface H40–H49, A10–A48. */
import type { CanisterId, MessageId, Nanos, UserId } from "./ids.ts";

/** The decoded, not yet judged content of a `call`. `id` hashes every field received, known to us or not. */
export interface IngressContent {
  readonly id: MessageId;
  readonly sender: UserId;
  readonly canister: CanisterId;
  readonly method: string;
  readonly arg: Uint8Array;
  readonly expiry: Nanos;
  readonly nonce: Uint8Array | undefined;
  readonly callerInfo?: CallerInfo | undefined;
}

/** What a canister that signs for its users says about one: shown to the called canister. Source: interface A50–A52. */
export interface CallerInfo {
  readonly info: Uint8Array;
  readonly signer: CanisterId;
}

/** A call as it travels in gossip and blocks: the envelope's own bytes beside what they decode to. */
export interface SignedIngress {
  readonly content: IngressContent;
  /**
   * Whom its URL must name, as the content says: the callee, or the canister that a management call is about. The
   * management canister where the URL may name anyone (calls that create a canister). Source: interface H80–H85.
   */
  readonly effectiveCanister: CanisterId;
  readonly bytes: Uint8Array;
}

export type IngressStatus =
  | { readonly kind: "received" | "processing" | "done" }
  | { readonly kind: "replied"; readonly reply: Uint8Array }
  | { readonly kind: "rejected"; readonly reject: Reject };

export interface IngressRecord {
  readonly status: IngressStatus;
  readonly sender: UserId;
  /** The canister named in the call, checked against delegation targets on read_state. */
  readonly receiver: CanisterId;
  readonly effectiveCanister: CanisterId;
  readonly expiry: Nanos;
  /** Subnet time at which the status last changed; replies stay readable five minutes. */
  readonly changedAt: Nanos;
}

/** Reject codes 1–6. Source: interface §5.2. */
export const RejectCode = {
  SysFatal: 1,
  SysTransient: 2,
  DestinationInvalid: 3,
  CanisterReject: 4,
  CanisterError: 5,
  SysUnknown: 6,
} as const;
export type RejectCode = (typeof RejectCode)[keyof typeof RejectCode];

/** A user's failure, as mainnet words it. `error` is `IC0503` and the like. */
export interface Reject {
  readonly code: RejectCode;
  readonly message: string;
  readonly error?: string;
}
