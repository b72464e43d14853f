/**
 * The hash tree: what a subnet signs the root of, and what certificates show a pruned part of.
 *
 * Values are immutable; only the `hash` field is filled in lazily by `rootHash`, and depends on nothing but the node.
 * Whoever builds the tree of the next height from the nodes of this one therefore pays for what changed alone.
 *
 * Built by `crit-bit.ts`, pruned and looked up by `witness.ts`. Source: interface C1–C4, C23.
 */
import { unreachable } from "../base/assert.ts";
import { concat } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { domainSeparator, sha256 } from "../crypto/hash.ts";
import { type CborInput, type CborValue, decodeCbor, encodeCborTagged } from "./cbor.ts";

export type Label = Uint8Array;

export interface EmptyNode {
  readonly kind: "empty";
}
export interface ForkNode {
  readonly kind: "fork";
  readonly left: HashTree;
  readonly right: HashTree;
  hash?: Uint8Array;
}
export interface LabeledNode {
  readonly kind: "labeled";
  readonly label: Label;
  readonly child: HashTree;
  hash?: Uint8Array;
}
export interface LeafNode {
  readonly kind: "leaf";
  readonly value: Uint8Array;
  hash?: Uint8Array;
}
export interface PrunedNode {
  readonly kind: "pruned";
  readonly hash: Uint8Array;
}
export type HashTree = EmptyNode | ForkNode | LabeledNode | LeafNode | PrunedNode;

export const EMPTY_TREE: HashTree = { kind: "empty" };
export const leaf = (value: Uint8Array): LeafNode => ({ kind: "leaf", value });
export const labeled = (label: Label, child: HashTree): LabeledNode => ({
  kind: "labeled",
  label,
  child,
});
/** Every label on the left is before every label on the right. */
export const fork = (left: HashTree, right: HashTree): ForkNode => ({ kind: "fork", left, right });
export const pruned = (hash: Uint8Array): PrunedNode => ({ kind: "pruned", hash });

const EMPTY_HASH = sha256(domainSeparator("ic-hashtree-empty"));
const FORK = domainSeparator("ic-hashtree-fork");
const LABELED = domainSeparator("ic-hashtree-labeled");
const LEAF = domainSeparator("ic-hashtree-leaf");

/** 32 bytes. Cached in each node it passes. */
export function rootHash(tree: HashTree): Uint8Array {
  switch (tree.kind) {
    case "empty":
      return EMPTY_HASH;
    case "pruned":
      return tree.hash;
    case "leaf":
      tree.hash ??= sha256(concat(LEAF, tree.value));
      return tree.hash;
    case "labeled":
      tree.hash ??= sha256(concat(LABELED, tree.label, rootHash(tree.child)));
      return tree.hash;
    case "fork":
      tree.hash ??= sha256(concat(FORK, rootHash(tree.left), rootHash(tree.right)));
      return tree.hash;
    default:
      return unreachable(tree);
  }
}

/** `[0]`, `[1, left, right]`, `[2, label, child]`, `[3, value]`, `[4, hash]`. */
export function treeToCbor(tree: HashTree): CborInput {
  switch (tree.kind) {
    case "empty":
      return [0];
    case "fork":
      return [1, treeToCbor(tree.left), treeToCbor(tree.right)];
    case "labeled":
      return [2, tree.label, treeToCbor(tree.child)];
    case "leaf":
      return [3, tree.value];
    case "pruned":
      return [4, tree.hash];
    default:
      return unreachable(tree);
  }
}

export const encodeTree = (tree: HashTree): Uint8Array => encodeCborTagged(treeToCbor(tree));

export function decodeTree(bytes: Uint8Array): Decoded<HashTree> {
  const value = decodeCbor(bytes);
  return value.ok ? treeFromCbor(value.value) : value;
}

/** The sentence of a refusal names the way to the wrong node: `tree.left.child: …`. */
export function treeFromCbor(value: CborValue | undefined, where = "tree"): Decoded<HashTree> {
  if (!Array.isArray(value)) return undecodable(`${where}: a hash tree node is an array`);
  const node: readonly CborValue[] = value;
  const [tag, first, second] = node;
  if (tag === 0 && node.length === 1) return decoded(EMPTY_TREE);
  if (tag === 1 && node.length === 3) {
    const left = treeFromCbor(first, `${where}.left`);
    if (!left.ok) return left;
    const right = treeFromCbor(second, `${where}.right`);
    return right.ok ? decoded(fork(left.value, right.value)) : right;
  }
  if (tag === 2 && node.length === 3 && first instanceof Uint8Array) {
    const child = treeFromCbor(second, `${where}.child`);
    return child.ok ? decoded(labeled(first, child.value)) : child;
  }
  if (tag === 3 && node.length === 2 && first instanceof Uint8Array) return decoded(leaf(first));
  if (tag === 4 && node.length === 2 && first instanceof Uint8Array && first.length === 32) {
    return decoded(pruned(first));
  }
  return undecodable(`${where}: no node of a hash tree looks like this`);
}
