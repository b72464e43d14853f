/**
 * Shamir's algebra modulo the order of the BLS12-381 groups: node index i holds f(i + 1), the key is f(0).
 *
 * Shared by the real scheme (on curve points) and the simulations' stand-in (on scalars). Source: chain-key §1.
 */
import { assert } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";

/** r: the prime order of G1, G2 and the scalar field. */
export const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export const reduce = (n: bigint): bigint => {
  const rest = n % GROUP_ORDER;
  return rest < 0n ? rest + GROUP_ORDER : rest;
};

/** Extended Euclid; n is not a multiple of r. */
export function invert(n: bigint): bigint {
  let [a, b] = [reduce(n), GROUP_ORDER];
  let [u, v] = [1n, 0n];
  assert(a !== 0n, "zero has no inverse");
  while (a !== 1n) {
    const q = b / a;
    [a, b] = [b - q * a, a];
    [u, v] = [v - q * u, u];
  }
  return reduce(u);
}

/** f(index + 1) of the polynomial with these coefficients, constant term first. */
export function evaluateAt(coefficients: readonly bigint[], index: number): bigint {
  const x = BigInt(index + 1);
  return coefficients.reduceRight((sum, c) => reduce(sum * x + c), 0n);
}

/**
 * Whole numbers with Σ weights[k] · f(indices[k] + 1) = denominator · f(0).
 *
 * Whole because small weights are cheap on curve points: for the first three indices they are 3, −3 and 1.
 * `indices` are distinct.
 */
export function lagrangeAtZero(indices: readonly number[]): {
  readonly weights: bigint[];
  readonly denominator: bigint;
} {
  const fractions = indices.map((i) => {
    let over = 1n;
    let under = 1n;
    for (const j of indices) {
      if (j === i) continue;
      over *= BigInt(j + 1);
      under *= BigInt(j - i);
    }
    const common = gcd(over, under);
    return under < 0n
      ? { over: -over / common, under: -under / common }
      : { over: over / common, under: under / common };
  });
  const denominator = fractions.reduce((lcm, f) => (lcm / gcd(lcm, f.under)) * f.under, 1n);
  return { weights: fractions.map((f) => f.over * (denominator / f.under)), denominator };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** 48 random bytes make a scalar whose bias nobody can see. */
export function scalarFrom(bytes: Uint8Array): bigint {
  assert(bytes.length >= 48, "a scalar is drawn from 48 bytes or more");
  return reduce(bigintOf(bytes));
}

/** Big-endian, like everything here. Through text: engines read and write that in one go. */
export const bigintOf = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);

/** 32 bytes. */
export const scalarBytes = (scalar: bigint): Uint8Array => fromHex(scalar.toString(16).padStart(64, "0"));
