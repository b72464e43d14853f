import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../base/bytes.ts";
import { candidSection, writeSections, writeVector } from "../wasm-sections.ts";
import { uploadCompiler } from "./upload.ts";

const DID = "service : { hello : () -> () }";
const NAMED = writeSections([candidSection(DID)]);
const BARE = writeSections([]);

const upload = (name: string, bytes: Uint8Array, more = {}) =>
  uploadCompiler.compile({ [name]: bytes, ...more }, name);

describe("uploadCompiler", () => {
  test("reads the interface the module names, and leaves the bytes alone", async () => {
    expect(await upload("c.wasm", NAMED, { "c.did": "service : {}" })).toEqual({
      ok: true,
      wasm: NAMED,
      did: DID,
      stable: undefined,
      diagnostics: [],
    });
  });

  test("joins the arguments of installation that Motoko keeps apart", async () => {
    const did = "type T = service { a : () -> () };\nservice : {\n  hello: () -> ();\n}";
    const args = { id: 0, payload: concat(writeVector(utf8("icp:private candid:args")), utf8("(n: nat)\n")) };
    const made = await upload("c.wasm", writeSections([candidSection(did), args]));
    expect(made).toMatchObject({ ok: true, did: did.replace("\nservice :", "\nservice : (n: nat) ->") });
    const odd = { ...args, payload: concat(writeVector(utf8("icp:private candid:args")), utf8("(Missing)")) };
    expect(await upload("c.wasm", writeSections([candidSection(did), odd]))).toMatchObject({ ok: true, did });
  });

  test("also through gzip, whose bytes it leaves alone too", async () => {
    const zipped = new Uint8Array(gzipSync(NAMED));
    expect(await upload("c.wasm.gz", zipped)).toMatchObject({ ok: true, wasm: zipped, did: DID });
  });

  test("else takes the .did beside it, else none", async () => {
    const zipped = new Uint8Array(gzipSync(BARE));
    expect(await upload("c.wasm.gz", zipped, { "c.did": DID })).toMatchObject({
      ok: true,
      did: DID,
      diagnostics: [],
    });
    expect(await upload("c.wasm", BARE)).toMatchObject({
      ok: true,
      did: undefined,
      diagnostics: [{ severity: "info" }],
    });
  });

  test.each([
    ["text", utf8("hello"), "no Wasm module"],
    ["truncated Wasm", NAMED.subarray(0, 20), "the file ends"],
    ["truncated gzip", new Uint8Array(gzipSync(NAMED)).subarray(0, 20), "cannot be inflated"],
  ])("refuses %s in words", async (_, bytes, words) => {
    const made = await upload("c.wasm", bytes);
    expect(made).toMatchObject({ ok: false, diagnostics: [{ message: expect.stringContaining(words) }] });
  });

  test("refuses a file that inflates without end", async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(101 * 1024 * 1024), { level: 1 }));
    const made = await upload("c.wasm.gz", bomb);
    expect(made).toMatchObject({ ok: false, diagnostics: [{ message: expect.stringContaining("100 MiB") }] });
  });
});
