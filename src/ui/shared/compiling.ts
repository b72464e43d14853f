/** The compilers, in their own worker, loaded at the first compile. */
import type { Compilation, Diagnostic, Language, SourceFiles } from "../../compilers/compiler.ts";

export async function compile(language: Language, files: SourceFiles, main: string): Promise<Compilation> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return compilerClient().compile(language, files, main);
}

/** Diagnostics alone, while somebody types. */
export async function check(
  language: Language,
  files: SourceFiles,
  main: string,
): Promise<readonly Diagnostic[]> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return compilerClient().check(language, files, main);
}
