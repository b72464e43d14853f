/** The walks' own solutions, step by step, and what their questions find when the subnet does otherwise. */
import { describe, expect, test } from "vitest";
import { defined } from "../../base/assert.ts";
import {
  advance,
  begin,
  FIRST_VISIT,
  guessed,
  isOver,
  type LatestCall,
  type Progress,
  type Situation,
  stepOf,
  type Walk,
  WALKS,
} from "./walks.ts";

const QUIET: Situation = {
  nodes: 4,
  faulty: 1,
  down: 0,
  following: false,
  latest: undefined,
  shown: undefined,
  changedAt: undefined,
  refused: undefined,
};
const SPENT = { agreeing: 700, running: 40, proving: 160 };
const sent = (number: number, ageMs = 10): LatestCall => ({
  number,
  method: "inc",
  state: "waiting",
  ageMs,
  proved: false,
  spent: undefined,
});
const replied = (number: number): LatestCall => ({
  ...sent(number, 900),
  state: "replied",
  proved: true,
  spent: SPENT,
});
const walkOf = (id: string): Walk =>
  defined(
    WALKS.find((w) => w.id === id),
    id,
  );

/** Each situation must do exactly one step. */
function walked(walk: Walk, guess: number | undefined, situations: readonly Situation[]): Progress {
  let p = begin(walk, QUIET);
  if (guess !== undefined) {
    expect(stepOf(p)).toBeUndefined();
    p = guessed(p, guess, QUIET);
  }
  for (const now of situations) {
    const done = p.seen.length;
    expect(advance(p, p.since), defined(stepOf(p), "a step").say(p.since)).toBe(p);
    p = advance(p, now);
    expect(p.seen).toHaveLength(done + 1);
  }
  return p;
}

test("first visit: call, follow, break", () => {
  const p = walked(FIRST_VISIT, undefined, [
    { ...QUIET, latest: replied(1) },
    { ...QUIET, latest: replied(1), following: true },
    { ...QUIET, latest: replied(1), shown: "certificate", changedAt: 212, refused: true },
  ]);
  expect(isOver(p)).toBe(true);
});

describe("the questions read what happened", () => {
  test("follow: the longest stretch is the answer", () => {
    const p = walked(walkOf("follow"), 1, [
      { ...QUIET, latest: sent(1) },
      { ...QUIET, latest: replied(1) },
      { ...QUIET, latest: replied(1), following: true },
    ]);
    const { answer, because } = walkOf("follow").question!;
    expect(answer(p.seen)).toBe(0);
    expect(because(p.seen)).toContain("700 ms");
    const slow = { ...replied(1), spent: { agreeing: 500, running: 4_000, proving: 100 } };
    expect(answer(p.seen.with(1, { ...QUIET, latest: slow }))).toBe(1);
  });

  test("freeze: f are survived, f + 1 are not", () => {
    const p = walked(walkOf("freeze"), 1, [
      { ...QUIET, down: 1 },
      { ...QUIET, down: 1, latest: replied(1) },
      { ...QUIET, down: 2, latest: replied(1) },
      { ...QUIET, down: 2, latest: sent(2, 4_100) },
      { ...QUIET, down: 1, latest: replied(2) },
    ]);
    expect(isOver(p)).toBe(true);
    expect(walkOf("freeze").question!.answer(p.seen)).toBe(1);
  });

  test("break: the agent's verdict is the answer", () => {
    const open = { ...QUIET, latest: replied(1), shown: "certificate" };
    const p = walked(walkOf("break"), 0, [
      open,
      { ...open, changedAt: 7, refused: true },
      { ...open, refused: false },
    ]);
    const { answer, because, options } = walkOf("break").question!;
    expect(options(QUIET)[answer(p.seen)]).toBe("Refuse it");
    expect(because(p.seen)).toContain("byte 7");
    expect(answer(p.seen.with(1, { ...open, changedAt: 7, refused: false }))).toBe(0);
  });

  test("an older call does not count as the call that a step asks for", () => {
    const before = { ...QUIET, latest: replied(5) };
    const p = begin(FIRST_VISIT, before);
    expect(advance(p, before)).toBe(p);
    expect(advance(p, { ...QUIET, latest: replied(6) }).seen).toHaveLength(1);
  });
});
