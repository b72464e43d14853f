/** The same promises with real BLS signatures. */
import { expect, test } from "vitest";
import { violations } from "../../src/lab/simulation/checkers.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { HEIGHTS } from "./seeds.ts";
import { realSetup } from "./setup.ts";

test.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  const result = simulate(realSetup(4, seed), { seed, heights: HEIGHTS });
  expect(violations(result), JSON.stringify(result.drawn)).toEqual([]);
});
