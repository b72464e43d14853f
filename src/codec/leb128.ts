/**
 * LEB128 of integers of any size, shortest form out. Decoding accepts padded forms, as Candid and Wasm do, but never
 * more than `maxBytes`. Source: interface §0 (leb), A2, C7.
 */
import { assert } from "../base/assert.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";

export interface Leb {
  readonly value: bigint;
  /** Offset of the first byte after the number. */
  readonly next: number;
}

/** Unsigned, for nat ≥ 0. */
export function encodeLeb(nat: bigint | number): Uint8Array {
  assert(nat >= 0, "an unsigned LEB128 number is not negative");
  const out: number[] = [];
  let rest = BigInt(nat);
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** Signed. */
export function encodeSleb(int: bigint | number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt(int);
  while (rest < -0x40n || rest >= 0x40n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest & 0x7fn));
  return Uint8Array.from(out);
}

/** Enough for 128 bits. */
const MAX_BYTES = 19;

export const decodeLeb = (bytes: Uint8Array, offset = 0, maxBytes = MAX_BYTES): Decoded<Leb> =>
  read(bytes, offset, maxBytes, false);

export const decodeSleb = (bytes: Uint8Array, offset = 0, maxBytes = MAX_BYTES): Decoded<Leb> =>
  read(bytes, offset, maxBytes, true);

function read(bytes: Uint8Array, offset: number, maxBytes: number, signed: boolean): Decoded<Leb> {
  let value = 0n;
  for (let i = 0; i < maxBytes; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined) return undecodable(`LEB128 number ends early at byte ${offset + i}`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) {
      const negative = signed && (byte & 0x40) !== 0;
      return decoded({
        value: negative ? value - (1n << BigInt(7 * (i + 1))) : value,
        next: offset + i + 1,
      });
    }
  }
  return undecodable(`LEB128 number at byte ${offset} is longer than ${maxBytes} bytes`);
}
