/**
 * AssemblyScript → canister. Decorated functions become methods; their types become the interface, so there is no
 * `.did` to write. What compiles them is in `transform.ts`.
 */
import { assert } from "../../base/assert.ts";
import type { Compilation, Compiler, Diagnostic, SourceFiles } from "../compiler.ts";
import { diagnostic, placeAt, TOP, textFile } from "../diagnostics.ts";
import { candidSection } from "../wasm-sections.ts";
import { ABORT } from "./library/index.ts";
import { renameExports } from "./rename-exports.ts";
import { loadAsc, runAsc } from "./run-asc.ts";
import { CanisterTransform, type Fault } from "./transform.ts";

/** The minimal runtime collects garbage only when asked, which the wrappers do. No import is left but `ic0`. */
const FLAGS = ["--runtime", "minimal", "--use", `abort=${ABORT}`];
const SMALL = ["--optimizeLevel", "1", "--shrinkLevel", "1"];

export const assemblyscriptCompiler: Compiler = {
  load: loadAsc,

  async compile(files: SourceFiles, main: string): Promise<Compilation> {
    const { transform, written, diagnostics } = await transformed(files, main, SMALL);
    if (!(written.wasm instanceof Uint8Array)) return { ok: false, diagnostics };
    const wasm = renameExports(written.wasm, transform.exports, [candidSection(transform.did)]);
    assert(wasm.ok, "asc writes well-formed modules");
    return { ok: true, wasm: wasm.value, did: transform.did, stable: undefined, diagnostics };
  },

  async check(files: SourceFiles, main: string): Promise<readonly Diagnostic[]> {
    return (await transformed(files, main, ["--noEmit", "--noValidate"])).diagnostics;
  },
};

interface Transformed {
  readonly transform: CanisterTransform;
  readonly written: Readonly<Record<string, Uint8Array | string>>;
  readonly diagnostics: readonly Diagnostic[];
}

async function transformed(files: SourceFiles, main: string, flags: readonly string[]): Promise<Transformed> {
  const transform = new CanisterTransform();
  const refuse = (...diagnostics: Diagnostic[]): Transformed => ({ transform, written: {}, diagnostics });
  const text = textFile(files, main);
  if (typeof text !== "string") return refuse(text);
  const { written, diagnostics } = await runAsc(files, main, [...FLAGS, ...flags], transform);
  // What the compiler says of generated code follows from what the author reads first.
  const own = [...transform.faults.map(sayFault), ...diagnostics.filter((d) => Object.hasOwn(files, d.path))];
  if (own.some((d) => d.severity === "error")) return refuse(...own);
  const [generated] = diagnostics.filter((d) => d.severity === "error");
  if (generated !== undefined) return refuse(...own, inAuthorsWords(generated, main));
  if (transform.isEmpty) return refuse(...own, diagnostic(main, TOP, NO_METHODS));
  return { transform, written, diagnostics: own };
}

const NO_METHODS =
  'no function is a method yet: write @query or @update before one, and import { query, update } from "ic"';

const sayFault = ({ range, message }: Fault): Diagnostic => {
  const { normalizedPath, text } = range.source;
  return diagnostic(normalizedPath, placeAt(text, range.start), message, "error", placeAt(text, range.end));
};

/** A class that Candid cannot carry lacks the methods for it: found only where it is sent, deep in the library. */
function inAuthorsWords(d: Diagnostic, main: string): Diagnostic {
  const uncarried = /Property '__ic\w+' does not exist on type '(?:.*\/)?([^']+)'/.exec(d.message)?.[1];
  const message = uncarried === undefined ? d.message : `Candid has no type for ${uncarried}`;
  return diagnostic(main, TOP, message, d.severity);
}
