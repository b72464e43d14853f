/**
 * For tests: a small valid module drawn from a seed. Its method `go` computes over locals, globals, two pages of memory
 * and calls, through every kind of block; floats are seen only through comparisons and truncations, so that a bare
 * engine's NaN bits make no difference. Memory `m` and globals `g0`… are exported, for runs without rewriting.
 */
import { type Prng, prng } from "../../base/prng.ts";
import { Writer } from "../../replica/execution/wasm/writer.ts";

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const TYPES = [I32, I64, F32, F64];
export const RANDOM_GLOBALS = 3;
const HELPERS = 4;

export function randomModule(seed: number): Uint8Array {
  const random = prng(seed);
  const bodies: Uint8Array[] = [];
  const signatures: number[][] = [];
  for (let f = 0; f < HELPERS; f++) {
    const params = Array.from({ length: random.below(3) }, () => TYPES[random.below(4)]!);
    signatures.push([...params, TYPES[random.below(4)]!]);
  }
  for (let f = 0; f < HELPERS; f++) bodies.push(body(random, signatures, f));
  bodies.push(body(random, signatures, -1));

  const types = new Writer().u32(HELPERS + 1);
  for (const s of signatures) types.raw(0x60, s.length - 1, ...s.slice(0, -1), 1, s.at(-1)!);
  types.raw(0x60, 0, 0);
  const globals = new Writer().raw(RANDOM_GLOBALS, I32, 1, 0x41, 1, 0x0b, I64, 1, 0x42, 2, 0x0b);
  globals.raw(F64, 1, 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x0b);
  const exports = new Writer()
    .u32(2 + RANDOM_GLOBALS)
    .name("m")
    .raw(2, 0);
  for (let g = 0; g < RANDOM_GLOBALS; g++) exports.name(`g${g}`).raw(3, g);
  exports.name("canister_query go").raw(0, HELPERS);
  const functions = new Writer().u32(bodies.length);
  for (let f = 0; f < bodies.length; f++) functions.u32(f);
  const code = new Writer().u32(bodies.length);
  for (const b of bodies) code.sized(b);
  const w = new Writer(4096).raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0).section(1, types);
  w.section(3, functions).section(4, new Writer().raw(1, 0x70, 0, 3));
  w.section(5, new Writer().raw(1, 1, 2, 4))
    .section(6, globals)
    .section(7, exports);
  const elements = new Writer().raw(1, 0, 0x41, 0, 0x0b, 3, 0, 1, 2);
  w.section(9, elements).section(10, code);
  const data = new Writer().raw(1, 0, 0x41).signed(4090).raw(0x0b).sized(random.bytes(12));
  return w.section(11, data).written().slice();
}

