/** How many nodes the lab's subnets have. */
import { faultsTolerated } from "../registry/registry.ts";

const SIZES = [1, 4, 7, 13] as const;
export type NodeCount = (typeof SIZES)[number];

/** Why a subnet cannot have so many nodes; undefined when it can. */
export function refusedSize(nodes: number): string | undefined {
  if (SIZES.some((size) => size === nodes)) return undefined;
  const sizes = `sizes are 3f + 1, here ${SIZES.join(", ")}`;
  const f = faultsTolerated(nodes);
  const same = SIZES.findLast((size) => size <= nodes && faultsTolerated(size) === f);
  if (same === undefined) return `A subnet here cannot have ${nodes} nodes: ${sizes}.`;
  return `A subnet of ${nodes} nodes would bear ${f} faulty ${f === 1 ? "one" : "ones"}, as one of ${same} does: ${sizes}.`;
}
