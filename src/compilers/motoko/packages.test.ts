import { describe, expect, test } from "vitest";
import { motokoCompiler } from "./motoko.ts";
import { type BroughtPackage, packagesIn, packagesOf, readMops } from "./packages.ts";

const files = (entries: Readonly<Record<string, string>>): Map<string, string> =>
  new Map(Object.entries(entries));

describe("packages that a person brings", () => {
  test("a forge's zip: one folder around all, its name and version from mops.toml, tests left out", () => {
    const brought = files({
      "sha2-main/mops.toml": '[package]\nname = "sha2"\nversion = "0.1.2"\n',
      "sha2-main/src/lib.mo": 'import Nat "mo:core/Nat";\nimport Vec "mo:vector";\nmodule {}',
      "sha2-main/test/a.test.mo": "",
      "sha2-main/README.md": "",
    });
    expect(packagesIn(brought, "sha2-main.zip")).toEqual([
      {
        name: "sha2",
        version: "0.1.2",
        files: {
          "packages/sha2/mops.toml": expect.any(String),
          "packages/sha2/src/lib.mo": expect.any(String),
        },
        needs: ["vector"],
      },
    ]);
  });

  test("a folder without mops.toml is called like itself; a .mops folder holds several", () => {
    const [plain] = packagesIn(files({ "Tally-v1.0/Tally.mo": "module {}" }), "x") as BroughtPackage[];
    expect(plain).toMatchObject({ name: "tally", files: { "packages/tally/src/Tally.mo": "module {}" } });
    const several = packagesIn(
      files({
        ".mops/a@1.0.0/mops.toml": '[package]\nname = "a"',
        ".mops/a@1.0.0/src/lib.mo": "module {}",
        ".mops/b@2.0.0/mops.toml": '[package]\nname = "b"',
        ".mops/b@2.0.0/src/lib.mo": "module {}",
      }),
      ".mops",
    ) as BroughtPackage[];
    expect(several.map((p) => p.name)).toEqual(["a", "b"]);
  });

  test("what holds no Motoko, and what is too large, is said", () => {
    expect(packagesIn(files({ "a/README.md": "" }), "a.zip")).toBe("a.zip holds no Motoko file.");
    expect(packagesIn(files({ "a/x.mo": "x".repeat(5_000_000) }), "a.zip")).toMatch(/at most/);
  });

  test("packages of a project: brought, left by mops, named in mops.toml", () => {
    const found = packagesOf({
      "packages/a/src/lib.mo": "",
      ".mops/b@1.0.0/src/lib.mo": "",
      "shared/src/lib.mo": "",
      "mops.toml": '[dependencies]\nc = "./shared"\ncore = "1.0.0"',
    });
    expect(Object.fromEntries(found)).toEqual({
      core: "@core",
      a: "packages/a/src",
      b: ".mops/b@1.0.0/src",
      c: "shared/src",
    });
    expect(
      readMops('# ours\n[package]\nname = "x" # so\n[dependencies]\na = { version = "1.0.0" }\n'),
    ).toEqual({
      name: "x",
      version: undefined,
      dependencies: { a: "1.0.0" },
    });
  });

  test("the compiler uses them, sees them change, and forgets them", async () => {
    const main =
      'import Tally "mo:tally/Tally";\npersistent actor { public func f() : async Nat { Tally.one } }';
    const project = { "a.mo": main, "packages/tally/src/Tally.mo": "module { public let one = 1 }" };
    expect(await motokoCompiler.compile(project, "a.mo")).toMatchObject({ ok: true });
    expect(await motokoCompiler.check!(project, "a.mo")).toEqual([]);
    const changed = { ...project, "packages/tally/src/Tally.mo": "module { public let two = 2 }" };
    expect(await motokoCompiler.check!(changed, "a.mo")).toMatchObject([
      { message: expect.stringContaining("one") },
    ]);
    expect(await motokoCompiler.check!({ "a.mo": main }, "a.mo")).toMatchObject([
      { message: expect.stringContaining("The package tally is not in this project") },
    ]);
  });
});
