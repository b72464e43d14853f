import { bls12_381 } from "@noble/curves/bls12-381.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import hashVectors from "../../tests/vectors/hash-to-curve.json" with { type: "json" };
import vectors from "../../tests/vectors/keys.json" with { type: "json" };
import { concat, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { prng } from "../base/prng.ts";
import { decodeBlsDer, encodeBlsDer, type PublicKey, SUITES, type Suite, type Term } from "./bls.ts";
import { loadMclBls, loadMclCurve } from "./bls-mcl.ts";
import { nobleBls, nobleCurve } from "./bls-noble.ts";
import { combineShares, deal, sharePublicKey } from "./bls-threshold.ts";
import { bigintOf, GROUP_ORDER, invert, lagrangeAtZero, reduce, scalarFrom } from "./lagrange.ts";

const message = utf8("a message");
const random = prng(7);
const secrets = Array.from({ length: 4 }, () => scalarFrom(random.bytes(48)));
const keys = secrets.map(nobleBls.publicKeyOf);
const mclBls = await loadMclBls();
const LIBRARIES = [
  ["noble", nobleBls],
  ["mcl", mclBls],
] as const;

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

describe.each(LIBRARIES)("%s", (_, bls) => {
  const decodedKeys = keys.map((key) => bls.decodePublicKey(key) as PublicKey);

  test("agrees with the library's own short signatures", () => {
    const theirs = bls12_381.shortSignatures;
    const hashed = theirs.hash(message, SUITES.threshold);
    const scalar = fromHex(secrets[0]!.toString(16).padStart(64, "0"));
    const signature = theirs.Signature.toBytes(theirs.sign(hashed, scalar));
    expect(bls.sign("threshold", secrets[0]!, message)).toEqual(signature);
    expect(theirs.getPublicKey(scalar).toBytes()).toEqual(keys[0]);
    expect(bls.verifyBytes("threshold", keys[0]!, message, signature)).toBe(true);
  });

  test("another message, key, suite or bit does not verify", () => {
    const signature = bls.sign("multi", secrets[0]!, message);
    expect(bls.verifyBytes("multi", keys[0]!, message, signature)).toBe(true);
    expect(bls.verifyBytes("multi", keys[0]!, utf8("another"), signature)).toBe(false);
    expect(bls.verifyBytes("multi", keys[1]!, message, signature)).toBe(false);
    expect(bls.verifyBytes("threshold", keys[0]!, message, signature)).toBe(false);
    for (const [at, bit] of [
      [0, 0x20],
      [0, 0x80],
      [47, 1],
    ] as const) {
      const changed = Uint8Array.from(signature);
      changed[at]! ^= bit;
      expect(bls.verifyBytes("multi", keys[0]!, message, changed)).toBe(false);
    }
  });

  test("points outside the subgroup and the identity are refused (S1, S2)", () => {
    // A point of the curve with a part of small order, added to a good signature: the pairing alone would not notice.
    const G1 = bls12_381.G1.Point;
    const stray = G1.fromAffine({ x: 4n, y: bls12_381.fields.Fp.sqrt(68n) });
    const small = stray.multiplyUnsafe(GROUP_ORDER - 1n).add(stray);
    const signature = bls.sign("multi", secrets[0]!, message);
    const { x, y } = G1.fromAffine(bls12_381.G1.Point.fromBytes(signature).toAffine()).add(small).toAffine();
    const shifted = fromHex(x.toString(16).padStart(96, "0"));
    shifted[0]! |= y > bls12_381.fields.Fp.ORDER / 2n ? 0xa0 : 0x80;
    expect(toHex(shifted)).not.toBe(toHex(signature));
    expect(bls.verifyBytes("multi", keys[0]!, message, shifted)).toBe(false);
    const identity = concat(Uint8Array.of(0xc0), new Uint8Array(47));
    expect(bls.verifyBytes("multi", keys[0]!, message, identity)).toBe(false);
    expect(bls.decodePublicKey(concat(Uint8Array.of(0xc0), new Uint8Array(95)))).toBeUndefined();
  });

  test("a signature has one encoding: an x that is not reduced is refused", () => {
    const order = bls12_381.fields.Fp.ORDER;
    let found = 0;
    for (let i = 0; found < 2; i++) {
      const signature = bls.sign("multi", secrets[0]!, Uint8Array.of(i));
      const raised = (bigintOf(signature) & ((1n << 381n) - 1n)) + order;
      if (raised >= 1n << 381n) continue;
      const again = fromHex(raised.toString(16).padStart(96, "0"));
      again[0]! |= signature[0]! & 0xe0;
      expect(bls.verifyBytes("multi", keys[0]!, Uint8Array.of(i), signature)).toBe(true);
      expect(bls.verifyBytes("multi", keys[0]!, Uint8Array.of(i), again)).toBe(false);
      expect(bls.sumOfSignatures([[1n, again]])).toBeUndefined();
      found++;
    }
  });

  test("bytes that are no key or signature do not verify and do not throw (S3)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(bls.verify("multi", decodedKeys[0]!, message, bytes)).toBe(false);
        expect(bls.decodePublicKey(bytes)).toBeUndefined();
        expect(decodeBlsDer(bytes).ok).toBe(false);
      }),
    );
    expect(bls.decodePublicKey(new Uint8Array(96).fill(0xff))).toBeUndefined();
    expect(bls.decodePublicKey(concat(Uint8Array.of(0x80), new Uint8Array(95)))).toBeUndefined();
    expect(bls.verify("multi", decodedKeys[0]!, message, new Uint8Array(48).fill(0xff))).toBe(false);
    expect(bls.sumOfSignatures([[1n, new Uint8Array(48)]])).toBeUndefined();
  });

  test("a multi-signature verifies for its signers and no other set", () => {
    const shares = secrets.map((secret) => bls.sign("multi", secret, message));
    const of = (...at: number[]) => bls.sumOfSignatures(at.map((i) => [1n, shares[i]!]))!;
    const by = (...at: number[]) => bls.sumOfKeys(at.map((i) => [1n, decodedKeys[i]!]));
    expect(bls.verify("multi", by(0, 1, 3), message, of(3, 0, 1))).toBe(true);
    expect(bls.verify("multi", by(0, 1, 2), message, of(0, 1, 3))).toBe(false);
    expect(bls.verify("multi", by(0, 1), message, of(0, 1, 3))).toBe(false);
  });

  test("a rogue key forges a multi-signature, but cannot prove its possession", () => {
    // The rogue picks a secret of its own and subtracts the others' keys from its public key.
    const own = scalarFrom(random.bytes(48));
    const honest = decodedKeys.slice(0, 2);
    const rogue = bls.sumOfKeys([
      [1n, bls.decodePublicKey(bls.publicKeyOf(own))!],
      ...honest.map((key): Term<PublicKey> => [-1n, key]),
    ]);
    const forged = bls.sign("multi", own, message);
    const committee = bls.sumOfKeys([...honest, rogue].map((key) => [1n, key]));
    expect(bls.verify("multi", committee, message, forged)).toBe(true);

    const bytes = bls.encodePublicKey(rogue);
    expect(bls.verifyPossession(bytes, bls.provePossession(own))).toBe(false);
    expect(bls.verifyPossession(bytes, bls.sign("possession", own, bytes))).toBe(false);
    expect(bls.verifyPossession(keys[0]!, bls.provePossession(secrets[0]!))).toBe(true);
    expect(bls.verifyPossession(keys[0]!, bls.provePossession(secrets[1]!))).toBe(false);
  });

  for (const { n, threshold } of [
    { n: 1, threshold: 1 },
    { n: 4, threshold: 2 },
    { n: 4, threshold: 3 },
    { n: 7, threshold: 3 },
    { n: 7, threshold: 5 },
  ]) {
    test(`any ${threshold} of ${n} shares give the same signature, fewer never do (T1–T3)`, () => {
      const dealing = deal(threshold, n, random.bytes, bls.publicKeyOf);
      const key = bls.decodePublicKey(dealing.coefficients[0]!)!;
      const shares = dealing.shares.map((share) => bls.sign("threshold", share, message));
      const combine = (indices: readonly number[]) =>
        toHex(combineShares(bls, new Map(indices.map((i) => [i, shares[i]!])))!);

      const all = Array.from({ length: n }, (_, i) => i);
      const signature = combine(all);
      expect(bls.verify("threshold", key, message, fromHex(signature))).toBe(true);
      for (const indices of subsets(n, threshold)) {
        expect(combine(indices.reverse())).toBe(signature);
      }
      if (threshold > 1) {
        for (const indices of subsets(n, threshold - 1)) expect(combine(indices)).not.toBe(signature);
      }
      const last = n - 1;
      const lastKey = sharePublicKey(bls, dealing.coefficients, last);
      expect(bls.encodePublicKey(lastKey)).toEqual(bls.publicKeyOf(dealing.shares[last]!));
      expect(bls.verify("threshold", lastKey, message, shares[last]!)).toBe(true);
    });
  }

  test("a wrong share spoils the combination", () => {
    const dealing = deal(3, 4, random.bytes, bls.publicKeyOf);
    const shares = dealing.shares.map((share) => bls.sign("threshold", share, message));
    shares[2] = bls.sign("threshold", dealing.shares[2]!, utf8("another"));
    const combined = combineShares(bls, new Map([0, 1, 2].map((i) => [i, shares[i]!])))!;
    expect(bls.verifyBytes("threshold", dealing.coefficients[0]!, message, combined)).toBe(false);
    expect(combineShares(bls, new Map([[0, new Uint8Array(48)]]))).toBeUndefined();
  });
});

