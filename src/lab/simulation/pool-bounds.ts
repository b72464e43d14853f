/**
 * How much a node's pools may hold, from what intake, purger and certifier promise (replica A.13): more is a leak. The
 * finalized chain is whole since genesis as long as nothing purges it.
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
const CERTIFIED_HEIGHTS = 1100;
const INGRESS = 10_000;

/** `tip`: the subnet's highest finalized height; a node that fell behind has beacons and tapes up to there already. */
export function beyondBounds(
  { node, finalized, notarized, pools }: NodeReply,
  n: number,
  tip: Height,
): string[] {
  const open = notarized - finalized + JUST_FINAL;
  const blocks = 2 * (faultsTolerated(n) + 1);
  const unvalidated = (open + LOOK_AHEAD) * n * n * PER_SIGNER;
  const bounds: Readonly<Record<string, number>> = {
    "validated block-proposal": finalized + open * blocks,
    "validated notarization": finalized + open * blocks,
    "validated finalization": finalized,
    "validated random-beacon": Math.max(tip, notarized) + LOOK_AHEAD,
    "validated random-tape": tip + LOOK_AHEAD,
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
