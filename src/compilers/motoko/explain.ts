/**
 * The compiler's messages about imports in words that say what to do here, and the edits that mend them.
 *
 * `mo:base` was the library before `mo:core`; much code still imports it. The table says where each of its modules went
 * (checked against the bundled package by explain.test.ts).
 */
import type { Diagnostic } from "../compiler.ts";
import { importable, importPlace } from "./imports.ts";
import { readMops } from "./packages.ts";
import type { Workspace } from "./workspace.ts";

interface Successor {
  /** The module of `mo:core`; undefined where none took its place. */
  readonly core: string | undefined;
  readonly word: string;
}

const same = (names: string): [string, Successor][] =>
  names
    .split(" ")
    .map((name) => [name, { core: name, word: "some of its functions have other names there" }]);

export const BASE_TO_CORE: ReadonlyMap<string, Successor> = new Map([
  ...same(
    "Array Blob Bool CertifiedData Char Debug Error Float Func Int Int8 Int16 Int32 Int64 Iter Nat Nat8 Nat16 Nat32 Nat64 " +
      "Option Order Principal Random Region Result Stack Text Time Timer",
  ),
  ["AssocList", { core: "pure/Map", word: "a map takes the place of a list of pairs" }],
  ["Buffer", { core: "List", word: "List is its growable array" }],
  ["Deque", { core: "pure/Queue", word: "the queue with two ends" }],
  ["ExperimentalCycles", { core: "Cycles", word: "a call takes its cycles as `(with cycles = n)`" }],
  ["ExperimentalInternetComputer", { core: "InternetComputer", word: "the same functions" }],
  ["ExperimentalStableMemory", { core: "Region", word: "a region is its own piece of stable memory" }],
  ["Hash", { core: undefined, word: "its maps order their keys by `compare` and need no hash" }],
  ["HashMap", { core: "Map", word: "its keys are ordered by `compare`, and the map is stable data" }],
  ["Heap", { core: "PriorityQueue", word: "the same idea" }],
  ["IterType", { core: "Types", word: "the type is `Types.Iter`" }],
  ["List", { core: "pure/List", word: "`List` without `pure` is the growable array" }],
  ["None", { core: undefined, word: "a `switch` without cases, or `Runtime.unreachable()`, says the same" }],
  ["OrderedMap", { core: "pure/Map", word: "`compare` goes to each function" }],
  ["OrderedSet", { core: "pure/Set", word: "`compare` goes to each function" }],
  ["Prelude", { core: "Runtime", word: "`Runtime.trap` and `Runtime.unreachable`" }],
  ["RBTree", { core: "Map", word: "`Map` changes in place, `pure/Map` does not" }],
  ["Trie", { core: "pure/Map", word: "its keys are ordered by `compare`" }],
  ["TrieMap", { core: "Map", word: "its keys are ordered by `compare`, and the map is stable data" }],
  ["TrieSet", { core: "Set", word: "its values are ordered by `compare`" }],
]);

/** A diagnostic as the author should read it, with an edit that mends it where there is one. */
export function explain(found: Diagnostic, workspace: Workspace): Diagnostic {
  const unknownPackage = /^package "([^"]+)" not defined/.exec(found.message)?.[1];
  const missingFile = /^file "([^"]+)" does not exist/.exec(found.message)?.[1];
  const unbound = /^unbound (?:variable|type|module) (\w+)/.exec(found.message)?.[1];
  if (unbound !== undefined) return { ...found, ...importFix(unbound, found, workspace) };
  if (unknownPackage === undefined && missingFile === undefined) return found;
  const imported = importAt(found, workspace);
  if (imported === undefined) return found;
  const shown = { ...found, start: imported.start, end: imported.end };
  if (unknownPackage === "base") return aboutBase(shown, imported.path.replace(/^mo:base\/?/, ""), imported);
  if (unknownPackage !== undefined) {
    const wanted = readMops(workspace.files["mops.toml"])?.dependencies[unknownPackage];
    const version = wanted !== undefined && /^\d/.test(wanted) ? ` ${wanted}` : "";
    const message = `The package ${unknownPackage}${version} is not in this project. Bring its folder or zip: Files, then “Add a Motoko package”.`;
    return { ...shown, message };
  }
  const inCore = /^mo:core\/(.+)$/.exec(imported.path)?.[1];
  if (inCore === undefined) {
    return {
      ...shown,
      message: `${imported.path} is not in this project: there is no file ${missingFile?.replace(/\/lib\.mo$/, ".mo")}.`,
    };
  }
  const successor = BASE_TO_CORE.get(inCore);
  if (successor?.core !== undefined) {
    const message = `mo:core has no ${inCore}; there it is ${successor.core}: ${successor.word}.`;
    return { ...shown, message, fix: renamed(successor.core, imported) };
  }
  const close = [...workspace.paths].find(
    (p) => p.startsWith("@core/") && p.slice(6, -3).toLowerCase() === inCore.toLowerCase(),
  );
  if (close !== undefined) {
    const name = close.slice(6, -3);
    return {
      ...shown,
      message: `mo:core has no ${inCore}. Did you mean ${name}?`,
      fix: renamed(name, imported),
    };
  }
  return { ...shown, message: `mo:core has no ${inCore}.` };
}

interface Imported {
  readonly path: string;
  readonly start: Diagnostic["start"];
  readonly end: Diagnostic["start"];
}

/** The text that is imported on the diagnostic's line, its quotes included. */
function importAt({ path, start }: Diagnostic, workspace: Workspace): Imported | undefined {
  const line = workspace.textOf(path)?.split("\n")[start.line - 1] ?? "";
  for (const match of line.matchAll(/"([^"]*)"/g)) {
    const from = match.index + 1;
    const to = from + match[0].length;
    if (to < start.column) continue;
    return {
      path: match[1]!,
      start: { line: start.line, column: from },
      end: { line: start.line, column: to },
    };
  }
  return undefined;
}

function aboutBase(found: Diagnostic, module: string, at: Imported): Diagnostic {
  const successor = BASE_TO_CORE.get(module);
  if (successor === undefined) {
    return {
      ...found,
      message: `mo:core took the place of mo:base, and has no ${module || "module of no name"}.`,
    };
  }
  const { core, word } = successor;
  if (core === undefined) {
    return { ...found, message: `mo:core took the place of mo:base, without ${module}: ${word}.` };
  }
  const message = `mo:core took the place of mo:base. ${module} is ${core === module ? "there too" : `${core} there`}: ${word}.`;
  return { ...found, message, fix: renamed(core, at) };
}

const renamed = (core: string, { start, end }: Imported): NonNullable<Diagnostic["fix"]> => ({
  title: `Import mo:core/${core}`,
  start,
  end,
  text: `"mo:core/${core}"`,
});

/** An unbound name that a module has: its import. */
function importFix(
  name: string,
  { path }: Diagnostic,
  workspace: Workspace,
): Pick<Diagnostic, "fix"> | undefined {
  const [known] = importable(workspace, path).filter((m) => m.name === name);
  if (known === undefined) return undefined;
  const at = importPlace(workspace.textOf(path) ?? "");
  return {
    fix: {
      title: `Import ${known.imported}`,
      start: at,
      end: at,
      text: `import ${name} "${known.imported}";\n`,
    },
  };
}
