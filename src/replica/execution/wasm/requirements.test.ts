import { describe, expect, test } from "vitest";
import { ALL_API, rewritten, wat } from "../../../shell/testing/wat.ts";
import { SYSTEM_API } from "./imports.ts";
import { rewrite } from "./rewrite.ts";
import { Writer } from "./writer.ts";

const refusal = (text: string, implemented = ALL_API): string => {
  const result = rewrite(wat(text), "", implemented);
  return result.ok ? "accepted" : result.message;
};
const custom = (name: string, content = "x"): number[] => {
  const body = [name.length, ...new TextEncoder().encode(name + content)];
  return [0, body.length, ...body];
};
const withCustoms = (...sections: number[][]) =>
  rewrite(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]), "", ALL_API);

describe("imports (S2, S3)", () => {
  test("the table has 75 functions, 9 of them for 32-bit modules alone", () => {
    expect(SYSTEM_API.size).toBe(75);
    expect([...SYSTEM_API.values()].filter((s) => s.only32).length).toBe(9);
  });

  test.each([
    [
      '(import "ic0" "nonsense" (func))',
      "Module imports function 'nonsense' from 'ic0' that is not exported by the runtime.",
    ],
    [
      '(import "env" "msg_reply" (func))',
      'Module imports function "msg_reply" from "env", expected to be imported from one of ["ic0"] instead.',
    ],
    ['(import "ic0" "time" (func (result i32)))', "Expected return type [I64] for 'time', got [I32]."],
    [
      '(import "ic0" "msg_reject" (func (param i64 i64)))',
      "Expected input params [I32, I32] for 'msg_reject', got [I64, I64].",
    ],
    [
      '(import "ic0" "msg_reject" (func (param i32 i32))) (memory i64 1)',
      "Expected input params [I64, I64] for 'msg_reject', got [I32, I32].",
    ],
    ['(import "ic0" "stable_size" (func (result i32))) (memory i64 1)', "'stable_size'"],
    ['(import "ic0" "g" (global i32))', "Importing globals is not allowed."],
    ['(import "env" "table" (table 1 funcref))', "Importing tables is not allowed."],
    ['(import "ic0" "memory" (memory 1))', "Only memory imported from env.memory is allowed."],
  ])("%s", (text, sentence) => {
    const message = refusal(`(module ${text})`);
    expect(message).toMatch(/^Canister's Wasm module is not valid: Wasm module has an invalid /);
    expect(message).toContain(sentence);
  });

  test("what is specified but not implemented is refused by its name", () => {
    expect(refusal('(module (import "ic0" "debug_print" (func (param i32 i32))))', new Set())).toContain(
      "'debug_print'",
    );
  });
});

describe("exports (S4, S5)", () => {
  test("methods by kind, names with spaces, hooks, the start function", () => {
    const r = rewritten(`(module (func $f) (start $f) (export "canister_update a" (func $f))
      (export "canister_query b c" (func $f)) (export "canister_composite_query " (func $f))
      (export "canister_init" (func $f)) (export "other" (func $f)))`);
    expect(r.exports).toEqual({
      updates: ["a"],
      queries: ["b c"],
      compositeQueries: [""],
      hooks: ["canister_start", "canister_init"],
    });
  });

  test.each([
    ['(export "canister_update a" (func 0)) (export "canister_query a" (func 0))', "Duplicate function 'a'"],
    [
      '(export "canister_foo" (func 0))',
      `Exporting reserved function 'canister_foo' with "canister_" prefix`,
    ],
    ['(export "canister_update" (func 0))', "Exporting reserved function"],
    ['(export "canister_start" (func 0))', "Exporting reserved symbol canister_start not allowed."],
    ['(export "canister_init" (func 1))', "Expected input params [] for 'canister_init', got [I32]."],
    ['(export "canister_query q" (func 1))', "Expected input params [] for 'canister_query q', got [I32]."],
  ])("%s", (text, sentence) => {
    expect(refusal(`(module (func) (func (param i32)) ${text})`)).toContain(sentence);
  });
});

describe("metadata (S6)", () => {
  test("public and private", () => {
    const r = withCustoms(
      custom("icp:public candid:service", "hello"),
      custom("icp:private x"),
      custom("name"),
    );
    expect(r.ok && [...r.metadata]).toEqual([
      ["candid:service", { visibility: "public", content: new TextEncoder().encode("hello") }],
      ["x", { visibility: "private", content: new TextEncoder().encode("x") }],
    ]);
  });

  test.each([
    [[custom("icp:public x"), custom("icp:private x")], "name x already exists"],
    [[custom("icp:protected x")], "has no public/private scope defined"],
    [[custom("icp:public")], "must have a space"],
    [Array.from({ length: 17 }, (_, i) => custom(`icp:public ${i}`)), "defined 17 custom sections"],
  ])("refused %#", (sections, sentence) => {
    const r = withCustoms(...sections);
    expect(!r.ok && r.message).toContain(sentence);
  });
});

describe("limits and features (S7, S8, S11)", () => {
  test.each([
    ["globals", "(global i32 (i32.const 0))".repeat(1001), "defined 1001 globals"],
    ["threads", "(memory 1 1 shared)", "threads proposal"],
    [
      "atomics",
      "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
      "function at index 0 with unsupported instruction 0xfe of the threads proposal, at byte",
    ],
    ["exceptions", "(tag) (func (throw 0))", "exception handling proposal"],
    ["global types", "(global (mut funcref) (ref.null func))", "Unsupported global type"],
    ["data outside", '(memory 1) (data (i32.const 65535) "ab")', "invalid data segment of 2 bytes at 65535"],
    ["a table", "(table 1000001 funcref)", "1000001 elements"],
  ])("%s", (_, text, sentence) => {
    expect(refusal(`(module ${text})`)).toContain(sentence);
  });

  test("functions, and operators in one function, from bytes", () => {
    const module = (functions: number, nops: number) => {
      const body = new Writer().raw(0);
      for (let n = 0; n < nops; n++) body.raw(0x01);
      body.raw(0x0b);
      const types = new Writer().u32(functions);
      const code = new Writer().u32(functions);
      for (let f = 0; f < functions; f++) {
        types.raw(0);
        code.sized(body.written());
      }
      const w = new Writer().raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
      w.section(1, new Writer().raw(1, 0x60, 0, 0))
        .section(3, types)
        .section(10, code);
      const r = rewrite(w.written(), "", ALL_API);
      return r.ok ? "accepted" : r.message;
    };
    expect(module(50_000, 0)).toBe("accepted");
    expect(module(50_001, 0)).toContain("defined 50001 functions");
    expect(module(1, 999_999)).toBe("accepted");
    expect(module(1, 1_000_000)).toContain("with complexity 1000001 which exceeds");
  });

  test("relaxed SIMD, garbage collection and second memories, from bytes", () => {
    const body = (...code: number[]) => {
      const f = [0, ...code, 0x0b];
      const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, f.length + 2, 1, f.length, ...f];
      const r = rewrite(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections]), "", ALL_API);
      return r.ok ? "accepted" : r.message;
    };
    expect(body(0x01)).toBe("accepted");
    expect(body(0xfd, 0x80, 0x02)).toContain("relaxed SIMD");
    expect(body(0xfb, 0x00, 0x00)).toContain("garbage collection");
    expect(body(0x41, 0, 0x28, 0x42, 1, 0, 0x1a)).toContain("multiple memories");
    expect(body(0x3f, 0x01, 0x1a)).toContain("multiple memories");
  });
});

