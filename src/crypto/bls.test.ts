import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/keys.json" with { type: "json" };
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { prng } from "../base/prng.ts";
import {
  aggregateKeys,
  aggregateSignatures,
  decodeBlsDer,
  decodePublicKey,
  encodeBlsDer,
  encodeG1,
  encodePublicKey,
  type PublicKey,
  provePossession,
  publicKeyOf,
  sign,
  SUITES,
  verify,
  verifyBytes,
  verifyPossession,
} from "./bls.ts";
import { combineShares, deal, sharePublicKey } from "./bls-threshold.ts";
import { bigintOf, GROUP_ORDER, invert, lagrangeAtZero, reduce, scalarFrom } from "./lagrange.ts";

const message = utf8("a message");
const random = prng(7);
const secrets = Array.from({ length: 4 }, () => scalarFrom(random.bytes(48)));
const keys = secrets.map(publicKeyOf);
const decodedKeys = keys.map((key) => decodePublicKey(key) as PublicKey);

test("agrees with the library's own short signatures", () => {
  const theirs = bls12_381.shortSignatures;
  const hashed = theirs.hash(message, SUITES.threshold);
  const scalar = fromHex(secrets[0]!.toString(16).padStart(64, "0"));
  const signature = theirs.Signature.toBytes(theirs.sign(hashed, scalar));
  expect(sign("threshold", secrets[0]!, message)).toEqual(signature);
  expect(theirs.getPublicKey(scalar).toBytes()).toEqual(keys[0]);
  expect(verifyBytes("threshold", keys[0]!, message, signature)).toBe(true);
});

test("another message, key, suite or bit does not verify", () => {
  const signature = sign("multi", secrets[0]!, message);
  expect(verifyBytes("multi", keys[0]!, message, signature)).toBe(true);
  expect(verifyBytes("multi", keys[0]!, utf8("another"), signature)).toBe(false);
  expect(verifyBytes("multi", keys[1]!, message, signature)).toBe(false);
  expect(verifyBytes("threshold", keys[0]!, message, signature)).toBe(false);
  for (const [at, bit] of [
    [0, 0x20],
    [0, 0x80],
    [47, 1],
  ] as const) {
    const changed = Uint8Array.from(signature);
    changed[at]! ^= bit;
    expect(verifyBytes("multi", keys[0]!, message, changed)).toBe(false);
  }
});

test("points outside the subgroup and the identity are refused (S1, S2)", () => {
  // A point of the curve with a part of small order, added to a good signature: the pairing alone would not notice.
  const G1 = bls12_381.G1.Point;
  const stray = G1.fromAffine({ x: 4n, y: bls12_381.fields.Fp.sqrt(68n) });
  const small = stray.multiplyUnsafe(GROUP_ORDER - 1n).add(stray);
  const signature = sign("multi", secrets[0]!, message);
  const shifted = encodeG1(G1.fromBytes(signature).add(small));
  expect(toHex(shifted)).not.toBe(toHex(signature));
  expect(verifyBytes("multi", keys[0]!, message, shifted)).toBe(false);
  const identity = concat(Uint8Array.of(0xc0), new Uint8Array(47));
  expect(verifyBytes("multi", keys[0]!, message, identity)).toBe(false);
  expect(decodePublicKey(concat(Uint8Array.of(0xc0), new Uint8Array(95)))).toBeUndefined();
});

test("a signature has one encoding: an x that is not reduced is refused", () => {
  const order = bls12_381.fields.Fp.ORDER;
  let found = 0;
  for (let i = 0; found < 2; i++) {
    const signature = sign("multi", secrets[0]!, Uint8Array.of(i));
    const raised = (bigintOf(signature) & ((1n << 381n) - 1n)) + order;
    if (raised >= 1n << 381n) continue;
    const again = fromHex(raised.toString(16).padStart(96, "0"));
    again[0]! |= signature[0]! & 0xe0;
    expect(verifyBytes("multi", keys[0]!, Uint8Array.of(i), signature)).toBe(true);
    expect(verifyBytes("multi", keys[0]!, Uint8Array.of(i), again)).toBe(false);
    expect(aggregateSignatures([again])).toBeUndefined();
    found++;
  }
});

test("bytes that are no key or signature do not verify and do not throw (S3)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(verify("multi", decodedKeys[0]!, message, bytes)).toBe(false);
      expect(decodePublicKey(bytes)).toBeUndefined();
      expect(decodeBlsDer(bytes).ok).toBe(false);
    }),
  );
  expect(decodePublicKey(new Uint8Array(96).fill(0xff))).toBeUndefined();
  expect(decodePublicKey(concat(Uint8Array.of(0x80), new Uint8Array(95)))).toBeUndefined();
  expect(verify("multi", decodedKeys[0]!, message, new Uint8Array(48).fill(0xff))).toBe(false);
  expect(aggregateSignatures([new Uint8Array(48)])).toBeUndefined();
});

