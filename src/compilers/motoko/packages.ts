/**
 * The packages that a project's Motoko may import as `mo:NAME/…`. `mo:core` comes with the compiler; others lie in the
 * project, so that links, exports and every compile have them:
 *
 *   packages/NAME/src/…        brought as a folder or zip (`packageIn`), its mops.toml beside `src`
 *   .mops/NAME@VERSION/src/…   as `mops install` leaves them in a folder
 *   anywhere                   where the project's mops.toml says `NAME = "./path"`
 */
import type { SourceFiles } from "../compiler.ts";
import { CORE_DIRECTORY } from "./moc.ts";

export interface Mops {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * A mops.toml's words that matter here. Of TOML it uses tables of `name = "text"`, and tables in a line whose first
 * text says it all; undefined where it is no text.
 */
export function readMops(content: string | Uint8Array | undefined): Mops | undefined {
  if (typeof content !== "string") return undefined;
  const tables: Record<string, Record<string, string>> = {};
  let table: Record<string, string> = {};
  for (const line of content.split("\n")) {
    const heading = /^\s*\[\s*([\w-]+)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) {
      table = {};
      tables[heading] = table;
    }
    const [, name, value] = /^\s*"?([\w@.-]+)"?\s*=[^"#]*"([^"]*)"/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) table[name] = value;
  }
  const own = tables.package;
  return { name: own?.name, version: own?.version, dependencies: tables.dependencies ?? {} };
}

export const isPackaged = (path: string): boolean => /^(packages|\.mops)\//.test(path);

/** Directories by the names under which they are imported. */
export function packagesOf(files: SourceFiles): Map<string, string> {
  const paths = Object.keys(files);
  const sources = (directory: string): string =>
    paths.some((p) => p.startsWith(`${directory}/src/`)) ? `${directory}/src` : directory;
  const found = new Map([["core", CORE_DIRECTORY]]);
  for (const path of paths) {
    const [, directory, name] = /^((?:packages|\.mops)\/([^/@]+)(?:@[^/]+)?)\/.*\.mo$/.exec(path) ?? [];
    if (directory !== undefined && name !== undefined && name !== "core") found.set(name, sources(directory));
  }
  for (const [name, wanted] of Object.entries(readMops(files["mops.toml"])?.dependencies ?? {})) {
    if (/^\.?\//.test(wanted) || wanted.startsWith("./")) {
      found.set(name, sources(wanted.replace(/^(\.?\/)+/, "").replace(/\/$/, "")));
    }
  }
  return found;
}

export interface BroughtPackage {
  readonly name: string;
  readonly version: string | undefined;
  /** By their paths in the project. */
  readonly files: Readonly<Record<string, string>>;
  /** What it imports itself, but for `mo:core`. */
  readonly needs: readonly string[];
}

const FILES_MAX = 400;
const BYTES_MAX = 4 * 1024 * 1024;
const KEPT = /\.mo$|(^|\/)(mops\.toml|LICEN[CS]E[^/]*)$/i;

/** Whether to unpack a zip's entry at all. */
export const belongsToPackage = (path: string): boolean =>
  KEPT.test(path) && !/(^|\/)(test|tests|bench|node_modules|\.git)\//.test(path);

/**
 * The packages in what a person brought, or a sentence why there is none. A zip from a forge holds one folder around
 * all; a `.mops` folder holds several packages.
 */
export function packagesIn(
  brought: ReadonlyMap<string, string>,
  givenName: string,
): readonly BroughtPackage[] | string {
  const paths = [...brought.keys()].filter(belongsToPackage);
  const bytes = paths.reduce((sum, path) => sum + brought.get(path)!.length, 0);
  if (paths.length > FILES_MAX || bytes > BYTES_MAX) {
    return `${givenName} has ${paths.length} files of ${Math.ceil(bytes / 1024)} kB: a package here has at most ${FILES_MAX} of ${BYTES_MAX / 1024 / 1024} MiB.`;
  }
  if (!paths.some((p) => p.endsWith(".mo"))) return `${givenName} holds no Motoko file.`;
  const roots = paths.filter((p) => /(^|\/)mops\.toml$/.test(p)).map((p) => p.slice(0, -"mops.toml".length));
  const outermost = roots.filter((root) => !roots.some((other) => other !== root && root.startsWith(other)));
  if (outermost.length === 0) outermost.push(commonFolder(paths));
  const packages = outermost.map((root) => packageAt(root, brought, paths, givenName));
  const found = packages.filter((p) => Object.keys(p.files).some((path) => path.endsWith(".mo")));
  return found.length === 0 ? `${givenName} holds no Motoko file beside its mops.toml.` : found;
}

function packageAt(
  root: string,
  brought: ReadonlyMap<string, string>,
  paths: readonly string[],
  givenName: string,
): BroughtPackage {
  const mops = readMops(brought.get(`${root}mops.toml`));
  const folder = root.split("/").at(-2) ?? givenName;
  const name = plainName(mops?.name ?? folder);
  const inside = paths.filter((p) => p.startsWith(root));
  const hasSrc = inside.some((p) => p.startsWith(`${root}src/`) && p.endsWith(".mo"));
  const files: Record<string, string> = {};
  for (const path of inside) {
    const own = path.slice(root.length);
    const isTop = !own.includes("/") && !own.endsWith(".mo");
    if (hasSrc && !own.startsWith("src/") && !isTop) continue;
    files[`packages/${name}/${hasSrc || isTop ? own : `src/${own}`}`] = brought.get(path)!;
  }
  return { name, version: mops?.version, files, needs: needsOf(name, files) };
}

/** Which packages the sources import. */
function needsOf(own: string, files: Readonly<Record<string, string>>): string[] {
  const names = Object.entries(files)
    .filter(([path]) => path.endsWith(".mo"))
    .flatMap(([, text]) => [...text.matchAll(/^\s*import\b[^;"]*"mo:([^/"]+)/gm)].map((m) => m[1]!));
  return [...new Set(names)].filter((n) => n !== own && n !== "core" && n !== "prim" && n !== "⛔").sort();
}

/** `motoko-thing-main` and `thing@1.2.3` are called thing. */
const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.zip$/, "")
    .replace(/[@ ].*$/, "")
    .replace(/-(main|master|v?\d[\w.]*)$/, "")
    .replace(/[^\w-]/g, "-");

function commonFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  const folder = `${first.split("/")[0]}/`;
  return first.includes("/") && folder !== "src/" && paths.every((p) => p.startsWith(folder)) ? folder : "";
}

/** The compiler's path of what a file imports; undefined for what is no Motoko file here. */
export function resolveImport(
  packages: ReadonlyMap<string, string>,
  exists: (path: string) => boolean,
  importer: string,
  imported: string,
): string | undefined {
  const [, name, rest] = /^mo:([^/]+)\/?(.*)$/.exec(imported) ?? [];
  if (name === undefined && /^\w+:/.test(imported)) return undefined;
  const directory = name === undefined ? importer.split("/").slice(0, -1).join("/") : packages.get(name);
  if (directory === undefined) return undefined;
  const path = normal(`${directory}/${name === undefined ? imported : (rest ?? "")}`);
  return [`${path}.mo`, `${path}/lib.mo`].find(exists);
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
