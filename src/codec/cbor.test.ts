import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, fromHex, toHex } from "../base/bytes.ts";
import { type CborInput, decodeCbor, encodeCbor, encodeCborTagged } from "./cbor.ts";

const good = (hex: string) => {
  const result = decodeCbor(fromHex(hex));
  if (!result.ok) throw new Error(result.because);
  return result.value;
};
const bad = (hex: string): string => {
  const result = decodeCbor(fromHex(hex));
  return result.ok ? "decoded" : result.because;
};

const value: fc.Arbitrary<CborInput> = fc.letrec<{ v: CborInput }>((tie) => ({
  v: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger(),
    fc.bigInt({ min: 1n << 53n, max: (1n << 128n) - 1n }),
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie("v"), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.string({ unit: "binary", maxLength: 30 }), tie("v")), { maxLength: 5 })
      .map((entries) => new Map(entries)),
  ),
})).v;

test("what was encoded is decoded, with and without the self-describing tag (B2, B3, B4)", () => {
  fc.assert(
    fc.property(value, (v) => {
      expect(decodeCbor(encodeCbor(v))).toEqual({ ok: true, value: v });
      expect(decodeCbor(encodeCborTagged(v))).toEqual({ ok: true, value: v });
    }),
  );
});

test("encoding is deterministic: keys by their encoding, absent properties left out (B1)", () => {
  expect(toHex(encodeCbor({ bb: 1, c: 2, a: undefined, aaa: [] }))).toBe("a361630262626201636161" + "6180");
  const long = "x".repeat(30);
  expect(
    toHex(
      encodeCbor(
        new Map([
          [long, 0],
          ["y", 1],
          ["x", 2],
        ]),
      ),
    ),
  ).toBe(toHex(concat(fromHex("a3617802617901781e"), new TextEncoder().encode(long), fromHex("00"))));
  expect(toHex(encodeCborTagged(0))).toBe("d9d9f700");
  expect(toHex(encodeCbor((1n << 64n) - 1n))).toBe("1bffffffffffffffff");
  expect(toHex(encodeCbor(1n << 64n))).toBe("c249010000000000000000");
  expect(encodeCbor("plain").constructor).toBe(Uint8Array);
  expect(() => encodeCbor(0.5)).toThrow("whole numbers");
});

test("indefinite lengths, padded heads and bignums are taken (B2, B3)", () => {
  expect(good("9f01bf616102ffff")).toEqual([1, new Map([["a", 2]])]);
  expect(good("5f4201024103ff")).toEqual(Uint8Array.of(1, 2, 3));
  expect(good("7f61616162ff")).toBe("ab");
  expect(good("1b0000000000000005")).toBe(5);
  expect(good("c24105")).toBe(5);
  expect(good("1b0020000000000000")).toBe(1n << 53n);
  expect(good("63efbbbf")).toBe("\ufeff");
});

test("bad bytes say what and where (B5)", () => {
  const cases: [string, RegExp][] = [
    ["", /at byte 0/],
    ["83", /array but not enough entries.* at byte 1/],
    ["a2616101616102", /repeat map key "a" at byte 6/],
    ["a10102", /map key that is not text/],
    ["bf6161ff", /key without its value at byte 4/],
    ["81ff", /unexpected break/],
    ["fb3ff8000000000000", /floating-point/],
    ["f7", /undefined/],
    ["c000", /tag not supported \(0\)/],
    ["61ff", /not UTF-8/],
    ["420102ff", /too many terminals/],
    ["5f01ff", /another kind/],
    ["5f4101", /ends early/],
    ["5bffffffffffffffff00", /at byte 0/],
    ["9bffffffffffffffff", /at byte 0/],
    [`c25841${"ff".repeat(65)}`, /bignum/],
    ["81".repeat(100_000), /nested too deeply at byte 513/],
    ["d9d9f7d9d9f700", /tag not supported \(55799\)/],
  ];
  for (const [hex, because] of cases) expect(bad(hex)).toMatch(because);
  const many = decodeCbor(new Uint8Array(20).fill(0x80, 1).fill(0x93, 0, 1), { maxItems: 10 });
  expect(many).toMatchObject({ ok: false, because: expect.stringMatching(/too many data items/) });
});

test("no bytes make the decoder throw (B5)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const result = decodeCbor(bytes);
      if (!result.ok) expect(result.because).toMatch(/ at byte \d+$/);
    }),
    { numRuns: 3000 },
  );
});

test("no truncation of good bytes is good", () => {
  fc.assert(
    fc.property(value, fc.nat(), (v, n) => {
      const bytes = encodeCbor(v);
      expect(decodeCbor(bytes.subarray(0, n % bytes.length)).ok).toBe(false);
    }),
  );
});
