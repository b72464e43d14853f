import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readContents } from "./link-contents.ts";
import { faultFor, nodesNamed, readScene, SCENES } from "./scenes.ts";
import { decodeLink, encodeLink } from "./share-link.ts";

const files = { "main.mo": "" };
const NODES = ["a", "b", "c", "d"];

test("our scenes travel in a link as they are, and fit their subnets", async () => {
  for (const { scene, network } of SCENES) {
    const link = await decodeLink(await encodeLink({ files, scene }));
    const found = link.ok ? readContents(link.project) : undefined;
    expect(found?.scene).toEqual(scene);
    expect(found?.leftOut).toEqual([]);
    expect(nodesNamed(scene)).toBeLessThanOrEqual(network.nodes);
  }
});

test("E1: no value makes reading fail, and what comes out is within bounds", () => {
  const number = fc.oneof(fc.integer({ min: -1, max: 20 }), fc.double());
  const fault = fc.record(
    {
      kind: fc.constantFrom("freeze", "kill", "slow", "lie", "cut", "latency", "loss", "drop", "__proto__"),
      node: number,
      ms: number,
      percent: number,
      lie: fc.constantFrom("floods", "constructor"),
      from: fc.array(number, { maxLength: 3 }),
      to: fc.array(number, { maxLength: 3 }),
      bothWays: fc.anything(),
    },
    { requiredKeys: ["kind"] },
  );
  const step = fc.record({
    say: fc.oneof(fc.string({ maxLength: 400 }), fc.anything()),
    act: fc.oneof(fc.constant("heal"), fc.array(fault, { maxLength: 4 }), fc.anything()),
    until: fc.constantFrom("progress", "halt", "toString"),
  });
  const scene = fc.record({
    title: fc.oneof(fc.string(), fc.anything()),
    look: fc.string(),
    steps: fc.array(step, { maxLength: 14 }),
  });
  fc.assert(
    fc.property(fc.oneof(scene, fc.anything({ withBigInt: true, withNullPrototype: true })), (value) => {
      const found = readScene(value);
      if (found === undefined) return;
      expect(found.steps.length).toBeGreaterThan(0);
      expect(found.steps.length).toBeLessThanOrEqual(12);
      expect(nodesNamed(found)).toBeLessThanOrEqual(13);
      for (const { say } of found.steps) expect(say.length).toBeLessThanOrEqual(240);
    }),
    { numRuns: 1000 },
  );
});

describe("what a stranger's scene may not", () => {
  const step = (act: unknown) => ({ title: "t", look: "l", steps: [{ say: "s", act, until: "progress" }] });
  test.each([
    ["an unknown fault", { kind: "explode", node: 1 }],
    ["no such node", { kind: "freeze", node: 0 }],
    ["a slowness of hours", { kind: "slow", node: 1, ms: 1e9 }],
    ["an unknown lie", { kind: "lie", node: 1, lie: "constructor" }],
    ["a link to itself", { kind: "cut", from: [1], to: [1], bothWays: true }],
    ["a message, which it cannot know", { kind: "drop", message: { id: 1 } }],
  ])("%s", (_, fault) => {
    expect(readScene(step([fault]))).toBeUndefined();
    expect(readContents({ files, scene: step([fault]) }).leftOut).toEqual(["Its scene cannot be read."]);
  });
});

test("numbers become the nodes that are here", () => {
  expect(faultFor({ kind: "lie", node: 2, lie: "floods" }, NODES)).toEqual({
    kind: "lie",
    node: "b",
    lie: "floods",
  });
  expect(faultFor({ kind: "loss", from: [1], to: [3, 4], bothWays: true, percent: 5 }, NODES)).toEqual({
    kind: "loss",
    percent: 5,
    links: { from: ["a"], to: ["c", "d"], bothWays: true },
  });
});
