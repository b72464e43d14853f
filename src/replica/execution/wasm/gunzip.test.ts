import { gzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { equalBytes } from "../../../base/bytes.ts";
import { inflateModule } from "./gunzip.ts";

const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 5, 1, 0x78, 1, 2, 3]);

describe("uploads (S1, S8)", () => {
  test("raw and gzipped modules give the same bytes", () => {
    expect(inflateModule(WASM)).toEqual({ ok: true, wasm: WASM });
    expect(inflateModule(gzipSync(WASM))).toEqual({ ok: true, wasm: WASM });
  });

  test("larger modules come out whole", () => {
    const large = new Uint8Array(300_000).map((_, i) => (i < 8 ? WASM[i]! : (i * i) >> 3));
    const result = inflateModule(gzipSync(large));
    expect(result.ok && equalBytes(result.wasm, large)).toBe(true);
  });

  test("anything else is refused", () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array([1, 2, 3]), gzipSync(new Uint8Array([1, 2, 3]))]) {
      expect(inflateModule(bytes)).toMatchObject({ ok: false });
    }
    const zipped = gzipSync(WASM);
    expect(inflateModule(zipped.subarray(0, zipped.length - 12))).toMatchObject({ ok: false });
    expect(inflateModule(zipped.map((b, i) => (i > 10 ? b ^ 0xff : b)))).toMatchObject({ ok: false });
  });

  test("a bomb is given up at the limit", () => {
    const bomb = gzipSync(new Uint8Array(3_000_000));
    const result = inflateModule(bomb, 100_000);
    expect(!result.ok && result.message).toMatch(/exceeds the maximum allowed size of 100000/);
    expect(inflateModule(WASM, 10)).toMatchObject({ ok: false });
  });
});
