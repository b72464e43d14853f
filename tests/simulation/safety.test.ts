/**
 * Seeds of a whole subnet under latency, loss, reordering and up to f silent nodes: one finalized chain, equal states
 * at every height, progress, ingress exactly once; and a node restored from its snapshot changes no later byte.
 */
import { describe, expect, test } from "vitest";
import { violations } from "../../src/lab/simulation/checkers.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { counterWorkload, realSetup, standInSetup } from "./setup.ts";

const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1);
const HEIGHTS = 50;

describe("stand-in scheme, n = 4", () => {
  for (let first = 0; first < SEEDS.length; first += 25) {
    const seeds = SEEDS.slice(first, first + 25);
    test(`seeds ${seeds[0]}–${seeds.at(-1)}`, () => {
      for (const seed of seeds) {
        const workload = counterWorkload(4);
        const result = simulate(standInSetup(4, seed), { seed, heights: HEIGHTS, workload: workload.plan });
        expect(violations(result), `seed ${seed}: ${JSON.stringify(result.drawn)}`).toEqual([]);
        expect(workload.counted(result), `seed ${seed}: the counter counts each message once`).toBe(
          workload.calls(result),
        );
      }
    });
  }

  test("a node replaced by its restored snapshot changes no later byte", () => {
    for (const seed of SEEDS.slice(0, 12)) {
      const plain = simulate(standInSetup(4, seed), { seed, heights: 30, workload: counterWorkload(4).plan });
      const height = 3 + ((seed * 7) % 25);
      const restored = simulate(standInSetup(4, seed), {
        seed,
        heights: 30,
        workload: counterWorkload(4).plan,
        restoreAt: height,
      });
      expect(restored.sent, `seed ${seed}, restored at ${height}`).toBe(plain.sent);
    }
  });

  test("a seed is its run: twice gives the same bytes", () => {
    const run = (): string =>
      simulate(standInSetup(4, 7), { seed: 7, heights: 20, workload: counterWorkload(4).plan }).sent;
    expect(run()).toBe(run());
  });
});

describe("real BLS, n = 4", () => {
  test.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
    const result = simulate(realSetup(4, seed), { seed, heights: HEIGHTS });
    expect(violations(result), JSON.stringify(result.drawn)).toEqual([]);
  });
});

describe.each([1, 7, 13] as const)("stand-in scheme, n = %i", (n) => {
  test("3 seeds", () => {
    for (const seed of [1, 2, 3]) {
      const result = simulate(standInSetup(n, seed), { seed, heights: 20 });
      expect(violations(result), JSON.stringify(result.drawn)).toEqual([]);
    }
  });
});
