/** A few seeds of `npm run fuzz`, so that what it promises holds at every commit. */
import { expect, test } from "vitest";
import { fuzzSeed } from "../../src/lab/simulation/fuzz.ts";
import { STORM_WAT } from "../../src/lab/simulation/storm-canister.ts";
import { randomModule } from "../../src/shell/testing/random-module.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { wasmHost } from "./setup.ts";

const modules = { storm: wat(STORM_WAT), random: randomModule };

test.each([1, 6])("seed %i", (seed) => {
  const { broken, executed } = fuzzSeed(seed, modules, () => wasmHost);
  expect(broken).toEqual([]);
  expect(executed).toBeGreaterThan(20);
});
