/** A run is its seed; a node is its snapshot; other sizes keep the same promises. */
import { describe, expect, test } from "vitest";
import { violations } from "../../src/lab/simulation/checkers.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { counterWorkload, standInSetup } from "./setup.ts";

const run = (seed: number, restoreAt?: number) =>
  simulate(standInSetup(4, seed), {
    seed,
    heights: 30,
    workload: counterWorkload(4).plan,
    ...(restoreAt === undefined ? {} : { restoreAt }),
  });

test("twice the same seed gives the same bytes, another seed gives others", () => {
  expect(run(7).sent).toBe(run(7).sent);
  expect(run(7).sent).not.toBe(run(8).sent);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "seed %i: a node restored from its snapshot changes no later byte",
  (seed) => {
    const height = 3 + ((seed * 7) % 25);
    expect(run(seed, height).sent, `restored at ${height}`).toBe(run(seed).sent);
  },
);

describe.each([1, 7, 13] as const)("n = %i", (n) => {
  test("3 seeds", () => {
    for (const seed of [1, 2, 3]) {
      const result = simulate(standInSetup(n, seed), { seed, heights: 20 });
      expect(violations(result), JSON.stringify(result.drawn)).toEqual([]);
    }
  });
});
