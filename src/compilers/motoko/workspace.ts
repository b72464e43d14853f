/**
 * The project as the compiler sees it. The compiler keeps a file system, packages and scopes between runs:
 *
 *   W1  It holds exactly the project's texts and `mo:core`: an import of a file that left the project is not found.
 *   W2  The scope of a package is reused while no file of any package changed; a project's own file is read anew.
 */
import type { Moc, MocDiagnostic } from "motoko/versions/latest/moc.min.js";
import type { SourceFiles } from "../compiler.ts";
import { CORE_DIRECTORY, type LoadedMoc } from "./moc.ts";
import { isPackaged, packagesOf, resolveImport } from "./packages.ts";

export interface Workspace {
  readonly moc: Moc;
  readonly files: SourceFiles;
  readonly packages: ReadonlyMap<string, string>;
  /** A file of the project or of `mo:core`. */
  textOf(path: string): string | undefined;
  /** All that can be imported, by the compiler's path. */
  readonly paths: readonly string[];
  resolve(importer: string, imported: string): string | undefined;
  /** Moves with every change of any file. */
  readonly version: number;
  /** What the compiler says of a file and of all that it imports. */
  check(path: string): readonly MocDiagnostic[];
  /** Its messages about a file if it had another text. */
  complaints(path: string, text: string): readonly string[];
}

const written = new Map<string, string>();
let packages = new Map<string, string>();
let scopes = new Map<string, unknown>();
let version = 0;

/** Not asynchronous: nobody else's files come between opening and use. */
export function openWorkspace({ moc, core }: LoadedMoc, files: SourceFiles): Workspace {
  const changed = write(moc, files);
  const wanted = packagesOf(files);
  if (!sameEntries(wanted, packages)) {
    moc.clearPackage(0);
    for (const [name, directory] of wanted) moc.addPackage(name, directory);
    packages = wanted;
    scopes = onlyIn(scopes, (path) => path.startsWith(`${CORE_DIRECTORY}/`));
  } else if (changed.some(isPackaged)) {
    scopes = onlyIn(scopes, (path) => path.startsWith(`${CORE_DIRECTORY}/`));
  }
  if (changed.length > 0) version++;
  const textOf = (path: string): string | undefined => written.get(path) ?? core[path];
  const check = (path: string): readonly MocDiagnostic[] => {
    const { diagnostics, scopeCache } = moc.checkWithScopeCache(path, scopes);
    if (scopeCache != null)
      scopes = onlyIn(scopeCache, (p) => p.startsWith(`${CORE_DIRECTORY}/`) || isPackaged(p));
    return diagnostics;
  };
  return {
    moc,
    files,
    packages: wanted,
    textOf,
    paths: [...written.keys(), ...Object.keys(core)],
    resolve: (importer, imported) =>
      resolveImport(wanted, (path) => textOf(path) !== undefined, importer, imported),
    version,
    check,
    complaints(path, text) {
      const own = textOf(path);
      moc.saveFile(path, text);
      try {
        return check(path).map((d) => d.message);
      } catch {
        return []; // what the compiler fails at it cannot tell of; the check of the true text says so
      } finally {
        if (own === undefined) moc.removeFile(path);
        else moc.saveFile(path, own);
      }
    },
  };
}

/** Which paths changed. */
function write(moc: Moc, files: SourceFiles): string[] {
  const changed: string[] = [];
  for (const path of [...written.keys()]) {
    if (typeof files[path] === "string") continue;
    moc.removeFile(path);
    written.delete(path);
    changed.push(path);
  }
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== "string" || written.get(path) === content) continue;
    moc.saveFile(path, content);
    written.set(path, content);
    changed.push(path);
  }
  return changed;
}

const onlyIn = (from: ReadonlyMap<string, unknown>, keep: (path: string) => boolean): Map<string, unknown> =>
  new Map([...from].filter(([path]) => keep(path)));

const sameEntries = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, directory]) => b.get(name) === directory);
