/** What a file may import, under which name, and where the import goes. */
import type { Place } from "../compiler.ts";
import { exported, readSource } from "./source.ts";
import type { Workspace } from "./workspace.ts";

export interface Importable {
  readonly name: string;
  /** As an import writes it. */
  readonly imported: string;
  readonly path: string;
}

/** The modules that a file may import: of packages and of the project, those of `mo:core` first. */
export function importable(workspace: Workspace, importer: string): Importable[] {
  const found: Importable[] = [];
  const directories = [...workspace.packages];
  for (const path of workspace.paths) {
    if (!path.endsWith(".mo") || path === importer || path.includes("/internal/")) continue;
    const [name, directory] = directories.find(([, d]) => path.startsWith(`${d}/`)) ?? [];
    const own = name === undefined ? relative(importer, path) : `mo:${name}${path.slice(directory!.length)}`;
    const imported = own.replace(/(\/lib)?\.mo$/, "");
    if (name === undefined && !isModule(workspace.textOf(path) ?? "")) continue;
    const word = imported.split(/[/:]/).at(-1)!;
    found.push({ name: nameFor(word), imported, path });
  }
  return found.sort((a, b) => rank(a) - rank(b) || a.imported.length - b.imported.length);
}

const rank = ({ imported }: Importable): number =>
  imported.startsWith("mo:core/") ? (imported.includes("/pure/") ? 1 : 0) : 2;

/** Not an actor: that is called by its id, not imported. */
const isModule = (text: string): boolean => {
  const source = readSource(text);
  return exported(source).length > 0 && !source.declarations.some((d) => d.kind === "actor");
};

const nameFor = (word: string): string => {
  const plain = word.replace(/\W+(\w)/g, (_, c: string) => c.toUpperCase());
  return plain.charAt(0).toUpperCase() + plain.slice(1);
};

function relative(importer: string, path: string): string {
  const from = importer.split("/").slice(0, -1);
  const to = path.split("/");
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared++;
  const up = from.length - shared;
  return `${up === 0 ? "./" : "../".repeat(up)}${to.slice(shared).join("/")}`;
}

/** The line after the last import, else the first line of code. */
export function importPlace(text: string): Place {
  const lines = text.split("\n");
  const last = lines.findLastIndex((l) => /^\s*import\b/.test(l));
  if (last >= 0) return { line: last + 2, column: 1 };
  const first = lines.findIndex((l) => l.trim() !== "" && !/^\s*(\/\/(?!\/)|\/\*|\*)/.test(l));
  return { line: Math.max(0, first) + 1, column: 1 };
}
