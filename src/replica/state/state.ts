/**
 * ReplicatedState: all that execution decides, as an immutable value per height. Nothing in it is ever mutated after
 * its round ends; versions share what did not change (a canister's object is identical when nothing in it changed,
 * which hashing relies on). Plain data throughout: maps, arrays, bytes, bigints; structuredClone keeps it whole.
 *
 * Maps are keyed by hex; whoever iterates one where order reaches consensus sorts it first (`sortedEntries`).
 */
import { compareText } from "../../base/bytes.ts";
import type { CanisterRange } from "../../registry/ranges.ts";
import type { CanisterId, Height, MessageId, Nanos, NodeId, SubnetId } from "../../types/ids.ts";
import type { IngressRecord } from "../../types/messages.ts";
import type { CanisterState } from "./canister.ts";
import type { CanisterMessage, PostponedRawRand, SubnetMessage } from "./messages.ts";
import type { SchedulerState } from "./standing.ts";
import type { NodeMetricsSample } from "./node-metrics.ts";
import type { RawQueryStats } from "./query-stats.ts";

export interface ReplicatedState {
  readonly height: Height;
  readonly time: Nanos;
  /** Root hash of the previous height's tree, raw; empty at genesis. */
  readonly previousRoot: Uint8Array;
  readonly subnet: SubnetInfo;
  readonly canisters: ReadonlyMap<CanisterId, CanisterState>;
  /** Every id below this index of the subnet's range was handed out, and none is handed out twice. */
  readonly nextCanisterIndex: bigint;
  readonly ingressHistory: ReadonlyMap<MessageId, IngressRecord>;
  /** Calls to the management canister waiting to be executed. */
  readonly subnetQueue: readonly SubnetMessage[];
  /** Between canisters: what could not be handed over, and is tried again in the next round. */
  readonly held: readonly CanisterMessage[];
  /** Answered in a later round than they were asked in, with a tape nobody knew then. */
  readonly postponedRawRand: readonly PostponedRawRand[];
  readonly scheduler: SchedulerState;
  /** How the nodes made blocks, oldest day first. */
  readonly nodeMetrics: readonly NodeMetricsSample[];
  /** What nodes told of queries and is not summed up yet. */
  readonly queryStats: RawQueryStats;
  /** Totals for /subnet/<id>/metrics and the conservation check. */
  readonly totals: { readonly updates: bigint; readonly cyclesMinted: bigint; readonly cyclesBurned: bigint };
}

/** What the registry said at this round's version, as the state tree and fees need it. */
export interface SubnetInfo {
  readonly id: SubnetId;
  readonly type: "application";
  readonly publicKeyDer: Uint8Array;
  readonly nodes: readonly { readonly id: NodeId; readonly publicKeyDer: Uint8Array }[];
  readonly canisterRanges: readonly CanisterRange[];
}

export const sortedEntries = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].sort(([a], [b]) => compareText(a, b));
