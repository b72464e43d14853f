/** Touching memory, against a count by hand: every load and store at every kind of place, bulk operators, the host. */
import { describe, expect, test } from "vitest";
import { freshImage, rewritten, runOn } from "../../../shell/testing/wat.ts";
import { createWasmHost } from "../../../shell/wasm-host.ts";

const PAGE = 65_536;
const PAGES = 3;
const END = PAGES * PAGE;
const PRICE = 80_000n;

const LOADS: readonly (readonly [string, number])[] = [
  ["i32.load", 4],
  ["i64.load", 8],
  ["f32.load", 4],
  ["f64.load", 8],
  ["i32.load8_s", 1],
  ["i32.load8_u", 1],
  ["i32.load16_s", 2],
  ["i32.load16_u", 2],
  ["i64.load8_s", 1],
  ["i64.load8_u", 1],
  ["i64.load16_s", 2],
  ["i64.load16_u", 2],
  ["i64.load32_s", 4],
  ["i64.load32_u", 4],
  ["v128.load", 16],
  ["v128.load8x8_s", 8],
  ["v128.load8x8_u", 8],
  ["v128.load16x4_s", 8],
  ["v128.load16x4_u", 8],
  ["v128.load32x2_s", 8],
  ["v128.load32x2_u", 8],
  ["v128.load8_splat", 1],
  ["v128.load16_splat", 2],
  ["v128.load32_splat", 4],
  ["v128.load64_splat", 8],
  ["v128.load32_zero", 4],
  ["v128.load64_zero", 8],
];
const VECTOR = "(v128.const i64x2 0 0)";
const LANES: readonly (readonly [string, number])[] = [
  ["8", 1],
  ["16", 2],
  ["32", 4],
  ["64", 8],
];
const STORES: readonly (readonly [string, number, string])[] = [
  ["i32.store", 4, "(i32.const 7)"],
  ["i64.store", 8, "(i64.const 7)"],
  ["f32.store", 4, "(f32.const 7)"],
  ["f64.store", 8, "(f64.const 7)"],
  ["i32.store8", 1, "(i32.const 7)"],
  ["i32.store16", 2, "(i32.const 7)"],
  ["i64.store8", 1, "(i64.const 7)"],
  ["i64.store16", 2, "(i64.const 7)"],
  ["i64.store32", 4, "(i64.const 7)"],
  ["v128.store", 16, VECTOR],
];

interface Access {
  readonly name: string;
  readonly size: number;
  readonly writes: boolean;
  text(offset: bigint, address: string): string;
}
const ACCESSES: readonly Access[] = [
  ...LOADS.map(([name, size]) => ({
    name,
    size,
    writes: false,
    text: (offset: bigint, address: string) => `(drop (${name} offset=${offset} ${address}))`,
  })),
  ...LANES.map(([bits, size]) => ({
    name: `v128.load${bits}_lane`,
    size,
    writes: false,
    text: (offset: bigint, address: string) =>
      `(drop (v128.load${bits}_lane offset=${offset} 0 ${address} ${VECTOR}))`,
  })),
  ...STORES.map(([name, size, value]) => ({
    name,
    size,
    writes: true,
    text: (offset: bigint, address: string) => `(${name} offset=${offset} ${address} ${value})`,
  })),
  ...LANES.map(([bits, size]) => ({
    name: `v128.store${bits}_lane`,
    size,
    writes: true,
    text: (offset: bigint, address: string) =>
      `(v128.store${bits}_lane offset=${offset} 0 ${address} ${VECTOR})`,
  })),
];

const host = createWasmHost();

/** How the body ends, and for how many pages it paid. */
function spent(
  body: string,
  how: { wide?: boolean; keepsWrites?: boolean } = {},
): { readonly kind: string; readonly pages: bigint } {
  const r = rewritten(`(module (memory ${how.wide === true ? "i64" : ""} ${PAGES}) (data "0123456789")
    (func (export "canister_query go") (local $a ${how.wide === true ? "i64" : "i32"}) ${body}))`);
  const ran = runOn(host, r.module, freshImage(r), "go", {
    limit: 1_000_000_000n,
    keepsWrites: how.keepsWrites ?? true,
  });
  return { kind: ran.outcome.kind, pages: ran.instructions / PRICE };
}

