/**
 * Motoko sources → canister, by the official compiler. `check` answers in milliseconds once it is warm, for the editor.
 */
import type { MocDiagnostic } from "motoko/versions/latest/moc.min.js";
import type { Compilation, Compiler, Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic, TOP, textFile } from "../diagnostics.ts";
import { explain } from "./explain.ts";
import { loadMoc } from "./moc.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

export const motokoCompiler: Compiler = {
  load: loadMoc,

  compile: (files: SourceFiles, main: string): Promise<Compilation> =>
    run(files, main, (workspace) => {
      const { diagnostics, code } = workspace.moc.compileWasm("ic", main);
      const shown = diagnostics.map((d) => toDiagnostic(d, main, workspace));
      if (code === null) return { ok: false, diagnostics: shown };
      const { wasm, candid, stable } = code;
      return { ok: true, wasm, did: candid, stable: stable ?? undefined, diagnostics: shown };
    }),

  async check(files: SourceFiles, main: string): Promise<readonly Diagnostic[]> {
    const outcome = await run(files, main, (workspace) => {
      const diagnostics = workspace.check(main).map((d) => toDiagnostic(d, main, workspace));
      return { ok: false, diagnostics };
    });
    return outcome.diagnostics;
  },
};

async function run(
  files: SourceFiles,
  main: string,
  work: (workspace: Workspace) => Compilation,
): Promise<Compilation> {
  const text = textFile(files, main);
  if (typeof text !== "string") return { ok: false, diagnostics: [text] };
  const workspace = openWorkspace(await loadMoc(), files);
  try {
    return work(workspace);
  } catch (error) {
    // The compiler reports what it understands; an exception is a fault of its own, and the author must see it.
    return { ok: false, diagnostics: [diagnostic(main, TOP, `the Motoko compiler failed: ${words(error)}`)] };
  }
}

/** js_of_ocaml throws OCaml exceptions as nested arrays. */
const words = (error: unknown): string => (error instanceof Error ? error.message : JSON.stringify(error));

const SEVERITY: readonly Diagnostic["severity"][] = ["error", "error", "warning", "info", "info"];

function toDiagnostic(
  { source, range, severity, code, message }: MocDiagnostic,
  main: string,
  workspace: Workspace,
): Diagnostic {
  const place = (at: { readonly line: number; readonly character: number }) => ({
    line: at.line + 1,
    column: at.character + 1,
  });
  const path = source === "" ? main : source;
  const found = diagnostic(
    path,
    place(range.start),
    message,
    SEVERITY[severity] ?? "error",
    place(range.end),
  );
  const explained = explain(found, workspace);
  // The compiler's own words keep their number, by which they are found in its manual.
  if (code === "" || explained.message !== message) return explained;
  return { ...explained, message: `${message} [${code}]` };
}
