import { describe, expect, test } from "vitest";
import { type Did, fieldHash, parseDid } from "./did.ts";

function parsed(text: string): Did {
  const result = parseDid(text);
  if (!result.ok) throw new Error(`${result.line}:${result.column} ${result.message}`);
  return result.did;
}

const NAT64 = { kind: "primitive", name: "nat64" };

describe("parseDid", () => {
  test("methods with their mode, arguments by name, and line", () => {
    const did = parsed(`// a counter
service : {
  inc : () -> (nat64);
  get : () -> (nat64) query;
  "add many" : (by : nat64, opt text) -> () oneway
}`);
    expect(did.methods.map((m) => [m.name, m.line, m.func.mode])).toEqual([
      ["inc", 3, "update"],
      ["get", 4, "query"],
      ["add many", 5, "oneway"],
    ]);
    expect(did.methods[2]!.func.args).toEqual([
      { name: "by", type: NAT64 },
      { name: undefined, type: { kind: "opt", of: { kind: "primitive", name: "text" } } },
    ]);
    expect(did.init).toEqual([]);
  });

  test("installation arguments, blob, named services and functions", () => {
    const did = parsed(`type F = func (blob) -> () composite_query;
type S = service { f : F };
service counter : (principal, start : nat64) -> S;`);
    expect(did.init.map((a) => a.name)).toEqual([undefined, "start"]);
    expect(did.methods[0]!.func).toEqual({
      args: [{ name: undefined, type: { kind: "vec", of: { kind: "primitive", name: "nat8" } } }],
      results: [],
      mode: "composite_query",
    });
  });

  test("records and variants: hashed names, tuples, numbers, in the order of ids", () => {
    const did = parsed("type R = record { nat64; 5 : nat64; nat64 }; type V = variant { ok; err : text };");
    expect(did.types.get("R")).toMatchObject({ fields: [{ id: 0 }, { id: 5 }, { id: 6 }] });
    expect(did.types.get("V")).toMatchObject({
      fields: [
        { id: fieldHash("ok"), name: "ok", type: { name: "null" } },
        { id: fieldHash("err"), name: "err" },
      ],
    });
  });

  test("the hash of the specification", () => {
    expect(fieldHash("ok")).toBe(24860);
    expect(fieldHash("Ok")).toBe(17724);
    expect(fieldHash("description")).toBe(1595738364);
  });

  test.each([
    ["service : {\n  inc : () -> nat64;\n}", 2, 15, 'expected "(", found "nat64"'],
    ["service : {\n  a : (T) -> ();\n}", 2, 8, "type T is not defined"],
    ["service : { a : () -> () ", 1, 26, 'expected ";", found the end of the file'],
    ["type A = nat;\ntype A = nat;", 2, 6, "type A is defined twice"],
    ["service : { a % }", 1, 15, 'unexpected "%"'],
    ['import "x.did";', 1, 8, "imports are not followed: put the whole interface into one file"],
  ])("says where %j is wrong", (text, line, column, message) => {
    expect(parseDid(text)).toEqual({ ok: false, line, column, message });
  });
});
