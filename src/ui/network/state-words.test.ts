import { expect, test } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import type { StateEntry } from "../../types/inspection.ts";
import { changesBetween, labelText, valueText } from "./state-words.ts";

const hex = (text: string): string => toHex(utf8(text));
const leaf = (path: readonly string[], value: Uint8Array, hash: string): StateEntry => ({
  path: path.map(hex),
  hash,
  leaf: { bytes: value.length, start: value },
  children: 0,
});

test("labels are names, principals under certain names, else bytes", () => {
  expect(labelText(hex("request_status"), undefined)).toBe("request_status");
  expect(labelText("00000000000000000101", hex("canister"))).toMatch(/-/);
  expect(labelText("ab".repeat(32), hex("request_status"))).toBe("abababababababab…");
});

test("values are numbers where the tree holds numbers, text where they are text", () => {
  expect(valueText(leaf(["metadata", "height"], Uint8Array.of(0xac, 0x02), "h"))).toBe("300");
  expect(valueText(leaf(["time"], Uint8Array.of(0), "h"))).toBe("1970-01-01T00:00:00.000Z");
  expect(valueText(leaf(["status"], utf8("replied"), "h"))).toBe("“replied”");
  expect(valueText(leaf(["reply"], Uint8Array.of(1, 2), "h"))).toBe("0102");
});

test("two lists of values differ by what is new, gone and changed", () => {
  const one = Uint8Array.of(1);
  const before = [leaf(["a"], one, "1"), leaf(["b"], one, "2"), leaf(["c"], one, "3")];
  const after = [leaf(["a"], one, "1"), leaf(["b"], one, "9"), leaf(["d"], one, "4")];
  expect(changesBetween(before, after).map(({ kind, path }) => [kind, ...path])).toEqual([
    ["changed", hex("b")],
    ["added", hex("d")],
    ["removed", hex("c")],
  ]);
  expect(changesBetween(before, before)).toEqual([]);
});
