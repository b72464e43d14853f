/**
 * Rewrites one function body in one pass: bytes in, bytes out, driven by the operator tables.
 *
 *   B1  Metering. A block's whole cost is taken when it is entered; function entry and loop heads also test. Blocks end
 *       after loop, if, else, br, br_if, br_table, end, return, unreachable and tail calls. The subtraction is written
 *       before the block's first operator that costs anything, with room for its number, which is known at its end.
 *   B2  Lengths of bulk operators are charged when they run, before they run.
 *   B3  A store marks the 4 KiB page in which it begins; the next page is found by comparison when it crosses over.
 *   B4  Float arithmetic yields canonical NaNs, except where the next operator only passes the value on to arithmetic
 *       or a comparison, which cannot tell NaNs apart.
 *   B5  `return` becomes a branch to the function's outermost label, so that a function which counts its stack use can
 *       be wrapped in one block afterwards (rewrite.ts).
 *   B6  Operators that change a table or drop a segment set the `tainted` flag: such an instance is not used again.
 *
 * Source: replica D.3, D.4; DESIGN §6.
 */
import { F32, F64, type FunctionType, I32, I64, V128 } from "./decode.ts";
import {
  GROW_EXTRA,
  Kind,
  MISC_COST,
  MISC_DELTA,
  Misc,
  ONE,
  refusedOperator,
  SIMD,
  SimdKind,
} from "./opcodes.ts";
import { invalid, undecodable } from "./reader.ts";
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

export interface Body {
  /** In `out`: operators without the function's last `end`. */
  readonly start: number;
  readonly end: number;
  /** In the source: the groups of declared locals. */
  readonly localsStart: number;
  readonly localsEnd: number;
  readonly localGroups: number;
  readonly localCount: number;
  /** Types of the locals that rewriting added, in order. */
  readonly temporaries: readonly number[];
  readonly operators: number;
  /** Highest operand stack. */
  readonly height: number;
  readonly simd: boolean;
  readonly tailCalls: boolean;
  readonly writesTables: boolean;
}

/** Temporaries: an address and one of each type for the value that waits while an address is marked. */
const ADDRESS = 0;
const VALUE_OF: Readonly<Record<number, number>> = { [I32]: 1, [I64]: 2, [F32]: 3, [F64]: 4, [V128]: 5 };
const STORE_TYPE = [I32, I64, F32, F64, I32, I32, I64, I64, I64];

export const MAX_LOCALS = 50_000;
/** Source: interface S8. */
const MAX_OPERATORS = 1_000_000;
const ROOM = 192;
const NARROW_MAX = 8191;

/** First operators behind float arithmetic that make a canonical NaN unnecessary: arithmetic, comparisons, truncations. */
const BLIND_TO_NAN = new Uint8Array(256);
for (const [first, last] of [
  [0x5b, 0x66],
  [0x8d, 0x97],
  [0x9b, 0xa5],
  [0xa8, 0xab],
  [0xae, 0xb1],
  [0xb6, 0xb6],
  [0xbb, 0xbb],
] as const) {
  BLIND_TO_NAN.fill(1, first, last + 1);
}

/** Behind tail calls of a function that counts its stack use: what it gives back before it leaves. 0: none. */
export function rewriteBody(
  c: BodyContext,
  index: number,
  from: number,
  end: number,
  outAt: number,
  giveBack = 0,
): Body {
  return (
    attempt(c, index, from, end, outAt, giveBack, 2) ?? attempt(c, index, from, end, outAt, giveBack, 5)!
  );
}

