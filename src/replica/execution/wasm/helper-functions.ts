/**
 * The functions that rewriting adds behind a module's own: charging lengths (replica D.3, "Dynamic"), entering a
 * callback, and the bulk operators that charge, write and then mark. All are at fixed offsets from `plan.helpers`.
 */
import { I32, I64 } from "./decode.ts";
import { INIT_HELPERS_FROM, type Plan, typeFor } from "./plan.ts";
import { Writer } from "./writer.ts";

export const helperCount = (plan: Plan): number => INIT_HELPERS_FROM + plan.initSegments.length;

/** Types of the helper functions, in order. A helper that a module cannot need is there all the same, empty. */
export function helperTypes(plan: Plan): number[] {
  const A = plan.wide ? I64 : I32;
  return [
    typeFor(plan, [I32], [I32]),
    typeFor(plan, [I64], [I64]),
    typeFor(plan, [I64, I64], []),
    typeFor(plan, [A, I32, A], []),
    typeFor(plan, [A, A, A], []),
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
  const mark = (w: Writer, length32: boolean): Writer => markRange(w, wide, length32);
  const memory = (build: (w: Writer) => Writer, ...locals: number[]): void =>
    add((w) => (m.memory === undefined ? w.raw(0x00) : build(w)), ...locals);
  memory(
    (w) => mark(w.raw(0x20, 2, 0x10).u32(charge).raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0b, 0), false),
    I32,
  );
  memory(
    (w) =>
      mark(w.raw(0x20, 2, 0x10).u32(charge).raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0a, 0, 0), false),
    I32,
  );
  for (const segment of plan.initSegments) {
    memory(
      (w) =>
        mark(
          w
            .raw(0x20, 2, 0x10)
            .u32(charge32)
            .raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x08)
            .u32(segment)
            .raw(0),
          true,
        ),
      I32,
    );
  }
}

/** Marks the pages of [local 0, local 0 + local 2), which was just written and so lies inside. Local 3 is free. */
function markRange(w: Writer, wide: boolean, length32: boolean): Writer {
  const length = (): Writer => (wide && length32 ? w.raw(0x20, 2, 0xad) : w.raw(0x20, 2));
  const page = (): Writer => (wide ? w.raw(0x42, 12, 0x88, 0xa7) : w.raw(0x41, 12, 0x76));
  const [one, add, sub, isZero] = wide
    ? ([0x42, 0x7c, 0x7d, 0x50] as const)
    : ([0x41, 0x6a, 0x6b, 0x45] as const);
  length().raw(isZero, 0x04, 0x40, 0x0f, 0x0b);
  w.raw(0x20, 0);
  page().raw(0x22, 3, 0x41, 1);
  w.raw(0x20, 0);
  length().raw(add, one, 1, sub);
  return page().raw(0x20, 3, 0x6b, 0x41, 1, 0x6a, 0xfc, 0x0b, 1);
}
