import { IDL } from "@icp-sdk/core/candid";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Did, parseDid } from "./did.ts";
import { incompatibilities } from "./subtype.ts";

function read(source: string): Did {
  const parsed = parseDid(source);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.did;
}
const told = (before: string, after: string): string[] =>
  incompatibilities(read(after), read(before)).map((f) =>
    [f.method, f.where, f.why].filter((t) => t !== "").join(" | "),
  );
const service = (method: string, types = ""): string => `${types} service : { ${method} }`;

test.each([
  ["the same", "m : (nat) -> (text)", "m : (nat) -> (text)", []],
  ["a new method", "m : () -> ()", "m : () -> (); n : () -> ()", []],
  ["a wider argument, a narrower reply", "m : (nat) -> (int)", "m : (int) -> (nat)", []],
  ["a new optional argument", "m : () -> ()", "m : (opt nat) -> ()", []],
  ["an argument fewer", "m : (nat, text) -> ()", "m : (nat) -> ()", []],
  ["a reply more", "m : () -> (nat)", "m : () -> (nat, text)", []],
  ["a reply's new field", "m : () -> (record { a : nat })", "m : () -> (record { a : nat; b : text })", []],
  ["options take anything", "m : (nat) -> (opt nat)", "m : (opt text) -> (opt text)", []],
  ["gone", "m : () -> ()", "n : () -> ()", ["m | is gone: whoever calls it is refused"]],
  ["mode", "m : () -> () query", "m : () -> ()", ["m | was a query and is now an update"]],
  [
    "an argument's type",
    "m : (name : text) -> ()",
    "m : (name : nat) -> ()",
    ["m | argument name | callers send text, it now takes nat"],
  ],
  [
    "a new argument",
    "m : (nat) -> ()",
    "m : (nat, at : text) -> ()",
    ["m | argument at | callers do not send it: new ones must be opt"],
  ],
  [
    "a field deep inside",
    "m : () -> (vec record { a : nat; b : text })",
    "m : () -> (vec record { a : nat; b : nat })",
    ["m | reply, each element, field b | now answers nat, callers expect text"],
  ],
  [
    "a lost field",
    "m : () -> (record { a : nat; b : text })",
    "m : () -> (record { a : nat })",
    ["m | reply, field b | is no longer answered, and callers read it"],
  ],
  [
    "cases, both ways",
    "m : (variant { a; b }) -> (variant { a })",
    "m : (variant { a }) -> (variant { a; c })",
    [
      "m | argument 1, case b | callers may send it, and it is no longer known",
      "m | reply, case c | may now be answered, and callers do not know it",
    ],
  ],
] as const)("%s", (_, before, after, faults) => {
  expect(told(service(before), service(after))).toEqual(faults);
});

test("recursive types are compared once, whatever their names", () => {
  const list = (name: string, of: string): string => `type ${name} = record { ${of}; opt ${name} };`;
  const m = (name: string): string => `m : () -> (${name})`;
  expect(told(service(m("L"), list("L", "int")), service(m("K"), list("K", "nat")))).toEqual([]);
  expect(told(service(m("L"), list("L", "nat")), service(m("K"), list("K", "text")))).toHaveLength(1);
});

/** A type as text, and the agent library's own. */
type Pair = readonly [text: string, idl: IDL.Type];
const leaf: fc.Arbitrary<Pair> = fc.constantFrom<Pair[]>(
  ["nat", IDL.Nat],
  ["int", IDL.Int],
  ["text", IDL.Text],
  ["null", IDL.Null],
  ["reserved", IDL.Reserved],
  ["empty", IDL.Empty],
);
const type: fc.Arbitrary<Pair> = fc.letrec<{ type: Pair }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    tie("type").map(([t, i]): Pair => [`opt ${t}`, IDL.Opt(i)]),
    tie("type").map(([t, i]): Pair => [`vec ${t}`, IDL.Vec(i)]),
    fields(tie("type")).map((fs): Pair => [`record { ${texts(fs)} }`, IDL.Record(idls(fs))]),
    fields(tie("type")).map((fs): Pair => [`variant { ${texts(fs)} }`, IDL.Variant(idls(fs))]),
  ),
})).type;
function fields(of: fc.Arbitrary<Pair>): fc.Arbitrary<[string, Pair][]> {
  return fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), of), { selector: ([name]) => name });
}
const texts = (fs: [string, Pair][]): string => fs.map(([name, [t]]) => `${name} : ${t}`).join("; ");
const idls = (fs: [string, Pair][]): Record<string, IDL.Type> =>
  Object.fromEntries(fs.map(([name, [, i]]) => [name, i]));

test("the agent's library is of the same opinion", () => {
  const func = (args: IDL.Type, results: IDL.Type): IDL.Type =>
    IDL.Service({ m: IDL.Func([args], [results], []) });
  fc.assert(
    fc.property(type, type, type, type, (a, b, c, d) => {
      IDL.resetSubtypeCache();
      const mine = told(service(`m : (${a[0]}) -> (${b[0]})`), service(`m : (${c[0]}) -> (${d[0]})`));
      const theirs = IDL.subtype(func(c[1], d[1]), func(a[1], b[1]));
      expect(mine.length === 0, `${a[0]} → ${b[0]} against ${c[0]} → ${d[0]}`).toBe(theirs);
    }),
    { numRuns: 2_000 },
  );
});
