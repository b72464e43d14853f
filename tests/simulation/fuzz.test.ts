/** A few seeds of `npm run fuzz`, so that what it promises holds at every commit. */
import { expect, test } from "vitest";
import { fuzzSeed } from "../../src/lab/simulation/fuzz.ts";
import { world } from "./setup.ts";

test.each([1, 6])("seed %i", (seed) => {
  const { broken, messages } = fuzzSeed(seed, world);
  expect(broken).toEqual([]);
  expect(messages).toBeGreaterThan(20);
});
