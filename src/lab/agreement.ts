/** What must be equal at a height, whoever says it. */
import type { Hash, Height, NodeId } from "../types/ids.ts";

export interface Said {
  readonly node: NodeId;
  readonly value: Hash;
}
export interface Agreement {
  /** What was said first. */
  at(height: Height): Hash | undefined;
  /** How many heights anything was said about. */
  readonly heights: number;
  add(node: NodeId, height: Height, value: Hash): void;
}

/** `broken` is called when two say different things of one height. */
export function createAgreement(
  broken: (height: Height, first: Said, other: Said) => void,
  remembered = Number.POSITIVE_INFINITY,
): Agreement {
  const first = new Map<Height, Said>();
  let heights = 0;
  return {
    at: (height) => first.get(height)?.value,
    get heights() {
      return heights;
    },
    add(node, height, value) {
      const known = first.get(height);
      if (known === undefined) {
        heights++;
        first.set(height, { node, value });
        first.delete(height - remembered);
      } else if (known.value !== value) broken(height, known, { node, value });
    },
  };
}
