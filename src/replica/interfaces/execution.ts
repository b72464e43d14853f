/**
 * What other rooms may ask of execution and routing. All pure: same arguments, same result.
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { Batch } from "../../types/batch.ts";
import type { CanisterId, PrincipalId } from "../../types/ids.ts";
import type { IngressContent, Reject } from "../../types/messages.ts";
import type { Fact } from "../../types/trace.ts";
import type { ReplicatedState } from "../state/state.ts";

/** A round in progress: its own draft of the next state, advanced one canister message at a time. */
export interface Round {
  /** Executes at most one message. */
  step():
    | { readonly done: false; readonly facts: readonly Fact[] }
    | { readonly done: true; readonly state: ReplicatedState; readonly facts: readonly Fact[] };
}

/** routing: batch → induct → execute → outputs. `previous` is the state at batch.height − 1. */
export type BeginRound = (previous: ReplicatedState, batch: Batch, subnet: SubnetRecord) => Round;

export interface Query {
  readonly sender: PrincipalId;
  readonly receiver: CanisterId;
  readonly method: string;
  readonly arg: Uint8Array;
}
export type QueryResult =
  | { readonly kind: "replied"; readonly reply: Uint8Array; readonly instructions: bigint }
  | { readonly kind: "rejected"; readonly reject: Reject; readonly instructions: bigint };

export interface QueryExecutor {
  /** Runs on `state` and discards every change. `certificate`: what `data_certificate` shows, encoded. */
  query(
    state: ReplicatedState,
    query: Query,
    certificate: Uint8Array | undefined,
    subnet: SubnetRecord,
  ): QueryResult;
}

/**
 * Whether a call may be inducted: the canister exists, runs, can pay, and its inspect_message accepts; for management
 * calls, that the method is open to ingress and the sender permitted. Undefined: accepted.
 * Source: interface H45, MC2, S31; replica F.
 */
export interface IngressFilter {
  refusal(state: ReplicatedState, call: IngressContent, subnet: SubnetRecord): Reject | undefined;
}
