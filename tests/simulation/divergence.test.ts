/** A node whose state is not the subnet's notices, drops it, and comes back; the others do not wait for it. */
import { expect, test } from "vitest";
import { drawPlan, NO_FAULTS, type Plan } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { world } from "./setup.ts";

/** Users' requests, and one node's state changes once, at that time. */
const plan = (seed: number, fromMs: number): Plan => ({
  ...drawPlan(seed, { nodes: 4, heights: 30 }),
  crypto: "stand-in",
  faults: { ...NO_FAULTS, requests: 20, divergence: [{ fromMs, node: seed % 4 }] },
});

test.each([
  [3, 3331],
  [5, 4885],
  [17, 5209],
])("seed %i, at %i ms", (seed, fromMs) => {
  const { broken, happened, noticed } = simulate(plan(seed, fromMs), world);
  expect(broken).toEqual([]);
  expect(happened["divergence"]).toBe(1);
  expect(noticed).toBe(1);
});