/** Two's complement as WAT writes it. */
const constant = (wide: boolean, value: bigint): string =>
  wide ? `(i64.const ${BigInt.asIntN(64, value)})` : `(i32.const ${BigInt.asIntN(32, value)})`;

describe.each([false, true])("64-bit memory: %s", (wide) => {
  const highest = wide ? (1n << 64n) - 1n : (1n << 32n) - 1n;
  const places = (size: number): readonly (readonly [bigint, bigint])[] => [
    [0n, 0n],
    [BigInt(PAGE - size), 0n],
    [0n, BigInt(PAGE - size)],
    [BigInt(PAGE - size) + 1n, 0n],
    [5n, BigInt(PAGE) - 6n],
    [BigInt(END - size), 0n],
    [BigInt(END - size) + 1n, 0n],
    [BigInt(END), 0n],
    [highest, 0n],
    [highest, 1n],
    [highest, 100n],
    [0n, (1n << 32n) - 1n],
  ];

  test("every load and store, alone and in a loop", () => {
    for (const access of ACCESSES) {
      for (const [address, offset] of places(access.size)) {
        const first = address + offset;
        const inside = first + BigInt(access.size) <= BigInt(END);
        const crossed = first / 65_536n !== (first + BigInt(access.size) - 1n) / 65_536n ? 2n : 1n;
        const expected = {
          kind: inside ? "returned" : "trapped",
          pages: inside ? crossed * (access.writes ? 2n : 1n) : 0n,
        };
        const at = constant(wide, address);
        for (const from of [at, `(local.tee $a ${at})`]) {
          const one = access.text(offset, from);
          const again = access.text(offset, from === at ? at : "(local.get $a)");
          const where = `${access.name} ${from}+${offset}`;
          expect([where, spent(one, { wide })]).toEqual([where, expected]);
          expect([where, spent(`(loop ${one} ${again})`, { wide })]).toEqual([where, expected]);
        }
      }
    }
  });
});

/** Each touches page 0, though the local that was last pushed there says page 1. */
describe("an address is taken from a local only while it is in it", () => {
  const zero = "local.get $zero";
  const load = "i32.load8_u drop";
  test.each([
    ["set behind the push", "local.get $a i32.const 65536 local.set $a i32.const 1 drop i32.load8_u drop"],
    ["teed", "local.get $a i32.const 65536 local.tee $a drop i32.load8_u drop"],
    ["set in a block", `local.get $a (block (local.set $a (i32.const 65536))) ${load}`],
    ["a block's result", `(block (result i32) ${zero} i32.const 1 br_if 0 drop local.get $one) ${load}`],
    ["an if's", `${zero} (if (result i32) (then local.get $one) (else ${zero})) ${load}`],
    ["an else's operand", `${zero} ${zero} (if (param i32) (then drop local.get $one drop) (else ${load}))`],
    ["a call's result", `local.get $one call $nought ${load}`],
    ["what select chose", `local.get $one ${zero} ${zero} select ${load}`],
    ["what was added", `local.get $one i32.const -65536 i32.add ${load}`],
    ["behind code that is not reached", `${zero} (block br 0 drop local.get $one drop) ${load}`],
    [
      "and a block in it",
      `${zero} (block br 0 (block local.get $one drop) drop local.get $one drop) ${load}`,
    ],
  ])("%s", (_, body) => {
    for (const around of [body, `(loop ${body})`]) {
      const r = rewritten(`(module (memory 2) (func $nought (param i32) (result i32) (i32.const 0))
        (func (export "canister_query go") (local $a i32) (local $zero i32) (local $one i32)
          (local.set $one (i32.const 65536)) ${around} (drop (i32.load8_u (i32.const 65536)))))`);
      const ran = runOn(host, r.module, freshImage(r), "go");
      expect([ran.outcome.kind, ran.instructions / PRICE]).toEqual(["returned", 2n]);
    }
  });

  test("what a loop begins again with", () => {
    const r = rewritten(`(module (memory 3) (func (export "canister_query go") (local $a i32) (local $n i32)
      local.get $a
      (loop (param i32) ${load}
        (i32.mul (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 65536))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 3))) drop)))`);
    const ran = runOn(host, r.module, freshImage(r), "go");
    expect([ran.outcome.kind, ran.instructions / PRICE]).toEqual(["returned", 3n]);
  });

  test("code that is not reached may have any type below", () => {
    const r = rewritten(`(module (memory 1) (func (export "canister_query go") (local $w i64)
      (block (drop (local.get $w)) unreachable i32.load drop (block nop) i32.load drop)))`);
    expect(runOn(host, r.module, freshImage(r), "go").outcome.kind).toBe("trapped");
  });
});

