import { describe, expect, test } from "vitest";
import { freshImage, rewritten, runOn } from "../../../shell/testing/wat.ts";
import { createWasmHost } from "../../../shell/wasm-host.ts";

const host = createWasmHost();

/** One group: reads the global, adds n times, writes it back. Costs 2n + 4. */
const adds = (n: number): string => `global.get $g ${"i64.const 1 i64.add ".repeat(n)} global.set $g `;

const moduleOf = (body: string, more = ""): ReturnType<typeof rewritten> =>
  rewritten(`(module (memory 2) (table 4 funcref) (global $g (mut i64) (i64.const 0)) ${more}
    (func (export "canister_query go") ${body}))`);

function count(body: string, more = ""): { kind: string; instructions: bigint } {
  const r = moduleOf(body, more);
  const result = runOn(host, r.module, freshImage(r), "go");
  return { kind: result.outcome.kind, instructions: result.instructions };
}

describe("instructions are counted as mainnet counts them (replica D.8)", () => {
  test.each([
    ["nothing", "", 1n, "returned"],
    ["10 adds", adds(10), 25n, "returned"],
    ["10 adds, return, dead code", `${adds(10)} return ${adds(3)}`, 26n, "returned"],
    ["10 adds, unreachable, dead code", `${adds(10)} unreachable ${adds(3)}`, 26n, "trapped"],
    ["block with 10 adds", `(block ${adds(10)})`, 25n, "returned"],
    [
      "branch out of two blocks",
      `${adds(10)} (block $o ${adds(100)} (block br $o) ${adds(50)}) ${adds(10)}`,
      255n,
      "returned",
    ],
    [
      "return out of two blocks",
      `${adds(10)} (block $o ${adds(100)} (block return) ${adds(50)}) ${adds(10)}`,
      230n,
      "returned",
    ],
    [
      "if not taken",
      `${adds(5)} (if (i32.const 0) (then ${adds(10)}) (else ${adds(20)})) ${adds(30)}`,
      126n,
      "returned",
    ],
    [
      "if taken and left",
      `${adds(5)} (if (i32.const 1) (then ${adds(10)} return) (else ${adds(20)})) ${adds(30)}`,
      43n,
      "returned",
    ],
    [
      "loop of five",
      `(local $i i32) ${adds(5)} (loop $l ${adds(10)}
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_s (local.get $i) (i32.const 5))) ${adds(20)}) ${adds(30)}`,
      288n,
      "returned",
    ],
    [
      "two stores and a load",
      "(i64.store (i32.const 0) (i64.const 1)) (i64.store (i32.const 4096) (i64.const 2)) (global.set $g (i64.load (i32.const 0)))",
      160_011n,
      "returned",
    ],
  ])("%s", (_, body, expected, kind) => {
    expect(count(body)).toEqual({ kind, instructions: expected });
  });

  test("a limit one below is reported as used up", () => {
    const r = moduleOf(adds(10));
    const image = freshImage(r);
    expect(runOn(host, r.module, image, "go", { limit: 25n }).outcome.kind).toBe("returned");
    const short = runOn(host, r.module, image, "go", { limit: 24n });
    expect([short.outcome.kind, short.instructions]).toEqual(["out-of-instructions", 24n]);
  });

  test("an endless loop ends", () => {
    const r = moduleOf("(loop $l (br $l))");
    const ran = runOn(host, r.module, freshImage(r), "go", { limit: 1_000_000n });
    expect([ran.outcome.kind, ran.instructions]).toEqual(["out-of-instructions", 1_000_000n]);
  });

  test("a block that costs more than two bytes hold", () => {
    expect(count(adds(9000)).instructions).toBe(1n + 2n * 9000n + 4n);
  });
});

describe("dynamic costs and others (replica D.3, D.4)", () => {
  test.each([
    // 1 for the function, 1 for each constant, 100 and a byte each.
    [
      "memory.fill",
      "(memory.fill (i32.const 0) (i32.const 1) (i32.const 5000))",
      1n + 3n + 100n + 5000n + 160_000n,
    ],
    [
      "memory.copy",
      "(memory.copy (i32.const 0) (i32.const 9) (i32.const 70))",
      1n + 3n + 100n + 70n + 160_000n,
    ],
    ["memory.size, grow", "(drop (memory.size)) (drop (memory.grow (i32.const 1)))", 1n + 21n + 302n],
    ["division", "(drop (i64.div_u (i64.const 8) (i64.const 2)))", 1n + 2n + 10n + 1n],
    ["float min", "(drop (f64.min (f64.const 8) (f64.const 2)))", 1n + 2n + 18n + 1n],
    ["simd", "(drop (f64x2.div (v128.const i64x2 0 0) (v128.const i64x2 0 0)))", 1n + 2n + 12n + 1n],
    ["trunc_sat", "(drop (i32.trunc_sat_f64_u (f64.const 2)))", 1n + 1n + 20n + 1n],
    ["table", "(drop (table.size)) (table.set (i32.const 0) (ref.null func))", 1n + 101n + 1n + 1n + 5n],
    [
      "table.fill",
      "(table.fill 0 (i32.const 0) (ref.null func) (i32.const 3))",
      1n + 1n + 1n + 1n + 100n + 3n,
    ],
  ])("%s", (_, body, expected) => {
    expect(count(body)).toEqual({ kind: "returned", instructions: expected });
  });

  test("a call pays for itself and the callee for its entry", () => {
    expect(count("(call $f) (call $f)", "(func $f)").instructions).toBe(1n + 5n + 5n + 1n + 1n);
  });

  test("a length that overflows the counter runs out", () => {
    const r = moduleOf("(memory.fill (i32.const 0) (i32.const 1) (i32.const -1))");
    expect(runOn(host, r.module, freshImage(r), "go", { limit: 1000n }).outcome.kind).toBe(
      "out-of-instructions",
    );
  });

  test("a 64-bit memory makes loads and stores cost 2", () => {
    const r = rewritten(`(module (memory i64 1) (func (export "canister_query go")
      (i64.store (i64.const 0) (i64.load (i64.const 8)))))`);
    const ran = runOn(host, r.module, freshImage(r), "go");
    expect([ran.outcome.kind, ran.instructions]).toEqual(["returned", 1n + 2n + 2n + 2n + 160_000n]);
  });
});
