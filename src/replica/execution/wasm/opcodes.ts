/**
 * What every Wasm operator is to the rewriter: how its immediates are laid out, what it costs, and how it moves the
 * operand stack. The features are pinned here: MVP, sign extension, saturating truncation, multi-value, bulk memory,
 * reference types, tail calls, deterministic SIMD, memory64 and table64. All else is refused by name, so that every
 * engine sees the same language. Source: replica D.4 (costs), D.7; interface S11.
 */

/** How the bytes after the opcode are laid out, and what the rewriter does with the operator. */
export const Kind = {
  /** Not in the pinned feature set. */
  Refused: 0,
  /** No immediates. */
  Plain: 1,
  /** One LEB128 number, copied. */
  Number: 2,
  Load: 3,
  Store: 4,
  Else: 5,
  End: 6,
  /** Float arithmetic whose result may be a NaN: made canonical behind it. */
  FloatF32: 7,
  FloatF64: 8,
  /** Handled one by one. */
  Other: 9,
} as const;

export interface OpcodeTable {
  readonly kind: Uint8Array;
  readonly cost: Uint8Array;
  /** Change of the operand stack's height; calls and blocks add their own. */
  readonly delta: Int8Array;
}

const table = (size: number): OpcodeTable => ({
  kind: new Uint8Array(size),
  cost: new Uint8Array(size),
  delta: new Int8Array(size),
});

function fill(t: OpcodeTable, first: number, last: number, kind: number, cost: number, delta: number): void {
  t.kind.fill(kind, first, last + 1);
  t.cost.fill(cost, first, last + 1);
  t.delta.fill(delta, first, last + 1);
}

/** Operators of one byte. */
export const ONE: OpcodeTable = oneByteOperators();
function oneByteOperators(): OpcodeTable {
  const t = table(256);
  const op = (first: number, last: number, kind: number, cost: number, delta: number): void =>
    fill(t, first, last, kind, cost, delta);
  const { Plain } = Kind;
  op(0x00, 0x00, Plain, 1, 0); // unreachable
  op(0x01, 0x01, Plain, 1, 0); // nop
  op(0x02, 0x02, Kind.Other, 0, 0);
  op(0x03, 0x03, Kind.Other, 0, 0);
  op(0x04, 0x04, Kind.Other, 2, -1);
  op(0x05, 0x05, Kind.Else, 0, 0);
  op(0x0b, 0x0b, Kind.End, 0, 0);
  op(0x0c, 0x0c, Kind.Number, 2, 0);
  op(0x0d, 0x0d, Kind.Number, 2, -1);
  op(0x0e, 0x0e, Kind.Other, 2, -1);
  op(0x0f, 0x0f, Kind.Other, 1, 0);
  op(0x10, 0x10, Kind.Other, 5, 0);
  op(0x11, 0x11, Kind.Other, 10, -1);
  op(0x12, 0x12, Kind.Other, 3, 0);
  op(0x13, 0x13, Kind.Other, 60, -1);
  op(0x1a, 0x1a, Plain, 1, -1); // drop
  op(0x1b, 0x1b, Plain, 1, -2); // select
  op(0x1c, 0x1c, Kind.Other, 1, -2);
  op(0x20, 0x20, Kind.Number, 1, 1); // local.get
  op(0x21, 0x21, Kind.Number, 1, -1); // local.set
  op(0x22, 0x22, Kind.Number, 1, 0); // local.tee
  op(0x23, 0x23, Kind.Other, 2, 1);
  op(0x24, 0x24, Kind.Other, 2, -1);
  op(0x25, 0x25, Kind.Number, 5, 0); // table.get
  op(0x26, 0x26, Kind.Other, 5, -2);
  op(0x28, 0x35, Kind.Load, 1, 0);
  op(0x36, 0x3e, Kind.Store, 1, -2);
  op(0x3f, 0x3f, Kind.Other, 20, 1);
  op(0x40, 0x40, Kind.Other, 255, 0); // costs 300: GROW_EXTRA on top, a byte holds no more
  op(0x41, 0x42, Kind.Number, 1, 1); // i32.const, i64.const
  op(0x43, 0x43, Kind.Other, 1, 1);
  op(0x44, 0x44, Kind.Other, 1, 1);
  op(0x45, 0x45, Plain, 1, 0); // i32.eqz
  op(0x46, 0x4f, Plain, 1, -1);
  op(0x50, 0x50, Plain, 1, 0); // i64.eqz
  op(0x51, 0x5a, Plain, 1, -1);
  op(0x5b, 0x66, Plain, 3, -1); // float comparisons
  op(0x67, 0x69, Plain, 1, 0); // i32 clz ctz popcnt
  op(0x6a, 0x78, Plain, 1, -1);
  op(0x6d, 0x70, Plain, 10, -1); // i32 div, rem
  op(0x79, 0x7b, Plain, 1, 0);
  op(0x7c, 0x8a, Plain, 1, -1);
  op(0x7f, 0x82, Plain, 10, -1); // i64 div, rem
  op(0x8b, 0x8c, Plain, 1, 0); // f32 abs, neg
  op(0x8d, 0x90, Kind.FloatF32, 2, 0); // ceil floor trunc nearest
  op(0x91, 0x91, Kind.FloatF32, 5, 0); // sqrt
  op(0x92, 0x94, Kind.FloatF32, 2, -1); // add sub mul
  op(0x95, 0x95, Kind.FloatF32, 3, -1); // div
  op(0x96, 0x97, Kind.FloatF32, 18, -1); // min max
  op(0x98, 0x98, Plain, 2, -1); // copysign
  op(0x99, 0x9a, Plain, 1, 0); // f64
  op(0x9b, 0x9e, Kind.FloatF64, 2, 0);
  op(0x9f, 0x9f, Kind.FloatF64, 8, 0);
  op(0xa0, 0xa2, Kind.FloatF64, 2, -1);
  op(0xa3, 0xa3, Kind.FloatF64, 5, -1);
  op(0xa4, 0xa5, Kind.FloatF64, 18, -1);
  op(0xa6, 0xa6, Plain, 3, -1);
  op(0xa7, 0xa7, Plain, 1, 0); // i32.wrap
  op(0xa8, 0xab, Plain, 20, 0); // i32.trunc
  op(0xac, 0xad, Plain, 1, 0); // i64.extend_i32
  op(0xae, 0xb1, Plain, 20, 0); // i64.trunc
  for (const first of [0xb2, 0xb4, 0xb7, 0xb9]) {
    op(first, first, Plain, 3, 0); // convert signed
    op(first + 1, first + 1, Plain, 16, 0); // convert unsigned
  }
  op(0xb6, 0xb6, Kind.FloatF32, 1, 0); // f32.demote
  op(0xbb, 0xbb, Kind.FloatF64, 1, 0); // f64.promote
  op(0xbc, 0xbf, Plain, 1, 0); // reinterpret
  op(0xc0, 0xc4, Plain, 1, 0); // sign extension
  op(0xd0, 0xd0, Kind.Other, 1, 1);
  op(0xd1, 0xd1, Plain, 5, 0); // ref.is_null
  op(0xd2, 0xd2, Kind.Other, 130, 1);
  op(0xfc, 0xfc, Kind.Other, 1, 0); // at least; the rest by sub-opcode
  op(0xfd, 0xfd, Kind.Other, 1, 0);
  return t;
}

