/** A certificate's tree as lines to draw: labels, values, and what was pruned away. Pure. Checked by: tree.test.ts. */
import { toHex } from "../../base/bytes.ts";
import { decodeCbor, isCborMap } from "../../codec/cbor.ts";
import { type HashTree, rootHash, treeFromCbor } from "../../codec/hash-tree.ts";

export interface TreeLine {
  readonly depth: number;
  readonly kind: "labeled" | "leaf" | "pruned";
  readonly label: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  /** Of the node, hex. */
  readonly hash: string;
}

/** Undefined: these bytes are no certificate. */
export function certificateTree(certificate: Uint8Array): HashTree | undefined {
  try {
    const cbor = decodeCbor(certificate, { maxDepth: 300 });
    if (!cbor.ok || !isCborMap(cbor.value)) return undefined;
    const tree = treeFromCbor(cbor.value.get("tree"));
    return tree.ok ? tree.value : undefined;
  } catch {
    return undefined;
  }
}

/** Forks are not lines of their own: what is left and right of one stands on the same level. A label with a leaf is one line. */
export function treeLines(tree: HashTree, depth = 0): TreeLine[] {
  switch (tree.kind) {
    case "empty":
      return [];
    case "fork":
      return [...treeLines(tree.left, depth), ...treeLines(tree.right, depth)];
    case "pruned":
      return [{ depth, kind: "pruned", label: undefined, value: undefined, hash: toHex(tree.hash) }];
    case "leaf":
      return [{ depth, kind: "leaf", label: undefined, value: tree.value, hash: toHex(rootHash(tree)) }];
    case "labeled": {
      const { label, child } = tree;
      const hash = toHex(rootHash(tree));
      const value = child.kind === "leaf" ? child.value : undefined;
      const line: TreeLine = { depth, kind: "labeled", label, value, hash };
      return value === undefined ? [line, ...treeLines(child, depth + 1)] : [line];
    }
  }
}

/** Where bytes stand inside others; undefined: nowhere. */
export function placeOf(wanted: Uint8Array, inside: Uint8Array): number | undefined {
  for (let at = 0; wanted.length > 0 && at + wanted.length <= inside.length; at++)
    if (wanted.every((byte, i) => inside[at + i] === byte)) return at;
  return undefined;
}

/**
 * The byte to offer for a change: the last of a short Candid reply, which is what a liar would change and leaves all but
 * the hashes as it was. Else one in the middle of what is usually a tree.
 */
export function byteToBreak(certificate: Uint8Array): number {
  const reply = placeOf(Uint8Array.of(0x44, 0x49, 0x44, 0x4c), certificate); // "DIDL"
  const length = reply === undefined ? 0 : (certificate[reply - 1] ?? 0) - 0x40; // CBOR: a byte string below 24 bytes
  if (reply !== undefined && length > 6 && length < 24) return reply + length - 1;
  return Math.min(212, certificate.length - 1);
}

/** Hexadecimal or base64, whatever was pasted; what is around it is taken off. */
export function bytesFromText(text: string): Uint8Array | undefined {
  const bare = text.replace(/[\s"'`,;]|0x/g, "");
  if (bare === "") return undefined;
  if (/^([0-9a-f]{2})+$/i.test(bare))
    return Uint8Array.from(bare.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  try {
    const plain = atob(bare.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}
