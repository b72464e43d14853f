import { describe, expect, test } from "vitest";
import type { Fault, FaultInForce } from "../types/fault.ts";
import { type Fact, THE_LAB, type TraceEntry } from "../types/trace.ts";
import { canSpeak, Safety, singleCures } from "./promises.ts";

const entry = (node: string, fact: Fact): TraceEntry => ({ node, at: 1, sequence: 0, fact });
const final = (node: string, height: number, block: string): TraceEntry =>
  entry(node, { kind: "finalized", height, block, rank: 0, maker: "a", ingress: [] });
const certified = (node: string, height: number, root: string): TraceEntry =>
  entry(node, { kind: "certified", height, root });
const lie: Fault = { kind: "lie", node: "b", lie: "equivocates" };
const begins = entry(THE_LAB, { kind: "fault-begins", number: 1, fault: lie });
const ends = entry(THE_LAB, { kind: "fault-ends", number: 1, fault: lie });

describe("safety", () => {
  const judged = (...entries: TraceEntry[]) => {
    const safety = new Safety();
    safety.fold(entries);
    return safety.broken;
  };
  test("P1: two blocks or two states of one height break it, and it stays broken", () => {
    expect(judged(final("a", 1, "x"), final("b", 1, "x"), final("a", 2, "y"))).toBeUndefined();
    const broken = judged(final("a", 1, "x"), final("b", 1, "y"), final("b", 2, "y"), final("a", 2, "x"));
    expect(broken).toEqual({
      height: 1,
      what: "blocks",
      first: { node: "a", value: "x" },
      other: { node: "b", value: "y" },
    });
    expect(judged(certified("a", 3, "x"), certified("c", 3, "y"))).toMatchObject({
      height: 3,
      what: "states",
    });
  });
  test("P2: who lies is not believed while it lies", () => {
    expect(judged(begins, final("a", 1, "x"), final("b", 1, "y"))).toBeUndefined();
    expect(judged(begins, ends, final("a", 1, "x"), final("b", 1, "y"))).toBeDefined();
  });
});

describe("P3: who can speak", () => {
  const four = ["a", "b", "c", "d"];
  const force = (...faults: Fault[]): FaultInForce[] => faults.map((fault, number) => ({ number, fault }));
  const cut = (from: string, to: string, bothWays = true): Fault => ({
    kind: "cut",
    links: { from: from.split(""), to: to.split(""), bothWays },
  });
  test.each([
    ["all", [], 4],
    ["two islands of two", [cut("ab", "cd")], 2],
    ["one alone", [cut("a", "bcd")], 3],
    ["one link", [cut("a", "b")], 3],
    ["two links that share no node", [cut("a", "b"), cut("c", "d")], 3],
    ["one that is not heard", [cut("a", "bcd", false)], 3],
    ["two that are not heard", [cut("ab", "cd", false)], 2],
  ] as const)("%s", (_, faults, able) => {
    expect(canSpeak(four, force(...faults))).toBe(able);
  });
  test("nobody is up, or one", () => {
    expect([canSpeak([], []), canSpeak(["a"], [])]).toEqual([0, 1]);
  });
  test("cures are the faults of which undoing one is enough", () => {
    const up = (without: readonly FaultInForce[]) =>
      four.filter((n) => !without.some(({ fault }) => fault.kind === "freeze" && fault.node === n));
    const frozen = force({ kind: "freeze", node: "c" }, { kind: "freeze", node: "d" }, lie);
    expect(singleCures(frozen, up, 3).map(({ number }) => number)).toEqual([0, 1]);
    const worse = force({ kind: "freeze", node: "d" }, cut("ab", "c"));
    expect(singleCures(worse, up, 3).map(({ number }) => number)).toEqual([0, 1]);
    expect(singleCures(force(cut("ab", "cd"), cut("a", "bcd")), up, 3).map(({ number }) => number)).toEqual([
      0,
    ]);
  });
});
