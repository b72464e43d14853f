/**
 * The pen of the body rewriter: a cursor in the uploaded bytes and one in the rewritten ones, and the three longer
 * sentences it writes: what touches a page in front of a load or store (B3), a canonical NaN, canonical lanes (B4). See
 * body.ts.
 */
import { F32, F64, type FunctionType, I32, I64, V128 } from "./decode.ts";
import { undecodable } from "./reader.ts";
import { touchHelper } from "./plan.ts";
import { CHARGED_PAGE } from "./touched-pages.ts";
import { putSigned, putU32 } from "./writer.ts";

/**
 * `plain`: running out of instructions ends a run, and the engine is told so: a call that may return inside a loop would
 * make it keep every value of the loop in memory. `pausable`: whoever hands out instructions may hand out more.
 * `unmarked`: not charged for pages, and forgets what it stores; only to measure what touching pages costs.
 */
export type Flavour = "plain" | "pausable" | "unmarked";

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
  readonly flavour: Flavour;
  readonly tableWide: readonly boolean[];
  /** 0: as it is; F32, F64: kept as an integer of the same bits. */
  readonly globalFloat: Uint8Array;
  readonly counterGlobal: number;
  readonly taintedGlobal: number;
  readonly stackGlobal: number;
  readonly outOfInstructions: number;
  readonly grow: number;
  readonly accessedGlobal: number;
  readonly writtenGlobal: number;
  readonly charge32: number;
  readonly charge64: number;
  readonly fill: number;
  readonly copy: number;
  /** The first of the helpers that touch pages (helper-functions.ts). */
  readonly touch: number;
  /** The helper that initialises from a data segment. */
  memoryInit(segment: number): number;
  /** Receives rewritten bodies one after the other; replaced when it has to grow. */
  out: Uint8Array;
  /** Where in `out` the `if`s stand that are seldom taken; replaced when it has to grow. */
  seldom: Int32Array;
  seldomCount: number;
  /** Calls seen: function index in the uploaded module, or −1 − type index for an indirect call. */
  edges: Int32Array;
  edgeCount: number;
  readonly addressTaken: Set<number>;
}

/** Temporaries: an address and one of each type for the value that waits while an address is marked. */
const ADDRESS = 0;
const VALUE_OF: Readonly<Record<number, number>> = { [I32]: 1, [I64]: 2, [F32]: 3, [F64]: 4, [V128]: 5 };
/** The instruction counter, in loops while no call is in between. */
export const COUNTER = 6;
/** Pages touched last, in loops. Sites take turns, so that a loop over a few arrays keeps a page of each. */
const PAGES = 7;
const PAGE_LOCALS = 4;
/** A local that remembers a touched page, and the global that it begins with. */
export interface PageLocal {
  readonly local: number;
  readonly global: number;
}
const NO_PAGE_LOCALS: readonly PageLocal[] = [];
const WRITTEN_PAGE = 4096;
/** Of an operand: no local is known to hold it. */
export const UNKNOWN = -1;
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
  /** Loads and stores in loops so far. */
  protected accesses = 0;
  protected readonly temporaryOf = new Int32Array(PAGES + 2 * PAGE_LOCALS);

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

  /**
   * The address is on the stack, and in local `from` as well where that is not UNKNOWN; `sub` follows opcode 0xfd.
   */
  protected touchAndLoad(from: number, size: number, op: number, sub: number): void {
    if (this.c.flavour !== "unmarked") {
      let address = from;
      if (address === UNKNOWN) {
        address = this.temporary(this.c.wide ? I64 : I32, ADDRESS);
        this.byte(0x22);
        this.put(address);
      }
      this.touch(address, size, false);
    }
    this.memoryOperator(op, sub);
  }

  /** The same with a value of `valueType` on top of the address. */
  protected touchAndStore(
    from: number,
    valueType: number,
    size: number,
    op: number,
    sub: number,
    writes = true,
  ): void {
    if (this.c.flavour !== "unmarked") {
      if (from !== UNKNOWN) this.touch(from, size, writes);
      else {
        const value = this.temporary(valueType);
        const address = this.temporary(this.c.wide ? I64 : I32, ADDRESS);
        this.byte(0x21);
        this.put(value);
        this.byte(0x22);
        this.put(address);
        this.touch(address, size, writes);
        this.byte(0x20);
        this.put(value);
      }
    }
    this.memoryOperator(op, sub);
  }

  private memoryOperator(op: number, sub: number): void {
    this.byte(op);
    if (sub >= 0) this.put(sub);
    this.memoryArgument();
  }

  /** Touches what the operator in hand is about to; its address is in a local. */
  private touch(address: number, size: number, writes: boolean): void {
    const { c } = this;
    const start = this.i;
    if ((c.source[start]! & 0x40) !== 0) undecodable("multiple memories are not supported", start);
    this.i = start + 1;
    const offset = Math.min(this.offset(), 2 ** 52);
    this.i = start;
    const isLoop = this.loops > 0;
    const page = isLoop ? this.pageLocal(writes) : writes ? c.writtenGlobal : c.accessedGlobal;
    const out = this.out;
    let o = this.o;
    out[o++] = 0x20;
    o = putU32(out, o, address);
    if (!c.wide) out[o++] = 0xad;
    if (offset !== 0) {
      out[o++] = 0x42;
      o = putSigned(out, o, offset);
      out[o++] = 0x7c;
    }
    out[o++] = isLoop ? 0x20 : 0x23;
    o = putU32(out, o, page);
    out[o++] = 0x7d;
    out[o++] = 0x42;
    o = putSigned(out, o, (writes ? WRITTEN_PAGE : CHARGED_PAGE) - size);
    out[o++] = 0x56;
    if (isLoop) this.seldom(o);
    out[o++] = 0x04;
    out[o++] = 0x40;
    out[o++] = 0x20;
    o = putU32(out, o, address);
    out[o++] = c.wide ? 0x42 : 0x41;
    o = putSigned(out, o, c.wide ? offset : offset | 0);
    out[o++] = 0x10;
    o = putU32(out, o, c.touch + touchHelper(size, writes, isLoop));
    if (isLoop) {
      out[o++] = 0x21;
      o = putU32(out, o, page);
      out[o++] = 0x21;
      o = putU32(out, o, this.temporary(I64, COUNTER));
    }
    out[o++] = 0x0b;
    this.o = o;
  }

  /** Tells engines that the `if` at `at` is seldom taken. */
  private seldom(at: number): void {
    const { c } = this;
    if (c.seldomCount === c.seldom.length) {
      const wider = new Int32Array(c.seldom.length * 2);
      wider.set(c.seldom);
      c.seldom = wider;
    }
    c.seldom[c.seldomCount++] = at;
  }

  private pageLocal(writes: boolean): number {
    const turn = this.accesses++ % PAGE_LOCALS;
    return this.temporary(I64, PAGES + (writes ? PAGE_LOCALS : 0) + turn);
  }

  protected pageLocals(): readonly PageLocal[] {
    if (this.accesses === 0) return NO_PAGE_LOCALS;
    const found: PageLocal[] = [];
    for (let k = 0; k < 2 * PAGE_LOCALS; k++) {
      const local = this.temporaryOf[PAGES + k]!;
      const global = k < PAGE_LOCALS ? this.c.accessedGlobal : this.c.writtenGlobal;
      if (local >= 0) found.push({ local, global });
    }
    return found;
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
