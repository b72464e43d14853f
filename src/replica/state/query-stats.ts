/**
 * Counts of queries, as the subnet keeps them: what nodes have told of the epochs that are not summed up yet, and the sum
 * of each canister.
 *
 *   QA1  A node adds to the epoch that it told of last, or begins a later one, which completes the earlier: what it tells
 *        of an earlier epoch, or of one that is summed up, is not heard.
 *   QA2  The earliest epoch that anybody told of is summed up as soon as n − f nodes have completed it. A canister gets n
 *        times the median of their counts, each count by itself; a node that does not name the canister counts zero. So
 *        f liars move no count beyond what honest nodes counted.
 *
 * Source: [ic] rs/query_stats/src/state_machine.rs; interface H66.
 */
import { defined } from "../../base/assert.ts";
import { compareText } from "../../base/bytes.ts";
import { faultsTolerated } from "../../registry/registry.ts";
import type { CanisterId, NodeId } from "../../types/ids.ts";
import type { QueryStats, QueryStatsSection } from "../../types/query-stats.ts";

export const NO_QUERIES: QueryStats = { calls: 0n, instructions: 0n, requestBytes: 0n, responseBytes: 0n };

export interface RawQueryStats {
  /** The last epoch that was summed up; −1: none. */
  readonly summedUp: number;
  /** By node and epoch, epochs in ascending order; no empty map. */
  readonly told: ReadonlyMap<NodeId, ReadonlyMap<number, ReadonlyMap<CanisterId, QueryStats>>>;
}

export const NOTHING_TOLD: RawQueryStats = { summedUp: -1, told: new Map() };

/** Each field of `a` with that of `b`. */
export const combined = (
  a: QueryStats,
  b: QueryStats,
  join: (a: bigint, b: bigint) => bigint,
): QueryStats => ({
  calls: join(a.calls, b.calls),
  instructions: join(a.instructions, b.instructions),
  requestBytes: join(a.requestBytes, b.requestBytes),
  responseBytes: join(a.responseBytes, b.responseBytes),
});

/** What a section changes: what is still to be summed up, and what canisters get, in byte order. */
export function delivered(
  raw: RawQueryStats,
  section: QueryStatsSection,
  nodes: number,
): { readonly raw: RawQueryStats; readonly sums: readonly (readonly [CanisterId, QueryStats])[] } {
  const sums: [CanisterId, QueryStats][] = [];
  let next = heard(raw, section);
  if (next === raw) return { raw, sums };
  for (;;) {
    const summed = summedUp(next, nodes);
    if (summed === undefined) return { raw: next, sums };
    sums.push(...summed.sums);
    next = summed.raw;
  }
}

/** QA1. */
function heard(raw: RawQueryStats, { epoch, maker, stats }: QueryStatsSection): RawQueryStats {
  const epochs = raw.told.get(maker);
  const latest = Math.max(raw.summedUp + 1, ...(epochs?.keys() ?? []));
  if (epoch < latest) return raw;
  const counts = new Map(epochs?.get(epoch));
  for (const { canister, stats: count } of stats) counts.set(canister, count);
  return { ...raw, told: new Map(raw.told).set(maker, new Map(epochs).set(epoch, counts)) };
}

/** QA2: one epoch, or undefined while too few nodes have completed it. */
function summedUp(raw: RawQueryStats, nodes: number) {
  const epoch = Math.min(...[...raw.told.values()].flatMap((epochs) => [...epochs.keys()]));
  const complete = [...raw.told.values()].filter((epochs) => Math.max(...epochs.keys()) > epoch);
  if (complete.length < nodes - faultsTolerated(nodes)) return undefined;
  const counts = complete.map((epochs) => epochs.get(epoch));
  const named = new Set(counts.flatMap((count) => [...(count?.keys() ?? [])]));
  const sums = [...named].sort(compareText).map((canister): [CanisterId, QueryStats] => {
    const told = counts.map((count) => count?.get(canister) ?? NO_QUERIES);
    return [canister, medianTimes(told, BigInt(nodes))];
  });
  return { raw: { summedUp: epoch, told: without(raw.told, epoch) }, sums };
}

function medianTimes(told: readonly QueryStats[], factor: bigint): QueryStats {
  const of = (field: keyof QueryStats): bigint => factor * median(told.map((stats) => stats[field]));
  return {
    calls: of("calls"),
    instructions: of("instructions"),
    requestBytes: of("requestBytes"),
    responseBytes: of("responseBytes"),
  };
}

function median(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = sorted.length >> 1;
  const upper = defined(sorted[middle], "a quorum is not empty");
  return sorted.length % 2 === 1 ? upper : (defined(sorted[middle - 1], "it is even") + upper) / 2n;
}

function without(told: RawQueryStats["told"], epoch: number): RawQueryStats["told"] {
  const kept = new Map<NodeId, ReadonlyMap<number, ReadonlyMap<CanisterId, QueryStats>>>();
  for (const [node, epochs] of told) {
    const later = new Map([...epochs].filter(([e]) => e > epoch));
    if (later.size > 0) kept.set(node, later);
  }
  return kept;
}
