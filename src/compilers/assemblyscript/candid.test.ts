/**
 * The library's Candid against the official agent's: random values of every type there and back, subtyping, and
 * messages that were bent on purpose.
 */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { build, CALLER, canister } from "./testing/canister.ts";

interface Case {
  readonly as: string;
  readonly type: IDL.Type;
  readonly values: fc.Arbitrary<unknown>;
}

const { Nat, Nat8, Nat16, Nat32, Nat64, Int, Int8, Int16, Int32, Int64, Float32, Float64, Text, Vec, Opt } =
  IDL;
const text = fc.string({ unit: "binary", maxLength: 40 }).filter((s) => s.isWellFormed());
const bytes = fc.uint8Array({ maxLength: 40 });
const nats = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 200n }));
const ints = fc.oneof(
  fc.bigInt({ min: -300n, max: 300n }),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
);
const option = <T>(of: fc.Arbitrary<T>) => fc.option(of).map((v) => (v === null ? [] : [v]));
const ids = fc.uint8Array({ maxLength: 29 }).map((b) => Principal.fromUint8Array(b));
const whole = (bits: number, signed: boolean): fc.Arbitrary<number> =>
  fc.integer(signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 });

const Inner = IDL.Record({ x: Text, y: Opt(Text) });
/** The agent's encoder asks its values for hasOwnProperty. */
const object = { noNullPrototype: true } as const;
const inner = fc.record({ x: text, y: option(text) }, object);
const Tree = IDL.Rec();
Tree.fill(IDL.Record({ value: Nat16, kids: Vec(Tree), next: Opt(Tree) }));
const treeOf = (depth: number): fc.Arbitrary<unknown> =>
  fc.record(
    {
      value: whole(16, false),
      kids: depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 2 }),
      next: depth === 0 ? fc.constant([]) : option(treeOf(depth - 1)),
    },
    object,
  );
const tree = treeOf(3);

const CASES: readonly Case[] = [
  { as: "bool", type: IDL.Bool, values: fc.boolean() },
  { as: "u8", type: Nat8, values: whole(8, false) },
  { as: "u16", type: Nat16, values: whole(16, false) },
  { as: "u32", type: Nat32, values: whole(32, false) },
  { as: "u64", type: Nat64, values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { as: "i8", type: Int8, values: whole(8, true) },
  { as: "i16", type: Int16, values: whole(16, true) },
  { as: "i32", type: Int32, values: whole(32, true) },
  { as: "i64", type: Int64, values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { as: "f32", type: Float32, values: fc.float({ noNaN: true }) },
  { as: "f64", type: Float64, values: fc.double({ noNaN: true }) },
  { as: "Nat", type: Nat, values: nats },
  { as: "Int", type: Int, values: ints },
  { as: "string", type: Text, values: text },
  { as: "Uint8Array", type: Vec(Nat8), values: bytes },
  { as: "Principal", type: IDL.Principal, values: ids },
  { as: "string[]", type: Vec(Text), values: fc.array(text, { maxLength: 5 }) },
  { as: "i64[][]", type: Vec(Vec(Int64)), values: fc.array(fc.bigInt64Array({ maxLength: 4 }), { maxLength: 4 }) },
  { as: "bool[]", type: Vec(IDL.Bool), values: fc.array(fc.boolean(), { maxLength: 9 }) },
  { as: "StaticArray<f64>", type: Vec(Float64), values: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }) },
  { as: "StaticArray<string>", type: Vec(Text), values: fc.array(text, { maxLength: 5 }) },
  { as: "string | null", type: Opt(Text), values: option(text) },
  { as: "Some<u64> | null", type: Opt(Nat64), values: option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })) },
  { as: "(Array<u16> | null)[]", type: Vec(Opt(Vec(Nat16))), values: fc.array(option(fc.uint16Array({ maxLength: 4 })), { maxLength: 4 }) },
  { as: "Inner", type: Inner, values: inner },
  { as: "Tree", type: Tree, values: tree },
  {
    as: "Pair<Inner, Nat>",
    type: IDL.Record({ second: Nat, first: Inner }),
    values: fc.record({ first: inner, second: nats }, object),
  },
]; // prettier-ignore