/** Locals: parameters, then two of each type, then the fuel of loops. */
function body(random: Prng, signatures: readonly number[][], self: number): Uint8Array {
  const w = new Writer(1024);
  const signature = self < 0 ? [] : signatures[self]!;
  const locals = [...signature.slice(0, -1), ...TYPES.flatMap((t) => [t, t])];
  const fuel = locals.length;
  let size = 60 + random.below(120);
  const depthOf: { value: number } = { value: 0 };

  const pick = (type: number): number => {
    const fitting = locals.map((t, i) => [t, i] as const).filter(([t]) => t === type);
    return fitting[random.below(fitting.length)]![1];
  };
  const constant = (type: number): void => {
    if (type === I32) w.raw(0x41).signed(random.chance(0.5) ? random.below(100) - 50 : random.below(2 ** 31));
    if (type === I64) w.raw(0x42).signed(BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)));
    const floats = [
      [0, 0, 0x80, 0x3f],
      [0, 0, 0xc0, 0x7f],
      [0, 0, 0x80, 0xff],
      [1, 2, 3, 4],
    ]; // 1, NaN, −∞, tiny
    if (type === F32) w.raw(0x43, ...floats[random.below(4)]!);
    if (type === F64) w.raw(0x43, ...floats[random.below(4)]!, 0xbb);
  };
  const address = (): void => {
    value(I32);
    w.raw(0x41)
      .signed(random.chance(0.97) ? 0x1fff0 : 0x1ffff)
      .raw(0x71);
  };
  const memarg = (): void => {
    w.raw(0, random.below(8));
  };
  const value = (type: number): void => {
    if (--size < 0) {
      constant(type);
      return;
    }
    const choice = random.below(12);
    if (choice < 2) constant(type);
    else if (choice < 5) w.raw(0x20).u32(pick(type));
    else if (choice === 5 && depthOf.value < 4) block(type);
    else if (choice === 6 && self !== 0) call(type);
    else if (type === I32) int32();
    else if (type === I64) int64();
    else float(type);
  };
  const call = (type: number): void => {
    const callee = random.below(self < 0 ? HELPERS : self);
    const [result, ...params] = [...signatures[callee]!].reverse();
    for (const p of params.reverse()) value(p);
    const indirect = callee < 3 && random.chance(0.3);
    if (indirect) w.raw(0x41, random.chance(0.95) ? callee : 3 - callee, 0x11, callee, 0);
    else w.raw(0x10, callee);
    if (result === type) return;
    w.raw(0x1a);
    constant(type);
  };
  const int32 = (): void => {
    const choice = random.below(7);
    if (choice === 0) w.raw(0x23, 0);
    else if (choice === 1) {
      address();
      w.raw([0x28, 0x2c, 0x2d, 0x2e, 0x2f][random.below(5)]!);
      memarg();
    } else if (choice === 2) {
      const t = TYPES[random.below(4)]!;
      value(t);
      value(t);
      w.raw(t === I32 ? 0x46 + random.below(10) : t === I64 ? 0x51 + random.below(10) : 0);
      if (t === F32 || t === F64) w.bytes[w.at - 1] = (t === F32 ? 0x5b : 0x61) + random.below(6);
    } else if (choice === 3) {
      value(I32);
      w.raw([0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1][random.below(6)]!);
    } else if (choice === 4) {
      const t = random.chance(0.5) ? F32 : F64;
      value(t);
      w.raw(0xfc, t === F32 ? random.below(2) : 2 + random.below(2));
    } else if (choice === 5) w.raw(0x3f, 0);
    else {
      value(I32);
      value(I32);
      w.raw(random.chance(0.03) ? 0x6d : 0x6a + [0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14][random.below(11)]!);
    }
  };
  const int64 = (): void => {
    const choice = random.below(5);
    if (choice === 0) w.raw(0x23, 1);
    else if (choice === 1) {
      address();
      w.raw([0x29, 0x30, 0x33, 0x35][random.below(4)]!);
      memarg();
    } else if (choice === 2) {
      value(I32);
      w.raw(random.chance(0.5) ? 0xac : 0xad);
    } else if (choice === 3) {
      const t = random.chance(0.5) ? F32 : F64;
      value(t);
      w.raw(0xfc, t === F32 ? 4 : 6 + random.below(2));
    } else {
      value(I64);
      value(I64);
      w.raw(0x7c + [0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14][random.below(11)]!);
    }
  };
  const float = (type: number): void => {
    const base = type === F32 ? 0 : 14;
    const choice = random.below(5);
    if (choice === 0 && type === F64) w.raw(0x23, 2);
    else if (choice <= 1) {
      value(type);
      w.raw(base + 0x8b + [0, 1, 2, 3, 4, 5, 6][random.below(7)]!);
    } else if (choice === 2) {
      value(random.chance(0.5) ? I32 : I64);
      // The operand's type decides the conversion: made an i32 or i64 by dropping and a constant.
      w.raw(0x1a);
      value(I64);
      w.raw((type === F32 ? 0xb4 : 0xb9) + random.below(2));
    } else {
      value(type);
      value(type);
      w.raw(base + 0x92 + random.below(6));
    }
  };
  const block = (type: number): void => {
    depthOf.value++;
    const kind = random.below(4);
    if (kind === 0) {
      w.raw(0x02, type);
      statements(random.below(3));
      value(type);
      value(I32);
      w.raw(0x0d, 0x00, 0x0b);
    } else if (kind === 1) {
      value(I32);
      w.raw(0x04, type);
      statements(random.below(2));
      value(type);
      w.raw(0x05);
      value(type);
      w.raw(0x0b);
    } else if (kind === 2) {
      w.raw(0x03, type);
      statements(1 + random.below(2));
      // while (fuel-- > 0)
      w.raw(0x20).u32(fuel).raw(0x41, 1, 0x6b, 0x22).u32(fuel).raw(0x41, 0, 0x4a, 0x0d, 0x00);
      value(type);
      w.raw(0x0b);
    } else {
      w.raw(0x02, type, 0x02, 0x40, 0x02, 0x40);
      value(I32);
      w.raw(0x0e, 2, 0, 1, 0, 0x0b);
      statements(1);
      w.raw(0x0b);
      value(type);
      w.raw(0x0b);
    }
    depthOf.value--;
  };
  const statements = (count: number): void => {
    for (let n = 0; n < count; n++) statement();
  };
  const statement = (): void => {
    const type = TYPES[random.below(4)]!;
    const choice = random.below(9);
    if (choice < 3) {
      value(type);
      w.raw(0x21).u32(pick(type));
    } else if (choice < 5) {
      const t = random.chance(0.5) ? I32 : I64;
      address();
      value(t);
      w.raw(t === I32 ? [0x36, 0x3a, 0x3b][random.below(3)]! : [0x37, 0x3c, 0x3d, 0x3e][random.below(4)]!);
      memarg();
    } else if (choice === 5) {
      const g = random.below(RANDOM_GLOBALS);
      if (g < 2) value([I32, I64][g]!);
      else {
        value(I32);
        w.raw(0xb7);
      }
      w.raw(0x24, g);
    } else if (choice === 6) {
      address();
      if (random.chance(0.5)) value(I32);
      else address();
      w.raw(0x41).signed(random.below(300));
      w.raw(0xfc, random.chance(0.5) ? 0x0b : 0x0a, 0);
      if (w.bytes[w.at - 2] === 0x0a) w.raw(0);
    } else if (choice === 7) {
      w.raw(0x41, random.below(3), 0x40, 0, 0x1a);
    } else {
      value(type);
      w.raw(0x1a);
    }
  };

  w.raw(9);
  for (const t of TYPES.flatMap((x) => [x, x])) w.raw(1, t);
  w.raw(1, I32).raw(0x41).signed(random.below(40)).raw(0x21).u32(fuel);
  statements(4 + random.below(8));
  if (self >= 0) value(signature.at(-1)!);
  if (self >= 0 && random.chance(0.3)) w.raw(0x0f);
  return w.raw(0x0b).written().slice();
}
