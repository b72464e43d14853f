import { describe, expect, test } from "vitest";
import { motokoCompiler } from "./motoko.ts";

const COUNTER = `import Nat "mo:core/Nat";
import Step "lib/step";
persistent actor {
  var n : Nat = 0;
  public func inc() : async Nat { n += Step.size; n };
  public query func show() : async Text { Nat.toText(n) };
}`;
const FILES = { "src/main.mo": COUNTER, "src/lib/step.mo": "module { public let size : Nat = 1 }" };

describe("motokoCompiler", () => {
  test("compiles a project of two files with mo:core", async () => {
    const made = await motokoCompiler.compile(FILES, "src/main.mo");
    if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
    const module = new WebAssembly.Module(made.wasm as BufferSource);
    const exports = WebAssembly.Module.exports(module).map((e) => e.name);
    expect(exports).toEqual(expect.arrayContaining(["canister_update inc", "canister_query show"]));
    expect(new Set(WebAssembly.Module.imports(module).map((i) => i.module))).toEqual(new Set(["ic0"]));
    const [section] = WebAssembly.Module.customSections(module, "icp:public candid:service");
    expect(new TextDecoder().decode(section)).toBe(made.did);
    expect(made.did).toContain("show: () -> (text) query");
    expect(made.stable).toContain("stable var n : Nat");
  });

  test("a type error at its place, in the file it is in", async () => {
    const files = { ...FILES, "src/lib/step.mo": "module {\n  public let size : Nat = -1\n}" };
    for (const outcome of [
      (await motokoCompiler.compile(files, "src/main.mo")).diagnostics,
      await motokoCompiler.check!(files, "src/main.mo"),
    ]) {
      expect(outcome).toEqual([
        {
          path: "src/lib/step.mo",
          start: { line: 2, column: 27 },
          end: { line: 2, column: 29 },
          severity: "error",
          message: expect.stringContaining("literal of type"),
        },
      ]);
    }
  });

  test("check sees the edit, not the scope it cached", async () => {
    expect(await motokoCompiler.check!(FILES, "src/main.mo")).toEqual([]);
    const edited = { ...FILES, "src/lib/step.mo": "module { public let sise : Nat = 1 }" };
    expect(await motokoCompiler.check!(edited, "src/main.mo")).toMatchObject([{ start: { line: 5 } }]);
    expect(await motokoCompiler.check!(FILES, "src/main.mo")).toEqual([]);
  });

  test("a file that left the project is gone", async () => {
    expect(await motokoCompiler.check!(FILES, "src/main.mo")).toEqual([]);
    const left = await motokoCompiler.check!({ "src/main.mo": COUNTER }, "src/main.mo");
    expect(left).toMatchObject([{ message: expect.stringContaining("there is no file") }]);
  });

  test("warnings do not stop it, and a missing file is said", async () => {
    const unused = await motokoCompiler.check!({ "a.mo": "persistent actor {\n let x = 1;\n}" }, "a.mo");
    expect(unused).toMatchObject([{ severity: "warning", start: { line: 2 } }]);
    expect(await motokoCompiler.compile({}, "a.mo")).toMatchObject({
      ok: false,
      diagnostics: [{ path: "a.mo" }],
    });
  });
});