const SOURCE = `
  import { Int, Nat, Principal, query, Some, update } from "ic";
  class Inner { x: string = ""; y: string | null = null; }
  class Tree { value: u16; kids: Tree[] = []; next: Tree | null = null; }
  class Pair<A, B> { constructor(public readonly first: A, public readonly second: B) {} }
  ${CASES.map(({ as }, i) => `@update function e${i}(x: ${as}): ${as} { return x; }`).join("\n")}
  @query function several(a: u64, b: string | null, c: string | null): string {
    return a.toString() + (b === null ? "-" : b) + (c === null ? "-" : c);
  }
  @query function record(r: Inner): string { const y = r.y; return r.x + (y === null ? "-" : y); }
  @query function whole(i: Int): Int { return i; }
  @query function blob(b: Uint8Array): i32 { return b.length; }
  @query function maybe(i: Inner | null): bool { return i === null; }
  @query function words(w: string[]): i32 { return w.length; }
  @query function trees(t: Tree | null): i32 { let n = 0; while (t !== null) { n++; t = t.next; } return n; }
  @query function sums(a: Nat, b: Nat): Nat[] { return [a + b, a * b, a >= b ? a - b : b - a, a / b, a % b, Nat.fromString(a.toString())]; }
  @query function signed(a: Int, b: Int): Int[] { return [a + b, a - b, a * b, a / b, a % b, Int.fromString(b.toString())]; }
`;

let it: ReturnType<typeof canister>;
beforeAll(async () => {
  it = canister((await build(SOURCE)).wasm);
}, 60_000);

/** Numbers in typed arrays and arrays are one; -0 stays. */
const plain = (value: unknown): unknown => {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Principal || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
};

describe("random values of every type come back as they went", () => {
  test.each(CASES.map((c, i) => [c.as, c, i] as const))("%s", (_, { type, values }, i) => {
    fc.assert(
      fc.property(values, (value) => {
        const [back] = it.call(`canister_update e${i}`, [type], [value], [type]);
        expect(plain(back)).toEqual(plain(value));
      }),
      { numRuns: 60 },
    );
  });

  test("big numbers reckon as JavaScript's do", () => {
    const positive = fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 40n }),
      fc.bigInt({ min: 1n, max: 2n ** 150n }),
    );
    fc.assert(
      fc.property(nats, positive, (a, b) => {
        const [found] = it.call("canister_query sums", [Nat, Nat], [a, b], [Vec(Nat)]);
        expect(found).toEqual([a + b, a * b, a >= b ? a - b : b - a, a / b, a % b, a]);
      }),
    );
    fc.assert(
      fc.property(ints, ints.filter((b) => b !== 0n), (a, b) => {
        const [found] = it.call("canister_query signed", [Int, Int], [a, b], [Vec(Int)]);
        expect(found).toEqual([a + b, a - b, a * b, a / b, a % b, b]);
      }),
    ); // prettier-ignore
  });
});

describe("subtyping", () => {
  const several = (types: IDL.Type[], args: unknown[]) =>
    it.call("canister_query several", types, args, [Text])[0];
  const Odd = IDL.Record({
    x: Nat,
    y: IDL.Variant({ z: IDL.Null, w: Vec(Float32) }),
    f: IDL.Func([Nat], [], []),
  });

  test("arguments beyond are skipped, absent options are null, a bare value is an option", () => {
    const odd = { x: 1n, y: { w: [1, 2] }, f: [CALLER, "go"] };
    expect(several([Nat64, Opt(Text), Opt(Text), Odd], [1n, ["x"], [], odd])).toBe("1x-");
    expect(several([Nat64], [1n])).toBe("1--");
    expect(several([Nat64, Text], [1n, "bare"])).toBe("1bare-");
    // What does not fit an option is null.
    expect(several([Nat64, Opt(Nat), Opt(Text)], [1n, [5n], ["c"]])).toBe("1-c");
    expect(several([Nat64, Odd, IDL.Null], [1n, odd, null])).toBe("1--");
    expect(several([Nat64, IDL.Reserved, Opt(Opt(Text))], [1n, null, [["deep"]]])).toBe("1--");
  });

  test("fields in any order, more of them, options missing; a nat is an int; nat8s are a blob", () => {
    const record = (type: IDL.Type, value: unknown) =>
      it.call("canister_query record", [type], [value], [Text])[0];
    expect(record(IDL.Record({ zebra: Odd, x: Text }), { zebra: { x: 1n, y: { z: null }, f: [CALLER, ""] }, x: "a" })).toBe("a-");
    expect(record(IDL.Record({ a: Nat, y: Text, x: Text }), { a: 1n, y: "b", x: "a" })).toBe("ab");
    expect(it.call("canister_query whole", [Nat], [2n ** 70n + 64n], [Int])).toEqual([2n ** 70n + 64n]);
    expect(it.call("canister_query maybe", [Opt(IDL.Record({ x: Nat }))], [[{ x: 1n }]], [IDL.Bool])).toEqual([true]);
  }); // prettier-ignore

  test("what does not fit is refused, with its place", () => {
    const refused = (method: string, types: IDL.Type[], args: unknown[], words: string) =>
      expect(() => it.raw(`canister_query ${method}`, IDL.encode(types, args))).toThrow(words);
    refused("several", [Text], ["x"], "cannot read the arguments: value 1: text where nat64 is expected");
    refused("several", [], [], "value 1 is missing, there are 0");
    refused("record", [IDL.Record({ y: Text })], [{ y: "" }], 'value 1: the field "x" is missing');
    refused("record", [IDL.Record({ x: Nat })], [{ x: 1n }], 'in the field "x", nat where text is expected');
    refused("record", [Text], ["x"], "text where record is expected");
    refused("blob", [Vec(Nat16)], [[1]], "nat16 where nat8 is expected");
    refused("whole", [Nat64], [1n], "nat64 where int is expected");
  });
});

