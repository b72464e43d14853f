import { IDL } from "@icp-sdk/core/candid";
import { expect, test } from "vitest";
import { idlOf, readInterface, typeText } from "./shape.ts";
import { caseDraft, emptyDraft, readDraft } from "./draft.ts";
import { parseArguments, readNumber, valueText } from "./value.ts";

const DID = `
// what moc writes
type List = opt record { head : nat; tail : List };
type Shape = variant { dot; circle : float64; "two words" : record { nat8; text } };
type F = func (nat) -> () oneway;
service Main : (owner : principal) -> {
  inc : () -> (nat);
  read : (last : nat, opt Shape) -> (vec record { name : text; at : int }) query;
  list : (List) -> (List) composite_query;
  put : (blob) -> ();
  note : F;
}`;
const did = readInterface(DID);
const method = (name: string) => did.methods.find((m) => m.name === name)!.func;

test("types read as they were written", () => {
  expect(typeText(method("put").args[0]!.type)).toBe("blob");
  expect(typeText(did.types.get("Shape")!)).toContain("circle : float64");
});

test("faults say where", () => {
  expect(() => readInterface("service : {\n  inc : () -> nat\n}")).toThrow("line 2, column 15");
  const [last] = method("read").args;
  expect(() => parseArguments("(5,\n§)", [last!], did.types)).toThrow("line 2, column 1");
  expect(() => parseArguments("(5, 6)", [last!], did.types)).toThrow("only 1 argument");
  expect(() => parseArguments("()", [last!], did.types)).toThrow("1 arguments are needed, 0 given");
});

test.each([
  ["list", "(opt record { head = 1; tail = opt record { head = 2; tail = null } })"],
  ["read", '(5, opt variant { "two words" = record { 7; "x\\u{e9}" } })'],
  ["read", "(5, opt variant { circle = 1.5 })"],
  ["read", "(5)"],
  ["put", '(blob "\\00\\ffab")'],
])("%s takes %s, and the encoding comes back as the same text", (name, text) => {
  const { args } = method(name);
  const values = parseArguments(text, args, did.types);
  const idl = idlOf(args, did.types);
  const back = IDL.decode(idl, IDL.encode(idl, values)) as unknown[];
  const shown = (xs: unknown[]): string[] => xs.map((x, i) => valueText(x, args[i]!.type, did.types));
  expect(shown(back)).toEqual(shown(values));
});

test("numbers keep to their range", () => {
  expect(readNumber("1_000", "nat")).toBe(1000n);
  expect(readNumber("255", "nat8")).toBe(255);
  expect(readNumber("-1", "int64")).toBe(-1n);
  for (const [text, kind] of [
    ["256", "nat8"],
    ["-1", "nat"],
    ["-129", "int8"],
    ["1.5", "int"],
    ["", "nat"],
    ["x", "float64"],
  ]) {
    expect(() => readNumber(text!, kind!), `${text} ${kind}`).toThrow();
  }
});

test("a form's draft becomes a value, or says which field is wrong", () => {
  const shape = did.types.get("Shape")!;
  const draft = emptyDraft(shape, did.types);
  if (shape.kind !== "variant") throw new Error("unreachable");
  const dot = shape.fields.findIndex((f) => f.name === "dot");
  expect(readDraft({ kind: "variant", choice: dot, of: { kind: "nothing" } }, shape, did.types, "s")).toEqual(
    { dot: null },
  );
  expect(draft.kind).toBe("variant");
  const choice = shape.fields.findIndex((f) => f.name === "two words");
  const words = {
    kind: "variant" as const,
    choice: choice,
    of: caseDraft(shape.fields[choice]!.type, did.types),
  };
  expect(() => readDraft(words, shape, did.types, "shape")).toThrow("0: a number is needed");
  const list = did.types.get("List")!;
  expect(readDraft(emptyDraft(list, did.types), list, did.types, "list")).toEqual([]);
});
