/** Verdicts and signatures do not depend on whether libsodium has been loaded. Vectors: RFC 8032 §7.1; ZIP 215. */
import { describe, expect, test } from "vitest";
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from "./ed25519.ts";
import { loadSodium } from "./ed25519-sodium.ts";

const SEED = fromHex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
const KEY = fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const MESSAGE = fromHex("af82");
const SIGNATURE = fromHex(
  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
);
/** The group's order, little endian: S + L is the same scalar in a second encoding. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const zeros = (n: number): Uint8Array => new Uint8Array(n);
/** The neutral element, and its encodings that ZIP 215 takes as well: with the sign bit set, and y = p + 1. */
const NEUTRAL = concat(Uint8Array.of(1), zeros(31));
const NEUTRAL_SIGNED = concat(Uint8Array.of(1), zeros(30), Uint8Array.of(0x80));
const NEUTRAL_UNCANONICAL = concat(Uint8Array.of(0xee), zeros(30).fill(0xff), Uint8Array.of(0x7f));

const CASES: readonly [string, Uint8Array, Uint8Array, Uint8Array, boolean][] = [
  ["a valid signature", KEY, MESSAGE, SIGNATURE, true],
  ["another message", KEY, utf8("af83"), SIGNATURE, false],
  ["another key", ed25519PublicKey(zeros(32)), MESSAGE, SIGNATURE, false],
  ["a second encoding of S", KEY, MESSAGE, withS(SIGNATURE, (s) => s + ORDER), false],
  ["a key of small order", NEUTRAL, MESSAGE, concat(NEUTRAL, zeros(32)), true],
  ["a key with a needless sign", NEUTRAL_SIGNED, MESSAGE, concat(NEUTRAL, zeros(32)), true],
  ["an uncanonical key", NEUTRAL_UNCANONICAL, MESSAGE, concat(NEUTRAL, zeros(32)), true],
  ["an uncanonical R", NEUTRAL, MESSAGE, concat(NEUTRAL_UNCANONICAL, zeros(32)), true],
  ["a key that is no point", zeros(32).fill(2, 0, 1), MESSAGE, SIGNATURE, false],
  ["a short key", KEY.subarray(1), MESSAGE, SIGNATURE, false],
  ["a long signature", KEY, MESSAGE, concat(SIGNATURE, zeros(1)), false],
  ["nothing", zeros(0), MESSAGE, zeros(0), false],
];

describe.each(["noble alone", "libsodium before noble"])("%s", (which) => {
  test("judges as ZIP 215 says", async () => {
    if (which !== "noble alone") await loadSodium();
    for (const [what, key, message, signature, verdict] of CASES)
      expect(ed25519Verify(key, message, signature), what).toBe(verdict);
  });

  test("refuses a signature with any one byte changed", () => {
    for (let i = 0; i < SIGNATURE.length; i++) {
      const changed = Uint8Array.from(SIGNATURE);
      changed[i]! ^= 1;
      expect(ed25519Verify(KEY, MESSAGE, changed), `byte ${i}`).toBe(false);
    }
  });

  test("signs as RFC 8032 does", () => {
    expect(toHex(ed25519Sign(SEED, MESSAGE))).toBe(toHex(SIGNATURE));
  });
});

function withS(signature: Uint8Array, change: (s: bigint) => bigint): Uint8Array {
  const bigEndian = toHex(signature.slice(32).reverse());
  const changed = change(BigInt(`0x${bigEndian}`))
    .toString(16)
    .padStart(64, "0");
  return concat(signature.subarray(0, 32), fromHex(changed).reverse());
}
