/**
 * A small seeded generator for simulations and tests (xoshiro128**). Not for keys, and not for anything two nodes
 * must agree on by protocol: that comes from the beacon and the tape through `crypto/chacha.ts`.
 */
export interface Prng {
  /** A uniform integer in [0, bound). */
  below(bound: number): number;
  /** True with probability p. */
  chance(p: number): boolean;
  bytes(n: number): Uint8Array;
  fork(): Prng;
  readonly state: Uint32Array;
}

export function prng(seed: number | Uint32Array): Prng {
  const s = typeof seed === "number" ? expand(seed) : Uint32Array.from(seed);
  const next = (): number => {
    const r = Math.imul(rotl(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11);
    return r;
  };
  return {
    state: s,
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    chance: (p) => next() / 2 ** 32 < p,
    bytes: (n) => Uint8Array.from({ length: n }, () => next() >>> 24),
    fork: () => prng(next()),
  };
}

const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;

/** SplitMix32, so that neighbouring seeds give unrelated streams. */
function expand(seed: number): Uint32Array {
  let z = seed >>> 0;
  return Uint32Array.from({ length: 4 }, () => {
    z = (z + 0x9e3779b9) >>> 0;
    let t = z ^ (z >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  });
}
