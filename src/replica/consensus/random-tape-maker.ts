/**
 * Random tape maker: adds this node's share to the tapes that batches still wait for.
 *
 * The tape of a height is the randomness its messages will see (`raw_rand`). It must be unknown while the block can
 * still be chosen, so honest nodes sign it only when the height below is final.
 *
 * Safety
 *   T1  I sign no tape above finalized + 1.
 *   T2  I sign at most one share per height.
 * Liveness
 *   T3  I sign every tape from the next batch's to finalized + 1 that is absent, a bounded number at a time.
 *
 * Source: replica A.11.
 * Checked by: makers.test.ts.
 */
import { signedBytes } from "../../types/artifact.ts";
import { type Height, heightsAfter, type NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { refuse, type Refused, type Turn, type View } from "./component.ts";
import { versionAt } from "./membership.ts";

/** Tapes beyond the next batch's that one turn looks at. Source: replica A.11. */
const TAPES_AHEAD_MAX = 16;

export type Refusal = "not-in-committee" | "tape-present" | "already-signed";
export type Verdict = { readonly act: true } | Refused<Refusal>;

export function makeRandomTapeShares({ pool, me, crypto, deliveredHeight }: View): Turn {
  const upTo = Math.min(pool.finalizedHeight() + 1, deliveredHeight + TAPES_AHEAD_MAX);
  // A catch-up package stands for the tapes below it.
  const after = Math.max(deliveredHeight, pool.tapeHeight());
  const changes = [...heightsAfter(after, upTo)]
    .filter((height) => judge(pool, me, height).act)
    .map((height) => {
      const signature = crypto.signThreshold(
        "low",
        signedBytes.randomTape({ height }),
        versionAt(pool, height),
      );
      const artifact = { kind: "random-tape-share", content: { height }, signer: me, signature } as const;
      return { kind: "add-to-validated", artifact } as const;
    });
  return { changes, waits: [] };
}

export function judge(pool: PoolReader, me: NodeId, height: Height): Verdict {
  if (!pool.thresholdCommittee(height).has(me)) return refuse("not-in-committee");
  if (pool.randomTape(height) !== undefined) return refuse("tape-present");
  if (pool.randomTapeShares(height).some((s) => s.signer === me)) return refuse("already-signed");
  return { act: true };
}
