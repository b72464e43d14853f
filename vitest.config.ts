import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          sequence: { groupOrder: 0 },
          include: ["src/**/*.test.ts", "tests/*.test.ts", "tests/{unit,conformance}/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "simulation",
          sequence: { groupOrder: 0 },
          include: ["tests/simulation/**/*.test.ts"],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: "browser",
          sequence: { groupOrder: 1 }, // alone: a browser beside a simulation is too slow to wait for
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/browser/setup.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