test("a multi-signature verifies for its signers and no other set", () => {
  const shares = secrets.map((secret) => sign("multi", secret, message));
  const of = (...at: number[]) => aggregateSignatures(at.map((i) => shares[i]!))!;
  const by = (...at: number[]) => aggregateKeys(at.map((i) => decodedKeys[i]!));
  expect(verify("multi", by(0, 1, 3), message, of(3, 0, 1))).toBe(true);
  expect(verify("multi", by(0, 1, 2), message, of(0, 1, 3))).toBe(false);
  expect(verify("multi", by(0, 1), message, of(0, 1, 3))).toBe(false);
});

test("a rogue key forges a multi-signature, but cannot prove its possession", () => {
  // The rogue picks a secret of its own and subtracts the others' keys from its public key.
  const own = scalarFrom(random.bytes(48));
  const honest = aggregateKeys(decodedKeys.slice(0, 2));
  const rogue: PublicKey = {
    point: bls12_381.G2.Point.fromBytes(publicKeyOf(own)).subtract(honest.point),
  };
  const forged = sign("multi", own, message);
  const committee = aggregateKeys([...decodedKeys.slice(0, 2), rogue]);
  expect(verify("multi", committee, message, forged)).toBe(true);

  const bytes = encodePublicKey(rogue);
  expect(verifyPossession(bytes, provePossession(own))).toBe(false);
  expect(verifyPossession(bytes, sign("possession", own, bytes))).toBe(false);
  expect(verifyPossession(keys[0]!, provePossession(secrets[0]!))).toBe(true);
  expect(verifyPossession(keys[0]!, provePossession(secrets[1]!))).toBe(false);
});

test("DER is the root key's, and back", () => {
  const root = fromHex(vectors.mainnetRootKey.der);
  const inner = decodeBlsDer(root);
  expect(inner.ok && toHex(encodeBlsDer(inner.value))).toBe(toHex(root));
  expect(inner.ok && decodePublicKey(inner.value)).toBeTruthy();
  expect(decodeBlsDer(root.subarray(0, 132))).toMatchObject({
    because: expect.stringContaining("133 bytes"),
  });
});

/** All sets of `size` indices below n. */
function* subsets(n: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= n - size; i++) {
    for (const rest of subsets(n, size - 1, i + 1)) yield [i, ...rest];
  }
}

for (const { n, threshold } of [
  { n: 1, threshold: 1 },
  { n: 4, threshold: 2 },
  { n: 4, threshold: 3 },
  { n: 7, threshold: 3 },
  { n: 7, threshold: 5 },
]) {
  test(`any ${threshold} of ${n} shares give the same signature, fewer never do (T1–T3)`, () => {
    const dealing = deal(threshold, n, random.bytes);
    const key = decodePublicKey(dealing.coefficients[0]!)!;
    const shares = dealing.shares.map((share) => sign("threshold", share, message));
    const combine = (indices: readonly number[]) =>
      toHex(combineShares(new Map(indices.map((i) => [i, shares[i]!])))!);

    const all = Array.from({ length: n }, (_, i) => i);
    const signature = combine(all);
    expect(verify("threshold", key, message, fromHex(signature))).toBe(true);
    for (const indices of subsets(n, threshold)) {
      expect(combine(indices.reverse())).toBe(signature);
    }
    if (threshold > 1) {
      for (const indices of subsets(n, threshold - 1)) expect(combine(indices)).not.toBe(signature);
    }
    const last = n - 1;
    const lastKey = sharePublicKey(dealing.coefficients, last);
    expect(encodePublicKey(lastKey)).toEqual(publicKeyOf(dealing.shares[last]!));
    expect(verify("threshold", lastKey, message, shares[last]!)).toBe(true);
  });
}

test("a wrong share spoils the combination", () => {
  const dealing = deal(3, 4, random.bytes);
  const shares = dealing.shares.map((share) => sign("threshold", share, message));
  shares[2] = sign("threshold", dealing.shares[2]!, utf8("another"));
  const combined = combineShares(new Map([0, 1, 2].map((i) => [i, shares[i]!])))!;
  expect(verifyBytes("threshold", dealing.coefficients[0]!, message, combined)).toBe(false);
  expect(combineShares(new Map([[0, new Uint8Array(48)]]))).toBeUndefined();
});

test("Lagrange weights interpolate at zero, for committees up to 40", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 27 }),
      fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n }),
      (indices, c) => {
        // f(x) = c + c·x + c·x² + …, of as many terms as there are indices.
        const f = (x: bigint) => indices.reduce((sum) => reduce(sum * x + c), 0n);
        const { weights, denominator } = lagrangeAtZero(indices);
        const sum = indices.reduce((s, at, k) => s + weights[k]! * f(BigInt(at + 1)), 0n);
        expect(reduce(sum * invert(denominator))).toBe(c);
      },
    ),
  );
});
