/** A run is its seed; a node is its snapshot. */
import { expect, test } from "vitest";
import { drawPlan } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { world } from "./setup.ts";

const run = (seed: number, restoreAt?: number) =>
  simulate(drawPlan(seed, { nodes: 4, heights: 30 }), world, restoreAt === undefined ? {} : { restoreAt });

test("twice the same seed gives the same bytes, another seed gives others", () => {
  expect(run(7).sent).toBe(run(7).sent);
  expect(run(7).sent).not.toBe(run(8).sent);
});

test.each([1, 2, 3, 4])("seed %i: a node restored from its snapshot changes no later byte", (seed) => {
  const height = 3 + ((seed * 7) % 25);
  const restored = run(seed, height);
  expect(restored.broken).toEqual([]);
  expect(restored.sent, `restored at ${height}`).toBe(run(seed).sent);
});
