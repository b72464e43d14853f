import { expect, test } from "vitest";
import { createElsewhere, type Sandbox, type SandboxWord } from "./sandbox.ts";

/** Workers that say what the test says. */
function workers() {
  const said: ((word: SandboxWord) => void)[] = [];
  const waiting: (() => void)[] = [];
  const counts = { wakes: 0, terminated: 0 };
  const spawn = (): Sandbox => ({
    post: () => {},
    onWord: (hear) => said.push(hear),
    terminate: () => {
      counts.terminated++;
    },
  });
  const ask = createElsewhere(
    spawn,
    10n,
    () => {
      counts.wakes++;
    },
    (then) => waiting.push(then),
  );
  return { ask, said, waiting, counts };
}
const NOTHING_YET = { kind: "running", instructions: 0n };
const SHORTAGE: SandboxWord = { kind: "shortage", because: "no memory" };

test("a job is begun once, tells how far it is, and is forgotten when it has ended", () => {
  const { ask, said, counts } = workers();
  expect([ask("a", 1), ask("a", 1)]).toEqual([NOTHING_YET, NOTHING_YET]);
  expect(said.length).toBe(1);
  said[0]!({ kind: "running", instructions: 30n });
  expect([ask("a", 1), counts]).toEqual([
    { kind: "running", instructions: 30n },
    { wakes: 1, terminated: 0 },
  ]);
  said[0]!({ kind: "ended", result: "done" });
  expect(ask("a", 1)).toEqual({ kind: "ended", result: "done" });
  expect(ask("a", 1)).toEqual(NOTHING_YET);
  expect(said.length).toBe(2);
});

test("without memory a job waits and is begun again; in the end it has failed (SB3)", () => {
  const { ask, said, waiting } = workers();
  for (let time = 0; time < 20; time++) {
    expect(ask("a", 1)).toEqual(NOTHING_YET);
    said[time]!(SHORTAGE);
    expect(waiting.length).toBe(time + 1);
  }
  expect(ask("a", 1)).toEqual(NOTHING_YET);
  said[20]!(SHORTAGE);
  expect(() => ask("a", 1)).toThrow("no memory");
});

test("a bug in a job is its node's", () => {
  const { ask, said } = workers();
  ask("a", 1);
  said[0]!({ kind: "failed", because: "a bug" });
  expect(() => ask("a", 1)).toThrow("a bug");
});
