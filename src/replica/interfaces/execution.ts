/**
 * What other rooms may ask of execution and routing. All pure: same arguments, same result.
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { Batch } from "../../types/batch.ts";
import type { CanisterId, Height, PrincipalId } from "../../types/ids.ts";
import type { CallerInfo, IngressContent, Reject } from "../../types/messages.ts";
import type { CanisterQueryStats } from "../../types/query-stats.ts";
import type { Fact } from "../../types/trace.ts";
import type { Draft } from "../state/draft.ts";
import type { CanisterRequest, SubnetMessage } from "../state/messages.ts";
import type { LongInstall } from "../state/standing.ts";
import type { ReplicatedState } from "../state/state.ts";

/** A round in progress: its own draft of the next state, advanced one canister message at a time. */
export interface Round {
  /** Executes at most one message. `waits`: there is nothing to do until another thread says how far it is. */
  step():
    | { readonly done: false; readonly waits: boolean; readonly facts: readonly Fact[] }
    | { readonly done: true; readonly state: ReplicatedState; readonly facts: readonly Fact[] };
}

/** routing: batch → induct → execute → outputs. `previous` is the state at batch.height − 1. */
export type BeginRound = (previous: ReplicatedState, batch: Batch, subnet: SubnetRecord) => Round;

export type Attempt =
  | { readonly kind: "done"; readonly instructions: bigint }
  /** It takes more; or nobody knows yet whether it does. */
  | { readonly kind: "long" }
  | { readonly kind: "unknown" };

export type SubnetAttempt =
  /** `compiling`: those of the instructions that no slice bounds. */
  | { readonly kind: "done"; readonly instructions: bigint; readonly compiling: bigint }
  /** An install that takes more slices; or nobody knows yet whether it does. The draft is as it was. */
  | { readonly kind: "long"; readonly install: LongInstall }
  | { readonly kind: "unknown" };

/**
 * Execution as routing uses it: each function takes the round's draft one step further. What `execute*` returns are
 * instructions used, which count against the round.
 */
export interface MessageExecutor {
  /** Takes the induction fee from whoever pays for the call, or says why it may not enter. */
  chargeInduction(draft: Draft, call: IngressContent): Reject | undefined;
  /** Puts a call where it will be executed, or answers it when its receiver does not exist. */
  deliver(draft: Draft, request: CanisterRequest): void;
  /** Hands over what canisters have sent one another. */
  exchange(draft: Draft): void;
  /** Tries once more what could not be handed over in the last round, and rejects it. */
  exchangeHeld(draft: Draft): void;
  /**
   * The first input of the canister: a call, an answer or a task, if that takes no more instructions than `paid`. Unless
   * it is done, the draft is as it was; `execution` names it through all attempts.
   */
  executeInput(draft: Draft, canister: CanisterId, execution: string, paid: bigint): Attempt;
  /** The canister that has to be at rest while this call to `aaaaa-aa` is executed. */
  restingCanister(request: SubnetMessage): CanisterId | undefined;
  /**
   * A call to `aaaaa-aa`, taken off the subnet's queue; `long`: the install that goes on. Once that is done, the draft
   * holds its canister as it would have become if nothing else had happened to it.
   */
  executeSubnetMessage(draft: Draft, request: SubnetMessage, long?: LongInstall): SubnetAttempt;
  answerRawRand(draft: Draft, request: SubnetMessage, bytes: Uint8Array): void;
  /** Due timers and heartbeats become inputs. */
  scheduleTasks(draft: Draft): void;
  /** Bounded-wait calls past their deadline are answered. */
  expireCalls(draft: Draft): void;
  /** Stops that are complete, or have waited too long, are answered. */
  settleStopping(draft: Draft): void;
  /** Storage and compute allocation since the canister was last charged. */
  chargeForResources(draft: Draft, canister: CanisterId): void;
}

export interface Query {
  readonly sender: PrincipalId;
  readonly receiver: CanisterId;
  readonly method: string;
  readonly arg: Uint8Array;
  readonly callerInfo?: CallerInfo | undefined;
}
export type QueryResult = (
  | { readonly kind: "replied"; readonly reply: Uint8Array }
  | { readonly kind: "rejected"; readonly reject: Reject }
) & {
  readonly instructions: bigint;
  /** Each query method that ran, those that a composite query called among them. */
  readonly counts: readonly CanisterQueryStats[];
};

/** Told of every answer, and of the height of the state that it was made from. */
export interface QueryCounter {
  count(height: Height, answered: readonly CanisterQueryStats[]): void;
}

export interface QueryExecutor {
  /**
   * Runs on `state` and discards every change. `certificate`: what `data_certificate` shows, encoded. Undefined while it
   * runs on another thread: then it is asked for again by its name, when the host gives a `continue`.
   */
  query(
    state: ReplicatedState,
    query: Query,
    certificate: Uint8Array | undefined,
    subnet: SubnetRecord,
    name: string,
  ): QueryResult | undefined;
}

/**
 * Whether a call may be inducted: the canister exists, runs, can pay, and its inspect_message accepts; for management
 * calls, that the method is open to ingress and the sender permitted. Undefined: accepted.
 * Source: interface H45, MC2, S31; replica F.
 */
export interface IngressFilter {
  refusal(state: ReplicatedState, call: IngressContent, subnet: SubnetRecord): Reject | undefined;
}

/**
 * Whom a management call is about, which is whom its URL must name: a canister; "any" where the subnet may choose (calls
 * that create a canister); undefined when the method is unknown or its argument does not decode, which the filter or
 * execution then refuses in words. Source: interface H80–H85.
 */
export type EffectiveCanisterOf = (method: string, arg: Uint8Array) => CanisterId | "any" | undefined;

/** What inducting a call takes, and from whom; undefined when it is free. Source: replica A.17, E.1. */
export type InductionFee = (
  call: IngressContent,
  subnet: SubnetRecord,
) => { readonly payer: CanisterId; readonly cycles: bigint } | undefined;
