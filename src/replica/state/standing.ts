/**
 * What the scheduler remembers of a canister between rounds. Absent while there is nothing to remember.
 * Source: replica D.1 (round_schedule.rs), D.2.
 */
import type { CanisterId, Hash, Height, Nanos } from "../../types/ids.ts";
import type { Reject } from "../../types/messages.ts";
import type { CanisterState } from "./canister.ts";
import type { SubnetMessage } from "./messages.ts";

export interface Standing {
  /** In percent of a core's round. Only differences count: what all canisters gain alike is left out. */
  readonly priority: number;
  /** The last round in which it had something to do. */
  readonly activeAt: Height;
  /** Bytes written above what its rate allows; from the limit on it does not run. */
  readonly heapDeltaDebit: number;
  /** Instructions of installs above what their rate allows; while there are any, no other install. */
  readonly installDebit: bigint;
  /** Which comes first when it has tasks and messages: they take turns. */
  readonly nextTask: "canister_global_timer" | "canister_heartbeat" | "message";
  readonly long?: LongExecution;
}

/** A message that takes more than a slice: it holds its canister until its last slice is over, and then has its effects. */
export interface LongExecution {
  /** The canister as the message found it; the message is its first input. */
  readonly start: CanisterState;
  /** The round in which it began. */
  readonly height: Height;
  readonly time: Nanos;
  /** Slices executed. */
  readonly slices: number;
  /** Whether a core was set aside for it. */
  readonly prioritized: boolean;
  /** Charged to the long execution when it ends. */
  readonly credit: number;
}

export const NO_STANDING: Standing = {
  priority: 0,
  activeAt: 0,
  heapDeltaDebit: 0,
  installDebit: 0n,
  nextTask: "canister_global_timer",
};

/** What is to be installed. `instructions`: what putting it together costs. */
export interface ModuleSource {
  readonly wasm: Uint8Array;
  readonly instructions: bigint;
  /** Why it is not the module that was meant. */
  readonly fault?: Reject;
}

/** An install that takes more than a slice: it holds its canister until its last slice is over, and then has its effects. */
export interface LongInstall {
  readonly request: SubnetMessage;
  readonly canister: CanisterId;
  /** The canister, the module and what was compiled, as the install found them. */
  readonly start: CanisterState;
  readonly source: ModuleSource;
  readonly compiled: ReadonlySet<Hash>;
  /** The round in which it began. */
  readonly height: Height;
  readonly time: Nanos;
  /** Slices executed. */
  readonly slices: number;
}

/** What the scheduler remembers of the subnet. */
export interface SchedulerState {
  /** The best priority among the canisters that last had something to do; who comes from idleness has no better one. */
  readonly ceiling: number;
  /** While it lasts no other begins. */
  readonly install?: LongInstall;
  /** Bytes written since the last checkpoint height. */
  readonly heapDelta: number;
  /** Modules installed since then, by their hashes: to compile one again costs less (compile-charge.ts). */
  readonly compiled: ReadonlySet<Hash>;
}

export const NO_SCHEDULE: SchedulerState = {
  ceiling: 0,
  heapDelta: 0,
  compiled: new Set(),
};

/** Bytes that a canister may write a round, in the long run. Source: replica E.2. */
export const HEAP_DELTA_RATE = 75 * 1024 * 1024;
