/**
 * A dropped `.wasm` or `.wasm.gz` → canister. Its bytes stay as they are, because the module hash that everybody can
 * read is the hash of what was uploaded. Its interface is what it says of itself, else a `.did` dropped beside it.
 *
 * Source: interface S1 (both forms), `/canister/<id>/module_hash`, metadata sections.
 */
import { utf8Strict } from "../../base/bytes.ts";
import { parseDid } from "../candid/did.ts";
import type { Compilation, Compiler, SourceFiles } from "../compiler.ts";
import { didBeside, diagnostic, isDiagnostic, TOP } from "../diagnostics.ts";
import { customSection, readSections, type Section } from "../wasm-sections.ts";

/** A gzip of a few kB can promise gigabytes: what inflates beyond this is no canister. */
const INFLATED_MAX_BYTES = 100 * 1024 * 1024;

export const uploadCompiler: Compiler = {
  async compile(files: SourceFiles, main: string): Promise<Compilation> {
    const refuse = (message: string): Compilation => ({
      ok: false,
      diagnostics: [diagnostic(main, TOP, message)],
    });
    const wasm = files[main];
    if (!(wasm instanceof Uint8Array)) return refuse(`${main} is not a binary file of this project`);
    const module = await unpackedModule(wasm);
    if (typeof module === "string") return refuse(module);
    const sections = readSections(module);
    if (!sections.ok) return refuse(sections.because);

    const own = metadata(sections.value, "candid:service");
    const ownText = own === undefined ? undefined : withInit(own, metadata(sections.value, "candid:args"));
    if (ownText !== undefined)
      return { ok: true, wasm, did: ownText, stable: stableOf(sections.value), diagnostics: [] };
    const beside = didBeside(files, main.replace(/\.gz$/, ""));
    if (beside !== undefined && isDiagnostic(beside)) return { ok: false, diagnostics: [beside] };
    const hint = diagnostic(
      main,
      TOP,
      "the module names no interface: arguments and replies will be raw bytes",
      "info",
    );
    return {
      ok: true,
      wasm,
      did: beside?.text,
      stable: stableOf(sections.value),
      diagnostics: beside === undefined ? [hint] : [],
    };
  },
};

function metadata(sections: readonly Section[], name: string): string | undefined {
  const own = customSection(sections, `icp:public ${name}`) ?? customSection(sections, `icp:private ${name}`);
  return own === undefined ? undefined : utf8Strict(own);
}

const stableOf = (sections: readonly Section[]): string | undefined =>
  metadata(sections, "motoko:stable-types");

/** Motoko writes the arguments of installation into a section of their own: `(principal)`. We want one interface. */
function withInit(service: string, args = "()"): string {
  const parsed = parseDid(service);
  if (!parsed.ok || parsed.did.init.length > 0 || args.trim() === "()") return service;
  const whole = service.replace(/^service\s*:/m, (head) => `${head} ${args.trim()} ->`);
  return parseDid(whole).ok ? whole : service;
}

/** A module as it is, or inflated; a sentence where that cannot be. */
export const unpackedModule = async (bytes: Uint8Array): Promise<Uint8Array | string> =>
  isGzip(bytes) ? inflate(bytes) : bytes;

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;

/** The inflated bytes, or a sentence. */
async function inflate(bytes: Uint8Array): Promise<Uint8Array | string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  try {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      total += value.length;
      if (total > INFLATED_MAX_BYTES) {
        await reader.cancel();
        return "the file inflates to more than 100 MiB";
      }
      parts.push(value);
    }
  } catch {
    return "the file begins like gzip, but cannot be inflated";
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
