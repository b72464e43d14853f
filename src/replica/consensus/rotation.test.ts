import { expect, it } from "vitest";
import { callInTurn } from "./rotation.ts";

it("calls everybody in turn however busy the others are (C2)", () => {
  const calls: string[] = [];
  let next = 0;
  for (let i = 0; i < 6; i++) {
    const turn = callInTurn(["a", "b", "c"], next, (name) => {
      calls.push(name);
      return name;
    });
    next = turn.next;
  }
  expect(calls.join("")).toBe("abcabc");
});

it("stops at the first that has something, and goes once round when nobody has (C1)", () => {
  const calls: string[] = [];
  const only = (busy: string, start: number) =>
    callInTurn(["a", "b", "c"], start, (name) => {
      calls.push(name);
      return name === busy ? name : undefined;
    });
  expect(only("a", 1)).toEqual({ found: "a", next: 1 });
  expect(only("none", 2)).toEqual({ found: undefined, next: 2 });
  expect(calls.join("")).toBe("bcacab");
});
