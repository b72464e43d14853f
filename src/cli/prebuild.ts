/**
 * Compiles the examples into `public/prebuilt/`, so that the page's first canister needs no compiler. What is there
 * already is kept: a file's name is the hash of its sources and of the compilers, ours included.
 */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../base/assert.ts";
import { utf8Lossy } from "../base/bytes.ts";
import { compile } from "../compilers/compile.ts";
import type { Language } from "../compilers/compiler.ts";
import { languageOf } from "../compilers/languages.ts";
import {
  type Example,
  type ExampleCall,
  type ExampleValue,
  type PrebuiltCanister,
  type PrebuiltIndex,
  sourceHash,
} from "../compilers/prebuilt.ts";

/** `example.json` in an example's folder. */
interface Manifest extends Omit<Example, "id" | "readme" | "picture" | "files" | "canisters" | "calls"> {
  readonly order: number;
  readonly canisters: readonly {
    readonly name: string;
    readonly main: string;
    readonly init?: readonly ExampleValue[];
  }[];
  readonly calls: readonly ExampleCall[];
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const EXAMPLES = join(ROOT, "examples");
export const PREBUILT = join(ROOT, "public", "prebuilt");

/** Compiles what is missing, removes what nobody names any more, writes and returns the index. Throws on a bad example. */
export async function prebuild(say: (line: string) => void = () => {}): Promise<PrebuiltIndex> {
  mkdirSync(PREBUILT, { recursive: true });
  const before = previousIndex();
  const examples: (Example & { readonly order: number })[] = [];
  for (const id of readdirSync(EXAMPLES).toSorted()) {
    const { order, manifest, readme, picture, files } = readExample(id);
    const canisters: PrebuiltCanister[] = [];
    for (const { name, main, init = [] } of manifest.canisters) {
      const language = languageOf(main);
      assert(language !== undefined, `no compiler is for ${id}/${main}`);
      const source = sourceHash(files, main);
      const build = createHash("sha256")
        .update(`${toolsHash(language)} ${source}`)
        .digest("hex")
        .slice(0, 16);
      const wasm = `${id}-${name}-${build}.wasm`;
      const known = before.get(wasm) ?? (await compileCanister(id, language, files, main, wasm, say));
      canisters.push({ name, main, init, wasm, did: known.did, stable: known.stable, sourceHash: source });
    }
    const { title, sentence, look, language, main, calls } = manifest;
    const words = { title, sentence, look, picture, readme };
    examples.push({ id, ...words, language, main, files, canisters, calls, order });
  }
  const index: PrebuiltIndex = {
    examples: examples.toSorted((a, b) => a.order - b.order).map(({ order: _, ...example }) => example),
  };
  writeWhole("index.json", JSON.stringify(index, null, 1));
  const named = new Set(["index.json", ...index.examples.flatMap((e) => e.canisters.map((c) => c.wasm))]);
  for (const file of readdirSync(PREBUILT)) {
    if (!named.has(file)) rmSync(join(PREBUILT, file), { force: true });
  }
  return index;
}

type Known = Pick<PrebuiltCanister, "did" | "stable">;

async function compileCanister(
  id: string,
  language: Language,
  files: Readonly<Record<string, string>>,
  main: string,
  wasm: string,
  say: (line: string) => void,
): Promise<Known> {
  say(`compiling example ${id}/${main}`);
  const made = await compile(language, files, main);
  if (!made.ok || made.diagnostics.length > 0) {
    const lines = made.diagnostics.map(
      (d) => `${id}/${d.path}:${d.start.line}:${d.start.column}: ${d.message}`,
    );
    throw new Error(lines.join("\n"));
  }
  assert(made.did !== undefined, `${id}/${main} has no interface`);
  writeWhole(wasm, made.wasm);
  return { did: made.did, stable: made.stable };
}

export function readExample(id: string) {
  const folder = join(EXAMPLES, id);
  const read = (name: string): string => utf8Lossy(readFileSync(join(folder, name)));
  const manifest: Manifest = JSON.parse(read("example.json"));
  const paths = globSync("**/*.{mo,ts,did,wat,yaml}", { cwd: folder }).map((path) =>
    path.replaceAll("\\", "/"),
  );
  const files = Object.fromEntries(paths.toSorted().map((path) => [path, read(path)]));
  return { order: manifest.order, manifest, readme: read("README.md"), picture: read("picture.svg"), files };
}

/** Only what is really there counts: the folder may have been emptied by hand. */
function previousIndex(): ReadonlyMap<string, Known> {
  const present = new Set(readdirSync(PREBUILT));
  if (!present.has("index.json")) return new Map();
  const index: PrebuiltIndex = JSON.parse(readFileSync(join(PREBUILT, "index.json"), "utf8"));
  const canisters = index.examples.flatMap((e) => e.canisters);
  return new Map(canisters.filter((c) => present.has(c.wasm)).map((c) => [c.wasm, c]));
}

/** What a language's output depends on besides the sources: the compiler's version and our text around it. */
const TOOLS: Readonly<Record<Language, { readonly packages: readonly string[]; readonly ours: string }>> = {
  motoko: { packages: ["motoko"], ours: "motoko/*.ts" },
  assemblyscript: { packages: ["assemblyscript"], ours: "{assemblyscript/**/*,candid/*,wasm-sections}.ts" },
  wat: { packages: ["wabt"], ours: "{wat/*,wasm-sections}.ts" },
  upload: { packages: [], ours: "upload/*.ts" },
};

function toolsHash(language: Language): string {
  const { packages, ours } = TOOLS[language];
  const hash = createHash("sha256");
  for (const name of packages) {
    hash.update(JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version);
  }
  const cwd = join(ROOT, "src", "compilers");
  for (const path of globSync(ours, { cwd }).toSorted()) {
    if (!path.endsWith(".test.ts")) hash.update(readFileSync(join(cwd, path)));
  }
  return hash.digest("hex");
}

/** Under another name first: a server that is running never hands out half a file. */
function writeWhole(name: string, content: string | Uint8Array): void {
  const path = join(PREBUILT, name);
  const draft = join(ROOT, "node_modules", ".cache", `prebuilt-${process.pid}-${name}`);
  mkdirSync(dirname(draft), { recursive: true });
  writeFileSync(draft, content);
  renameSync(draft, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prebuild((line) => process.stderr.write(`${line}\n`));
}
