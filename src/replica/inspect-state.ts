/** The state tree for somebody who looks: labels, hashes and the beginnings of values below a path. */
import { fromHex, toHex } from "../base/bytes.ts";
import { childOf, childrenOf } from "../codec/crit-bit.ts";
import { type HashTree, rootHash } from "../codec/hash-tree.ts";
import type { Height } from "../types/ids.ts";
import type { Inspection, InspectionReply, StateEntry } from "../types/inspection.ts";
import type { CertifiedStates } from "./interfaces/state-reader.ts";

export interface KeptTrees extends CertifiedStates {
  lowestHeight(): Height;
  treeAt(height: Height): HashTree | undefined;
}

const ENTRIES_MAX = 2_000;
const LEAF_START_BYTES = 256;

export function inspectState(
  states: KeptTrees,
  what: Extract<Inspection, { kind: "state" }>,
): InspectionReply {
  const height = what.height ?? states.latestCertifiedHeight();
  const kept = [states.lowestHeight(), states.latestHeight()] as const;
  const tree = states.treeAt(height);
  if (tree === undefined)
    return {
      kind: "not-here",
      sentence: `This node keeps the states of heights ${kept[0]} to ${kept[1]}; ${height} is not among them.`,
    };
  const subtree = what.path.reduce<HashTree | undefined>(
    (at, label) => at && childOf(at, fromHex(label)),
    tree,
  );
  if (subtree === undefined)
    return { kind: "not-here", sentence: `Height ${height} has nothing under this path.` };
  const all = what.leaves ? leavesBelow(subtree, what.path) : labelsBelow(subtree, what.path);
  return {
    kind: "state",
    height,
    certified: states.isCertified(height),
    root: toHex(rootHash(tree)),
    kept,
    entries: all.slice(0, ENTRIES_MAX).map(entryOf),
    more: Math.max(0, all.length - ENTRIES_MAX),
  };
}

interface Found {
  readonly path: readonly string[];
  readonly child: HashTree;
}

const labelsBelow = (tree: HashTree, path: readonly string[]): Found[] =>
  [...childrenOf(tree)].map(({ label, child }) => ({ path: [...path, toHex(label)], child }));

const leavesBelow = (tree: HashTree, path: readonly string[]): Found[] =>
  labelsBelow(tree, path).flatMap((found) =>
    found.child.kind === "leaf" ? [found] : leavesBelow(found.child, found.path),
  );

function entryOf({ path, child }: Found): StateEntry {
  const leaf =
    child.kind === "leaf"
      ? { leaf: { bytes: child.value.length, start: child.value.slice(0, LEAF_START_BYTES) } }
      : {};
  return { path, hash: toHex(rootHash(child)), children: [...childrenOf(child)].length, ...leaf };
}
