import { describe, expect, test } from "vitest";
import type { CanisterQueryStats, QueryStats } from "../../types/query-stats.ts";
import { delivered, NOTHING_TOLD, type RawQueryStats } from "./query-stats.ts";

const stats = (n: number): QueryStats => {
  const count = BigInt(n);
  return { calls: count, instructions: 10n * count, requestBytes: 0n, responseBytes: 2n * count };
};
const counted = (n: number, canister = "c1"): CanisterQueryStats => ({ canister, stats: stats(n) });

/** Delivers sections in order; returns what every canister got. */
function world(nodes: number) {
  const sums = new Map<string, QueryStats>();
  const w = {
    raw: NOTHING_TOLD as RawQueryStats,
    sums,
    tell(node: number, epoch: number, ...list: CanisterQueryStats[]) {
      const result = delivered(w.raw, { epoch, maker: `n${node}`, stats: list }, nodes);
      w.raw = result.raw;
      for (const [canister, sum] of result.sums) {
        const before = sums.get(canister) ?? stats(0);
        sums.set(canister, {
          calls: before.calls + sum.calls,
          instructions: before.instructions + sum.instructions,
          requestBytes: before.requestBytes + sum.requestBytes,
          responseBytes: before.responseBytes + sum.responseBytes,
        });
      }
      return w;
    },
  };
  return w;
}

describe("an epoch is summed up when n − f nodes have gone past it", () => {
  test("n = 1: with the first section of the next epoch", () => {
    const w = world(1).tell(0, 3, counted(7));
    expect(w.sums).toEqual(new Map());
    w.tell(0, 4, counted(1));
    expect(w.sums).toEqual(new Map([["c1", stats(7)]]));
    expect(w.raw.summedUp).toBe(3);
  });

  // The worked values of the replica's own tests: 80, 90, 110, 120 from four, three or two nodes, and three complete.
  test.each([
    [4, 90 * 4],
    [3, 90 * 4],
    [2, 80 * 4],
  ])("n = 4: %i nodes counted", (tellers, sum) => {
    for (const later of [1, 1337]) {
      const w = world(4);
      for (const [i, n] of [80, 90, 110, 120].slice(0, tellers).entries()) w.tell(i, 0, counted(n));
      for (const i of [0, 1]) w.tell(i, later, counted(0));
      expect(w.sums.size).toBe(0);
      w.tell(2, later, counted(0));
      expect(w.sums).toEqual(new Map([["c1", stats(sum)]]));
    }
  });

  test("several at once, when the last node returns after all of them", () => {
    const w = world(1).tell(0, 0, counted(1)).tell(0, 1, counted(2));
    expect(w.raw.summedUp).toBe(0);
    const late = world(4);
    for (const epoch of [0, 1, 2]) for (const i of [0, 1]) late.tell(i, epoch, counted(1));
    expect(late.raw.summedUp).toBe(-1);
    late.tell(2, 5, counted(1));
    expect(late.raw.summedUp).toBe(1);
  });
});

describe("QA1", () => {
  test("what a node adds to its epoch counts; what it says of an earlier one, or of one summed up, does not", () => {
    const w = world(1).tell(0, 1, counted(1)).tell(0, 1, counted(5, "c2"));
    const before = w.raw;
    expect(w.tell(0, 0, counted(9)).raw).toBe(before);
    w.tell(0, 2);
    expect([...w.sums.keys()]).toEqual(["c1", "c2"]);
    const after = w.raw;
    expect(w.tell(0, 1, counted(9)).raw).toBe(after);
    expect(w.sums.get("c1")).toEqual(stats(1));
  });
});

describe("QA2", () => {
  test("n = 4: no liar moves a sum beyond what honest nodes counted, whichever three are complete", () => {
    const values = [0, 1, 5, 1000];
    for (const liar of [0, 1, 2, 3])
      for (const lie of [undefined, ...values])
        for (const a of values)
          for (const b of values)
            for (const c of values) {
              const honest = [a, b, c];
              for (const absent of [undefined, 0, 1, 2, 3]) {
                const w = world(4);
                const counts = [...honest];
                counts.splice(liar, 0, lie ?? -1);
                counts.forEach((n, i) => {
                  if (n >= 0 && i !== absent) w.tell(i, 0, counted(n));
                });
                for (const i of [0, 1, 2, 3]) if (i !== absent) w.tell(i, 1);
                const heard = counts.filter((_, i) => i !== liar && i !== absent);
                const calls = w.sums.get("c1")?.calls ?? 0n;
                const [least, most] = [Math.min(...heard), Math.max(...heard)];
                expect(calls >= 4n * BigInt(least) && calls <= 4n * BigInt(most)).toBe(true);
              }
            }
  });

  test("the even median rounds down, each count by itself", () => {
    const w = world(2);
    w.tell(0, 0, { canister: "c1", stats: { ...stats(0), calls: 3n, instructions: 4n } });
    w.tell(1, 0, { canister: "c1", stats: { ...stats(0), calls: 0n, instructions: 9n } });
    w.tell(0, 1).tell(1, 1);
    expect(w.sums.get("c1")).toMatchObject({ calls: 2n, instructions: 12n });
  });
});
