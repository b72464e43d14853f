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
import type { Bls, PublicKey } from "./bls.ts";
import { evaluateAt, invert, lagrangeAtZero, reduce, scalarFrom } from "./lagrange.ts";

export interface Dealing {
  /** Constant term first, 96 bytes each; `coefficients[0]` is the public key. */
  readonly coefficients: readonly Uint8Array[];
  /** The secret share of each index. Whoever dealt forgets them once handed out. */
  readonly shares: readonly bigint[];
}

/** Deals a key among n nodes: a fresh one, or `secret`, of which shares were dealt before. `random` is kept secret. */
export function deal(
  threshold: number,
  n: number,
  random: (n: number) => Uint8Array,
  toPublic: (secret: bigint) => Uint8Array,
  secret = scalarFrom(random(48)),
): Dealing {
  assert(threshold >= 1 && threshold <= n, "a threshold lies between 1 and the number of nodes");
  const polynomial = [secret, ...Array.from({ length: threshold - 1 }, () => scalarFrom(random(48)))];
  return {
    coefficients: polynomial.map(toPublic),
    shares: Array.from({ length: n }, (_, i) => evaluateAt(polynomial, i)),
  };
}

/** The key behind exactly the threshold's number of its shares, by node index. Whoever does this holds the key. */
export function secretOf(shares: ReadonlyMap<number, bigint>): bigint {
  const { weights, denominator } = lagrangeAtZero([...shares.keys()]);
  const sum = [...shares.values()].reduce((total, share, k) => total + weights[k]! * share, 0n);
  return reduce(sum * invert(reduce(denominator)));
}

/** What the shares of node index i verify against, from the public coefficients. Costs milliseconds: keep it. */
export function sharePublicKey(bls: Bls, coefficients: readonly Uint8Array[], index: number): PublicKey {
  const x = BigInt(index + 1);
  return bls.sumOfKeys(
    coefficients.map((bytes, k) => {
      const key = bls.decodePublicKey(bytes);
      assert(key !== undefined, "the registry's threshold coefficients are points");
      return [reduce(x ** BigInt(k)), key];
    }),
  );
}

/**
 * Signature shares by node index → signature. Undefined when one of them is no point. When a share is a point but
 * wrong, so is the result: verify it. Pass exactly the threshold's number of shares, or more.
 */
export function combineShares(bls: Bls, shares: ReadonlyMap<number, Uint8Array>): Uint8Array | undefined {
  assert(shares.size > 0, "at least one share is combined");
  const { weights, denominator } = lagrangeAtZero([...shares.keys()]);
  return bls.sumOfSignatures(
    [...shares.values()].map((share, k) => [weights[k]!, share]),
    denominator === 1n ? 1n : invert(denominator),
  );
}