/** What an operator adds to the complexity of its function. Those behind 0xfc: MISC_WEIGHT. Source: replica D.7. */
export const WEIGHT: Uint8Array = weights();
function weights(): Uint8Array {
  const w = new Uint8Array(256).fill(1);
  const weigh = (weight: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [first, last] of ranges) w.fill(weight, first, last + 1);
  };
  weigh(50, [0x02, 0x04], [0x0c, 0x0e], [0x10, 0x11], [0x40, 0x40]); // blocks, branches, calls, memory.grow
  weigh(14, [0x25, 0x25]); // table.get
  weigh(8, [0xd2, 0xd2]); // ref.func
  weigh(7, [0x26, 0x26]); // table.set
  weigh(6, [0xd1, 0xd1]); // ref.is_null
  weigh(5, [0xa8, 0xba]); // conversions between integers and floats, demotion
  weigh(4, [0x8b, 0x8c], [0x99, 0x9a]); // abs, neg
  weigh(3, [0x28, 0x35], [0x6d, 0x70], [0x7f, 0x82], [0x98, 0x98], [0xa6, 0xa6]); // loads, div, rem, copysign
  weigh(2, [0x1b, 0x1b], [0x23, 0x23], [0x36, 0x3f], [0x69, 0x69], [0x7b, 0x7b]);
  weigh(2, [0x45, 0x66]); // comparisons
  weigh(3, [0x61, 0x61]); // f64.eq
  weigh(2, [0x8d, 0x8f], [0x91, 0x91], [0x9b, 0x9d], [0x9f, 0x9f], [0xa7, 0xa7], [0xbb, 0xc4]);
  weigh(0, [0xfc, 0xfc]);
  return w;
}

/** memory.grow costs 300, which the byte in the table cannot say. */
export const GROW_EXTRA = 300 - 255;

/** What follows opcode byte 0xfc. */
export const Misc = {
  TruncLast: 7,
  MemoryInit: 8,
  DataDrop: 9,
  MemoryCopy: 10,
  MemoryFill: 11,
  TableInit: 12,
  ElemDrop: 13,
  TableCopy: 14,
  TableGrow: 15,
  TableSize: 16,
  TableFill: 17,
} as const;

/** By sub-opcode of 0xfc. */
export const MISC_COST: readonly number[] = [
  ...new Array<number>(8).fill(20),
  ...[100, 300, 100, 100, 100, 300, 100, 300, 100, 100],
];
export const MISC_WEIGHT: readonly number[] = [
  ...new Array<number>(8).fill(3),
  ...[1, 1, 4, 3, 4, 1, 4, 50, 1, 5],
];
export const MISC_DELTA: readonly number[] = [
  ...new Array<number>(8).fill(0),
  ...[-3, 0, -3, -3, -3, 0, -3, -1, 1, -3],
];

