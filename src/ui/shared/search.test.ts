import { expect, test } from "vitest";
import { HITS_MAX, searchFiles } from "./search.ts";

const files = {
  "a.mo": "let Count = 1;\n  count += (count * 2);\naccount",
  "b.md": "no such word",
  "x.wasm": new Uint8Array([99, 111, 117, 110, 116]),
};
const places = (text: string, more = {}) =>
  searchFiles(files, Object.keys(files), { text, matchCase: false, wholeWord: false, ...more }).files.flatMap(
    (f) => f.hits.map((h) => `${f.path}:${h.line}:${h.column}`),
  );

test("finds in every text, by case and by word", () => {
  expect(places("count")).toEqual(["a.mo:1:5", "a.mo:2:3", "a.mo:2:13", "a.mo:3:3"]);
  expect(places("count", { matchCase: true })).toEqual(["a.mo:2:3", "a.mo:2:13", "a.mo:3:3"]);
  expect(places("count", { wholeWord: true })).toEqual(["a.mo:1:5", "a.mo:2:3", "a.mo:2:13"]);
  expect(places("(count")).toEqual(["a.mo:2:12"]);
  expect(places("")).toEqual([]);
});

test("shows the line around, and says when it stops", () => {
  const long = { "l.mo": `${"x".repeat(100)}needle${"y".repeat(300)}\n`.repeat(HITS_MAX + 1) };
  const {
    files: found,
    count,
    cut,
  } = searchFiles(long, ["l.mo"], { text: "needle", matchCase: true, wholeWord: false });
  const [before, hit, after] = found[0]!.hits[0]!.around;
  expect([before.length, hit, after.length]).toEqual([41, "needle", 161]);
  expect([count, cut]).toEqual([HITS_MAX, true]);
});
