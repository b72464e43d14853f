/** Bytes of a Wasm module in the making. */
import { utf8 } from "../../../base/bytes.ts";

const NONE = -1;

export class Writer {
  bytes: Uint8Array;
  at = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  reserve(room: number): void {
    if (this.at + room <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.at + room));
    wider.set(this.bytes.subarray(0, this.at));
    this.bytes = wider;
  }

  /** Single bytes as they are. */
  raw(...bytes: readonly number[]): this {
    this.reserve(bytes.length);
    for (const b of bytes) this.bytes[this.at++] = b;
    return this;
  }

  /** An operator, and its immediate number. */
  op(code: number, number = NONE): this {
    this.reserve(6);
    this.bytes[this.at++] = code;
    if (number !== NONE) this.at = putU32(this.bytes, this.at, number);
    return this;
  }

  /** Signed LEB128 of an integer that a double holds exactly. */
  small(value: number): this {
    this.reserve(10);
    this.at = putSigned(this.bytes, this.at, value);
    return this;
  }

  u32(value: number): this {
    this.reserve(5);
    this.at = putU32(this.bytes, this.at, value);
    return this;
  }

  /** Signed LEB128. */
  signed(value: bigint | number): this {
    this.reserve(10);
    let rest = BigInt(value);
    while (rest < -0x40n || rest >= 0x40n) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest & 0x7fn);
    return this;
  }

  all(bytes: Uint8Array): this {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  name(text: string): this {
    return this.sized(utf8(text));
  }

  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).all(bytes);
  }

  section(id: number, content: Writer): this {
    return this.raw(id).sized(content.written());
  }

  /** A view, valid until the next write. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}

/** Writes an unsigned LEB128 below 2^32 and returns the offset behind it. For loops that are too hot for a Writer. */
export function putU32(out: Uint8Array, at: number, value: number): number {
  let o = at;
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out[o++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[o++] = rest;
  return o;
}

/** Signed LEB128 of an integer that a double holds exactly. */
export function putSigned(out: Uint8Array, at: number, value: number): number {
  let o = at;
  let rest = value;
  while (rest < -64 || rest >= 64) {
    const low = ((rest % 128) + 128) % 128;
    out[o++] = low | 0x80;
    rest = (rest - low) / 128;
  }
  out[o++] = ((rest % 128) + 128) % 128;
  return o;
}

export function sizeOfU32(value: number): number {
  let n = 1;
  for (let rest = value; rest >= 0x80; rest >>>= 7) n++;
  return n;
}
