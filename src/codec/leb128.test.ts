import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { decodeLeb, decodeSleb, encodeLeb, encodeSleb } from "./leb128.ts";

test("vectors", () => {
  expect(toHex(encodeLeb(0))).toBe("00");
  expect(toHex(encodeLeb(624485n))).toBe("e58e26");
  expect(toHex(encodeSleb(-123456))).toBe("c0bb78");
  expect(toHex(encodeSleb(64))).toBe("c000");
});

test("what was encoded is decoded, and the encoding is the shortest", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (n) => {
      const bytes = encodeLeb(n);
      expect(decodeLeb(bytes)).toEqual({ ok: true, value: { value: n, next: bytes.length } });
      expect(bytes.length).toBe(Math.max(1, Math.ceil(n.toString(2).length / 7)));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 127n), max: (1n << 127n) - 1n }), (n) => {
      const bytes = encodeSleb(n);
      expect(decodeSleb(bytes)).toEqual({ ok: true, value: { value: n, next: bytes.length } });
      if (bytes.length > 1) expect(decodeSleb(bytes.subarray(0, -1)).ok).toBe(false);
    }),
  );
});

test("padded forms are taken, endless and cut ones refused", () => {
  expect(decodeLeb(fromHex("0085808000"), 1)).toEqual({ ok: true, value: { value: 5n, next: 5 } });
  expect(decodeLeb(fromHex("8080"))).toEqual({
    ok: false,
    because: "LEB128 number ends early at byte 2",
  });
  expect(decodeLeb(new Uint8Array(30).fill(0x80)).ok).toBe(false);
  expect(decodeLeb(fromHex("8000"), 0, 1).ok).toBe(false);
});
