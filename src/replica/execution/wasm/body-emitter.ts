/**
 * The pen of the body rewriter: a cursor in the uploaded bytes and one in the rewritten ones, and the three longer
 * sentences it writes: a store with its mark (B3), a canonical NaN, canonical lanes (B4). See body.ts.
 */
import { F32, F64, type FunctionType, I32, I64, V128 } from "./decode.ts";
import { undecodable } from "./reader.ts";
import { putSigned, putU32 } from "./writer.ts";

/** What bodies need to know of their module, and where they leave what they found. */
export interface BodyContext {
  readonly source: Uint8Array;
  readonly types: readonly FunctionType[];
  /** Type index of every function, imported ones first. */
  readonly functionTypes: readonly number[];
  readonly importCount: number;
  /** Added to the index of every function that the module defines. */
  readonly shift: number;
  /** 64-bit memory. */
  readonly wide: boolean;
  /** Stores mark their page. */
  readonly marks: boolean;
  readonly tableWide: readonly boolean[];
  /** 0: as it is; F32, F64: kept as an integer of the same bits. */
  readonly globalFloat: Uint8Array;
  readonly counterGlobal: number;
  readonly taintedGlobal: number;
  readonly stackGlobal: number;
  readonly outOfInstructions: number;
  readonly grow: number;
  readonly charge32: number;
  readonly charge64: number;
  readonly fill: number;
  readonly copy: number;
  /** The helper that initialises from a data segment. */
  memoryInit(segment: number): number;
  /** Receives rewritten bodies one after the other; replaced when it has to grow. */
  out: Uint8Array;
  /** Calls seen: function index in the uploaded module, or −1 − type index for an indirect call. */
  edges: Int32Array;
  edgeCount: number;
  readonly addressTaken: Set<number>;
}

/** Temporaries: an address and one of each type for the value that waits while an address is marked. */
const ADDRESS = 0;
const VALUE_OF: Readonly<Record<number, number>> = { [I32]: 1, [I64]: 2, [F32]: 3, [F64]: 4, [V128]: 5 };
/** The instruction counter, while no call is in between. */
export const COUNTER = 6;
/** The page that was marked last (−1 at first), and the one to mark. */
export const LAST = 7;
const PAGE_TO_MARK = 8;
/** Room that is kept free in the output: no operator but br_table writes more. */
export const ROOM = 192;

