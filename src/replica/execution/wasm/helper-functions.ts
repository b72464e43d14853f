/**
 * The functions that rewriting adds behind a module's own: charging lengths (replica D.3, "Dynamic"), entering a
 * callback, the bulk operators that charge, write and then touch, and touching pages (touched-pages.ts). All are at fixed
 * offsets from `plan.helpers`.
 */
import { I32, I64 } from "./decode.ts";
import { INIT_HELPERS_FROM, type Plan, TOUCH_SIZES, typeFor } from "./plan.ts";
import { ACCESSED, CHARGED_PAGE, TOUCH_INSTRUCTIONS, WRITTEN, WRITTEN_MARKS_AT } from "./touched-pages.ts";
import { Writer } from "./writer.ts";

export const helperCount = (plan: Plan): number => INIT_HELPERS_FROM + plan.initSegments.length;

/** Types of the helper functions, in order. A helper that a module cannot need is there all the same, empty. */
export function helperTypes(plan: Plan): number[] {
  const A = plan.wide ? I64 : I32;
  const touch = typeFor(plan, [A, A], []);
  const touchInLoop = typeFor(plan, [A, A], [I64, I64]);
  return [
    typeFor(plan, [I32], [I32]),
    typeFor(plan, [I64], [I64]),
    typeFor(plan, [I64, I64], []),
    typeFor(plan, [A, I32, A], []),
    typeFor(plan, [A, A, A], []),
    typeFor(plan, [I64, I64, I32], []),
    ...TOUCH_SIZES.flatMap(() => [touch, touchInLoop, touch, touchInLoop]),
    ...plan.initSegments.map(() => typeFor(plan, [A, I32, I32], [])),
  ];
}

export function writeHelpers(plan: Plan, section: Writer): void {
  const { m, wide, counter } = plan;
  const charge32 = plan.helpers;
  const charge64 = plan.helpers + 1;
  const add = (build: (w: Writer) => void, ...locals: number[]): void => {
    const w = new Writer(128).u32(locals.length);
    for (const t of locals) w.raw(1, t);
    build(w);
    section.sized(w.raw(0x0b).written());
  };
  // charge32: the length as it is, after charging it unsigned.
  add((w) => w.raw(0x20, 0, 0xad, 0x10).u32(charge64).raw(0x1a, 0x20, 0));
  // charge64: counter − length, and the smallest number when that overflows.
  add((w) => {
    w.raw(0x23).u32(counter).raw(0x20, 0, 0x7d, 0x21, 1);
    w.raw(0x20, 0, 0x42, 0, 0x53, 0x20, 1, 0x23).u32(counter).raw(0x55, 0x72, 0x04, 0x40);
    w.raw(0x42)
      .signed(-(1n << 63n))
      .raw(0x21, 1, 0x0b);
    w.raw(0x20, 1, 0x24).u32(counter);
    w.raw(0x20, 1, 0x42, 0, 0x53, 0x04, 0x40, 0x10).u32(plan.importCount).raw(0x0b, 0x20, 0);
  }, I64);
  // callback: slot and environment as i64, whatever the widths.
  add((w) => {
    if (m.tables[0] === undefined) return w.raw(0x00);
    const A = wide ? I64 : I32;
    w.raw(0x20, 1);
    if (!wide) w.raw(0xa7);
    w.raw(0x20, 0);
    if (!m.tables[0].limits.wide) w.raw(0xa7);
    return w
      .raw(0x11)
      .u32(typeFor(plan, [A], []))
      .u32(0);
  });
  const charge = wide ? charge64 : charge32;
  const memory = (build: (w: Writer) => Writer, ...locals: number[]): void =>
    add((w) => (m.memory === undefined ? w.raw(0x00) : build(w)), ...locals);
  const bulk = (w: Writer, ...operator: number[]): Writer =>
    w
      .raw(0x20, 2, 0x10)
      .u32(charge)
      .raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, ...operator);
  // fill, copy: charge the length, do it, touch what it went over.
  memory((w) => touchRange(bulk(w, 0x0b, 0), plan, 0, true));
  memory((w) => touchRange(touchRange(bulk(w, 0x0a, 0, 0), plan, 1, false), plan, 0, true));
  memory((w) => touchPages(w, plan), I32, I64);
  for (const size of TOUCH_SIZES) {
    for (const writes of [false, true]) {
      for (const isLoop of [false, true]) {
        memory((w) => touchOne(w, plan, size, writes, isLoop), I64, I64);
      }
    }
  }
  for (const segment of plan.initSegments) {
    memory((w) => {
      w.raw(0x20, 2, 0x10).u32(charge32).raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x08).u32(segment).raw(0);
      return touchRange(w, plan, 0, true, true);
    });
  }
}

/**
 * Touches [local `from`, local `from` + local 2), which was just gone over and so lies inside. `length32`: the length has
 * 32 bits whatever the addresses.
 */
