/**
 * What the page finds at `prebuilt/index.json`: the examples with their sources, and each canister already compiled, so
 * that the first deployment waits for no compiler. `npm start` and `npm run build` write it (src/cli/prebuild.ts).
 */
import { compareText, concat, toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Language, SourceFiles } from "./compiler.ts";
import { writeVector } from "./wasm-sections.ts";

export interface PrebuiltIndex {
  /** In the order in which to show them. */
  readonly examples: readonly Example[];
}

export interface Example {
  /** Its folder's name. */
  readonly id: string;
  readonly title: string;
  readonly sentence: string;
  /** One sentence: what to look for. */
  readonly look: string;
  /** SVG in the page's colours. */
  readonly picture: string;
  readonly language: Language;
  /** The file to open first. */
  readonly main: string;
  /** Markdown: what to look for. */
  readonly readme: string;
  readonly files: Readonly<Record<string, string>>;
  /** In the order in which to create and install them. */
  readonly canisters: readonly PrebuiltCanister[];
  /** Worth trying, in this order. */
  readonly calls: readonly ExampleCall[];
}

export interface PrebuiltCanister {
  readonly name: string;
  readonly main: string;
  /** Arguments of installation; empty without. */
  readonly init: readonly ExampleValue[];
  /** File name beside index.json. */
  readonly wasm: string;
  readonly did: string;
  readonly stable: string | undefined;
  /** `sourceHash` of what was compiled: while the project still has it, the page may take this module. */
  readonly sourceHash: string;
}

export interface ExampleCall {
  readonly canister: string;
  readonly method: string;
  readonly args: readonly ExampleValue[];
}

/**
 * A Candid value in JSON: any number as a number, text and principals as text, records and variants by field. "{store}"
 * stands for that canister's id.
 */
export type ExampleValue =
  string | number | boolean | null | readonly ExampleValue[] | { readonly [field: string]: ExampleValue };

/** No compiler reads these. */
const UNREAD = new Set(["README.md", "icp.yaml"]);

/** Hex SHA-256 of all that a compiler is given: the canister's main file and every file of the project, by path. */
export function sourceHash(files: SourceFiles, main: string): string {
  const paths = Object.keys(files)
    .filter((path) => !UNREAD.has(path))
    .toSorted(compareText);
  const parts = paths.flatMap((path) => [path, files[path]!]);
  const bytes = [main, ...parts].map((part) => writeVector(typeof part === "string" ? utf8(part) : part));
  return toHex(sha256(concat(...bytes)));
}
