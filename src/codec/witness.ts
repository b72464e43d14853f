/**
 * What a certificate shows of a tree, and what its reader may conclude.
 *
 *   W1  Pruning keeps the root hash.
 *   W2  Every value whose path begins with a requested path is shown, and no other value.
 *   W3  A requested path that is not there is provably not there: the labels before and after it are shown.
 *   W4  A lookup answers "absent" only when the shown labels prove it; a pruned part in between makes it "unknown".
 *
 * Source: interface C20–C24, H71, H75.
 */
import { compareBytes, equalBytes, toHex } from "../base/bytes.ts";
import { neighbours, firstLabel } from "./crit-bit.ts";
import { fork, type HashTree, type Label, labeled, pruned, rootHash } from "./hash-tree.ts";

export type Path = readonly Label[];

/** Requested paths as a trie. `whole`: all below is wanted. */
interface Wanted {
  whole: boolean;
  readonly below: Map<string, { readonly label: Label; readonly wanted: Wanted }>;
}

/** `tree` is a whole tree, as `crit-bit.ts` builds them. The parts that are shown whole are shared with it. */
export function prune(tree: HashTree, paths: Iterable<Path>): HashTree {
  const root: Wanted = { whole: false, below: new Map() };
  for (const path of paths) {
    let at = root;
    for (const label of path) {
      const key = toHex(label);
      const next = at.below.get(key) ?? { label, wanted: { whole: false, below: new Map() } };
      at.below.set(key, next);
      at = next.wanted;
    }
    at.whole = true;
  }
  return root.below.size === 0 && !root.whole ? pruned(rootHash(tree)) : reveal(tree, root);
}

/** A label to keep; without `wanted` only as a neighbour, its content pruned. */
interface Kept {
  readonly label: Label;
  readonly wanted: Wanted | undefined;
}

function reveal(tree: HashTree, wanted: Wanted): HashTree {
  if (wanted.whole || (tree.kind !== "fork" && tree.kind !== "labeled")) return tree;
  const kept = new Map<string, Kept>();
  for (const [key, below] of wanted.below) {
    const { exact, before, after } = neighbours(tree, below.label);
    if (exact !== undefined) kept.set(key, below);
    for (const node of [before, after]) {
      const key = node && toHex(node.label);
      if (key !== undefined && !kept.has(key)) kept.set(key, { label: node!.label, wanted: undefined });
    }
  }
  return keepOnly(
    tree,
    [...kept.values()].sort((a, b) => compareBytes(a.label, b.label)),
  );
}

function keepOnly(tree: HashTree, kept: readonly Kept[]): HashTree {
  const [first] = kept;
  if (first === undefined) return pruned(rootHash(tree));
  if (tree.kind === "labeled") {
    const child = first.wanted ? reveal(tree.child, first.wanted) : pruned(rootHash(tree.child));
    return labeled(tree.label, child);
  }
  if (tree.kind !== "fork") return tree;
  const middle = firstLabel(tree.right);
  const isLeft = (k: Kept): boolean => compareBytes(k.label, middle) < 0;
  return fork(
    keepOnly(tree.left, kept.filter(isLeft)),
    keepOnly(
      tree.right,
      kept.filter((k) => !isLeft(k)),
    ),
  );
}

export type Lookup =
  | { readonly kind: "found"; readonly value: Uint8Array }
  /** "error": the path ends at labels, not at a value. */
  | { readonly kind: "absent" | "unknown" | "error" };

/** The value at a path of any, possibly pruned, tree. */
export function lookup(tree: HashTree, path: Path): Lookup {
  const at = lookupSubtree(tree, path);
  if (at.kind !== "found") return at;
  switch (at.tree.kind) {
    case "leaf":
      return { kind: "found", value: at.tree.value };
    case "empty":
      return { kind: "absent" };
    case "pruned":
      return { kind: "unknown" };
    default:
      return { kind: "error" };
  }
}

export type SubtreeLookup =
  { readonly kind: "found"; readonly tree: HashTree } | { readonly kind: "absent" | "unknown" };

export function lookupSubtree(tree: HashTree, path: Path): SubtreeLookup {
  let at = tree;
  for (const label of path) {
    const next = findLabel(at, label);
    if (next.kind !== "found") return next;
    at = next.tree;
  }
  return { kind: "found", tree: at };
}

function findLabel(tree: HashTree, label: Label): SubtreeLookup {
  /** Whether what was passed last, if anything, is a label before the wanted one. */
  let provenFrom = true;
  for (const node of flattened(tree)) {
    if (node.kind === "leaf") return { kind: "absent" };
    if (node.kind !== "labeled") {
      provenFrom = false;
      continue;
    }
    if (equalBytes(node.label, label)) return { kind: "found", tree: node.child };
    if (compareBytes(label, node.label) < 0) return { kind: provenFrom ? "absent" : "unknown" };
    provenFrom = true;
  }
  return { kind: provenFrom ? "absent" : "unknown" };
}

/** Labels strictly rise through the forks of every level, and values are never mixed with labels. Source: interface C23. */
export function isWellFormed(tree: HashTree): boolean {
  let last: Label | undefined;
  let nodes = 0;
  let leaves = 0;
  for (const node of flattened(tree)) {
    nodes++;
    if (node.kind === "leaf") leaves++;
    if (node.kind !== "labeled") continue;
    if (last !== undefined && compareBytes(last, node.label) >= 0) return false;
    if (!isWellFormed(node.child)) return false;
    last = node.label;
  }
  return leaves === 0 || nodes === 1;
}

/** One level's nodes from left to right, forks dissolved, empty ones left out. */
function* flattened(tree: HashTree): Generator<HashTree> {
  if (tree.kind === "fork") {
    yield* flattened(tree.left);
    yield* flattened(tree.right);
  } else if (tree.kind !== "empty") yield tree;
}
