import { describe, expect, test } from "vitest";
import { candidSection, customSection, readSections } from "../wasm-sections.ts";
import { loadWabt } from "../wat/load-wabt.ts";
import { renameExports } from "./rename-exports.ts";

async function wasmOf(wat: string): Promise<Uint8Array> {
  return (await loadWabt()).parseWat("t.wat", wat).toBinary({}).buffer;
}

const exportsOf = (wasm: Uint8Array) =>
  WebAssembly.Module.exports(new WebAssembly.Module(wasm as BufferSource));

describe("renameExports", () => {
  test("renames what it is told, keeps kinds, order and all else", async () => {
    const wasm = await wasmOf(
      '(module (memory (export "memory") 1) (global (export "g") i32 (i32.const 1)) (func (export "a")) (func (export "b") (unreachable)))',
    );
    const names = new Map([
      ["a", `canister_query ${"x".repeat(200)}`], // longer than one LEB128 byte can say
      ["nobody", "canister_init"],
    ]);
    const renamed = renameExports(wasm, names, [candidSection("service : {}")]);
    if (!renamed.ok) throw new Error(renamed.because);
    expect(exportsOf(renamed.value)).toEqual([
      { name: "memory", kind: "memory" },
      { name: "g", kind: "global" },
      { name: `canister_query ${"x".repeat(200)}`, kind: "function" },
      { name: "b", kind: "function" },
    ]);
    const sections = readSections(renamed.value);
    expect(sections.ok && customSection(sections.value, "icp:public candid:service")).toEqual(
      new TextEncoder().encode("service : {}"),
    );
    const again = renameExports(wasm, new Map());
    expect(again).toEqual({ ok: true, value: wasm });
  });

  test("bad bytes give a sentence", async () => {
    const wasm = await wasmOf('(module (func (export "a")))');
    expect(renameExports(wasm.subarray(0, -1), new Map())).toMatchObject({ ok: false });
    expect(renameExports(Uint8Array.of(1, 2, 3), new Map())).toMatchObject({ ok: false });
  });
});
