import { describe, expect, test } from "vitest";
import type { SourceFiles } from "../compiler.ts";
import { compileRunnable, startRunnable } from "./run-exports.ts";

const SOURCE = `import { init, print, query, time, update, Principal } from "ic";
let calls: i32 = 0;
export function fib(n: i32): u64 { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
export function greet(name: string, loud: bool): string { print("greeting"); return "Hello, " + name + (loud ? "!" : "."); }
export function reverse(b: Uint8Array): Uint8Array { const c = b.slice(0); c.reverse(); return c; }
export function sorted(a: f64[]): f64[] { return a.slice(0).sort(); }
export function twice(a: i32[]): i32[] { return a.map<i32>((x) => x * 2); }
export function join(a: string[]): string[] { return [a.join("+")]; }
export function again(): i32 { return ++calls; }
export function small(x: u8): u8 { return x + 1; }
export function minus(): u32 { return <u32>-1; }
export function clock(): u64 { return time(); }
export function fails(x: i32): void { assert(x > 0, "x must be positive"); }
export function exotic(p: Principal): void {}
@update export function inc(): u64 { return 1; }
@query function get(): u64 { return 1; }
@init export function start(): void {}`;

const FILES: SourceFiles = { "m.ts": SOURCE };

async function start(files: SourceFiles) {
  const made = await compileRunnable(files, "m.ts");
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
  return { exports: made.exports, ...(await startRunnable(made.wasm, made.exports)) };
}

describe("run-exports", () => {
  test("lists plain functions with their types, without methods, hooks and exotic types", async () => {
    const { exports } = await start(FILES);
    expect(
      exports.map((e) => `${e.name}(${e.params.map((p) => `${p.name}: ${p.type}`).join(", ")}): ${e.result}`),
    ).toEqual([
      "fib(n: i32): u64",
      "greet(name: string, loud: bool): string",
      "reverse(b: Uint8Array): Uint8Array",
      "sorted(a: f64[]): f64[]",
      "twice(a: i32[]): i32[]",
      "join(a: string[]): string[]",
      "again(): i32",
      "small(x: u8): u8",
      "minus(): u32",
      "clock(): u64",
      "fails(x: i32): void",
    ]);
  });

  test("values go in and out; variables stay", async () => {
    const { call } = await start(FILES);
    const value = (name: string, ...args: Parameters<typeof call>[1]) => {
      const outcome = call(name, args);
      if (!outcome.ok) throw new Error(outcome.message);
      return outcome.value;
    };
    expect(value("fib", 20)).toBe(6765n);
    expect(call("greet", ["Ada", true])).toEqual({ ok: true, value: "Hello, Ada!", printed: ["greeting"] });
    expect(value("reverse", Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(3, 2, 1));
    expect(value("sorted", [3, -1, 2.5])).toEqual([-1, 2.5, 3]);
    expect(value("twice", [1, 2])).toEqual([2, 4]);
    expect(value("join", ["a", "b"])).toEqual(["a+b"]);
    expect([value("again"), value("again")]).toEqual([1, 2]);
    expect(value("small", 255)).toBe(0);
    expect(value("minus")).toBe(4294967295);
    expect(value("fails", 1)).toBe(undefined);
  });

  test("what goes wrong is said", async () => {
    const { call } = await start(FILES);
    expect(call("fails", [0])).toMatchObject({
      ok: false,
      message: expect.stringContaining("x must be positive"),
    });
    expect(call("clock", [])).toMatchObject({
      ok: false,
      message: expect.stringContaining("ic0.time works only inside"),
    });
    expect(call("fib", [])).toMatchObject({ ok: false, message: "fib takes 1 arguments" });
    expect(call("nobody", [])).toMatchObject({ ok: false });
    const made = await compileRunnable({ "m.ts": "export function f(): i32 {\n return x; }" }, "m.ts");
    expect(made).toMatchObject({ ok: false, diagnostics: [{ path: "m.ts", start: { line: 2, column: 9 } }] });
  });
});
