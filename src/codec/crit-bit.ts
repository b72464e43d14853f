/**
 * A map from labels to subtrees, as a hash tree whose shape follows the bits of the labels.
 *
 *   K1  The shape, and so the root hash, depends on the content alone, not on the order in which it came about.
 *   K2  Labels rise from left to right in byte order, a prefix before what it begins.
 *   K3  A change makes new nodes on one path only; all others are shared with the tree before.
 *
 * A fork separates labels at the first bit in which any two of its labels differ. For that a label counts as nine bits
 * a byte, 1 and then the byte's own, with a 0 after the last: so no label is a prefix of another.
 *
 * These trees hold no pruned nodes. Source: DESIGN §6; interface C23.
 */
import { assert, unreachable } from "../base/assert.ts";
import { compareBytes, equalBytes } from "../base/bytes.ts";
import { EMPTY_TREE, fork, type HashTree, type Label, labeled, type LabeledNode } from "./hash-tree.ts";

/** From entries in strictly rising order of their labels. */
export function buildTree(entries: readonly (readonly [Label, HashTree])[]): HashTree {
  for (let i = 1; i < entries.length; i++) {
    assert(compareBytes(entries[i - 1]![0], entries[i]![0]) < 0, "labels strictly rise");
  }
  return entries.length === 0 ? EMPTY_TREE : build(entries, 0, entries.length);
}

function build(entries: readonly (readonly [Label, HashTree])[], from: number, to: number): HashTree {
  const first = entries[from]!;
  if (to - from === 1) return labeled(first[0], first[1]);
  const bit = differingBit(first[0], entries[to - 1]![0]);
  let low = from + 1;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (differingBit(first[0], entries[middle]![0]) <= bit) high = middle;
    else low = middle + 1;
  }
  return fork(build(entries, from, low), build(entries, low, to));
}

/** With this subtree under the label, whether it is new or replaces one. */
export function withLabel(tree: HashTree, label: Label, child: HashTree): HashTree {
  if (tree.kind === "empty") return labeled(label, child);
  if (tree.kind === "labeled") {
    if (equalBytes(tree.label, label)) return labeled(label, child);
    return beside(tree, tree.label, label, child);
  }
  assert(tree.kind === "fork", "a labeled map holds forks and labels only");
  const least = firstLabel(tree.left);
  const own = differingBit(least, firstLabel(tree.right));
  const its = differingBit(least, label);
  if (its < own) return beside(tree, least, label, child);
  return its === own
    ? fork(tree.left, withLabel(tree.right, label, child))
    : fork(withLabel(tree.left, label, child), tree.right);
}

const beside = (tree: HashTree, least: Label, label: Label, child: HashTree): HashTree =>
  compareBytes(label, least) < 0 ? fork(labeled(label, child), tree) : fork(tree, labeled(label, child));

/** Without the label; the same tree when it is not there. */
export function withoutLabel(tree: HashTree, label: Label): HashTree {
  if (tree.kind === "labeled") return equalBytes(tree.label, label) ? EMPTY_TREE : tree;
  if (tree.kind !== "fork") return tree;
  if (compareBytes(label, firstLabel(tree.right)) < 0) {
    const left = withoutLabel(tree.left, label);
    if (left === tree.left) return tree;
    return left.kind === "empty" ? tree.right : fork(left, tree.right);
  }
  const right = withoutLabel(tree.right, label);
  if (right === tree.right) return tree;
  return right.kind === "empty" ? tree.left : fork(tree.left, right);
}

/** The subtree under the label. */
export function childOf(tree: HashTree, label: Label): HashTree | undefined {
  const { exact } = neighbours(tree, label);
  return exact?.child;
}

/** Labels and subtrees in order. */
export function* childrenOf(tree: HashTree): Generator<LabeledNode> {
  if (tree.kind === "labeled") yield tree;
  else if (tree.kind === "fork") {
    yield* childrenOf(tree.left);
    yield* childrenOf(tree.right);
  }
}

/** The node with the label, or those just before and after where it would be. */
export interface Neighbours {
  readonly exact?: LabeledNode;
  readonly before?: LabeledNode;
  readonly after?: LabeledNode;
}

export function neighbours(tree: HashTree, label: Label): Neighbours {
  let at = tree;
  let leftOfAt: HashTree | undefined;
  let rightOfAt: HashTree | undefined;
  while (at.kind === "fork") {
    if (compareBytes(label, firstLabel(at.right)) < 0) {
      rightOfAt = at.right;
      at = at.left;
    } else {
      leftOfAt = at.left;
      at = at.right;
    }
  }
  if (at.kind !== "labeled") return {};
  const order = compareBytes(label, at.label);
  if (order === 0) return { exact: at };
  const before = order > 0 ? at : leftOfAt && endNode(leftOfAt, "right");
  const after = order < 0 ? at : rightOfAt && endNode(rightOfAt, "left");
  return { ...(before && { before }), ...(after && { after }) };
}

export const firstLabel = (tree: HashTree): Label => endNode(tree, "left").label;

function endNode(tree: HashTree, side: "left" | "right"): LabeledNode {
  let at = tree;
  while (at.kind === "fork") at = at[side];
  if (at.kind === "labeled") return at;
  return at.kind === "empty" || at.kind === "leaf" || at.kind === "pruned"
    ? notAMap(at.kind)
    : unreachable(at);
}

function notAMap(kind: string): never {
  assert(false, `a labeled map holds forks and labels only, not ${kind}`);
}

/** Position of the first bit in which two labels differ (nine bits a byte); ∞ when they are equal. */
function differingBit(a: Label, b: Label): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = a[i]! ^ b[i]!;
    if (difference !== 0) return 9 * i + 1 + Math.clz32(difference) - 24;
  }
  return a.length === b.length ? Number.POSITIVE_INFINITY : 9 * n;
}
