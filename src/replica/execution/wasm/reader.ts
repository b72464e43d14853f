/**
 * A cursor over Wasm bytes, and the one way by which a module is refused: `InvalidWasm`, thrown inside this folder and
 * turned into a value at its border (`rewrite`). It checks bounds, so that no bytes whatever make it crash or hang;
 * overlong numbers and types are the engine's to judge (`WasmHost.validate`).
 */
import { utf8Strict } from "../../../base/bytes.ts";

/** The sentence after "Canister's Wasm module is not valid: ". */
export class InvalidWasm extends Error {
  override name = "InvalidWasm";
}

export function invalid(sentence: string): never {
  throw new InvalidWasm(sentence);
}

export const undecodable = (what: string, offset: number): never =>
  invalid(`Failed to decode wasm module: ${what} (at offset 0x${offset.toString(16)})`);

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) undecodable("unexpected end", this.at);
    return this.bytes[this.at++]!;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const b = this.byte();
      value += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    return undecodable("invalid var_u32", start);
  }

  /** Unsigned LEB128 of at most 64 bits; exact to 2^53, and any larger number stays larger. */
  u64(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const b = this.byte();
      value += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) return value;
    }
    return undecodable("invalid var_u64", start);
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    const start = this.at;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const b = this.byte();
      value |= BigInt(b & 0x7f) << shift;
      if (b < 0x80) return BigInt.asIntN(64, b & 0x40 ? value - (1n << (shift + 7n)) : value);
    }
    return undecodable("invalid var_i64", start);
  }

  take(length: number): Uint8Array {
    if (length > this.end - this.at) undecodable("unexpected end", this.at);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name(): string {
    const start = this.at;
    const text = utf8Strict(this.take(this.u32()));
    return text ?? undecodable("malformed UTF-8 encoding", start);
  }

  /** A cursor over the next `length` bytes, which this one skips. */
  sub(length: number): Reader {
    const start = this.at;
    this.take(length);
    return new Reader(this.bytes, start, this.at);
  }
}
