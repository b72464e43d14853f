import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/chacha.json" with { type: "json" };
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { chacha20Rng, chachaBlock, deriveSeed, seedFromBytes } from "./chacha.ts";
import { sha256 } from "./hash.ts";

const littleEndian = (hex: string): number[] => [...new Uint32Array(fromHex(hex).buffer)];

test("RFC 8439's block function vector", () => {
  const { key, counterAndNonce, output } = vectors.rfc8439Block;
  const input = Uint32Array.from([
    ...littleEndian("657870616e642033322d62797465206b"),
    ...littleEndian(key),
    ...littleEndian(counterAndNonce),
  ]);
  expect(toHex(new Uint8Array(chachaBlock(input).buffer))).toBe(output);
});

test("the stream is ChaCha20's, over many blocks", () => {
  const seed = sha256(utf8("seed"));
  const cipher = createCipheriv("chacha20", seed, new Uint8Array(16));
  const stream = new Uint8Array(cipher.update(new Uint8Array(1000)));
  expect(chacha20Rng(seed).bytes(1000)).toEqual(stream);
  const rng = chacha20Rng(seed);
  expect(concat(rng.bytes(5), rng.bytes(3), rng.bytes(4))).toEqual(
    concat(stream.subarray(0, 5), stream.subarray(8, 11), stream.subarray(12, 16)),
  );
});

test("seeds are RFC 9380's expand_message_xmd, written out", () => {
  const expand = (bytes: Uint8Array, domain: string): Uint8Array => {
    const dst = concat(utf8(domain), Uint8Array.of(domain.length));
    const b0 = sha256(concat(new Uint8Array(64), bytes, Uint8Array.of(0, 32, 0), dst));
    return sha256(concat(b0, Uint8Array.of(1), dst));
  };
  const seed = seedFromBytes(utf8("beacon"));
  expect(seed).toEqual(expand(utf8("beacon"), "ic-crypto-seed-from-bytes"));
  const purpose = "ic-crypto-prng-execution-thread-0";
  expect(deriveSeed(seed, purpose)).toEqual(expand(seed, purpose));
  expect(deriveSeed(seed, purpose)).not.toEqual(deriveSeed(seed, `${purpose}1`));
});

test("below is uniform and within its bound", () => {
  const rng = chacha20Rng(sha256(utf8("dice")));
  for (const bound of [1, 2, 3, 7, 8, 2 ** 31 + 1, 2 ** 32]) {
    for (let i = 0; i < 50; i++) expect(rng.below(bound)).toBeLessThan(bound);
  }
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 6000; i++) counts[rng.below(6)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test("a shuffle keeps what is in the list, and every order turns up", () => {
  const rng = chacha20Rng(sha256(utf8("cards")));
  const orders = new Map<string, number>();
  for (let i = 0; i < 2400; i++) {
    const order = rng.shuffle(["a", "b", "c", "d"]);
    expect([...order].sort()).toEqual(["a", "b", "c", "d"]);
    orders.set(order.join(""), (orders.get(order.join("")) ?? 0) + 1);
  }
  expect(orders.size).toBe(24);
  for (const count of orders.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
});
