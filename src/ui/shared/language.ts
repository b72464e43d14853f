import type { Language } from "../../compilers/compiler.ts";

/** Which compiler an entry file goes to; undefined for what is no source of a canister. */
export function languageOf(path: string): Language | undefined {
  if (path.endsWith(".mo")) return "motoko";
  if (path.endsWith(".wat")) return "wat";
  if (path.endsWith(".ts") && !path.endsWith(".d.ts")) return "assemblyscript";
  if (/\.wasm(\.gz)?$/.test(path)) return "upload";
  return undefined;
}

export const languageName: Record<Language, string> = {
  motoko: "Motoko",
  assemblyscript: "AssemblyScript",
  wat: "WebAssembly text",
  upload: "Wasm",
};
