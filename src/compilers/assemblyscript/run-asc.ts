/** Loads asc (15 MB, once a thread, only for who uses it) and runs it on files in memory. */
import type { AscDiagnostic } from "assemblyscript/asc";
import type { Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic, placeAt, TOP } from "../diagnostics.ts";
import type { Parser, Program } from "./ast.ts";
import { IC_LIBRARY } from "./library/index.ts";

type Asc = typeof import("assemblyscript/asc");

let loading: Promise<Asc> | undefined;

export function loadAsc(): Promise<Asc> {
  loading ??= import("assemblyscript/asc").then((asc) => {
    Object.assign(asc.libraryFiles, IC_LIBRARY);
    return asc;
  });
  return loading;
}

export interface AscRun {
  /** What it wrote, by the extension of `out.<extension>`; empty after an error. */
  readonly written: Readonly<Record<string, Uint8Array | string>>;
  readonly diagnostics: readonly Diagnostic[];
}

/** What may look at the program on its way. */
export interface Hooks {
  afterParse?(parser: Parser): void;
  afterInitialize?(program: Program): void;
}

export async function runAsc(
  files: SourceFiles,
  entry: string,
  flags: readonly string[],
  hooks: Hooks = {},
): Promise<AscRun> {
  const asc = await loadAsc();
  const written: Record<string, Uint8Array | string> = {};
  const diagnostics: Diagnostic[] = [];
  const read = (path: string): string | null => {
    const content = files[path];
    return typeof content === "string" ? content : null;
  };
  let said = "";
  const { error } = await asc.main([entry, "--outFile", "out.wasm", ...flags], {
    stdout: { write() {} },
    stderr: { write: (text) => (said += text) },
    readFile: read,
    writeFile: (name, content) => (written[name.slice("out.".length)] = content),
    listFiles: () => [],
    transforms: [hooks],
    reportDiagnostic: (d) => diagnostics.push(toDiagnostic(d, entry, read)),
  });
  if (error === null) return { written, diagnostics };
  const told = diagnostics.some((d) => d.severity === "error");
  // Without a diagnostic of its own the compiler has failed: what it said is all there is.
  const failure = diagnostic(
    entry,
    TOP,
    `the AssemblyScript compiler failed: ${error.message} ${said}`.trim(),
  );
  return { written: {}, diagnostics: told ? diagnostics : [...diagnostics, failure] };
}

const SEVERITY: readonly Diagnostic["severity"][] = ["info", "info", "warning", "error"];

function toDiagnostic(
  { message, code, category, range }: AscDiagnostic,
  entry: string,
  read: (path: string) => string | null,
): Diagnostic {
  const path = range?.source?.normalizedPath ?? entry;
  const text = read(path);
  const shown = `${message} [AS${code}]`;
  const severity = SEVERITY[category] ?? "error";
  if (range === null || text === null) {
    const where = text === null ? `${path}: ` : "";
    return diagnostic(entry, TOP, where + shown, severity);
  }
  return diagnostic(path, placeAt(text, range.start), shown, severity, placeAt(text, range.end));
}