/** Layout of a SIMD operator's immediates. */
export const SimdKind = {
  Plain: 0,
  Load: 1,
  Store: 2,
  /** Memory argument and lane. */
  LoadLane: 3,
  StoreLane: 4,
  Lane: 5,
  /** Sixteen bytes: v128.const, i8x16.shuffle. */
  Bytes16: 6,
  /** Float arithmetic in four or two lanes. */
  FloatF32: 7,
  FloatF64: 8,
} as const;

/** Those that do not cost 1, in the order in which replica D.4 names them. A 64-bit memory makes loads and stores 2. */
const SIMD_COSTS: readonly (readonly [number, readonly number[]])[] = [
  [2, [0x26, 0x28, 0x30, 0x32, 0x3a, 0x3c]], // lt_u, gt_u of i8x16, i16x8, i32x4
  [2, [0x6d, 0x8b, 0x8c, 0x8d, 0xab, 0xac, 0xad, 0xcb, 0xcd]], // shifts
  [2, [0x7d, 0x9d, 0x9f, 0xb5, 0xbc, 0xbd, 0xbe, 0xbf]], // extadd_pairwise_i8x16_u, extmul, i32x4.mul
  [2, [0x67, 0x68, 0x69, 0x6a, 0xe0, 0xe1, 0xe4, 0xe5, 0xe6]], // f32x4
  [2, [0x74, 0x75, 0x7a, 0x94, 0xec, 0xed, 0xf0, 0xf1, 0xf2]], // f64x2
  [2, [0xf8, 0xfc]], // trunc_sat signed
  [3, [0x0d, 0x62, 0x6b, 0x6c, 0xcc, 0x7f, 0xfd]],
  [4, [0xd5, 0xe8, 0xe9, 0xf4, 0xf9, 0xfb]],
  [5, [0xe3, 0xf5]],
  [10, [0xe7]],
  [12, [0xf3]],
  [14, [0xef]],
];

/** Operators behind 0xfd. Sub-opcodes from 256 on are relaxed SIMD, refused. */
export const SIMD: OpcodeTable = simdOperators();
function simdOperators(): OpcodeTable {
  const t = table(256);
  const op = (first: number, last: number, kind: number, delta: number): void =>
    fill(t, first, last, kind, 1, delta);
  op(0x00, 0xff, SimdKind.Plain, -1);
  op(0x00, 0x0a, SimdKind.Load, 0);
  op(0x0b, 0x0b, SimdKind.Store, -2);
  op(0x0c, 0x0c, SimdKind.Bytes16, 1);
  op(0x0d, 0x0d, SimdKind.Bytes16, -1);
  op(0x0f, 0x14, SimdKind.Plain, 0); // splats
  op(0x15, 0x22, SimdKind.Lane, 0); // extract lane 0, replace lane −1: corrected below
  for (const replace of [0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22]) t.delta[replace] = -1;
  op(0x54, 0x57, SimdKind.LoadLane, -1);
  op(0x58, 0x5b, SimdKind.StoreLane, -2);
  op(0x5c, 0x5d, SimdKind.Load, 0);
  t.delta[0x52] = -2; // bitselect
  const unary = [
    [0x4d, 0x4d],
    [0x53, 0x53],
    [0x5e, 0x64],
    [0x67, 0x6a],
    [0x74, 0x75],
    [0x7a, 0x7a],
    [0x7c, 0x81],
    [0x83, 0x84],
    [0x87, 0x8a],
    [0x94, 0x94],
    [0xa0, 0xa4],
    [0xa7, 0xaa],
    [0xc0, 0xc4],
    [0xc7, 0xca],
    [0xe0, 0xe3],
    [0xec, 0xef],
    [0xf8, 0xff],
  ] as const;
  for (const [first, last] of unary) t.delta.fill(0, first, last + 1);
  const f32 = [0x5e, 0x67, 0x68, 0x69, 0x6a, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9];
  const f64 = [0x5f, 0x74, 0x75, 0x7a, 0x94, 0xef, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5];
  for (const o of f32) t.kind[o] = SimdKind.FloatF32;
  for (const o of f64) t.kind[o] = SimdKind.FloatF64;
  for (const [cost, operators] of SIMD_COSTS) for (const o of operators) t.cost[o] = cost;
  return t;
}

/** Name of a refused operator, for the sentence that refuses it. */
export function refusedOperator(opcode: number): string {
  if (opcode === 0xfb) return "of the garbage collection proposal";
  if (opcode === 0xfe) return "of the threads proposal";
  if ((opcode >= 0x06 && opcode <= 0x0a) || [0x18, 0x19, 0x1f].includes(opcode)) {
    return "of the exception handling proposal";
  }
  if ([0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6].includes(opcode)) return "of the function references proposal";
  return "that is unknown";
}