export const enc = (...parts: readonly (number | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flat());
export function leb(value: number): number[] {
  const bytes = new Uint8Array(5);
  return [...bytes.subarray(0, putU32(bytes, 0, value))];
}

const QUIET32 = [0, 0, 0xc0, 0x7f];
const QUIET64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
const NAN_F32 = enc(0x43, QUIET32);
const NAN_F64 = enc(0x44, QUIET64);
const NAN_F32X4 = enc(0xfd, 0x0c, QUIET32, QUIET32, QUIET32, QUIET32);
const NAN_F64X2 = enc(0xfd, 0x0c, QUIET64, QUIET64);
const EQUAL_AND_SELECT_F32X4 = enc(0xfd, 0x41, 0xfd, 0x52);
const EQUAL_AND_SELECT_F64X2 = enc(0xfd, 0x47, 0xfd, 0x52);

export class BodyEmitter {
  protected readonly c: BodyContext;
  protected i = 0;
  protected o = 0;
  protected out: Uint8Array;
  /** Parameters and declared locals. */
  protected localCount = 0;
  protected temporaries: number[] = [];
  /** Open loops. */
  protected loops = 0;
  protected readonly temporaryOf = new Int32Array(9);

  constructor(context: BodyContext) {
    this.c = context;
    this.out = context.out;
  }

  protected widen(): Uint8Array {
    const wider = new Uint8Array(this.out.length * 2 + ROOM);
    wider.set(this.out.subarray(0, this.o));
    this.c.out = wider;
    this.out = wider;
    return wider;
  }

  protected u32(): number {
    const src = this.c.source;
    const first = src[this.i]!;
    if (first < 0x80) {
      this.i++;
      return first;
    }
    let value = 0;
    for (let scale = 1; scale <= 0x1000_0000; scale *= 128) {
      const b = src[this.i++] ?? 0;
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
    }
    return undecodable("invalid var_u32", this.i);
  }

  /** Memory offsets have up to 64 bits; beyond 2^53 only their size matters. */
  protected offset(): number {
    const src = this.c.source;
    const first = src[this.i]!;
    if (first < 0x80) {
      this.i++;
      return first;
    }
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const b = src[this.i++] ?? 0;
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
    }
    return undecodable("invalid memory offset", this.i);
  }

  protected byte(b: number): void {
    this.out[this.o++] = b;
  }

  protected put(value: number): void {
    this.o = putU32(this.out, this.o, value);
  }

  protected bytes(bytes: Uint8Array): void {
    for (let k = 0; k < bytes.length; k++) this.out[this.o++] = bytes[k]!;
  }

  protected copyBytes(count: number): void {
    for (let k = 0; k < count; k++) this.out[this.o++] = this.c.source[this.i++]!;
  }

  /** Copies a LEB128 number. */
  protected number(): void {
    const src = this.c.source;
    let b = src[this.i++]!;
    while (b >= 0x80) {
      this.out[this.o++] = b;
      b = src[this.i++]!;
    }
    this.out[this.o++] = b;
  }

  protected memoryArgument(): void {
    if ((this.c.source[this.i]! & 0x40) !== 0) undecodable("multiple memories are not supported", this.i);
    this.number();
    this.number();
  }

  protected onlyMemory(count: number): void {
    for (let k = 0; k < count; k++) {
      if (this.c.source[this.i++] !== 0) undecodable("multiple memories are not supported", this.i - 1);
    }
  }

  protected temporary(valueType: number, slot = VALUE_OF[valueType]!): number {
    const known = this.temporaryOf[slot]!;
    if (known >= 0) return known;
    this.temporaries.push(valueType);
    const added = this.localCount + this.temporaries.length - 1;
    this.temporaryOf[slot] = added;
    return added;
  }

  protected call(functionIndex: number): void {
    this.byte(0x10);
    this.put(functionIndex);
  }

  /** The address is under a value of `valueType` on the stack; `sub` follows opcode 0xfd. */
  protected markAndStore(valueType: number, op: number, sub: number): void {
    const { wide } = this.c;
    const start = this.i;
    if ((this.c.source[start]! & 0x40) !== 0) undecodable("multiple memories are not supported", start);
    if (!this.c.marks) {
      this.byte(op);
      if (sub >= 0) this.byte(sub);
      this.memoryArgument();
      return;
    }
    this.i = start + 1;
    const offset = this.offset();
    const value = this.temporary(valueType);
    const address = this.temporary(wide ? I64 : I32, ADDRESS);
    const out = this.out;
    let o = this.o;
    out[o++] = 0x21;
    o = putU32(out, o, value);
    out[o++] = 0x22;
    o = putU32(out, o, address);
    if (offset !== 0) {
      out[o++] = wide ? 0x42 : 0x41;
      o = putSigned(out, o, wide ? Math.min(offset, 2 ** 52) : offset | 0);
      out[o++] = wide ? 0x7c : 0x6a;
    }
    out[o++] = wide ? 0x42 : 0x41;
    out[o++] = 12;
    out[o++] = wide ? 0x88 : 0x76;
    if (wide) out[o++] = 0xa7;
    const remember = this.loops > 0;
    if (remember) {
      const last = this.temporary(I32, LAST);
      const page = this.temporary(I32, PAGE_TO_MARK);
      out[o++] = 0x22;
      o = putU32(out, o, page);
      out[o++] = 0x20;
      o = putU32(out, o, last);
      out[o++] = 0x47;
      out[o++] = 0x04;
      out[o++] = 0x40;
      out[o++] = 0x20;
      o = putU32(out, o, page);
      out[o++] = 0x22;
      o = putU32(out, o, last);
    }
    out[o++] = 0x41;
    out[o++] = 0x01;
    out[o++] = 0x3a; // i32.store8 into the marks
    out[o++] = 0x40;
    out[o++] = 0x01;
    out[o++] = 0x00;
    if (remember) out[o++] = 0x0b;
    out[o++] = 0x20;
    o = putU32(out, o, address);
    out[o++] = 0x20;
    o = putU32(out, o, value);
    out[o++] = op;
    if (sub >= 0) out[o++] = sub;
    this.o = o;
    this.i = start;
    this.memoryArgument();
  }

  protected canonicalNan(valueType: number): void {
    const t = this.temporary(valueType);
    this.byte(0x22);
    this.put(t);
    this.bytes(valueType === F32 ? NAN_F32 : NAN_F64);
    for (let k = 0; k < 2; k++) {
      this.byte(0x20);
      this.put(t);
    }
    this.byte(valueType === F32 ? 0x5b : 0x61);
    this.byte(0x1b); // select
  }

  protected canonicalLanes(valueType: number): void {
    const t = this.temporary(V128);
    this.byte(0x22);
    this.put(t);
    this.bytes(valueType === F32 ? NAN_F32X4 : NAN_F64X2);
    for (let k = 0; k < 2; k++) {
      this.byte(0x20);
      this.put(t);
    }
    this.bytes(valueType === F32 ? EQUAL_AND_SELECT_F32X4 : EQUAL_AND_SELECT_F64X2);
  }
}