describe("what is lifted out (R4)", () => {
  test("active segments become empty and keep their places, passive ones stay", () => {
    const r =
      rewritten(`(module (memory 1) (data (i32.const 7) "abc") (data $p "defg") (data (i32.const 9) "z")
      (func (export "canister_query q") (memory.init $p (i32.const 0) (i32.const 0) (i32.const 4))))`);
    expect(r.segments).toEqual([
      { offset: 7, bytes: new TextEncoder().encode("abc") },
      { offset: 9, bytes: new TextEncoder().encode("z") },
    ]);
  });

  test("initial values of mutable globals", () => {
    const r = rewritten(`(module (global i32 (i32.const 9)) (global (mut i32) (i32.const -1))
      (global (mut i64) (i64.const -2)) (global (mut f32) (f32.const -0)) (global (mut f64) (f64.const 1)))`);
    expect(r.module.globals).toEqual([
      { type: "i32", initial: -1 },
      { type: "i64", initial: -2n },
      { type: "f32", initial: -(2 ** 31) },
      { type: "f64", initial: 0x3ff0000000000000n },
    ]);
  });
});

test("a function too complex is refused with its complexity", () => {
  const loops = (n: number) => `(module (func) (func ${"(loop)".repeat(n)}))`;
  const refused = rewrite(wat(loops(20_001)), "", ALL_API);
  expect(!refused.ok && refused.message).toContain(
    "a function at index 1 with complexity 1020052 which exceeds the maximum complexity allowed 1000000.",
  );
  expect(rewrite(wat(loops(19_607)), "", ALL_API).ok).toBe(true);
});