function touchRange(w: Writer, plan: Plan, from: number, writes: boolean, length32 = false): Writer {
  const address = (): Writer => w.raw(0x20, from, ...(plan.wide ? [] : [0xad]));
  const length = (): Writer => w.raw(0x20, 2, ...(plan.wide && !length32 ? [] : [0xad]));
  length().raw(0x50, 0x45, 0x04, 0x40);
  address();
  address();
  length().raw(0x7c, 0x42, 1, 0x7d, 0x41, writes ? ACCESSED | WRITTEN : ACCESSED, 0x10);
  return w.u32(plan.helpers + 5).raw(0x0b);
}

/** (first byte, last byte, marks): charges what is touched for the first time, and marks it. Locals: a page, its mark. */
function touchPages(w: Writer, plan: Plan): Writer {
  const { counter, writePrice } = plan;
  const [first, last, marks, page] = [0, 1, 2, 3];
  const spend = (): Writer => w.raw(0x7d, 0x24).u32(counter);
  const missing = (bit: number): Writer =>
    w.raw(0x20, page, 0x2d, 0x40, 1, 0, 0x73).raw(0x20, marks, 0x71, 0x41, bit, 0x71, 0x04, 0x40);
  const page64 = (): Writer => w.raw(0x20, 4, 0x42, 16, 0x88, 0xa7, 0x21, page);
  w.raw(0x20, first, 0x42, 16, 0x88, 0x42, 16, 0x86, 0x21, 4); // the page's first byte
  w.raw(0x03, 0x40);
  page64();
  w.raw(0x41, 0x7f);
  missing(ACCESSED).raw(0x23).u32(counter).raw(0x42).signed(TOUCH_INSTRUCTIONS);
  spend().raw(0x0b, 0x41, 0x7f);
  missing(WRITTEN).raw(0x23).u32(counter).raw(0x23).u32(writePrice);
  spend().raw(0x0b);
  w.raw(0x20, page, 0x20, page, 0x2d, 0x40, 1, 0, 0x20, marks, 0x72, 0x3a, 0x40, 1, 0);
  w.raw(0x20, 4, 0x42).signed(CHARGED_PAGE).raw(0x7c, 0x22, 4, 0x20, last, 0x58, 0x0d, 0, 0x0b);
  // The 4 KiB pages, where they are written.
  w.raw(0x20, marks, 0x41, WRITTEN, 0x71, 0x04, 0x40);
  const small = (local: number): Writer => w.raw(0x20, local, 0x42, 12, 0x88, 0xa7);
  small(first).raw(0x22, page, 0x41).signed(WRITTEN_MARKS_AT).raw(0x6a, 0x41, 1);
  return small(last).raw(0x20, page, 0x6b, 0x41, 1, 0x6a, 0xfc, 0x0b, 1, 0x0b);
}

/**
 * (address, offset): touches what an operator is about to, unless it will trap. Remembers the page that the last byte
 * lies in, in its global; gives back the counter and that page, in loops. A page that has its mark is inside, and an
 * address so high that it takes another's mark traps when it is used.
 */
function touchOne(w: Writer, plan: Plan, size: number, writes: boolean, isLoop: boolean): Writer {
  const [address, offset, first, last] = [0, 1, 2, 3];
  const extended = plan.wide ? [] : [0xad];
  const shift = writes ? 12 : 16;
  const giveBack = (): Writer =>
    isLoop
      ? w
          .raw(0x23)
          .u32(plan.counter)
          .raw(0x23)
          .u32(writes ? plan.writtenPage : plan.accessedPage)
      : w;
  const remember = (): Writer =>
    w
      .raw(0x20, last, 0x42)
      .signed(-(1 << shift))
      .raw(0x83, 0x24)
      .u32(writes ? plan.writtenPage : plan.accessedPage);
  w.raw(0x20, address, ...extended, 0x20, offset, ...extended, 0x7c, 0x22, first);
  w.raw(0x42, size - 1, 0x7c, 0x22, last);
  if (size > 1) w.raw(0x20, first, 0x85, 0x42, shift, 0x88, 0x50, 0x04, 0x40, 0x20, last);
  w.raw(0x42, shift, 0x88, 0xa7, 0x2d, 0x40, 1)
    .u32(writes ? WRITTEN_MARKS_AT : 0)
    .raw(0x04, 0x40);
  remember();
  giveBack().raw(0x0f, 0x0b);
  if (size > 1) w.raw(0x0b);
  // Whether it will trap: an offset or a size that wraps, or a last byte behind the end.
  w.raw(0x20, last, 0x3f, 0, ...extended, 0x42, 16, 0x86, 0x5a);
  if (plan.wide) w.raw(0x20, first, 0x20, offset, 0x54, 0x72, 0x20, last, 0x20, first, 0x54, 0x72);
  w.raw(0x04, 0x40);
  giveBack().raw(0x0f, 0x0b);
  w.raw(0x20, first, 0x20, last, 0x41, writes ? ACCESSED | WRITTEN : ACCESSED, 0x10).u32(plan.helpers + 5);
  remember();
  return giveBack();
}
