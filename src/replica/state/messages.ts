/** Messages between canisters, call contexts and callbacks. Source: interface §5.1, replica B.5. */
import type { CanisterId, MessageId, Nanos, PrincipalId, UserId } from "../../types/ids.ts";
import type { CallerInfo, Reject } from "../../types/messages.ts";

/** Where the answer to a call goes. */
export type CallOrigin =
  | { readonly kind: "ingress"; readonly message: MessageId; readonly user: UserId }
  | {
      readonly kind: "canister";
      readonly canister: CanisterId;
      readonly callback: number;
      readonly deadline: Nanos;
    }
  | { readonly kind: "system" };

export interface CanisterRequest {
  readonly kind: "request";
  readonly origin: CallOrigin;
  /** Who `msg_caller` names. */
  readonly caller: PrincipalId;
  /** Of users' calls only: never passed on. */
  readonly callerInfo?: CallerInfo | undefined;
  readonly receiver: CanisterId;
  readonly method: string;
  readonly payload: Uint8Array;
  readonly cycles: bigint;
}

export interface CanisterResponse {
  readonly kind: "response";
  readonly receiver: CanisterId;
  readonly respondent: CanisterId;
  readonly callback: number;
  readonly refund: bigint;
  readonly payload:
    | { readonly kind: "reply"; readonly data: Uint8Array }
    | { readonly kind: "reject"; readonly reject: Reject };
}

export type CanisterTask = "canister_heartbeat" | "canister_global_timer" | "canister_on_low_wasm_memory";
export interface CanisterTaskInput {
  readonly kind: "task";
  readonly task: CanisterTask;
}

/** What one canister sends another. */
export type CanisterMessage = CanisterRequest | CanisterResponse;

/** Of a user's call, the user. */
export const senderOf = (message: CanisterMessage): PrincipalId =>
  message.kind === "request" ? message.caller : message.respondent;

export type CanisterInput = CanisterRequest | CanisterResponse | CanisterTaskInput;

/** A call to `aaaaa-aa`. */
export type SubnetMessage = CanisterRequest;

export interface CallContext {
  readonly id: number;
  readonly origin: CallOrigin;
  readonly caller: PrincipalId;
  readonly callerInfo?: CallerInfo | undefined;
  /** "system" contexts owe nobody an answer. */
  readonly responded: boolean;
  /** Uninstalled under it: late responses refund, run nothing. */
  readonly deleted: boolean;
  readonly availableCycles: bigint;
  readonly outstandingCalls: number;
  readonly instructions: bigint;
}

export interface Callback {
  readonly id: number;
  readonly context: number;
  readonly callee: CanisterId;
  readonly onReply: Closure;
  readonly onReject: Closure;
  readonly onCleanup: Closure | undefined;
  readonly cyclesSent: bigint;
  /** Prepaid for the response's transmission and the callback's execution. */
  readonly prepaidCycles: bigint;
  /** 0 for guaranteed responses. */
  readonly deadline: Nanos;
}
export interface Closure {
  readonly slot: bigint;
  readonly environment: bigint;
}

export interface StopRequest {
  readonly origin: CallOrigin;
  readonly cycles: bigint;
  readonly askedAt: Nanos;
}

export interface PostponedRawRand {
  readonly request: SubnetMessage;
  readonly askedAtHeight: number;
}
