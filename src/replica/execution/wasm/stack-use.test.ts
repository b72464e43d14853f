import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { countingFunctions, STACK_LIMIT } from "./stack-use.ts";

/** `calls[f]`: functions, or −1 − class. */
function counting(calls: number[][], classes: number[][] = [], frame = 64): number[] {
  const starts = [0];
  for (const c of calls) starts.push(starts.at(-1)! + c.length);
  return [...countingFunctions({ frames: calls.map(() => frame), starts, edges: calls.flat(), classes })];
}

describe("which functions count their stack use", () => {
  test("those on a cycle, and no others (U1)", () => {
    expect(counting([[1], [2], []])).toEqual([0, 0, 0]);
    expect(counting([[0], [0], []])).toEqual([1, 0, 0]);
    expect(counting([[1], [2], [1, 3], []])).toEqual([0, 1, 1, 0]);
    expect(counting([[1], [0], [3], [2], [0, 2]])).toEqual([1, 1, 1, 1, 0]);
  });

  test("indirect calls reach what their class holds (U1)", () => {
    expect(counting([[-1], [], []], [[1, 2]])).toEqual([0, 0, 0]);
    expect(counting([[-1], [], [0]], [[1, 2]])).toEqual([1, 0, 1]);
    expect(counting([[-1], [-2], []], [[1], [0]])).toEqual([1, 1, 0]);
  });

  test("a long row of calls begins to count where it would pass the bound (U2)", () => {
    const row = Array.from({ length: 100 }, (_, f) => (f === 99 ? [] : [f + 1]));
    const counted = counting(row, [], 1024);
    expect(counted.filter((c) => c === 0).length).toBe(48);
    expect(counted.slice(0, 52).every((c) => c === 1)).toBe(true);
  });

  test("it is the path that counts, not the sum over all functions", () => {
    const star = [Array.from({ length: 100 }, (_, f) => f + 1), ...Array.from({ length: 100 }, () => [])];
    expect(counting(star, [], 1024).some((c) => c === 1)).toBe(false);
  });
});

test("estimates hold in the slowest tier, on a stack of a Chromium worker (U3)", () => {
  const spare = 100;
  const flags = [`--stack-size=${500 - spare}`, "--liftoff-only", "--no-warnings"];
  const script = "src/shell/testing/deep-recursions.ts";
  const lines = execFileSync(process.execPath, [...flags, script], { encoding: "utf8" })
    .trim()
    .split("\n");
  expect(STACK_LIMIT).toBeLessThan((500 - spare) * 1024);
  expect(lines.map((l) => l.split(": ")[1])).toEqual([
    ...new Array(6).fill("stack-overflow"),
    "returned",
    "returned",
  ]);
});
