/** CONFORMANCE.md says what the tests say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { idsIn, readRows, stateOf, table } from "./rows.ts";

const rows = readRows();

test("every row is listed once; what diverges is in DIVERGENCES.md; what a test holds is not called open", () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  const divergences = readFileSync("DIVERGENCES.md", "utf8");
  for (const row of rows) {
    const words = /^diverging: (.*)$/.exec(row.note ?? "")?.[1];
    if (words !== undefined) expect([row.id, divergences.includes(words)]).toEqual([row.id, true]);
    if (row.note?.startsWith("open: ")) expect([row.id, row.heldIn]).toEqual([row.id, []]);
    if (row.note?.startsWith("kept: ")) expect([row.note, row.heldIn]).not.toEqual([row.note, []]);
  }
});

test("no test names a row that does not exist", () => {
  expect(idsIn("H40, A3 a reply (M5, see C20–C22; S1)")).toEqual([
    "H40",
    "A3",
    "M5",
    "C20",
    "C21",
    "C22",
    "S1",
  ]);
  expect(idsIn("A title of H40")).toEqual([]);
});

test("CONFORMANCE.md is current: node tests/conformance/write-table.ts", () => {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(stateOf(row), (counts.get(stateOf(row)) ?? 0) + 1);
  console.info("interface rows:", Object.fromEntries(counts));
  const written = readFileSync("CONFORMANCE.md", "utf8");
  expect(statesOf(written)).toEqual(statesOf(table(rows)));
});

/** Row and state: which file holds a row may change without a word. */
const statesOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^\| (\w+) \| .*? \| (kept|diverging|open|not ours) \|/gm)].map(
    ([, id, state]) => `${id} ${state}`,
  );
