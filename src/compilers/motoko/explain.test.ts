import { describe, expect, test } from "vitest";
import type { SourceFiles } from "../compiler.ts";
import { BASE_TO_CORE } from "./explain.ts";
import { loadMoc } from "./moc.ts";
import { motokoCompiler } from "./motoko.ts";

const check = (files: SourceFiles) => motokoCompiler.check!(files, "a.mo");
const importing = (path: string): SourceFiles => ({
  "a.mo": `import It "${path}";\npersistent actor { public func f() : async () { ignore It.f } }`,
});

describe("imports that are not there", () => {
  test("every successor of a module of mo:base is in the bundled mo:core", async () => {
    const { core } = await loadMoc();
    const gone = [...BASE_TO_CORE].filter(
      ([, { core: to }]) => to !== undefined && core[`@core/${to}.mo`] === undefined,
    );
    expect(gone).toEqual([]);
    expect(BASE_TO_CORE.size).toBeGreaterThan(45);
  });

  test("mo:base has a fix, or a sentence why not", async () => {
    expect(await check(importing("mo:base/HashMap"))).toMatchObject([
      {
        message: expect.stringMatching(/^mo:core took the place of mo:base. HashMap is Map there/),
        start: { line: 1, column: 11 },
        fix: { title: "Import mo:core/Map", text: '"mo:core/Map"' },
      },
    ]);
    const [hash] = await check(importing("mo:base/Hash"));
    expect(hash).toMatchObject({ message: expect.stringContaining("need no hash") });
    expect(hash?.fix).toBeUndefined();
  });

  test("a module that mo:core has not, a file and a package that the project has not", async () => {
    expect(await check(importing("mo:core/Buffer"))).toMatchObject([{ fix: { text: '"mo:core/List"' } }]);
    expect(await check(importing("mo:core/map"))).toMatchObject([{ fix: { text: '"mo:core/Map"' } }]);
    expect(await check(importing("./nowhere"))).toMatchObject([
      { message: expect.stringContaining("there is no file nowhere") },
    ]);
    const files = { ...importing("mo:sha2/Sha256"), "mops.toml": '[dependencies]\nsha2 = "0.1.2"\n' };
    expect(await check(files)).toMatchObject([
      { message: expect.stringMatching(/^The package sha2 0.1.2 is not/) },
    ]);
  });

  test("an unbound name that is a module: its import", async () => {
    const found = await check({
      "a.mo": "persistent actor { public func f() : async Text { Nat.toText(1) } }",
    });
    expect(found).toMatchObject([
      {
        fix: {
          title: "Import mo:core/Nat",
          text: 'import Nat "mo:core/Nat";\n',
          start: { line: 1, column: 1 },
        },
      },
    ]);
  });
});
