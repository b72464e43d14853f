/**
 * How much a node's pools may hold, from what intake, purger and certifier promise (replica A.13): more is a leak. Of the
 * finalized chain there is what catch-up packages have not made superfluous yet.
 */
import type { InspectionReply } from "../../types/inspection.ts";
import type { Height } from "../../types/ids.ts";
import { faultsTolerated } from "../../registry/registry.ts";

type NodeReply = Extract<InspectionReply, { kind: "node" }>;

/** Heights beyond what is settled that intake lets in, and artifacts of a kind, height, peer and signer. */
const LOOK_AHEAD = 20;
const PER_SIGNER = 8;
/** Heights that may have become final in this very step, before the purger's turn. */
const JUST_FINAL = 24;
const CERTIFIED_HEIGHTS = 200;
/** Kept below the catch-up package; between two of them; and from a summary until its package is made. */
const CHAIN_KEPT = 50;
const PACKAGE_LATE = 70;
const INGRESS = 10_000;

/** `tip`: the subnet's highest finalized height; a node that fell behind has beacons and tapes up to there already. */
export function beyondBounds(
  { node, finalized, notarized, pools }: NodeReply,
  n: number,
  dkgIntervalLength: number,
  tip: Height,
): string[] {
  const open = notarized - finalized + JUST_FINAL;
  const chain = Math.min(finalized, CHAIN_KEPT + dkgIntervalLength + 1 + PACKAGE_LATE);
  const blocks = 2 * (faultsTolerated(n) + 1);
  const unvalidated = (open + LOOK_AHEAD) * n * n * PER_SIGNER;
  const bounds: Readonly<Record<string, number>> = {
    "validated block-proposal": chain + open * blocks,
    "validated notarization": chain + open * blocks,
    "validated finalization": chain,
    "validated random-beacon": chain + tip - finalized + open + LOOK_AHEAD,
    "validated random-tape": chain + tip - finalized + LOOK_AHEAD,
    "validated notarization-share": open * blocks * n,
    "validated finalization-share": open * n,
    "validated random-beacon-share": 3 * n,
    "validated random-tape-share": (tip - finalized + open + 16) * n,
    "validated equivocation-proof": open * blocks,
    ingress: INGRESS,
    certifications: CERTIFIED_HEIGHTS * (n + 1),
  };
  return Object.entries(pools)
    .filter(([kind, size]) => size > (bounds[kind] ?? unvalidated))
    .map(
      ([kind, size]) => `${node} holds ${size} of ${kind} with ${finalized} final, ${notarized} notarized`,
    );
}
