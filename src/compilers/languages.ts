/** Which compiler a file is for. */
import type { Language } from "./compiler.ts";

const BY_ENDING: readonly (readonly [ending: string, language: Language])[] = [
  [".mo", "motoko"],
  [".ts", "assemblyscript"],
  [".wat", "wat"],
  [".wasm", "upload"],
  [".wasm.gz", "upload"],
];

export const languageOf = (path: string): Language | undefined =>
  BY_ENDING.find(([ending]) => path.endsWith(ending))?.[1];
