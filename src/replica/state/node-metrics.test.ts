import fc from "fast-check";
import { expect, test } from "vitest";
import { type NodeMetricsSample, observed } from "./node-metrics.ts";

const DAY = 86_400_000_000_000n;

test("one sample a day, the last of it; who made no difference leaves and counts anew; sixty at most", () => {
  const block = fc.record({
    hours: fc.integer({ min: 0, max: 60 }),
    maker: fc.integer({ min: 0, max: 3 }),
    failed: fc.subarray(["0", "1", "2", "3"]),
  });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 120 }), (blocks) => {
      let samples: readonly NodeMetricsSample[] = [];
      let time = 5n * DAY;
      const days = new Map<bigint, bigint>();
      let made = 0n;
      for (const { hours, maker, failed } of blocks) {
        time += BigInt(hours) * (DAY / 24n);
        days.set(time / DAY, time);
        const others = failed.filter((node) => node !== `${maker}`);
        const before = samples.at(-1)?.nodes.get(`${maker}`)?.proposed ?? 0n;
        samples = observed(samples, { time, blockMaker: `${maker}`, failedBlockMakers: others });
        made++;
        const after = samples.at(-1)!.nodes.get(`${maker}`)!.proposed;
        expect(after === before + 1n || after === 1n).toBe(true);
      }
      expect(samples.map((s) => s.at)).toEqual([...days.values()].slice(-60));
      const counted = [...samples.at(-1)!.nodes.values()].reduce((sum, n) => sum + n.proposed, 0n);
      expect(counted).toBeLessThanOrEqual(made);
      if (days.size < 3) expect(counted).toBe(made);
    }),
    { numRuns: 100 },
  );
});

test("a node that made no block for a whole day is left out until it makes one", () => {
  let samples: readonly NodeMetricsSample[] = [];
  const at = (time: bigint, blockMaker: string, failedBlockMakers: string[] = []): void => {
    samples = observed(samples, { time, blockMaker, failedBlockMakers });
  };
  at(1n, "a", ["b"]);
  at(DAY, "a");
  at(2n * DAY, "a");
  at(3n * DAY, "b");
  expect(samples.map((s) => [...s.nodes])).toEqual([
    [
      ["a", { proposed: 1n, failed: 0n }],
      ["b", { proposed: 0n, failed: 1n }],
    ],
    [["a", { proposed: 2n, failed: 0n }]],
    [["a", { proposed: 3n, failed: 0n }]],
    [
      ["a", { proposed: 3n, failed: 0n }],
      ["b", { proposed: 1n, failed: 0n }],
    ],
  ]);
});
