/**
 * Threshold BLS: any `threshold` of n shares give the one signature of the key, fewer give nothing.
 *
 *   T1  Node index i (position in the sorted committee) holds f(i + 1); the secret key is f(0).
 *   T2  The share of a signature is an ordinary signature with the share of the key; combining is interpolation at 0.
 *   T3  Combination of any t valid shares gives the same bytes: nobody can choose a beacon by choosing whom to ask.
 *
 * Source: chain-key §1, §1.3.
 */
import { assert } from "../base/assert.ts";
import {
  decodeOnCurve,
  decodePublicKey,
  encodeG1,
  type G1Point,
  type PublicKey,
  publicKeyOf,
} from "./bls.ts";
import { evaluateAt, GROUP_ORDER, invert, lagrangeAtZero, reduce, scalarFrom } from "./lagrange.ts";

export interface Dealing {
  /** Constant term first, 96 bytes each; `coefficients[0]` is the public key. */
  readonly coefficients: readonly Uint8Array[];
  /** The secret share of each index. Whoever dealt forgets them once handed out. */
  readonly shares: readonly bigint[];
}

/** Deals a fresh key among n nodes. `random` is kept secret; `toPublic` is another only for stand-ins. */
export function deal(
  threshold: number,
  n: number,
  random: (n: number) => Uint8Array,
  toPublic: (secret: bigint) => Uint8Array = publicKeyOf,
): Dealing {
  assert(threshold >= 1 && threshold <= n, "a threshold lies between 1 and the number of nodes");
  const polynomial = Array.from({ length: threshold }, () => scalarFrom(random(48)));
  return {
    coefficients: polynomial.map(toPublic),
    shares: Array.from({ length: n }, (_, i) => evaluateAt(polynomial, i)),
  };
}

/** What the shares of node index i verify against, from the public coefficients. Costs milliseconds: keep it. */
export function sharePublicKey(coefficients: readonly Uint8Array[], index: number): PublicKey {
  const points = coefficients.map((bytes) => {
    const key = decodePublicKey(bytes);
    assert(key !== undefined, "the registry's threshold coefficients are points");
    return key.point;
  });
  const x = BigInt(index + 1);
  return { point: points.reduceRight((sum, point) => sum.multiplyUnsafe(x).add(point)) };
}

/**
 * Signature shares by node index → signature. Undefined when one of them is no point. When a share is a point but
 * wrong, so is the result: verify it. Pass exactly the threshold's number of shares, or more.
 */
export function combineShares(shares: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  const { weights, denominator } = lagrangeAtZero([...shares.keys()]);
  let sum: G1Point | undefined;
  let k = 0;
  for (const share of shares.values()) {
    const point = decodeOnCurve(share);
    if (point === undefined) return undefined;
    const term = times(point, weights[k++]!);
    sum = sum === undefined ? term : sum.add(term);
  }
  assert(sum !== undefined, "at least one share is combined");
  return encodeG1(denominator === 1n ? sum : times(sum, invert(denominator)));
}

/** For public scalars only: not in constant time. */
function times(point: G1Point, scalar: bigint): G1Point {
  const size = scalar < 0n ? -scalar : scalar;
  const product = point.multiplyUnsafe(size < GROUP_ORDER ? size : reduce(size));
  return scalar < 0n ? product.negate() : product;
}
