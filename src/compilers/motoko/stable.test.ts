import { expect, test } from "vitest";
import { stableBreaks } from "./stable.ts";

const signature = (fields: string): string => `// Version: 1.0.0\nactor {\n${fields}\n};\n`;

test.each([
  ["the same", "stable var n : Nat", "stable var n : Nat", []],
  ["wider", "stable var n : Nat", "stable var n : Int", []],
  ["one more", "stable var n : Nat", "stable var n : Nat; stable var m : Text", []],
  ["gone", "stable var n : Nat", "stable var m : Nat", [["n", /not in the new code/]]],
  ["another type", "stable var n : Nat", "stable var n : Text", [["n", /was Nat and cannot become Text/]]],
  [
    "a field less",
    "stable var r : {a : Nat; b : Nat}",
    "stable var r : {a : Nat}",
    [["r", /part of it would be lost/]],
  ],
] as const)("%s", async (_, before, after, expected) => {
  const found = await stableBreaks(signature(before), signature(after));
  expect(found.map((b) => b.variable)).toEqual(expected.map(([name]) => name));
  for (const [i, [, why]] of expected.entries()) expect(found[i]!.why).toMatch(why);
});
