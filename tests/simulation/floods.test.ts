/** A peer that floods or sends rubbish is named, nobody else is, and the subnet does not mind. */
import { expect, test } from "vitest";
import type { LieName } from "../../src/types/fault.ts";
import { drawPlan, NO_FAULTS } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { world } from "./setup.ts";

const outcomeOf = (lies: readonly LieName[]) =>
  simulate(
    {
      ...drawPlan(1, { nodes: 4, heights: 12 }),
      crypto: "stand-in",
      faults: { ...NO_FAULTS, jitter: 40, liars: [{ node: 2, lies }] },
    },
    world,
  );

test.each(["floods", "garbles"] as const)("%s", (lie) => {
  const { broken, accused, happened } = outcomeOf([lie]);
  expect(broken).toEqual([]);
  expect(happened[lie]).toBeGreaterThan(0);
  expect(accused).toEqual([2]);
});
