/**
 * Randomness that all nodes draw alike: from the beacon for ranks and committees, from the tape for execution.
 *
 * ChaCha20's keystream with a 64-bit block counter from 0 and stream 0, as in the IC. A draw takes whole 32-bit words,
 * little-endian; what a draw leaves of its last word is dropped.
 *
 * Source: chain-key §3.2, §6. Checked by: chacha.test.ts (RFC 8439's block, and Node's own cipher).
 */
import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";

export interface ChaChaRng {
  /** The next ⌈n/4⌉ words of the stream, cut to n bytes. */
  bytes(n: number): Uint8Array;
  /** Uniform in [0, bound), 1 ≤ bound ≤ 2^32. Draws words until one, masked to the bits of bound − 1, is below it. */
  below(bound: number): number;
  /** A new list in random order: for i from the last down to 1, swap i with below(i + 1). */
  shuffle<T>(list: readonly T[]): T[];
}

/** 32 bytes from any bytes: RFC 9380's expand_message_xmd over SHA-256. */
export const seedFromBytes = (bytes: Uint8Array): Uint8Array => expand(bytes, "ic-crypto-seed-from-bytes");

/** An independent seed for one purpose, such as `ic-crypto-prng-execution-thread-0`. */
export const deriveSeed = (seed: Uint8Array, purpose: string): Uint8Array => expand(seed, purpose);

const expand = (bytes: Uint8Array, domain: string): Uint8Array =>
  expand_message_xmd(bytes, utf8(domain), 32, sha256);

export function chacha20Rng(seed: Uint8Array): ChaChaRng {
  assert(seed.length === 32, "a ChaCha20 seed has 32 bytes");
  const input = initialState(seed);
  let block = new Uint32Array(16);
  let used = 16;
  const word = (): number => {
    if (used === 16) {
      block = chachaBlock(input);
      used = 0;
      input[12] = input[12]! + 1;
      if (input[12] === 0) input[13] = input[13]! + 1;
    }
    return block[used++]!;
  };
  const below = (bound: number): number => {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 32, "a bound lies in 1 … 2^32");
    if (bound === 1) return 0;
    const spare = Math.clz32(bound - 1);
    for (;;) {
      const drawn = ((word() << spare) >>> spare) >>> 0;
      if (drawn < bound) return drawn;
    }
  };
  return {
    bytes(n) {
      const out = new Uint8Array(n);
      for (let i = 0; i < n; i += 4) {
        const w = word();
        for (let k = 0; k < 4 && i + k < n; k++) out[i + k] = w >>> (8 * k);
      }
      return out;
    },
    below,
    shuffle(list) {
      const out = [...list];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j]!, out[i]!];
      }
      return out;
    },
  };
}

function initialState(seed: Uint8Array): Uint32Array {
  const state = new Uint32Array(16);
  state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  const view = new DataView(seed.buffer, seed.byteOffset, 32);
  for (let i = 0; i < 8; i++) state[4 + i] = view.getUint32(4 * i, true);
  return state;
}

/** One block of 16 words of keystream. */
export function chachaBlock(input: Uint32Array): Uint32Array<ArrayBuffer> {
  const s = Uint32Array.from(input);
  for (let round = 0; round < 10; round++) {
    quarter(s, 0, 4, 8, 12);
    quarter(s, 1, 5, 9, 13);
    quarter(s, 2, 6, 10, 14);
    quarter(s, 3, 7, 11, 15);
    quarter(s, 0, 5, 10, 15);
    quarter(s, 1, 6, 11, 12);
    quarter(s, 2, 7, 8, 13);
    quarter(s, 3, 4, 9, 14);
  }
  for (let i = 0; i < 16; i++) s[i] = s[i]! + input[i]!;
  return s;
}

function quarter(s: Uint32Array, a: number, b: number, c: number, d: number): void {
  s[a] = s[a]! + s[b]!;
  s[d] = rotate(s[d]! ^ s[a]!, 16);
  s[c] = s[c]! + s[d]!;
  s[b] = rotate(s[b]! ^ s[c]!, 12);
  s[a] = s[a]! + s[b]!;
  s[d] = rotate(s[d]! ^ s[a]!, 8);
  s[c] = s[c]! + s[d]!;
  s[b] = rotate(s[b]! ^ s[c]!, 7);
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