describe("pages in turn", () => {
  const at = (n: number): string => `(i32.const ${n})`;
  const read = (n: number): string => `(drop (i32.load8_u ${at(n)}))`;
  const write = (n: number): string => `(i32.store8 ${at(n)} (i32.const 1))`;
  test.each([
    ["a read, then a write of the same page", read(1) + write(2), 2n],
    ["a write, then a read", write(1) + read(60_000), 2n],
    ["three pages read again and again", (read(0) + read(PAGE) + read(2 * PAGE)).repeat(3), 3n],
    ["two 4 KiB pages of one page written", write(0) + write(8192) + write(0), 2n],
    ["a function's pages are its caller's", `${write(9)} (call $f) ${read(PAGE)}`, 3n],
    ["growing touches nothing", "(drop (memory.grow (i32.const 1)))", 0n],
    ["a page grown in the run", `(drop (memory.grow (i32.const 1))) ${write(END)}`, 2n],
    ["fill over two pages", "(memory.fill (i32.const 65000) (i32.const 1) (i32.const 1000))", 4n],
    ["copy from one page to another", "(memory.copy (i32.const 0) (i32.const 65536) (i32.const 9))", 3n],
    ["init", "(memory.init 0 (i32.const 65530) (i32.const 0) (i32.const 10))", 4n],
    ["nothing filled", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 0))", 0n],
    ["nothing copied", "(memory.copy (i32.const 0) (i32.const 9) (i32.const 0))", 0n],
  ])("%s", (_, body, pages) => {
    const r = rewritten(`(module (memory 3 9) (data "0123456789") (func $f ${read(70_000)})
      (func (export "canister_query go") ${body}))`);
    const ran = runOn(host, r.module, freshImage(r), "go");
    expect([ran.outcome.kind, ran.instructions / PRICE]).toEqual(["returned", pages]);
  });

  test.each(["(memory.fill (i32.const 196600) (i32.const 1) (i32.const 9))", write(END), read(-1)])(
    "%s traps and has touched nothing",
    (body) => {
      expect(spent(body)).toEqual({ kind: "trapped", pages: 0n });
    },
  );

  test("where writes are not kept, only accesses are charged", () => {
    const body = `${write(0)} ${read(PAGE)} (memory.fill (i32.const 131072) (i32.const 1) (i32.const 5))`;
    expect(spent(body, { keepsWrites: false }).pages).toBe(3n);
    expect(spent(body).pages).toBe(5n);
  });

  test("each run touches anew", () => {
    const r = rewritten(`(module (memory 1) (func (export "canister_query go") ${read(0)}))`);
    const runs = [1, 2].map(() => runOn(host, r.module, freshImage(r), "go").instructions);
    expect(runs).toEqual([80_004n, 80_004n]);
  });

  test("a message that only touching leaves without instructions still ends well", () => {
    const r = rewritten(`(module (memory 1) (func (export "canister_query go") ${read(0)}))`);
    const ran = runOn(host, r.module, freshImage(r), "go", { limit: 100n });
    expect([ran.outcome.kind, ran.instructions]).toEqual(["returned", 100n]);
  });
});