/** One try with `chargeBytes` bytes for the cost of a block; undefined when a block costs more than they hold. */
function attempt(
  c: BodyContext,
  index: number,
  from: number,
  end: number,
  outAt: number,
  giveBack: number,
  chargeBytes: 2 | 5,
): Body | undefined {
  const src = c.source;
  const { kind: KIND, cost: COST, delta: DELTA } = ONE;
  const edgeStart = c.edgeCount;
  const { counterGlobal, wide } = c;
  const accessCost = wide ? 1 : 0; // on top of the table's 1
  let out = c.out;
  let i = from;
  let o = outAt;

  const u32 = (): number => {
    let value = 0;
    for (let scale = 1; scale <= 0x1000_0000; scale *= 128) {
      const b = src[i++] ?? 0;
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
    }
    return undecodable("invalid var_u32", i);
  };
  const offsetOf = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const b = src[i++] ?? 0;
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
    }
    return undecodable("invalid memory offset", i);
  };

  // Declared locals.
  const type = c.types[c.functionTypes[c.importCount + index]!]!;
  const localGroups = u32();
  const localsStart = i;
  let localCount = type.params.length;
  for (let g = 0; g < localGroups; g++) {
    if (i >= end) undecodable("unexpected end", i);
    localCount += u32();
    if (localCount > MAX_LOCALS) undecodable("too many locals", i);
    const t = src[i++]!;
    if (!(t >= V128 && t <= I32) && t !== 0x70 && t !== 0x6f) {
      undecodable(`value type 0x${t.toString(16)} is not supported`, i - 1);
    }
  }
  const localsEnd = i;

  const temporaries: number[] = [];
  const temporaryOf = [-1, -1, -1, -1, -1, -1];
  const temporary = (slot: number, valueType: number): number => {
    const known = temporaryOf[slot]!;
    if (known >= 0) return known;
    temporaries.push(valueType);
    temporaryOf[slot] = localCount + temporaries.length - 1;
    return temporaryOf[slot]!;
  };

  let cost = 1; // even an empty function pays
  let chargeAt = -1;
  let height = 0;
  let highest = 0;
  let operators = 0;
  let simd = false;
  let tailCalls = false;
  let writesTables = false;
  // Open blocks: height below their operands, results, and operands with which an `else` begins again.
  const bases: number[] = [];
  const results: number[] = [];
  const operands: number[] = [];

  const charge = (): void => {
    out[o++] = 0x23;
    o = putU32(out, o, counterGlobal);
    out[o++] = 0x42;
    chargeAt = o;
    o += chargeBytes;
    out[o++] = 0x7d;
    out[o++] = 0x24;
    o = putU32(out, o, counterGlobal);
  };
  const chargeAndTest = (): void => {
    charge();
    out[o++] = 0x23;
    o = putU32(out, o, counterGlobal);
    for (const b of [0x42, 0x00, 0x53, 0x04, 0x40, 0x10]) out[o++] = b;
    o = putU32(out, o, c.outOfInstructions);
    out[o++] = 0x0b;
  };
  /** Ends the metered block. False when its cost does not fit. */
  const settle = (): boolean => {
    if (chargeAt >= 0) {
      if (chargeBytes === 2) {
        if (cost > NARROW_MAX) return false;
        out[chargeAt] = (cost & 0x7f) | 0x80;
        out[chargeAt + 1] = cost >> 7;
      } else {
        for (let k = 0; k < 4; k++) out[chargeAt + k] = ((cost >> (7 * k)) & 0x7f) | 0x80;
        out[chargeAt + 4] = 0;
      }
    }
    chargeAt = -1;
    cost = 0;
    return true;
  };
  const number = (): void => {
    let b = src[i++]!;
    while (b >= 0x80) {
      out[o++] = b;
      b = src[i++]!;
    }
    out[o++] = b;
  };
  const memoryArgument = (): void => {
    if ((src[i]! & 0x40) !== 0) undecodable("multiple memories are not supported", i);
    number();
    number();
  };
  const call = (f: number): void => {
    out[o++] = 0x10;
    o = putU32(out, o, f);
  };
  const taint = (): void => {
    writesTables = true;
    out[o++] = 0x41;
    out[o++] = 0x01;
    out[o++] = 0x24;
    o = putU32(out, o, c.taintedGlobal);
  };
  const edge = (target: number): void => {
    if (c.edgeCount === c.edges.length) {
      const wider = new Int32Array(c.edges.length * 2);
      wider.set(c.edges);
      c.edges = wider;
    }
    c.edges[c.edgeCount++] = target;
  };
  const giveStackBack = (): void => {
    tailCalls = true;
    if (giveBack === 0) return;
    out[o++] = 0x23;
    o = putU32(out, o, c.stackGlobal);
    out[o++] = 0x41;
    o = putSigned(out, o, giveBack);
    out[o++] = 0x6a;
    out[o++] = 0x24;
    o = putU32(out, o, c.stackGlobal);
  };
  const callee = (): { readonly index: number; readonly type: FunctionType } => {
    const f = u32();
    const t = c.functionTypes[f];
    if (t === undefined) return undecodable(`unknown function ${f}`, i);
    return { index: f, type: c.types[t]! };
  };
  const functionAt = (f: number): number => (f < c.importCount ? f : f + c.shift);
  const typeAt = (): { readonly index: number; readonly type: FunctionType } => {
    const t = u32();
    const found = c.types[t];
    if (found === undefined) return undecodable(`unknown type ${t}`, i);
    return { index: t, type: found };
  };
  const openBlock = (): void => {
    const b = src[i]!;
    let params = 0;
    let produced = 0;
    if (b === 0x40 || (b >= V128 && b <= I32) || b === 0x70 || b === 0x6f) {
      produced = b === 0x40 ? 0 : 1;
      out[o++] = b;
      i++;
    } else {
      if ((b & 0xc0) === 0x40) undecodable(`block type 0x${b.toString(16)} is not supported`, i);
      const start = i;
      const found = typeAt();
      params = found.type.params.length;
      produced = found.type.results.length;
      i = start;
      number();
    }
    bases.push(height - params);
    results.push(produced);
    operands.push(params);
  };
  /** The address is under a value of `valueType` on the stack. */
  const markAndStore = (valueType: number, opcode: readonly number[]): void => {
    const start = i;
    if ((src[i]! & 0x40) !== 0) undecodable("multiple memories are not supported", i);
    offsetOf();
    const offset = offsetOf();
    const value = temporary(VALUE_OF[valueType]!, valueType);
    const address = temporary(ADDRESS, wide ? I64 : I32);
    out[o++] = 0x21;
    o = putU32(out, o, value);
    out[o++] = 0x22;
    o = putU32(out, o, address);
    let pageOffset = 0;
    if (offset % 4096 === 0) pageOffset = Math.min(offset / 4096, 0xffff_ffff);
    else {
      out[o++] = wide ? 0x42 : 0x41;
      o = putSigned(out, o, wide ? Math.min(offset, 2 ** 52) : offset | 0);
      out[o++] = wide ? 0x7c : 0x6a;
    }
    out[o++] = wide ? 0x42 : 0x41;
    out[o++] = 12;
    out[o++] = wide ? 0x88 : 0x76;
    if (wide) out[o++] = 0xa7;
    out[o++] = 0x41;
    out[o++] = 0x01;
    out[o++] = 0x3a; // i32.store8 into the marks
    out[o++] = 0x40;
    out[o++] = 0x01;
    o = putU32(out, o, pageOffset);
    out[o++] = 0x20;
    o = putU32(out, o, address);
    out[o++] = 0x20;
    o = putU32(out, o, value);
    for (const b of opcode) out[o++] = b;
    i = start;
    memoryArgument();
  };
  const canonicalNan = (valueType: number): void => {
    const t = temporary(VALUE_OF[valueType]!, valueType);
    out[o++] = 0x22;
    o = putU32(out, o, t);
    const nan = valueType === F32 ? [0x43, 0, 0, 0xc0, 0x7f] : [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    for (const b of nan) out[o++] = b;
    for (let k = 0; k < 2; k++) {
      out[o++] = 0x20;
      o = putU32(out, o, t);
    }
    out[o++] = valueType === F32 ? 0x5b : 0x61;
    out[o++] = 0x1b; // select
  };
  const canonicalLanes = (valueType: number): void => {
    const t = temporary(VALUE_OF[V128]!, V128);
    out[o++] = 0x22;
    o = putU32(out, o, t);
    out[o++] = 0xfd;
    out[o++] = 0x0c;
    const lane = valueType === F32 ? [0, 0, 0xc0, 0x7f] : [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    for (let k = 0; k < 16; k++) out[o++] = lane[k % lane.length]!;
    for (let k = 0; k < 2; k++) {
      out[o++] = 0x20;
      o = putU32(out, o, t);
    }
    out[o++] = 0xfd;
    out[o++] = valueType === F32 ? 0x41 : 0x47;
    out[o++] = 0xfd;
    out[o++] = 0x52; // bitselect
  };

  /** Operators behind 0xfc. */
  const misc = (at: number): void => {
    const sub = u32();
    if (sub > Misc.TableFill) {
      invalid(
        `Wasm module contains a function at index ${index} with unsupported instruction 0xfc ${sub}, at byte ${at}.`,
      );
    }
    if (chargeAt < 0) charge();
    cost += MISC_COST[sub]!;
    height += MISC_DELTA[sub]!;
    const keep = (numbers: number): void => {
      out[o++] = 0xfc;
      out[o++] = sub;
      for (let k = 0; k < numbers; k++) number();
    };
    const oneMemory = (count: number): void => {
      for (let k = 0; k < count; k++) {
        if (src[i++] !== 0) undecodable("multiple memories are not supported", i - 1);
      }
    };
    switch (sub) {
      case Misc.MemoryInit: {
        const segment = u32();
        oneMemory(1);
        call(c.memoryInit(segment));
        break;
      }
      case Misc.MemoryCopy:
        oneMemory(2);
        call(c.copy);
        break;
      case Misc.MemoryFill:
        oneMemory(1);
        call(c.fill);
        break;
      case Misc.DataDrop:
      case Misc.ElemDrop:
        taint();
        keep(1);
        break;
      case Misc.TableInit:
        taint();
        call(c.charge32);
        keep(2);
        break;
      case Misc.TableCopy: {
        const start = i;
        const [to, source] = [u32(), u32()];
        i = start;
        taint();
        call(c.tableWide[to] && c.tableWide[source] ? c.charge64 : c.charge32);
        keep(2);
        break;
      }
      case Misc.TableFill: {
        const start = i;
        const filled = u32();
        i = start;
        taint();
        call(c.tableWide[filled] ? c.charge64 : c.charge32);
        keep(1);
        break;
      }
      case Misc.TableGrow:
        taint();
        keep(1);
        break;
      case Misc.TableSize:
        keep(1);
        break;
      default:
        keep(0);
        break;
    }
  };

  /** Operators behind 0xfd. */
  const vector = (at: number): void => {
    const sub = u32();
    simd = true;
    if (sub > 255) {
      invalid(
        `Wasm module contains a function at index ${index} with unsupported instruction 0xfd ${sub} of the relaxed SIMD proposal, at byte ${at}.`,
      );
    }
    const kind = SIMD.kind[sub]!;
    const access = kind >= SimdKind.Load && kind <= SimdKind.StoreLane;
    if (chargeAt < 0) charge();
    cost += SIMD.cost[sub]! + (access ? accessCost : 0);
    height += SIMD.delta[sub]!;
    const opcode = sub < 0x80 ? [0xfd, sub] : [0xfd, (sub & 0x7f) | 0x80, 1];
    if (kind === SimdKind.Store || kind === SimdKind.StoreLane) {
      markAndStore(V128, opcode);
      if (kind === SimdKind.StoreLane) out[o++] = src[i++]!;
      return;
    }
    for (const b of opcode) out[o++] = b;
    if (kind === SimdKind.Load || kind === SimdKind.LoadLane) memoryArgument();
    if (kind === SimdKind.Lane || kind === SimdKind.LoadLane) out[o++] = src[i++]!;
    if (kind === SimdKind.Bytes16) for (let k = 0; k < 16; k++) out[o++] = src[i++]!;
    if (kind === SimdKind.FloatF32) canonicalLanes(F32);
    if (kind === SimdKind.FloatF64) canonicalLanes(F64);
  };

  chargeAndTest();
  for (;;) {
    if (i >= end) undecodable("function body ends early", i);
    if (o + ROOM > out.length) {
      const wider = new Uint8Array(out.length * 2 + ROOM);
      wider.set(out.subarray(0, o));
      c.out = wider;
      out = wider;
    }
    const at = i;
    const op = src[i++]!;
    const kind = KIND[op]!;
    const price = COST[op]!;
    operators++;
    if (price !== 0) {
      if (chargeAt < 0) charge();
      cost += price;
    }
    height += DELTA[op]!;
    if (height > highest) highest = height;
    switch (kind) {
      case Kind.Plain:
        out[o++] = op;
        break;
      case Kind.Number:
        out[o++] = op;
        number();
        break;
      case Kind.Load:
        cost += accessCost;
        out[o++] = op;
        memoryArgument();
        break;
      case Kind.Store:
        cost += accessCost;
        markAndStore(STORE_TYPE[op - 0x36]!, [op]);
        break;
      case Kind.Block:
        out[o++] = op;
        openBlock();
        break;
      case Kind.Loop:
        if (!settle()) return giveUp();
        out[o++] = op;
        openBlock();
        chargeAndTest();
        break;
      case Kind.If:
        if (!settle()) return giveUp();
        out[o++] = op;
        openBlock();
        break;
      case Kind.Else:
        if (!settle()) return giveUp();
        if (bases.length === 0) undecodable("else without if", at);
        out[o++] = op;
        height = bases[bases.length - 1]! + operands[operands.length - 1]!;
        break;
      case Kind.End:
        if (!settle()) return giveUp();
        if (bases.length === 0) {
          if (i !== end) undecodable("operators remain behind the end of a function", i);
          if (operators > MAX_OPERATORS) {
            invalid(
              `Wasm module contains a function at index ${index} of size ${operators} that exceeds the maximum allowed size of ${MAX_OPERATORS}.`,
            );
          }
          return {
            start: outAt,
            end: o,
            localsStart,
            localsEnd,
            localGroups,
            localCount: localCount - type.params.length,
            temporaries,
            operators,
            height: highest,
            simd,
            tailCalls,
            writesTables,
          };
        }
        out[o++] = op;
        height = bases.pop()! + results.pop()!;
        operands.pop();
        break;
      case Kind.Branch:
        if (!settle()) return giveUp();
        out[o++] = op;
        number();
        break;
      case Kind.BranchTable: {
        if (!settle()) return giveUp();
        out[o++] = op;
        const targets = u32();
        if (targets >= end - i) undecodable("unexpected end", i);
        o = putU32(out, o, targets);
        for (let k = 0; k <= targets; k++) {
          if (o + ROOM > out.length) {
            const wider = new Uint8Array(out.length * 2 + ROOM);
            wider.set(out.subarray(0, o));
            c.out = wider;
            out = wider;
          }
          number();
        }
        break;
      }
      case Kind.Return:
        if (!settle()) return giveUp();
        out[o++] = 0x0c;
        o = putU32(out, o, bases.length);
        break;
      case Kind.Unreachable:
        if (!settle()) return giveUp();
        out[o++] = op;
        break;
      case Kind.Call: {
        const f = callee();
        edge(f.index);
        height += f.type.results.length - f.type.params.length;
        call(functionAt(f.index));
        break;
      }
      case Kind.CallIndirect: {
        const t = typeAt();
        edge(-1 - t.index);
        height += t.type.results.length - t.type.params.length;
        out[o++] = op;
        o = putU32(out, o, t.index);
        number();
        break;
      }
      case Kind.ReturnCall: {
        const f = callee();
        edge(f.index);
        if (!settle()) return giveUp();
        giveStackBack();
        out[o++] = op;
        o = putU32(out, o, functionAt(f.index));
        break;
      }
      case Kind.ReturnCallIndirect: {
        const t = typeAt();
        edge(-1 - t.index);
        if (!settle()) return giveUp();
        giveStackBack();
        out[o++] = op;
        o = putU32(out, o, t.index);
        number();
        break;
      }
      case Kind.SelectTyped: {
        out[o++] = op;
        if (u32() !== 1) undecodable("select of several types", at);
        out[o++] = 1;
        out[o++] = src[i++]!;
        break;
      }
      case Kind.GlobalGet: {
        const g = u32();
        out[o++] = op;
        o = putU32(out, o, g);
        const float = c.globalFloat[g] ?? 0;
        if (float !== 0) out[o++] = float === F32 ? 0xbe : 0xbf;
        break;
      }
      case Kind.GlobalSet: {
        const g = u32();
        const float = c.globalFloat[g];
        if (float === undefined) undecodable(`unknown global ${g}`, at);
        if (float !== 0) out[o++] = float === F32 ? 0xbc : 0xbd;
        out[o++] = op;
        o = putU32(out, o, g);
        break;
      }
      case Kind.TableSet:
        taint();
        out[o++] = op;
        number();
        break;
      case Kind.MemorySize:
        if (src[i++] !== 0) undecodable("multiple memories are not supported", at);
        out[o++] = op;
        out[o++] = 0;
        break;
      case Kind.MemoryGrow:
        cost += GROW_EXTRA;
        if (src[i++] !== 0) undecodable("multiple memories are not supported", at);
        call(c.grow);
        break;
      case Kind.Bytes4:
        out[o++] = op;
        for (let k = 0; k < 4; k++) out[o++] = src[i++]!;
        break;
      case Kind.Bytes8:
        out[o++] = op;
        for (let k = 0; k < 8; k++) out[o++] = src[i++]!;
        break;
      case Kind.RefNull:
        if (src[i] !== 0x70 && src[i] !== 0x6f) undecodable("reference type is not supported", i);
        out[o++] = op;
        out[o++] = src[i++]!;
        break;
      case Kind.RefFunc: {
        const f = callee();
        c.addressTaken.add(f.index);
        out[o++] = op;
        o = putU32(out, o, functionAt(f.index));
        break;
      }
      case Kind.Misc:
        misc(at);
        break;
      case Kind.Simd:
        vector(at);
        if (height > highest) highest = height;
        break;
      case Kind.FloatF32:
        out[o++] = op;
        if (BLIND_TO_NAN[src[i] ?? 0] === 0) canonicalNan(F32);
        break;
      case Kind.FloatF64:
        out[o++] = op;
        if (BLIND_TO_NAN[src[i] ?? 0] === 0) canonicalNan(F64);
        break;
      default:
        invalid(
          `Wasm module contains a function at index ${index} with unsupported instruction 0x${op.toString(16)} ${refusedOperator(op)}, at byte ${at}.`,
        );
    }
  }

  function giveUp(): undefined {
    c.edgeCount = edgeStart;
    return undefined;
  }
}
