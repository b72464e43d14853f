import { requestIdOf } from "@icp-sdk/core/agent";
import fc from "fast-check";
import { expect, test } from "vitest";
import file from "../../tests/vectors/representation-independent-hash.json" with { type: "json" };
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { type Hashable, hashOfMap, isHashable, requestId } from "./representation-independent-hash.ts";

interface Written {
  hex?: string;
  text?: string;
  nat?: string;
  array?: Written[];
  map?: Record<string, Written>;
}

function read(written: Written): Hashable {
  if (written.hex !== undefined) return fromHex(written.hex);
  if (written.text !== undefined) return written.text;
  if (written.nat !== undefined) return BigInt(written.nat);
  if (written.array !== undefined) return written.array.map(read);
  return new Map(Object.entries(written.map ?? {}).map(([k, v]) => [k, read(v)]));
}

for (const vector of file.vectors) {
  test(`vector: ${vector.name}`, () => {
    const map = read({ map: vector.map as Record<string, Written> });
    expect(requestId(map as Map<string, Hashable>)).toBe(vector.hash);
  });
}

const leaf: fc.Arbitrary<Hashable> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string(),
  fc.nat(),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);
const content = fc.dictionary(
  fc.string({ minLength: 1 }).filter((k) => k !== "__proto__"),
  fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.constantFrom("a", "b", "c"), leaf)),
);

test("agrees with the official agent on any content, in whichever order it came", () => {
  fc.assert(
    fc.property(content, (c) => {
      const mine = hashOfMap(c);
      expect(toHex(mine)).toBe(toHex(requestIdOf(c)));
      expect(hashOfMap(new Map(Object.entries(c).reverse()))).toEqual(mine);
    }),
  );
});

test("what is absent does not count, what is empty does (A3)", () => {
  expect(requestId({ a: 1, nonce: undefined })).toBe(requestId({ a: 1 }));
  expect(requestId({ a: 1, nonce: new Uint8Array(0) })).not.toBe(requestId({ a: 1 }));
});

test("values without a hash are told apart", () => {
  const hashable = (value: Parameters<typeof encodeCbor>[0]) => {
    const result = decodeCbor(encodeCbor(value));
    return result.ok && isHashable(result.value);
  };
  expect(hashable({ a: [1, "x", { b: 2n ** 64n }] })).toBe(true);
  expect(hashable({ a: [1, null] })).toBe(false);
  expect(hashable({ a: { b: true } })).toBe(false);
});
