import { expect, test } from "vitest";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { Replay } from "./replay.ts";

const finalized = (height: number): Fact => ({
  kind: "finalized",
  height,
  block: `b${height}`,
  rank: 0,
  maker: "n1",
  ingress: [],
});
const trace: TraceEntry[] = [1, 3, 2, 4].map((height) => ({
  node: "n1",
  at: height * 10,
  sequence: height,
  fact: finalized(height),
}));
const flight = (id: number, departed: number, arrives: number) => ({
  id,
  held: id,
  from: "n1",
  to: "n2",
  what: "notarization",
  count: 1,
  departed,
  arrives,
});

test("a replay knows what was known at its moment, forwards and backwards", () => {
  const replay = new Replay(trace, [flight(1, 0, 5), flight(2, 12, 18), flight(3, 60, 70)], 10, 40);
  expect(replay.chronicle.finalized).toBe(1);
  replay.seek(25);
  expect(replay.chronicle.finalized).toBe(2);
  replay.seek(1_000);
  expect([replay.chronicle.finalized, replay.now(), replay.done]).toEqual([4, 40, true]);
  replay.seek(31);
  expect([replay.chronicle.finalized, replay.done]).toEqual([3, false]);
  expect(replay.flights.map((f) => f.id)).toEqual([2]);
});
