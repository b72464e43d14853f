import { IDL } from "@icp-sdk/core/candid";
import { expect, test } from "vitest";
import { toHex } from "../../../base/bytes.ts";
import { idlOf, readInterface, typeText } from "./shape.ts";
import { caseDraft, type Draft, draftOf, emptyDraft, type Faults, readDraft } from "./draft.ts";
import { argumentsFromJson, jsonOf } from "./json.ts";
import { parseArguments, readNumber, valueText, WHOLE } from "./value.ts";

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

test("a form's drafts become values, or every wrong field says what is wrong", () => {
  const shape = did.types.get("Shape")!;
  if (shape.kind !== "variant") throw new Error("unreachable");
  const dot = shape.fields.findIndex((f) => f.name === "dot");
  const none: Faults = new Map();
  const chosen: Draft = { kind: "variant", choice: dot, of: { kind: "nothing" } };
  expect(readDraft(chosen, shape, did.types, none)).toEqual({ dot: null });
  const choice = shape.fields.findIndex((f) => f.name === "two words");
  const words = { kind: "variant" as const, choice, of: caseDraft(shape.fields[choice]!.type, did.types) };
  const faults: Faults = new Map();
  readDraft(words, shape, did.types, faults);
  expect([...faults]).toEqual([[{ kind: "typed", text: "" }, "A number is needed."]]);
  const list = did.types.get("List")!;
  expect(readDraft(emptyDraft(list, did.types), list, did.types, none)).toEqual([]);
  expect(none.size).toBe(0);
});

test.each([
  ["hex", "00 ff", "00ff"],
  ["utf8", "é", "c3a9"],
  ["base64", "AP8=", "00ff"],
] as const)("a blob as %s", (form, text, hex) => {
  const [arg] = method("put").args;
  const faults: Faults = new Map();
  const draft: Draft = { kind: "blob", form, text, file: undefined };
  expect(toHex(readDraft(draft, arg!.type, did.types, faults) as Uint8Array)).toBe(hex);
  readDraft({ ...draft, text: "§" }, arg!.type, did.types, faults);
  expect(faults.size).toBe(form === "utf8" ? 0 : 1);
});

const EVERY = `type T = record { a : nat; b : opt opt text; c : vec blob; d : variant { x; "y z" : int8 }; e : principal;
  f : func (nat) -> () query; g : service {}; h : record { text; float64 }; i : nat64; j : reserved; next : opt T };
service : { m : (T) -> (T) }`;
const every = readInterface(EVERY);
const WHOLE_TEXT = String.raw`(record { a = 5; b = opt null; c = vec { blob "\00\ff" }; d = variant { "y z" = -7 }; e = principal "aaaaa-aa";
  f = func "aaaaa-aa".m; g = service "2vxsx-fae"; h = record { "q\"\\\u{1}é"; 1.5 }; i = 18446744073709551615; j = null; next = null })`;

test("a value of every kind goes through text, JSON and form, and comes out the same", () => {
  const { args } = every.methods[0]!.func;
  const types = every.types;
  const value = parseArguments(WHOLE_TEXT, args, types);
  const idl = idlOf(args, types);
  const bytes = toHex(IDL.encode(idl, value));
  const encoded = (values: unknown[]): string => toHex(IDL.encode(idl, values));
  const text = valueText(value[0], args[0]!.type, types, WHOLE);
  expect(encoded(parseArguments(`(${text})`, args, types))).toBe(bytes);
  const json = JSON.stringify([jsonOf(value[0], args[0]!.type, types)]);
  expect(encoded(argumentsFromJson(json, args, types))).toBe(bytes);
  const faults: Faults = new Map();
  const form = draftOf(value[0], args[0]!.type, types);
  expect(encoded([readDraft(form, args[0]!.type, types, faults)])).toBe(bytes);
  expect(faults.size).toBe(0);
});

test("JSON's faults say where", () => {
  const { args } = every.methods[0]!.func;
  const fault =
    (json: string): (() => unknown) =>
    () =>
      argumentsFromJson(json, args, every.types);
  expect(fault('{"a": -1}')).toThrow("$[0].a: nat cannot be negative");
  expect(fault('{"q": 1}')).toThrow("$[0]: the record has no field q");
  expect(fault('{"a": 1}')).toThrow("$[0]: the record lacks c");
  expect(fault("[1, 2]")).toThrow("1 arguments are needed");
});
