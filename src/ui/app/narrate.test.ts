/** Each thing that happens is said once, in words. */
import { expect, test } from "vitest";
import { type CallScene, narrate, type Scene } from "./narrate.ts";

const QUIET: Scene = {
  call: undefined,
  down: [],
  nodes: 4,
  needed: 3,
  paused: false,
  dozing: false,
  deploying: undefined,
  deployed: undefined,
  trouble: undefined,
};
const CALL: CallScene = {
  number: 1,
  method: "inc",
  query: false,
  block: undefined,
  maker: undefined,
  final: false,
  executed: false,
  outcome: undefined,
};

test("a call from its signature to its proof, nothing said twice", () => {
  const life: CallScene[] = [
    CALL,
    { ...CALL, block: 12, maker: "n2" },
    { ...CALL, block: 12, maker: "n2", final: true },
    { ...CALL, block: 12, maker: "n2", final: true, executed: true },
    {
      ...CALL,
      block: 12,
      maker: "n2",
      final: true,
      executed: true,
      outcome: "1. Its certificate is verified.",
    },
  ];
  const said: string[] = [];
  let before = QUIET;
  for (const call of life.flatMap((c) => [c, c])) {
    const now = { ...QUIET, call };
    said.push(...narrate(before, now));
    before = now;
  }
  expect(said).toEqual([
    "inc is signed and sent.",
    "n2 put inc into block 12.",
    "Block 12 with inc is final.",
    "inc is executed; the subnet signs the state.",
    "inc: 1. Its certificate is verified.",
  ]);
});

test("nodes that fall silent, and whether that is too many", () => {
  const one = { ...QUIET, down: ["n3"] };
  const two = { ...QUIET, down: ["n3", "n4"] };
  expect(narrate(QUIET, one)).toEqual(["n3 no longer speaks: 3 of 4 nodes, calls finish."]);
  expect(narrate(one, two)).toEqual([
    "n4 no longer speaks: 2 of 4 nodes, and 3 are needed. The subnet waits.",
  ]);
  expect(narrate(two, one)).toEqual(["n4 speaks again: 3 of 4 nodes, calls finish."]);
});

test("pause, doze, deployment", () => {
  expect(narrate(QUIET, { ...QUIET, paused: true })).toEqual(["Paused: no message moves."]);
  expect(narrate({ ...QUIET, paused: true }, QUIET)).toEqual(["Running again."]);
  expect(narrate(QUIET, { ...QUIET, dozing: true })[0]).toContain("dozes");
  expect(narrate(QUIET, { ...QUIET, deploying: "Compiling main.mo" })).toEqual(["Compiling main.mo…"]);
  expect(narrate(QUIET, { ...QUIET, deployed: "counter is deployed." })).toEqual(["counter is deployed."]);
  expect(narrate(QUIET, { ...QUIET, trouble: "One mistake to mend" })).toEqual(["One mistake to mend."]);
});
