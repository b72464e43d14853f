import { describe, expect, test } from "vitest";
import { watCompiler } from "./wat.ts";

const INC = '(module (func (export "canister_update inc")))';

describe("watCompiler", () => {
  test("embeds the interface beside the source", async () => {
    const did = "service : { inc : () -> () }";
    const made = await watCompiler.compile({ "a/c.wat": INC, "a/c.did": did }, "a/c.wat");
    if (!made.ok) throw new Error("refused");
    const module = new WebAssembly.Module(made.wasm as BufferSource);
    const [section] = WebAssembly.Module.customSections(module, "icp:public candid:service");
    expect(new TextDecoder().decode(section)).toBe(did);
    expect(made.did).toBe(did);
    expect(WebAssembly.Module.exports(module).map((e) => e.name)).toEqual(["canister_update inc"]);
  });

  test("without an interface it compiles and says so", async () => {
    const made = await watCompiler.compile({ "c.wat": INC }, "c.wat");
    expect(made).toMatchObject({ ok: true, did: undefined, diagnostics: [{ severity: "info" }] });
  });

  test("several syntax errors, each at its place", async () => {
    const text = "(module\n  (func $x (foo))\n (func (call $nope)))";
    const made = await watCompiler.compile({ "c.wat": text }, "c.wat");
    expect(made).toEqual({
      ok: false,
      diagnostics: [
        {
          path: "c.wat",
          start: { line: 2, column: 13 },
          end: { line: 2, column: 16 },
          severity: "error",
          message: expect.stringContaining('unexpected token "foo"'),
        },
        expect.objectContaining({
          start: { line: 3, column: 14 },
          message: expect.stringContaining("$nope"),
        }),
      ],
    });
  });

  test("a type error", async () => {
    const made = await watCompiler.compile({ "c.wat": "(module\n (func i32.const 1))" }, "c.wat");
    expect(made).toMatchObject({ ok: false, diagnostics: [{ start: { line: 2 } }] });
  });

  test("a mistake in the interface is reported in the interface", async () => {
    const made = await watCompiler.compile(
      { "c.wat": INC, "c.did": "service : {\n inc : (nix) -> () }" },
      "c.wat",
    );
    expect(made).toMatchObject({
      ok: false,
      diagnostics: [{ path: "c.did", start: { line: 2, column: 9 } }],
    });
  });

  test("memory64 is understood", async () => {
    expect(await watCompiler.compile({ "c.wat": "(module (memory i64 1))" }, "c.wat")).toMatchObject({
      ok: true,
    });
  });
});
