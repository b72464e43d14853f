/**
 * What this node counts of the queries it answers. Other nodes count theirs: nothing here is the subnet's.
 *
 *   QC1  A query counts for the epoch of the state it was answered from. The first query of a later epoch closes the one
 *        before, which is then what this node has to tell; until then, and while nobody asks, it has nothing new.
 *   QC2  Counts stop at their largest value.
 *
 * Source: [ic] rs/query_stats/src/lib.rs.
 */
import { compareText } from "../../base/bytes.ts";
import { min } from "../../base/bigints.ts";
import type { CanisterId, Height } from "../../types/ids.ts";
import {
  CALLS_MAX,
  type CanisterQueryStats,
  COUNT_MAX,
  epochOf,
  type QueryStats,
} from "../../types/query-stats.ts";
import type { QueryCounter } from "../interfaces/execution.ts";
import { combined, NO_QUERIES } from "../state/query-stats.ts";

/** A whole epoch, canisters in byte order. */
export interface ClosedEpoch {
  readonly epoch: number;
  readonly stats: readonly CanisterQueryStats[];
}

/** Plain data. */
export interface QueryCounts {
  readonly epoch: number;
  readonly counts: ReadonlyMap<CanisterId, QueryStats>;
  readonly closed: ClosedEpoch | undefined;
}

const NOTHING_COUNTED: QueryCounts = { epoch: -1, counts: new Map(), closed: undefined };

export interface NodeQueryCounter extends QueryCounter {
  closed(): ClosedEpoch | undefined;
  snapshot(): QueryCounts;
}

export function createQueryCounter(
  epochLength: number,
  from: QueryCounts = NOTHING_COUNTED,
): NodeQueryCounter {
  let { epoch, closed } = from;
  let counts = new Map(from.counts);

  function enter(height: Height): void {
    const now = epochOf(height, epochLength);
    if (now <= epoch) return;
    const stats = [...counts].map(([canister, s]) => ({ canister, stats: s }));
    if (stats.length > 0)
      closed = { epoch, stats: stats.sort((a, b) => compareText(a.canister, b.canister)) };
    epoch = now;
    counts = new Map();
  }

  return {
    count(height, answered) {
      if (answered.length === 0) return;
      enter(height);
      for (const { canister, stats } of answered) {
        const sum = combined(counts.get(canister) ?? NO_QUERIES, stats, (a, b) => min(a + b, COUNT_MAX));
        counts.set(canister, { ...sum, calls: min(sum.calls, CALLS_MAX) });
      }
    },
    closed: () => closed,
    snapshot: () => ({ epoch, counts: new Map(counts), closed }),
  };
}
