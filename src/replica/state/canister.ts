/** One canister. Source: interface §6; abstract behaviour's `CanState`. */
import type { CanisterId, Hash, Nanos, PrincipalId } from "../../types/ids.ts";
import type { QueryStats } from "../../types/query-stats.ts";
import type { GlobalValue, RewrittenModule } from "../interfaces/wasm-host.ts";
import type { CallContext, Callback, CanisterInput, StopRequest } from "./messages.ts";
import type { Pages } from "./pages.ts";
import type { Standing } from "./standing.ts";
import type { CanisterSnapshot, SnapshotId } from "./snapshot.ts";

export interface CanisterState {
  readonly id: CanisterId;
  readonly status: CanisterStatus;
  readonly settings: CanisterSettings;
  readonly cycles: bigint;
  readonly reservedCycles: bigint;
  readonly version: bigint;
  readonly createdAt: Nanos;
  readonly lastInstalledAt: Nanos | undefined;
  readonly code: InstalledCode | undefined;
  readonly heap: Pages;
  readonly globals: readonly GlobalValue[];
  readonly stable: Pages;
  readonly certifiedData: Uint8Array;
  /** Nanoseconds; 0 is off. */
  readonly globalTimer: Nanos;
  readonly history: readonly CanisterChange[];
  readonly historyTotal: bigint;
  readonly logs: readonly LogRecord[];
  readonly nextLogIndex: bigint;
  readonly standing?: Standing;
  /** Tasks, and messages to it, in the order of routing/input-order.ts. */
  readonly inputs: readonly CanisterInput[];
  /** Whose turn it is when both wait: absent, a canister's. */
  readonly usersTurn?: true;
  readonly contexts: ReadonlyMap<number, CallContext>;
  readonly callbacks: ReadonlyMap<number, Callback>;
  readonly nextContext: number;
  readonly nextCallback: number;
  /** Subnet time up to which storage and allocation were charged. */
  readonly chargedUntil: Nanos;
  readonly consumed: ConsumedCycles;
  /** Uploaded parts of modules, by their SHA-256; absent while empty. */
  readonly chunkStore?: ReadonlyMap<Hash, Uint8Array>;
  /** In the order in which they were made; absent while there are none. */
  readonly snapshots?: ReadonlyMap<SnapshotId, CanisterSnapshot>;
  /** How many snapshots it ever had: the number of the next one. */
  readonly snapshotsMade: number;
  readonly lowMemoryHook: LowMemoryHook;
  /** What the subnet agreed on, since the canister was created. */
  readonly queryStats: QueryStats;
}

/** Cycles that a canister paid since its creation and nobody else received, by what for, named as in Candid. */
export type ConsumedCycles = Readonly<
  Record<
    | "memory"
    | "compute_allocation"
    | "ingress_induction"
    | "instructions"
    | "request_and_response_transmission"
    | "uninstall"
    | "canister_creation"
    | "http_outcalls"
    | "burned_cycles",
    bigint
  >
>;

/** Where `canister_on_low_wasm_memory` stands: it runs once each time that memory becomes scarce. */
export type LowMemoryHook = "condition_not_satisfied" | "ready" | "executed";

export type CanisterStatus =
  | { readonly kind: "running" }
  | { readonly kind: "stopping"; readonly waiting: readonly StopRequest[] }
  | { readonly kind: "stopped" };

export interface CanisterSettings {
  readonly controllers: readonly PrincipalId[];
  readonly computeAllocation: bigint;
  readonly memoryAllocation: bigint;
  readonly freezingThresholdSeconds: bigint;
  readonly reservedCyclesLimit: bigint;
  readonly logVisibility: Visibility;
  /** Bytes that the log may hold; 0: none is kept. */
  readonly logMemoryLimit: bigint;
  readonly snapshotVisibility: Visibility;
  readonly statusVisibility: Visibility;
  readonly minimumIncomingCallCycles: bigint;
  readonly wasmMemoryLimit: bigint;
  readonly wasmMemoryThreshold: bigint;
  readonly environmentVariables: readonly { readonly name: string; readonly value: string }[];
}
export type Visibility =
  | { readonly kind: "controllers" | "public" }
  | { readonly kind: "allowed"; readonly viewers: readonly PrincipalId[] };

/** The module as uploaded, as rewritten, and what its headers say. */
export interface InstalledCode {
  /** SHA-256 of the bytes as uploaded (a gzip is not inflated), raw. */
  readonly moduleHash: Uint8Array;
  /** The bytes as uploaded: what snapshots hand out. */
  readonly uploaded: Uint8Array;
  readonly module: RewrittenModule;
  readonly exports: CanisterExports;
  /** `icp:public x` and `icp:private x`, by x. */
  readonly metadata: ReadonlyMap<
    string,
    { readonly visibility: "public" | "private"; readonly content: Uint8Array }
  >;
}

export interface CanisterExports {
  readonly updates: readonly string[];
  readonly queries: readonly string[];
  readonly compositeQueries: readonly string[];
  /** Lifecycle functions present: `canister_init`, `canister_start` for the stripped start function, … */
  readonly hooks: readonly CanisterHook[];
}
export type CanisterHook =
  | "canister_start"
  | "canister_init"
  | "canister_pre_upgrade"
  | "canister_post_upgrade"
  | "canister_inspect_message"
  | "canister_heartbeat"
  | "canister_global_timer"
  | "canister_on_low_wasm_memory";

export interface CanisterChange {
  readonly at: Nanos;
  readonly version: bigint;
  readonly origin:
    | { readonly kind: "user"; readonly user: PrincipalId }
    | { readonly kind: "canister"; readonly canister: CanisterId; readonly version: bigint | undefined };
  readonly details:
    | {
        readonly kind: "creation";
        readonly controllers: readonly PrincipalId[];
        /** Raw; absent when the creator gave no variables. */
        readonly environmentVariablesHash: Uint8Array | undefined;
      }
    | { readonly kind: "code-uninstall" }
    | {
        readonly kind: "code-deployment";
        readonly mode: "install" | "reinstall" | "upgrade";
        readonly moduleHash: Uint8Array;
      }
    | { readonly kind: "controllers-change"; readonly controllers: readonly PrincipalId[] }
    | {
        readonly kind: "load-snapshot";
        readonly snapshot: SnapshotId;
        /** Whose it was, if it was another canister's. */
        readonly from: CanisterId | undefined;
        readonly version: bigint;
        readonly takenAt: Nanos;
        readonly source: CanisterSnapshot["source"];
      };
}

export interface LogRecord {
  readonly index: bigint;
  readonly at: Nanos;
  readonly content: Uint8Array;
}
