/** One door to all compilers. Each loads its own machinery on first use, so this file costs nothing to import. */
import { assemblyscriptCompiler } from "./assemblyscript/assemblyscript.ts";
import type { Compilation, Compiler, Diagnostic, Language, SourceFiles } from "./compiler.ts";
import { motokoCompiler } from "./motoko/motoko.ts";
import { uploadCompiler } from "./upload/upload.ts";
import { watCompiler } from "./wat/wat.ts";

const COMPILERS: Readonly<Record<Language, Compiler>> = {
  motoko: motokoCompiler,
  assemblyscript: assemblyscriptCompiler,
  wat: watCompiler,
  upload: uploadCompiler,
};

export const compile = (language: Language, files: SourceFiles, main: string): Promise<Compilation> =>
  COMPILERS[language].compile(files, main);

export async function loadCompiler(language: Language): Promise<void> {
  await COMPILERS[language].load?.();
}

/** Diagnostics alone; in Motoko some hundred times faster than compiling. */
export async function check(
  language: Language,
  files: SourceFiles,
  main: string,
): Promise<readonly Diagnostic[]> {
  const compiler = COMPILERS[language];
  return compiler.check?.(files, main) ?? (await compiler.compile(files, main)).diagnostics;
}
