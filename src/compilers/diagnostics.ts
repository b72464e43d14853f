/** Diagnostics every compiler makes: places from offsets, the interface beside a source, and its mistakes. */
import { type Did, parseDid } from "./candid/did.ts";
import type { Diagnostic, Place, SourceFiles } from "./compiler.ts";

export const diagnostic = (
  path: string,
  start: Place,
  message: string,
  severity: Diagnostic["severity"] = "error",
  end: Place = { line: start.line, column: start.column + 1 },
): Diagnostic => ({ path, start, end, severity, message });

export const TOP: Place = { line: 1, column: 1 };

/** Where the character at `offset` of `text` stands. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** The file's text, or a diagnostic that says it is missing. */
export function textFile(files: SourceFiles, path: string): string | Diagnostic {
  const content = files[path];
  if (typeof content === "string") return content;
  return diagnostic(
    path,
    TOP,
    content === undefined ? `${path} is not in this project` : `${path} is not text`,
  );
}

/** `src/counter.ts` has its interface in `src/counter.did`. */
export const didPathOf = (main: string): string => main.replace(/(\.[^./]+)?$/, ".did");

export interface BesideDid {
  readonly path: string;
  readonly text: string;
  readonly did: Did;
}

/** The interface beside the source: undefined without a file, a diagnostic where it cannot be read. */
export function didBeside(files: SourceFiles, main: string): BesideDid | Diagnostic | undefined {
  const path = didPathOf(main);
  const text = files[path];
  if (typeof text !== "string") return undefined;
  const parsed = parseDid(text);
  if (parsed.ok) return { path, text, did: parsed.did };
  return diagnostic(path, { line: parsed.line, column: parsed.column }, parsed.message);
}

export const isDiagnostic = (value: object): value is Diagnostic => "severity" in value;
