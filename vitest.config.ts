import { defineConfig } from "vitest/config";

/** Of one node each, without a clock in them: two at a time. */
const oneNode = ["call", "files", "keep", "languages", "networks", "share"].map(
  (name) => `tests/browser/${name}.test.ts`,
);
const inBrowser = {
  globalSetup: ["tests/browser/setup.ts"],
  testTimeout: 180_000,
  hookTimeout: 180_000,
};

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
          ...inBrowser,
          name: "browser-one-node",
          sequence: { groupOrder: 1 }, // a browser beside a simulation is too slow to wait for
          include: oneNode,
        },
      },
      {
        test: {
          ...inBrowser,
          name: "browser",
          sequence: { groupOrder: 2 },
          include: ["tests/browser/**/*.test.ts"],
          exclude: oneNode,
          fileParallelism: false,
        },
      },
    ],
  },
});
