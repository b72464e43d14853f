/**
 * Catch-up package maker: vouches for a summary block together with the state after it.
 *
 * Whoever holds the package needs nothing that came before: it names the block, the beacon and the state, under the key
 * that the subnet is known by. So the past may be forgotten, and a node that slept or joins begins here.
 *
 * Safety
 *   K1  I sign only what I have: a finalized summary block, its beacon, and the checkpoint that I made after it myself.
 *   K2  I sign at most one share per height.
 *   K3  Not before the finalized tip names a certified height at or above the summary: no block to come may ask for a
 *       state below it.
 * Liveness
 *   K4  With all of that here and no package of that height, I sign.
 *
 * Source: replica A.1, A.14.
 * Checked by: catch-up-package-maker.test.ts.
 */
import { isSummaryHeight, type SubnetRecord } from "../../registry/registry.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { CatchUpContent } from "../../types/consensus.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import { nothing, refuse, type Refused, type Turn, type View, waiting } from "./component.ts";
import { versionAt } from "./membership.ts";

export type Refusal =
  | "no-summary"
  | "not-in-committee"
  | "already-signed"
  | "beacon-missing"
  | "state-missing"
  | "tip-names-older-state";
export type Verdict = { readonly act: true; readonly content: CatchUpContent } | Refused<Refusal>;

export function makeCatchUpPackageShare({ pool, me, crypto, subnet, states }: View): Turn {
  const height = lastSummary(pool, subnet);
  if (height === undefined) return nothing;
  const verdict = judge(pool, me, height, states);
  if (!verdict.act) return verdict.because === "already-signed" ? nothing : waiting(height, verdict);
  const { content } = verdict;
  const signature = crypto.signThreshold(
    "high",
    signedBytes.catchUpPackage(content),
    versionAt(pool, height),
  );
  const share = { kind: "catch-up-package-share", content, signer: me, signature } as const;
  return { changes: [{ kind: "add-to-validated", artifact: share }], waits: [] };
}

/** The highest finalized summary height that has no package yet. */
export function lastSummary(pool: PoolReader, subnet: SubnetRecord): Height | undefined {
  const finalized = pool.finalizedHeight();
  const height = finalized - (finalized % (subnet.dkgIntervalLength + 1));
  return isSummaryHeight(height, subnet) && height > pool.catchUpHeight() ? height : undefined;
}

export function judge(
  pool: PoolReader,
  me: NodeId,
  height: Height,
  states: Pick<StateReader, "checkpointAt">,
): Verdict {
  if (!pool.thresholdCommittee(height).has(me)) return refuse("not-in-committee");
  if (pool.catchUpPackageShares(height).some((s) => s.signer === me)) return refuse("already-signed");
  const block = pool.finalizedBlock(height);
  if (block === undefined) return refuse("no-summary");
  const beacon = pool.beaconHash(height);
  if (beacon === undefined) return refuse("beacon-missing");
  const state = states.checkpointAt(height);
  if (state === undefined) return refuse("state-missing");
  const tip = pool.finalizedBlock(pool.finalizedHeight());
  if (tip === undefined || tip.block.context.certifiedHeight < height) return refuse("tip-names-older-state");
  return { act: true, content: { height, block: block.hash, beacon, state } };
}
