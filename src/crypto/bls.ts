/**
 * BLS12-381 signatures as the IC uses them: signatures in G1 (48 bytes), public keys in G2 (96 bytes), both in the
 * compressed encoding of the IETF draft. The one place that knows which library does the curve.
 *
 *   S1  A signature that verifies lies in the subgroup of prime order: otherwise a valid one could be shifted by a
 *       point of small order and verify still, and the beacon would not be unique.
 *   S2  The identity is neither a key nor a signature.
 *   S3  Bytes that do not decode do not verify; nothing here throws on them.
 *
 * Decoded keys with their pairing lines, hashed messages and decoded signatures are remembered: each is used again at
 * once by the same node, and decoding a key costs more than a verification.
 *
 * Source: chain-key §1, §1.2, §1.4; interface C4, C5.
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { BoundedCache } from "../base/bounded-cache.ts";
import { compareBytes, concat, fromHex, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { domainSeparator } from "./hash.ts";
import { bigintOf } from "./lagrange.ts";

const { Fp, Fp12 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;
export type G1Point = typeof G1.BASE;
export type G2Point = typeof G2.BASE;
type Lines = ReturnType<typeof bls12_381.utils.calcPairingPrecomputes>;

/** What is hashed how: the same message signed in two suites gives unrelated signatures. */
export const SUITES = {
  threshold: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
  multi: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
  possession: "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
} as const;
export type Suite = keyof typeof SUITES;

/** A decoded key. `lines` are the key's part of every pairing, filled in at the first verification. */
export interface PublicKey {
  readonly point: G2Point;
  lines?: Lines;
}

const HALF = (Fp.ORDER - 1n) / 2n;
const MESSAGES = new BoundedCache<G1Point>(512);
const SIGNATURES = new BoundedCache<G1Point | "bad">(512);
const KEYS = new BoundedCache<PublicKey | "bad">(128);
const MINUS_GENERATOR: PublicKey = { point: G2.BASE.negate() };

/** `secret` is a scalar in [1, r). */
export const publicKeyOf = (secret: bigint): Uint8Array => G2.BASE.multiply(secret).toBytes();

/** Undefined when the bytes are no key. */
export function decodePublicKey(bytes: Uint8Array): PublicKey | undefined {
  if (bytes.length !== 96) return undefined;
  const key = KEYS.get(toHex(bytes), () => {
    try {
      const point = G2.fromBytes(bytes);
      return point.is0() ? "bad" : { point };
    } catch {
      return "bad";
    }
  });
  return key === "bad" ? undefined : key;
}

export const encodePublicKey = (key: PublicKey): Uint8Array => key.point.toBytes();

export const sign = (suite: Suite, secret: bigint, message: Uint8Array): Uint8Array =>
  encodeG1(hashedMessage(suite, message).multiply(secret));

export function verify(suite: Suite, key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const point = decodeSignature(signature);
  if (point === undefined) return false;
  const hashed = hashedMessage(suite, message);
  const product = bls12_381.millerLoopBatch([
    [linesOf(MINUS_GENERATOR), point.X, point.Y],
    [linesOf(key), hashed.X, hashed.Y],
  ]);
  return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE);
}

/** For keys given as bytes. */
export function verifyBytes(
  suite: Suite,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = decodePublicKey(publicKey);
  return key !== undefined && verify(suite, key, message, signature);
}

/** The key of a multi-signature by distinct signers whose proofs of possession were verified. */
export const aggregateKeys = (keys: readonly PublicKey[]): PublicKey => ({
  point: keys.reduce((sum, key) => sum.add(key.point), G2.ZERO),
});

/** Undefined when one of them is no point. The sum may still be no valid signature: verify it. */
export function aggregateSignatures(signatures: readonly Uint8Array[]): Uint8Array | undefined {
  let sum = G1.ZERO;
  for (const signature of signatures) {
    const point = decodeOnCurve(signature);
    if (point === undefined) return undefined;
    sum = sum.add(point);
  }
  return encodeG1(sum);
}

/** Shows that one knows the secret of a key; without it a key could be chosen to cancel the others' keys. */
export const provePossession = (secret: bigint): Uint8Array =>
  sign("possession", secret, possessionMessage(publicKeyOf(secret)));

export const verifyPossession = (publicKey: Uint8Array, proof: Uint8Array): boolean =>
  verifyBytes("possession", publicKey, possessionMessage(publicKey), proof);

const possessionMessage = (publicKey: Uint8Array): Uint8Array =>
  concat(domainSeparator("ic-multi-sig-bls12381-pop"), publicKey);

/** Affine (Z = 1). */
function hashedMessage(suite: Suite, message: Uint8Array): G1Point {
  return MESSAGES.get(`${suite} ${toHex(message)}`, () =>
    G1.fromAffine(bls12_381.G1.hashToCurve(message, { DST: SUITES[suite] }).toAffine()),
  );
}

/** A point of the subgroup other than the identity, or undefined. Affine (Z = 1). */
function decodeSignature(bytes: Uint8Array): G1Point | undefined {
  const point = SIGNATURES.get(toHex(bytes), () => {
    const found = decodeOnCurve(bytes);
    return found?.isTorsionFree() ? found : "bad";
  });
  return point === "bad" ? undefined : point;
}

/** A finite point of the curve, not necessarily of the subgroup: enough for shares, whose sum is verified. */
export function decodeOnCurve(bytes: Uint8Array): G1Point | undefined {
  const flags = bytes[0];
  if (bytes.length !== 48 || flags === undefined || (flags & 0xc0) !== 0x80) return undefined;
  const x = bigintOf(bytes) & ((1n << 381n) - 1n);
  try {
    // Throws for an x that is no residue, is not reduced, or is not on the curve.
    const y = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
    const upper = (flags & 0x20) !== 0;
    return G1.fromAffine({ x, y: upper === y > HALF ? y : Fp.neg(y) });
  } catch {
    return undefined;
  }
}

/** The library's own encoder checks the subgroup first, at the price of a multiplication; our points come from it. */
export function encodeG1(point: G1Point): Uint8Array {
  const out = new Uint8Array(48);
  if (point.is0()) {
    out[0] = 0xc0;
    return out;
  }
  const { x, y } = point.toAffine();
  out.set(Fp.toBytes(x));
  out[0]! |= y > HALF ? 0xa0 : 0x80;
  return out;
}

function linesOf(key: PublicKey): Lines {
  key.lines ??= bls12_381.utils.calcPairingPrecomputes(key.point);
  return key.lines;
}

const DER_PREFIX = fromHex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100");

/** 133 bytes: how agents are given a subnet's key. */
export const encodeBlsDer = (publicKey: Uint8Array): Uint8Array => concat(DER_PREFIX, publicKey);

/** The 96 bytes of the key, not yet checked to be a point. */
export function decodeBlsDer(der: Uint8Array): Decoded<Uint8Array> {
  const prefix = der.subarray(0, DER_PREFIX.length);
  if (compareBytes(prefix, DER_PREFIX) !== 0) {
    return undecodable("not the DER encoding of a BLS12-381 key: the first 37 bytes differ");
  }
  const key = der.subarray(DER_PREFIX.length);
  return key.length === 96
    ? decoded(key)
    : undecodable(`a BLS12-381 key in DER has 133 bytes, this has ${der.length}`);
}
