import { describe, expect, test } from "vitest";
import { rewritten } from "../../../shell/testing/wat.ts";

const size = (text: string): number => rewritten(`(module ${text})`).instrumentedSize;

/** What mainnet adds to every module: 20 + 46 instructions in two functions, and three globals of 2. */
const ALWAYS = 72;
/** A function's first charge (4) and test (6), and its `end`. */
const EMPTY = 10 + 1;

describe("the size of a module once mainnet has instrumented it", () => {
  test("nothing, and what a function and a global add", () => {
    expect(size("")).toBe(ALWAYS);
    expect(size("(func)")).toBe(ALWAYS + EMPTY);
    expect(size("(func) (func (param i64) (local i32 f64))")).toBe(ALWAYS + 2 * EMPTY);
    expect(size("(global i32 (i32.const 1)) (global (mut f64) (f64.const 0))")).toBe(ALWAYS + 2 * 2);
    expect(size('(import "ic0" "time" (func (result i64))) (memory 1) (data (i32.const 0) "text")')).toBe(
      ALWAYS,
    );
  });

  // Counted in the modules that mainnet's own tests print (rs/embedders/tests/snapshots), in the forms of the release.
  test.each([
    ["a loop for ever", "(func (loop $l (br $l)))", EMPTY + 1 + 10 + 1 + 1],
    [
      "a recursion in an if with two arms",
      `(func $f (param i64) (result i64)
        (if (result i64) (i64.lt_s (local.get 0) (i64.const 1)) (then (i64.const 1))
          (else (i64.mul (local.get 0) (call $f (i64.sub (local.get 0) (i64.const 1)))))))`,
      EMPTY + 4 + (4 + 1) + 1 + (4 + 6) + 1,
    ],
    [
      "a loop that is left from a block around it",
      `(import "ic0" "call_cycles_add" (func $add (param i64)))
      (func (local i64) (local.set 0 (i64.const 0))
        (block $b (loop $l (br_if $b (i64.eq (local.get 0) (i64.const 10)))
          (call $add (local.get 0)) (local.set 0 (i64.add (local.get 0) (i64.const 1))) (br $l))))`,
      EMPTY + 2 + 1 + 1 + (10 + 4) + (4 + 7) + 2,
    ],
    ["memory.grow", "(memory 1) (func (result i32) (memory.grow (i32.const 1)))", EMPTY + 1 + 1 + 3],
    [
      "memory.fill",
      "(memory 1) (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 16)))",
      EMPTY + 3 + 3 + 1,
    ],
  ])("%s", (_, text, expected) => {
    expect(size(text)).toBe(ALWAYS + expected);
  });

  test.each([
    ["blocks cost nothing, so nothing is charged in them", "(func (block (block)))", 4],
    ["behind the end of a block that costs nothing more", "(func (block (nop)) )", 1 + 2],
    ["code behind a block is charged anew", "(func (block (nop)) (nop))", 1 + 2 + (4 + 1)],
    ["code that nobody reaches is charged, too", "(func (return) (nop))", 1 + (4 + 1)],
    ["unreachable ends a block", "(func (unreachable) (nop))", 1 + (4 + 1)],
    ["an if without else", "(func (if (i32.const 1) (then (nop))))", 2 + (4 + 1) + 1],
    ["an if whose first arm is empty", "(func (if (i32.const 1) (then) (else (nop))))", 2 + 1 + (4 + 1) + 1],
    ["a loop that does nothing is charged and tested", "(func (loop))", 1 + 10 + 1],
    ["two loops, one in the other", "(func (loop (loop (nop))))", 1 + 10 + 1 + (10 + 1) + 2],
    ["br_table", "(func (block (br_table 0 0 0 (i32.const 1))) (nop))", 1 + 2 + 1 + (4 + 1)],
    ["a tail call", "(func $f (return_call $f))", 1],
    [
      "every operator is one, however long: vectors, prefixed ones, constants",
      "(func (drop (v128.const i64x2 1 2)) (drop (i32.trunc_sat_f64_s (f64.const 1))))",
      5,
    ],
  ])("%s", (_, text, expected) => {
    expect(size(text)).toBe(ALWAYS + EMPTY + expected);
  });

  test("lengths: three around one of 32 bits, one in front of one of 64, and segments' are always of 32", () => {
    const body = (operator: string, wide = false): number =>
      size(`(memory ${wide ? "i64 " : ""}1) (data "ab") (table 2 funcref) (elem func)
        (func (local i32 i64) ${operator})`) -
      ALWAYS -
      EMPTY;
    const at = (wide: boolean): string => `local.get ${wide ? 1 : 0} `;
    for (const wide of [false, true]) {
      const around = wide ? 1 : 3;
      expect(body(`${at(wide)} ${at(wide)} ${at(wide)} memory.copy`, wide)).toBe(4 + around);
      expect(body(`${at(wide)} local.get 0 ${at(wide)} memory.fill`, wide)).toBe(4 + around);
      expect(body(`${at(wide)} local.get 0 local.get 0 memory.init 0`, wide)).toBe(4 + 3);
      expect(body("local.get 0 local.get 0 local.get 0 table.copy 0 0", wide)).toBe(4 + around);
      expect(body("local.get 0 ref.null func local.get 0 table.fill 0", wide)).toBe(4 + around);
      expect(body("local.get 0 local.get 0 local.get 0 table.init 0 0", wide)).toBe(4 + 3);
      expect(body(`${at(wide)} memory.grow drop`, wide)).toBe(3 + 3);
      expect(body("data.drop 0 elem.drop 0 ref.null func local.get 0 table.grow 0 drop", wide)).toBe(6);
    }
  });

  test("stable memory: what stands in the place of each function that is imported", () => {
    const p = (types: string): string => (types === "" ? "" : `(param ${types})`);
    const imported = (name: string, params: string, result: string): number =>
      size(`(import "ic0" "${name}" (func ${p(params)} ${result === "" ? "" : `(result ${result})`}))`) -
      ALWAYS;
    expect(imported("stable_size", "", "i32")).toBe(10);
    expect(imported("stable_grow", "i32", "i32")).toBe(24);
    expect(imported("stable_read", "i32 i32 i32", "")).toBe(106);
    expect(imported("stable_write", "i32 i32 i32", "")).toBe(85);
    expect(imported("stable64_size", "", "i64")).toBe(2);
    expect(imported("stable64_grow", "i64", "i64")).toBe(21);
    expect(imported("stable64_read", "i64 i64 i64", "")).toBe(119);
    expect(imported("stable64_write", "i64 i64 i64", "")).toBe(101);
    const twice = '(import "ic0" "stable_size" (func (result i32)))';
    expect(size(twice + twice)).toBe(ALWAYS + 10);
  });

  test("a function that is rewritten twice is counted once", () => {
    const tail =
      "(func $f (param i32) (return_call $g (local.get 0))) (func $g (param i32) (return_call $f (local.get 0)))";
    expect(size(tail)).toBe(ALWAYS + 2 * (EMPTY + 2));
  });
});