test("hashing to the curve is RFC 9380's", async () => {
  const mclCurve = await loadMclCurve();
  for (const { message, x, y } of hashVectors.points) {
    const upper = BigInt(`0x${y}`) > bls12_381.fields.Fp.ORDER / 2n;
    const expected = fromHex(x);
    expected[0]! |= upper ? 0xa0 : 0x80;
    const text = utf8(message);
    expect(nobleCurve.encode1(nobleCurve.hash1(text, hashVectors.separator))).toEqual(expected);
    expect(mclCurve.encode1(mclCurve.hash1(text, hashVectors.separator))).toEqual(expected);
  }
});

test("both libraries give the same bytes and verdicts", () => {
  const suites = Object.keys(SUITES) as Suite[];
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n }),
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(...suites),
      fc.bigInt({ min: -300n, max: GROUP_ORDER - 1n }),
      (secret, text, suite, factor) => {
        const [signature, theirs] = LIBRARIES.map(([, bls]) => bls.sign(suite, secret, text));
        expect(theirs).toEqual(signature);
        const [key, sameKey] = LIBRARIES.map(([, bls]) => bls.publicKeyOf(secret));
        expect(sameKey).toEqual(key);
        const [sum, sameSum] = LIBRARIES.map(([, bls]) =>
          bls.sumOfSignatures([
            [factor, signature!],
            [1n, signature!],
          ]),
        );
        expect(sameSum).toEqual(sum);
        for (const [, bls] of LIBRARIES) expect(bls.verifyBytes(suite, key!, text, signature!)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});

