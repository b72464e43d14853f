/** What is read of an icp.yaml, in which order, and what is said of one that is wrong. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entriesOf } from "../entries.ts";
import { ICP_YAML, readIcpYaml, withIds } from "./canisters.ts";
import { besideIcpYaml, writeIcpYaml } from "./write.ts";

const FILES = {
  "front.mo": "",
  "store.mo": "",
  "lib/c.wat": "",
  "lib/c.did": "",
  "a.ts": "",
  "x.wasm": new Uint8Array(),
};
const read = async (yaml: string, files: Record<string, string | Uint8Array> = FILES) =>
  (await readIcpYaml({ ...files, [ICP_YAML]: yaml }))!;
const said = async (yaml: string, files?: Record<string, string>) =>
  (await read(yaml, files)).faults.map(
    (f) => `${f.path}:${f.start.line}:${f.start.column} ${f.severity} ${f.message}`,
  );
const recipe = (name: string, main: string, more = "") =>
  `  - name: ${name}\n    recipe:\n      type: "@dfinity/motoko@v4.0.0"\n      configuration:\n        main: ${main}\n${more}`;

test("canisters come in the order of need, whatever the order in the file", async () => {
  const { canisters, faults } = await read(
    `canisters:\n${recipe("front", "front.mo", `    init_args: '(principal "{store}", 1)'\n`)}${recipe("store", "store.mo")}`,
  );
  expect(faults).toEqual([]);
  expect(canisters).toEqual([
    { name: "store", main: "store.mo", init: undefined, needs: [] },
    { name: "front", main: "front.mo", init: '(principal "{store}", 1)', needs: ["store"] },
  ]);
  expect(withIds(canisters[1]!.init!, (name) => `id-of-${name}`)).toBe('(principal "id-of-store", 1)');
});

test("every way to say what a canister is made of", async () => {
  const { canisters, faults } = await read(`
canisters:
  - name: script
    build:
      steps:
        - type: script
          commands:
            - command -v wat2wasm
            - wat2wasm "./lib/c.wat" -o "$ICP_WASM_OUTPUT_PATH"
  - { name: built, build: { steps: [{ type: pre-built, path: target/a.wasm }] } }
  - name: given
    recipe: { type: "@dfinity/prebuilt@v2.0.0", configuration: { path: ./x.wasm } }
  - name: rust
    recipe: { type: "@dfinity/rust@v3.0.0", configuration: { package: p } }
networks: []
`);
  expect(canisters.map((c) => [c.name, c.main])).toEqual([
    ["script", "lib/c.wat"],
    ["built", "a.ts"],
    ["given", "x.wasm"],
    ["rust", undefined],
  ]);
  expect(faults.map((f) => [f.severity, f.start.line])).toEqual([["warning", 14]]);
});

test("canisters in folders of their own", async () => {
  const files = {
    "canisters/a/canister.yaml": `name: a\nrecipe:\n  type: "@dfinity/motoko@v4.0.0"\n  configuration:\n    main: src/main.mo\n`,
    "canisters/a/src/main.mo": "",
    "canisters/b/canister.yaml": `name: b\nbuild:\n  steps:\n    - type: pre-built\n      path: gone.wasm\n`,
  };
  expect((await read("canisters:\n  - canisters/a\n", files)).canisters.map((c) => c.main)).toEqual([
    "canisters/a/src/main.mo",
  ]);
  expect(await said("canisters:\n  - canisters/*\n", files)).toEqual([
    "canisters/b/canister.yaml:5:13 error canisters/b/gone.wasm is not in this project",
  ]);
});

describe("faults say line and what", () => {
  test.each([
    ["", "1:1 error expected `canisters:`, a list of canisters"],
    ["canister:\n  name: x\n", "1:1 error no `canisters:` is named here"],
    ["canisters: 3\n", "1:12 error expected a list: each canister begins with a dash"],
    ["canisters:\n  - name: a\n", "2:11 error a needs a `recipe` or `build` steps"],
    [`canisters:\n${recipe("a", "gone.mo")}`, "6:15 error gone.mo is not in this project"],
    [`canisters:\n${recipe("a", "a.ts")}${recipe("a", "store.mo")}`, "7:11 error two canisters are called a"],
    [
      `canisters:\n  - name: a\n    recipe:\n      type: "@dfinity/motoko"\n`,
      "4:13 error @dfinity/motoko needs a version, as in @dfinity/motoko@v4.0.0",
    ],
    [
      `canisters:\n${recipe("a", "a.ts", `    init_args: (principal "{b}")\n`)}`,
      "7:16 error a asks for the id of b, which is no canister here",
    ],
    ["canisters: 'x", "1:14 error Missing closing 'quote"],
    ["canisters:\n  - &a name: x\n  - *a\n", "3:5 error an alias is not read here: write its value out"],
    ["canisters:\n  - name: <b>x\n", "2:11 error a name is of letters, digits, - and _, at most 64 of them"],
    ["canisters:\n  - a*a*a*a*a*\n", "2:5 error a path has at most 3 stars and 200 characters"],
    ["canisters: []\ncanisters: []\n", "2:1 error canisters is said twice"],
    ["a: 1\n---\nb: 1\n", "2:1 error a second document begins here: only one is read"],
  ])("%j", async (yaml, sentence) => {
    expect((await said(yaml)).map((s) => s.replace("icp.yaml:", ""))).toContain(sentence);
    expect((await read(yaml)).canisters).toEqual([]);
  });
  test("two that need each other", async () => {
    const yaml = `canisters:\n${recipe("a", "front.mo", `    init_args: (principal "{b}")\n`)}${recipe("b", "store.mo", `    init_args: (principal "{a}")\n`)}`;
    expect((await said(yaml))[0]).toContain("nobody can be first");
  });
});

test("what a stranger may write is a sentence, soon", async () => {
  for (const yaml of [
    "- ".repeat(20_000),
    `${" ".repeat(20_000)}a: |\n`,
    "[".repeat(30_000),
    "a".repeat(40_000),
  ])
    expect((await said(yaml))[0]).toMatch(/deeply|longer/);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary-ascii", maxLength: 60 }), async (noise) => {
      const { faults } = await read(`canisters:\n  - name: a${noise}`);
      for (const { message } of faults) expect(message.length).toBeGreaterThan(5);
    }),
    { numRuns: 300 },
  );
});

test("without an icp.yaml, an actor class that another file imports is no canister of its own", () => {
  const child = "persistent actor class Child() {}";
  const files = {
    "main.mo": `import Child "lib/child";\nactor {}`,
    "lib/child.mo": child,
    "other.mo": child,
  };
  expect(entriesOf(files, "main.mo")).toEqual(["other.mo", "main.mo"]);
});

test("what is written is read again, and names the versions that this page compiles with", async () => {
  const described = [
    { name: "store", main: "store.mo", init: undefined },
    { name: "c", main: "lib/c.wat", init: undefined },
    { name: "on", main: "a.ts", init: `("it's", principal "{store}")` },
    { name: "x", main: "x.wasm", init: "(\n 1)" },
  ];
  const { canisters, faults } = await read(writeIcpYaml(FILES, described));
  expect(faults).toEqual([]);
  expect(canisters.map(({ name, main, init }) => ({ name, main, init }))).toEqual(described);
  const mops = besideIcpYaml(FILES, described)["mops.toml"]!;
  const core = JSON.parse(readFileSync("node_modules/motoko/packages/latest/core.json", "utf8")) as {
    version: string;
  };
  expect(mops).toContain(`core = "${core.version.replace("v", "")}"`);
});

test.each(["two-canisters-motoko", "factory-motoko"])(
  "the example %s says the same in both its files",
  async (id) => {
    const folder = `examples/${id}`;
    const manifest = JSON.parse(readFileSync(`${folder}/example.json`, "utf8")) as {
      canisters: { name: string; main: string; init?: string[] }[];
    };
    const files = Object.fromEntries(manifest.canisters.map((c) => [c.main, ""]));
    const { canisters, faults } = await read(readFileSync(`${folder}/${ICP_YAML}`, "utf8"), files);
    expect(faults).toEqual([]);
    expect(canisters.map(({ name, main, needs }) => ({ name, main, needs }))).toEqual(
      manifest.canisters.map(({ name, main, init = [] }) => ({
        name,
        main,
        needs: init.map((i) => i.replace(/[{}]/g, "")),
      })),
    );
  },
);
