import { IDL } from "@icp-sdk/core/candid";
import { expect, test } from "vitest";
import { idlOf, parseDid, typeText } from "./did.ts";
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
const did = parseDid(DID);
const method = (name: string) => did.methods.find((m) => m.name === name)!.func;

test("an interface is read whole", () => {
  expect(did.methods.map((m) => m.name)).toEqual(["inc", "read", "list", "put", "note"]);
  expect(method("read").modes).toEqual(["query"]);
  expect(method("note").modes).toEqual(["oneway"]);
  expect(method("read").args[0]?.name).toBe("last");
  expect(did.init).toEqual([{ name: "owner", type: { kind: "principal" } }]);
  expect(typeText(method("put").args[0]!.type)).toBe("blob");
});

test("faults say where", () => {
  expect(() => parseDid("service : {\n  inc : () -> nat\n}")).toThrow('line 2, column 15: expected "("');
  expect(() => parseDid("service : { a : (Nope) -> () }")).toThrow("Nope");
  expect(() => parseDid("type A = A; service : A")).toThrow("defined by itself");
  expect(() => parseDid("service : { § }")).toThrow("line 1, column 13");
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
  const idl = args.map((a) => idlOf(a.type, did.types));
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
  expect(readDraft(draft, shape, did.types, "shape")).toEqual({ dot: null });
  if (shape.kind !== "variant") throw new Error("unreachable");
  const words = { kind: "variant" as const, choice: 2, of: caseDraft(shape.fields[2]!.type, did.types) };
  expect(() => readDraft(words, shape, did.types, "shape")).toThrow("0: a number is needed");
  const list = did.types.get("List")!;
  expect(readDraft(emptyDraft(list, did.types), list, did.types, "list")).toEqual([]);
});
