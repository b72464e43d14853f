/** Seeds that once were red, by what they found. */
import { expect, test } from "vitest";
import { drawPlan, type Given } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { world } from "./setup.ts";

const TORN: Given = { nodes: 4, heights: 30 };
const FOUND: readonly (readonly [string, number, Given])[] = [
  ["a sleeper holds the beacons of heights that it has not finalized", 85, { only: ["loss", "freeze"] }],
  ["a node came back to a checkpoint above the states that blocks may still ask for", 1225, {}],
  ["a height executed again took what it knew of a long message from the first time", 1233, {}],
  ["heights become final by the dozen, and the purger comes after them", 1008, {}],
  ["the first mark of a journal was lost, and what was torn behind it counted as damage", 187, TORN],
];

test.each(FOUND)("%s: seed %i", (_, seed, given) => {
  expect(simulate(drawPlan(seed, given), world).broken).toEqual([]);
});
