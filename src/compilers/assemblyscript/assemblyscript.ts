/**
 * AssemblyScript sources and their `.did` → canister. The author writes plain functions; the interface says which are
 * methods; glue between the two is compiled with them, and the exports get their IC names.
 */
import { assert } from "../../base/assert.ts";
import type { Compilation, Compiler, Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic, didBeside, didPathOf, isDiagnostic, TOP, textFile } from "../diagnostics.ts";
import { candidSection } from "../wasm-sections.ts";
import { exportedFunctions, GLUE_PATH, type Glue, writeGlue } from "./glue.ts";
import { ABORT } from "./ic-library.ts";
import { renameExports } from "./rename-exports.ts";
import { loadAsc, runAsc } from "./run-asc.ts";

/** The minimal runtime collects garbage only when asked, which the glue does. No import is left but `ic0`. */
const FLAGS = [
  "--runtime",
  "minimal",
  "--use",
  `abort=${ABORT}`,
  "--optimizeLevel",
  "1",
  "--shrinkLevel",
  "1",
];

export const assemblyscriptCompiler: Compiler = {
  load: loadAsc,

  async compile(files: SourceFiles, main: string): Promise<Compilation> {
    const refuse = (...diagnostics: Diagnostic[]): Compilation => ({ ok: false, diagnostics });
    const text = textFile(files, main);
    if (typeof text !== "string") return refuse(text);
    const beside = didBeside(files, main);
    if (beside === undefined) {
      const needed = `${didPathOf(main)} is missing: it names the methods, as in "service : { get : () -> (nat64) query }"`;
      return refuse(diagnostic(main, TOP, needed));
    }
    if (isDiagnostic(beside)) return refuse(beside);

    const glue = writeGlue(beside.did, main, exportedFunctions(text));
    if (glue.missing.length > 0) {
      return refuse(
        ...glue.missing.map(({ name, line }) =>
          diagnostic(beside.path, { line, column: 1 }, `${main} exports no function "${name}"`),
        ),
      );
    }
    const { written, diagnostics } = await runAsc({ ...files, [GLUE_PATH]: glue.source }, GLUE_PATH, FLAGS);
    const shown = diagnostics.map((d) => inAuthorsWords(d, glue, beside.path));
    if (!(written.wasm instanceof Uint8Array)) return refuse(...shown);
    const wasm = renameExports(written.wasm, glue.exports, [candidSection(beside.text)]);
    assert(wasm.ok, "asc writes well-formed modules");
    return { ok: true, wasm: wasm.value, did: beside.text, stable: undefined, diagnostics: shown };
  },
};

/** A mistake inside a wrapper means that interface and function do not fit: it belongs to the method in the `.did`. */
function inAuthorsWords(d: Diagnostic, glue: Glue, didPath: string): Diagnostic {
  if (d.path !== GLUE_PATH) return d;
  const wrapper = glue.lines[d.start.line - 1];
  const bare = wrapper?.bare
    ? "; its types go beyond what is decoded for you: take no arguments, read argBytes(), answer with replyBytes()"
    : "";
  const place = { line: wrapper?.line ?? 1, column: 1 };
  const message =
    wrapper === undefined ? d.message : `"${wrapper.name}" does not fit its function: ${d.message}${bare}`;
  return diagnostic(didPath, place, message, d.severity);
}
