import { expect, test } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import { encodeCborTagged } from "../../codec/cbor.ts";
import { fork, labeled, leaf, pruned, rootHash, treeToCbor } from "../../codec/hash-tree.ts";
import { byteToBreak, bytesFromText, certificateTree, placeOf, treeLines } from "./tree.ts";

const tree = fork(
  labeled(utf8("a"), labeled(utf8("b"), leaf(utf8("value")))),
  pruned(new Uint8Array(32).fill(7)),
);
const certificate = encodeCborTagged({ tree: treeToCbor(tree), signature: new Uint8Array(48) });

test("a certificate's tree becomes lines, with the hash of every node", () => {
  const read = certificateTree(certificate);
  expect(toHex(rootHash(read!))).toBe(toHex(rootHash(tree)));
  expect(treeLines(read!).map(({ depth, kind }) => [depth, kind])).toEqual([
    [0, "labeled"],
    [1, "labeled"],
    [0, "pruned"],
  ]);
  expect(certificateTree(utf8("no certificate"))).toBeUndefined();
});

test("a value is found in the bytes", () => {
  expect(placeOf(utf8("value"), certificate)).toBeGreaterThan(0);
  expect(placeOf(utf8("absent"), certificate)).toBeUndefined();
});

test("hexadecimal and base64 are read, with what people copy around them", () => {
  expect(bytesFromText(" 0xD9 d9f7\n")).toEqual(Uint8Array.of(0xd9, 0xd9, 0xf7));
  expect(bytesFromText('"2dn3"')).toEqual(Uint8Array.of(0xd9, 0xd9, 0xf7));
  expect(bytesFromText("not it!")).toBeUndefined();
  expect(bytesFromText("  ")).toBeUndefined();
});

test("the byte offered for a change is the last of the reply, where there is one", () => {
  const reply = [...utf8("DIDL"), 0, 1, 0x7d, 42];
  const replied = labeled(utf8("reply"), leaf(Uint8Array.from(reply)));
  const bytes = encodeCborTagged({ tree: treeToCbor(replied), signature: new Uint8Array(48) });
  expect(bytes[byteToBreak(bytes)]).toBe(42);
  expect(byteToBreak(certificate)).toBe(Math.min(212, certificate.length - 1));
  expect(byteToBreak(utf8("DIDL"))).toBe(3);
});