describe("hostile bytes", () => {
  const didl = (...body: number[]) => Uint8Array.of(0x44, 0x49, 0x44, 0x4c, ...body);
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  test.each([
    ["nothing", Uint8Array.of(), "begins with DIDL"],
    ["no types", didl(), "ends early"],
    ["more types than bytes", didl(...huge), "larger than the message"],
    ["a type that is not there", didl(0, 1, 5), "type 5 is not known"],
    ["a type that nobody knows", didl(1, 0x6d, 0x60, 0), "is not known"],
    ["fields out of order", didl(1, 0x6c, 2, 2, 0x7d, 1, 0x7d, 0), "not in order"],
    ["bytes left over", didl(0, 0, 1), "1 bytes are left over"],
    ["a vec of nulls, four thousand million of them", didl(1, 0x6d, 0x7f, 1, 0, ...huge), "too many values"],
    ["a vec of reserved", didl(1, 0x6d, 0x70, 1, 0, ...huge), "too many values"],
    [
      "vecs of vecs of nulls",
      didl(2, 0x6d, 1, 0x6d, 0x7f, 1, 0, 3, 0xe8, 7, 0xe8, 7, 0xff, 0x7f),
      "too many values",
    ],
    ["a record that holds itself", didl(1, 0x6c, 1, 0, 0, 1, 0), "nested deeper"],
    ["options without end", didl(1, 0x6e, 0, 1, 0, ...Array.from({ length: 600 }, () => 1)), "nested deeper"],
  ])("%s", (_, bytes, words) => {
    expect(() => it.raw("canister_query several", Uint8Array.from(bytes))).toThrow(/cannot read/);
    // Skipped as an argument beyond what is asked for.
    expect(() => it.raw("canister_query maybe", bytes)).toThrow(words);
  });

  test.each([
    ["a text that is not UTF-8", didl(0, 1, 0x71, 1, 0xff)],
    ["a surrogate in a text", didl(0, 1, 0x71, 3, 0xed, 0xa0, 0x80)],
    ["a text cut off", didl(0, 1, 0x71, 1, 0xc3)],
    ["an overlong character", didl(0, 1, 0x71, 2, 0xc0, 0x80)],
    ["a bool of 2", didl(0, 1, 0x7e, 2)],
    ["a principal of 30 bytes", didl(0, 1, 0x68, 1, 30, ...Array.from({ length: 30 }, () => 1))],
  ])("%s", (_, bytes) => {
    expect(() => it.raw("canister_query maybe", bytes)).toThrow("cannot read the arguments");
  });

  test("an optional field that was not sent is null, whatever lay in that memory before", () => {
    const tree = CASES.findIndex(({ as }) => as === "Tree");
    const sent = IDL.Record({ value: IDL.Nat16, kids: IDL.Vec(IDL.Empty) });
    const bytes = new Uint8Array(IDL.encode([sent], [{ value: 7, kids: [] }]));
    const reply = it.raw(`canister_update e${tree}`, bytes);
    expect(IDL.decode([CASES[tree]!.type], reply as Uint8Array<ArrayBuffer>)).toEqual([{ value: 7, kids: [], next: [] }]);
  }); // prettier-ignore

  test("bent messages are read or refused in words, never worse", () => {
    const good = CASES.map(({ type, values }) => values.map((v) => new Uint8Array(IDL.encode([type], [v]))));
    const bent = fc
      .tuple(fc.nat(CASES.length - 1), fc.oneof(...good), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
      .map(([i, bytes, changes]) => {
        for (const [at, to] of changes) if (bytes.length > 4) bytes[4 + (at % (bytes.length - 4))] = to;
        return [i, bytes] as const;
      });
    fc.assert(
      fc.property(bent, ([i, bytes]) => {
        try {
          it.raw(`canister_update e${i}`, bytes);
        } catch (error) {
          expect(String(error)).toContain("cannot read the arguments: ");
        }
      }),
      { numRuns: 2_000 },
    );
  }); // prettier-ignore
});
