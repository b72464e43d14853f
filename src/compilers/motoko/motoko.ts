/**
 * Motoko sources → canister, by the official compiler. `check` answers in milliseconds once it is warm, for the editor.
 *
 * The compiler keeps a file system between runs, so a file that left the project is removed before the next run: else
 * an import of it would still be found.
 */
import type { Moc, MocDiagnostic } from "motoko/versions/latest/moc.min.js";
import type { Compilation, Compiler, Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic, TOP, textFile } from "../diagnostics.ts";
import { loadMoc } from "./moc.ts";

const written = new Set<string>();
let scopes = new Map<string, unknown>();

export const motokoCompiler: Compiler = {
  load: loadMoc,

  async compile(files: SourceFiles, main: string): Promise<Compilation> {
    const moc = await loadMoc();
    return run(moc, files, main, () => {
      const { diagnostics, code } = moc.compileWasm("ic", main);
      const shown = diagnostics.map((d) => toDiagnostic(d, main));
      if (code === null) return { ok: false, diagnostics: shown };
      const { wasm, candid, stable } = code;
      return { ok: true, wasm, did: candid, stable: stable ?? undefined, diagnostics: shown };
    });
  },

  async check(files: SourceFiles, main: string): Promise<readonly Diagnostic[]> {
    const moc = await loadMoc();
    const outcome = run(moc, files, main, () => {
      const { diagnostics, scopeCache } = moc.checkWithScopeCache(main, scopes);
      scopes = packagesOnly(scopeCache ?? scopes);
      return { ok: false, diagnostics: diagnostics.map((d) => toDiagnostic(d, main)) };
    });
    return outcome.diagnostics;
  },
};

/** The cache is keyed by path and would return an edited file's old scope: only the package's files never change. */
const packagesOnly = (cache: ReadonlyMap<string, unknown>): Map<string, unknown> =>
  new Map([...cache].filter(([path]) => path.startsWith("@")));

function run(moc: Moc, files: SourceFiles, main: string, work: () => Compilation): Compilation {
  const text = textFile(files, main);
  if (typeof text !== "string") return { ok: false, diagnostics: [text] };
  for (const path of written) moc.removeFile(path);
  written.clear();
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== "string") continue;
    moc.saveFile(path, content);
    written.add(path);
  }
  try {
    return work();
  } catch (error) {
    // The compiler reports what it understands; an exception is a fault of its own, and the author must see it.
    return { ok: false, diagnostics: [diagnostic(main, TOP, `the Motoko compiler failed: ${words(error)}`)] };
  }
}

/** js_of_ocaml throws OCaml exceptions as nested arrays. */
const words = (error: unknown): string => (error instanceof Error ? error.message : JSON.stringify(error));

const SEVERITY: readonly Diagnostic["severity"][] = ["error", "error", "warning", "info", "info"];

function toDiagnostic({ source, range, severity, code, message }: MocDiagnostic, main: string): Diagnostic {
  const place = (at: { readonly line: number; readonly character: number }) => ({
    line: at.line + 1,
    column: at.character + 1,
  });
  const shown = code === "" ? message : `${message} [${code}]`;
  return diagnostic(
    source === "" ? main : source,
    place(range.start),
    shown,
    SEVERITY[severity] ?? "error",
    place(range.end),
  );
}
