/**
 * BLS12-381 signatures as the IC uses them: signatures in G1 (48 bytes), public keys in G2 (96 bytes), both in the
 * compressed encoding of the IETF draft. The scheme is here; which library does the curve is not (bls-mcl.ts in nodes,
 * bls-noble.ts where a dealer or a test must not wait for one to load).
 *
 *   S1  A signature that verifies lies in the subgroup of prime order: otherwise a valid one could be shifted by a
 *       point of small order and verify still, and the beacon would not be unique.
 *   S2  The identity is neither a key nor a signature.
 *   S3  Bytes that do not decode do not verify; nothing here throws on them.
 *
 * Decoded keys, hashed messages and decoded signatures are remembered: each is used again at once by the same node, and
 * decoding a key costs more than a verification.
 *
 * Source: chain-key §1, §1.2, §1.4; interface C4, C5.
 */
import { BoundedCache } from "../base/bounded-cache.ts";
import { compareBytes, concat, fromHex, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { domainSeparator } from "./hash.ts";

/** What is hashed how: the same message signed in two suites gives unrelated signatures. */
export const SUITES = {
  threshold: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_",
  multi: "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
  possession: "BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_",
} as const;
export type Suite = keyof typeof SUITES;

/** What a library must do. Points are its own; the encodings are those of the IETF draft. */
export interface Curve<G1, G2> {
  readonly generator2: G2;
  /** Undefined for what is no canonical encoding of a point of the curve. It may lie outside the subgroup. */
  decode1(bytes: Uint8Array): G1 | undefined;
  encode1(point: G1): Uint8Array;
  isInSubgroup1(point: G1): boolean;
  isZero1(point: G1): boolean;
  add1(a: G1, b: G1): G1;
  /** `scalar` is any integer of at most 256 bits, negative ones included. */
  multiply1(point: G1, scalar: bigint): G1;
  hash1(message: Uint8Array, separator: string): G1;
  /** Undefined for what is no canonical encoding of a point of the subgroup. */
  decode2(bytes: Uint8Array): G2 | undefined;
  encode2(point: G2): Uint8Array;
  isZero2(point: G2): boolean;
  add2(a: G2, b: G2): G2;
  multiply2(point: G2, scalar: bigint): G2;
  /** Whether e(signature, generator) = e(hashed, key). */
  pairsUp(signature: G1, hashed: G1, key: G2): boolean;
}

/** A decoded key: a point of the library at work. Keys of two libraries do not mix. */
export interface PublicKey {
  readonly point: unknown;
}

/** A factor and what it multiplies. */
export type Term<T> = readonly [factor: bigint, of: T];

export interface Bls {
  /** `secret` is a scalar in [1, r). */
  publicKeyOf(secret: bigint): Uint8Array;
  /** Undefined when the bytes are no key. */
  decodePublicKey(bytes: Uint8Array): PublicKey | undefined;
  encodePublicKey(key: PublicKey): Uint8Array;
  sign(suite: Suite, secret: bigint, message: Uint8Array): Uint8Array;
  verify(suite: Suite, key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean;
  /** For keys given as bytes. */
  verifyBytes(suite: Suite, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * The key of a multi-signature by distinct signers whose proofs of possession were verified (all factors 1), or a
   * value of a polynomial in the exponent.
   */
  sumOfKeys(terms: readonly Term<PublicKey>[]): PublicKey;
  /**
   * The sum over the terms, times `over`. Undefined when one of them is no point. The sum may still be no valid
   * signature: verify it.
   */
  sumOfSignatures(terms: readonly Term<Uint8Array>[], over?: bigint): Uint8Array | undefined;
  /** Shows that one knows the secret of a key; without it a key could be chosen to cancel the others' keys. */
  provePossession(secret: bigint): Uint8Array;
  verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean;
}

export function createBls<G1, G2>(curve: Curve<G1, G2>): Bls {
  const messages = new BoundedCache<G1>(512);
  const signatures = new BoundedCache<G1 | "bad">(512);
  const keys = new BoundedCache<PublicKey | "bad">(128);

  const hashed = (suite: Suite, message: Uint8Array): G1 =>
    messages.get(`${suite} ${toHex(message)}`, () => curve.hash1(message, SUITES[suite]));
  const decodeSignature = (bytes: Uint8Array): G1 | undefined => {
    const point = signatures.get(toHex(bytes), () => {
      const found = curve.decode1(bytes);
      return found === undefined || curve.isZero1(found) || !curve.isInSubgroup1(found) ? "bad" : found;
    });
    return point === "bad" ? undefined : point;
  };
  const times1 = (point: G1, factor: bigint): G1 => (factor === 1n ? point : curve.multiply1(point, factor));
  const times2 = (point: G2, factor: bigint): G2 => (factor === 1n ? point : curve.multiply2(point, factor));

  const bls: Bls = {
    publicKeyOf: (secret) => curve.encode2(curve.multiply2(curve.generator2, secret)),

    decodePublicKey(bytes) {
      const key = keys.get(toHex(bytes), () => {
        const point = curve.decode2(bytes);
        return point === undefined || curve.isZero2(point) ? "bad" : { point };
      });
      return key === "bad" ? undefined : key;
    },

    encodePublicKey: (key) => curve.encode2(key.point as G2),

    sign: (suite, secret, message) => curve.encode1(curve.multiply1(hashed(suite, message), secret)),

    verify(suite, key, message, signature) {
      const point = decodeSignature(signature);
      return point !== undefined && curve.pairsUp(point, hashed(suite, message), key.point as G2);
    },

    verifyBytes(suite, publicKey, message, signature) {
      const key = bls.decodePublicKey(publicKey);
      return key !== undefined && bls.verify(suite, key, message, signature);
    },

    sumOfKeys(terms) {
      const points = terms.map(([factor, key]) => times2(key.point as G2, factor));
      return { point: points.reduce((sum, point) => curve.add2(sum, point)) };
    },

    sumOfSignatures(terms, over = 1n) {
      let sum: G1 | undefined;
      for (const [factor, bytes] of terms) {
        const point = curve.decode1(bytes);
        if (point === undefined) return undefined;
        const term = times1(point, factor);
        sum = sum === undefined ? term : curve.add1(sum, term);
      }
      return sum && curve.encode1(times1(sum, over));
    },

    provePossession: (secret) => bls.sign("possession", secret, possessionMessage(bls.publicKeyOf(secret))),

    verifyPossession: (publicKey, proof) =>
      bls.verifyBytes("possession", publicKey, possessionMessage(publicKey), proof),
  };
  return bls;
}

const possessionMessage = (publicKey: Uint8Array): Uint8Array =>
  concat(domainSeparator("ic-multi-sig-bls12381-pop"), publicKey);

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
