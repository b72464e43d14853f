import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../base/bytes.ts";
import { encodeCbor } from "../codec/cbor.ts";
import {
  CALLS_MAX,
  type CanisterQueryStats,
  COUNT_MAX,
  decodeQueryStats,
  encodedLength,
  encodeQueryStats,
} from "./query-stats.ts";

const count = fc.bigInt({ min: 0n, max: COUNT_MAX });
const entry: fc.Arbitrary<CanisterQueryStats> = fc.record({
  canister: fc.uint8Array({ maxLength: 29 }).map(toHex),
  stats: fc.record({
    calls: fc.bigInt({ min: 0n, max: CALLS_MAX }),
    instructions: count,
    requestBytes: count,
    responseBytes: count,
  }),
});
const section = fc.record({
  epoch: fc.nat(),
  maker: fc.uint8Array({ maxLength: 29 }).map(toHex),
  stats: fc
    .uniqueArray(entry, { selector: (e) => e.canister, maxLength: 5 })
    .map((list) => list.sort((a, b) => (a.canister < b.canister ? -1 : 1))),
});

test("sections come back whole, and an entry adds its own length", () => {
  fc.assert(
    fc.property(section, (s) => {
      expect(decodeQueryStats(encodeQueryStats(s))).toEqual({ ok: true, value: s });
      const without = encodeQueryStats({ ...s, stats: [] }).length;
      const added = s.stats.reduce((sum, e) => sum + encodedLength(e), 0);
      expect(encodeQueryStats(s)).toHaveLength(without + added);
    }),
  );
});

const node = Uint8Array.of(1);
const [a, b] = [Uint8Array.of(10), Uint8Array.of(11)];
test.each([
  ["no array", encodeCbor(5), /item 0/],
  ["no epoch", encodeCbor([-1, node, []]), /item 0/],
  ["no node", encodeCbor([1, new Uint8Array(30), []]), /item 1/],
  ["no list", encodeCbor([1, node, 5]), /item 2/],
  [
    "twice the same canister",
    encodeCbor([
      1,
      node,
      [
        [a, 1, 1, 1, 1],
        [a, 1, 1, 1, 1],
      ],
    ]),
    /entry 1 is not in order/,
  ],
  [
    "another order",
    encodeCbor([
      1,
      node,
      [
        [b, 1, 1, 1, 1],
        [a, 1, 1, 1, 1],
      ],
    ]),
    /entry 1 is not in order/,
  ],
  ["too many calls", encodeCbor([1, node, [[a, CALLS_MAX + 1n, 1, 1, 1]]]), /entry 0/],
  ["too large a count", encodeCbor([1, node, [[a, 1, 1, COUNT_MAX + 1n, 1]]]), /entry 0/],
  ["a negative count", encodeCbor([1, node, [[a, 1, 1, 1, -1]]]), /entry 0/],
  ["a count too many", encodeCbor([1, node, [[a, 1, 1, 1, 1, 1]]]), /one encoding/],
  ["an item too many", encodeCbor([1, node, [], 1]), /one encoding/],
  ["a long integer", Uint8Array.of(0x83, 0x18, 1, 0x41, 1, 0x80), /./],
  ["no CBOR", Uint8Array.of(0xff), /./],
])("%s is refused", (_name, bytes, because) => {
  expect(decodeQueryStats(bytes)).toMatchObject({ ok: false, because: expect.stringMatching(because) });
});