test("both libraries take the same bytes for points", () => {
  const encoded = [
    ...Array.from({ length: 8 }, (_, i) => nobleBls.sign("multi", secrets[0]!, Uint8Array.of(i))),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...encoded), fc.nat(47), fc.nat(255), (bytes, at, value) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      const [ours, theirs] = LIBRARIES.map(([, bls]) => bls.sumOfSignatures([[1n, changed]]));
      expect(theirs).toEqual(ours);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.nat(95), fc.nat(255), (bytes, at, value) => {
      const changed = Uint8Array.from(bytes);
      changed[at] = value;
      const [ours, theirs] = LIBRARIES.map(([, bls]) => bls.decodePublicKey(changed) === undefined);
      expect(theirs).toBe(ours);
    }),
    { numRuns: 60 },
  );
});

test("DER is the root key's, and back", () => {
  const root = fromHex(vectors.mainnetRootKey.der);
  const inner = decodeBlsDer(root);
  expect(inner.ok && toHex(encodeBlsDer(inner.value))).toBe(toHex(root));
  expect(inner.ok && nobleBls.decodePublicKey(inner.value)).toBeTruthy();
  expect(decodeBlsDer(root.subarray(0, 132))).toMatchObject({
    because: expect.stringContaining("133 bytes"),
  });
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
