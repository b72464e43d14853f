/**
 * Random beacon maker: adds this node's share to the beacon that follows the notarized tip.
 *
 * A beacon is a threshold signature over the one before it, so nobody can choose it and, before f + 1 nodes have
 * signed, nobody can know it. It ranks the block makers of the next height; made one height ahead of the notarized
 * tip, it is there when the round begins.
 *
 * Safety
 *   R1  A share names the beacon that I have validated as its predecessor.
 *   R2  I sign the beacon of a height only once a block of the height below is notarized: not earlier, so that no
 *       coalition of f learns a ranking long before the round that it orders.
 *   R3  I sign at most one share per height.
 * Liveness
 *   R4  With the predecessor here, the beacon absent and no share of mine, I sign.
 *
 * Source: replica A.6, A.21.
 * Checked by: makers.test.ts.
 */
import { signedBytes } from "../../types/artifact.ts";
import type { RandomBeaconContent } from "../../types/consensus.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { nothing, refuse, type Refused, type Turn, type View, waiting } from "./component.ts";
import { versionAt } from "./membership.ts";

export type Refusal = "not-in-committee" | "beacon-present" | "previous-beacon-missing" | "already-signed";
export type Verdict = { readonly act: true; readonly content: RandomBeaconContent } | Refused<Refusal>;

export function makeRandomBeaconShare({ pool, me, crypto }: View): Turn {
  const height = pool.notarizedHeight() + 1;
  const verdict = judge(pool, me, height);
  if (!verdict.act) return verdict.because === "previous-beacon-missing" ? waiting(height, verdict) : nothing;
  const { content } = verdict;
  const signature = crypto.signThreshold("low", signedBytes.randomBeacon(content), versionAt(pool, height));
  const share = { kind: "random-beacon-share", content, signer: me, signature } as const;
  return { changes: [{ kind: "add-to-validated", artifact: share }], waits: [] };
}

export function judge(pool: PoolReader, me: NodeId, height: Height): Verdict {
  if (!pool.thresholdCommittee(height).has(me)) return refuse("not-in-committee");
  if (pool.randomBeacon(height) !== undefined) return refuse("beacon-present");
  const previous = pool.beaconHash(height - 1);
  if (previous === undefined) return refuse("previous-beacon-missing");
  if (pool.randomBeaconShares(height).some((s) => s.signer === me)) return refuse("already-signed");
  return { act: true, content: { height, previous } };
}
