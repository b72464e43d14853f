import { expect, test } from "vitest";
import type { NodeStatus } from "../../lab/lab.ts";
import { captionOf } from "./caption.ts";
import { Chronicle } from "./chronicle.ts";
import { consequence, healthOf, thresholdsOf } from "./health.ts";

const four = (up: number): NodeStatus[] =>
  Array.from({ length: 4 }, (_, i) => (i < up ? "running" : "frozen"));
const NAMES = ["n1", "n2", "n3", "n4"];
const CAST = { members: NAMES, nameOf: (id: string) => id };

test.each([
  [1, 0, 1, 1],
  [4, 1, 3, 2],
  [7, 2, 5, 3],
  [13, 4, 9, 5],
])("%i nodes bear %i faults: %i for agreement, %i for chance", (nodes, faulty, high, low) => {
  expect(thresholdsOf(nodes)).toEqual({ nodes, faulty, high, low });
});

test("health is said from who is up and what is needed", () => {
  expect(healthOf(four(4), false, 9).rest).toBe("Safe and live, one to spare");
  expect(healthOf(four(3), false, 9).rest).toBe("Safe and live, none to spare");
  expect(healthOf(four(2), false, 9)).toMatchObject({ tone: "bad", headline: "Halted." });
  expect(healthOf(four(4), true, 9).tone).toBe("waiting");
});

test("two frozen of four: the sentence says who, why, and what helps", () => {
  const none = [undefined, undefined, undefined, undefined];
  expect(consequence(NAMES, four(2), none, false)).toBe(
    "n3 and n4 are frozen. 2 of 4 nodes refuse to decide alone: 3 signatures are needed. That is how forks are prevented. Thaw one to go on.",
  );
  expect(consequence(NAMES, four(3), none, false)).toContain("One more failure and the subnet waits.");
  expect(consequence(NAMES, four(3), [undefined, undefined, undefined, "out of memory"], false)).toContain(
    "(out of memory)",
  );
});

test("the caption names the maker, what is needed and who has not signed", () => {
  const c = new Chronicle();
  const share = (node: string) => ({
    node,
    at: 1,
    sequence: 0,
    fact: { kind: "artifact-made", artifact: "notarization-share", id: node, height: 1, block: "b" } as const,
  });
  c.fold([
    {
      node: "n1",
      at: 1,
      sequence: 0,
      fact: { kind: "block-made", height: 1, block: "b", rank: 0, ingress: [] },
    },
    share("n1"),
    share("n2"),
  ]);
  const status = (node: string): NodeStatus => (node === "n4" ? "frozen" : "running");
  expect(captionOf(c, CAST, status, false)).toEqual({
    headline: "n1 proposes block 1.",
    rest: "It needs 3 signatures and has 2: n3 is still checking it.",
  });
  const halted = captionOf(c, CAST, (n) => (n === "n1" || n === "n2" ? "running" : "frozen"), false);
  expect(halted.headline).toBe("Nothing is lost, nothing is decided.");
});
