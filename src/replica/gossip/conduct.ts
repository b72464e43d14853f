/**
 * Conduct: remembers which peer sends what no honest node sends, says so, and stops listening to it for a while.
 *
 *   O1  A peer whose messages are refused more often than links alone explain is not read for the rest of that second:
 *       what it costs is bounded by what its link carries, not by what decoding and judging that would take.
 *   O2  It is named with the reason when it begins, and then at most every ten seconds.
 *   O3  What is only late, known already or too early for this node is nobody's fault and does not count.
 *
 * Source: replica A.12, A.13 (bounds on what peers may put in quarantine).
 * Checked by: conduct.test.ts.
 */
import type { LabTime, NodeId } from "../../types/ids.ts";

/** O1. Refusals of one peer within a second. */
const REFUSALS_MAX = 64;
const SECOND = 1000;
/** O2. */
const AGAIN_AFTER_MS = 10_000;

export interface Misconduct {
  readonly peer: NodeId;
  readonly because: string;
  /** How often since it was last named for that. */
  readonly times: number;
}

interface Second {
  readonly since: LabTime;
  readonly refusals: number;
}
interface Named {
  readonly at: LabTime;
  readonly times: number;
}

/** Plain data. Reasons are words of closed lists, so this is bounded. */
export interface ConductSnapshot {
  readonly seconds: ReadonlyMap<NodeId, Second>;
  readonly named: ReadonlyMap<string, Named>;
}

export function createConduct(from?: ConductSnapshot) {
  const seconds = new Map(from?.seconds);
  const named = new Map(from?.named);
  const secondOf = (peer: NodeId, now: LabTime): Second => {
    const known = seconds.get(peer);
    return known !== undefined && now - known.since < SECOND ? known : { since: now, refusals: 0 };
  };
  return {
    /** O1. */
    listensTo: (peer: NodeId, now: LabTime): boolean => secondOf(peer, now).refusals < REFUSALS_MAX,
    /** Something of this peer's was refused. What is to be said about that, if anything. */
    note(peer: NodeId, because: string, now: LabTime): Misconduct | undefined {
      const second = secondOf(peer, now);
      seconds.set(peer, { ...second, refusals: second.refusals + 1 });
      const key = `${peer} ${because}`;
      const before = named.get(key);
      const times = (before?.times ?? 0) + 1;
      const isDue = before === undefined || now - before.at >= AGAIN_AFTER_MS;
      named.set(key, isDue ? { at: now, times: 0 } : { at: before.at, times });
      return isDue ? { peer, because, times } : undefined;
    },
    snapshot: (): ConductSnapshot => ({ seconds: new Map(seconds), named: new Map(named) }),
  };
}
