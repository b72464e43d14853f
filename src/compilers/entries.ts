/** From which of a project's files canisters are made, where no `icp.yaml` says it. */
import type { SourceFiles } from "./compiler.ts";
import { languageOf } from "./languages.ts";
import { resolveImport } from "./motoko/packages.ts";

/** `main` is the one that the project names itself. */
export function isEntry(files: SourceFiles, main: string, path: string): boolean {
  const content = Object.hasOwn(files, path) ? files[path] : undefined;
  const language = languageOf(path);
  if (content === undefined || language === undefined) return false;
  if (path === main) return true;
  if (language === "motoko")
    return /\bactor\b/.test(String(content)) && !/^\s*module\b/m.test(String(content));
  if (language === "assemblyscript")
    return !path.endsWith(".d.ts") && /^\s*@(?:query|update)\b/m.test(String(content));
  return true;
}

/**
 * The main one last: it may need the others' ids. A module that lies there is for whoever opens it, and an actor class
 * that another file imports is that one's to install.
 */
export function entriesOf(files: SourceFiles, main: string): string[] {
  const imported = importedOf(files);
  const others = Object.keys(files)
    .filter((p) => p !== main && languageOf(p) !== "upload" && isEntry(files, main, p) && !imported.has(p))
    .sort();
  return isEntry(files, main, main) ? [...others, main] : others;
}

function importedOf(files: SourceFiles): ReadonlySet<string> {
  const found = new Set<string>();
  const exists = (path: string): boolean => Object.hasOwn(files, path);
  for (const [path, text] of Object.entries(files)) {
    if (typeof text !== "string" || languageOf(path) !== "motoko") continue;
    for (const [, imported] of text.matchAll(/^\s*import\b[^;"]*"([^"]+)"/gm)) {
      const target = resolveImport(new Map(), exists, path, imported!);
      if (target !== undefined) found.add(target);
    }
  }
  return found;
}
