/**
 * WebAssembly text → canister. The text is the canister: its exports already carry the IC's names, and the interface
 * comes from the `.did` beside it. Without one the module still compiles, and callers write raw bytes.
 */
import type { Compilation, Compiler, Diagnostic, SourceFiles } from "../compiler.ts";
import { didBeside, diagnostic, didPathOf, isDiagnostic, TOP, textFile } from "../diagnostics.ts";
import {
  CANDID_SERVICE,
  candidSection,
  customSection,
  readSections,
  writeSections,
} from "../wasm-sections.ts";
import { assert } from "../../base/assert.ts";
import { loadWabt, WAT_FEATURES } from "./load-wabt.ts";

export const watCompiler: Compiler = {
  load: loadWabt,

  async compile(files: SourceFiles, main: string): Promise<Compilation> {
    const text = textFile(files, main);
    if (typeof text !== "string") return { ok: false, diagnostics: [text] };
    const beside = didBeside(files, main);
    if (beside !== undefined && isDiagnostic(beside)) return { ok: false, diagnostics: [beside] };

    const wabt = await loadWabt();
    let bytes: Uint8Array;
    try {
      const module = wabt.parseWat(main, text, WAT_FEATURES);
      try {
        module.validate();
        bytes = module.toBinary({ write_debug_names: true }).buffer;
      } finally {
        module.destroy();
      }
    } catch (error) {
      return {
        ok: false,
        diagnostics: readErrors(main, error instanceof Error ? error.message : String(error)),
      };
    }

    const sections = readSections(bytes);
    assert(sections.ok, "wabt writes well-formed modules");
    const own = customSection(sections.value, CANDID_SERVICE);
    if (beside === undefined) {
      const hint = `no ${didPathOf(main)} beside ${main}: arguments and replies will be raw bytes`;
      const diagnostics = own === undefined ? [diagnostic(main, TOP, hint, "info")] : [];
      const did = own === undefined ? undefined : new TextDecoder().decode(own);
      return { ok: true, wasm: bytes, did, stable: undefined, diagnostics };
    }
    const wasm = writeSections([...sections.value, candidSection(beside.text)]);
    return { ok: true, wasm, did: beside.text, stable: undefined, diagnostics: [] };
  },
};

/** wabt reports `path:line:column: error: message`, then the line and a row of carets as long as the offending text. */
function readErrors(main: string, report: string): Diagnostic[] {
  const lines = report.split("\n");
  const found: Diagnostic[] = [];
  for (const [i, line] of lines.entries()) {
    const match = /^.*?:(\d+):(\d+): error: (.*)$/.exec(line);
    if (match === null) continue;
    const start = { line: Number(match[1]), column: Number(match[2]) };
    const width = /\^+/.exec(lines[i + 2] ?? "")?.[0].length ?? 1;
    found.push(
      diagnostic(main, start, match[3]!, "error", { line: start.line, column: start.column + width }),
    );
  }
  return found.length > 0 ? found : [diagnostic(main, TOP, report.trim())];
}
