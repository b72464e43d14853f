/** The compilers, in their own worker, loaded at the first compile. */
import type { StableBreak } from "../../compilers/motoko/stable.ts";
import type { Compilation, Diagnostic, Language, SourceFiles } from "../../compilers/compiler.ts";
import type { ModuleText } from "../../compilers/wat/text.ts";
import type { Answer, Position, Question } from "../../compilers/language-service.ts";

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

/** What Deploy would install, made beside the editor's own compiler. */
export async function compileAhead(
  language: Language,
  files: SourceFiles,
  main: string,
): Promise<Compilation> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return compilerClient().compileAhead(language, files, main);
}
export async function stableBreaks(before: string, after: string): Promise<readonly StableBreak[]> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return compilerClient().stableBreaks(before, after);
}
/** Undefined when it was given up. */
export async function moduleText(wasm: Uint8Array, signal: AbortSignal): Promise<ModuleText | undefined> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return signal.aborted ? undefined : compilerClient().moduleText(wasm, signal);
}

/** What the editor asks about a place. */
export async function ask<Q extends Question>(
  language: Language,
  question: Q,
  files: SourceFiles,
  path: string,
  at: Position,
): Promise<Answer<Q> | undefined> {
  const { compilerClient } = await import("../../compilers/client.ts");
  return compilerClient().ask(language, question, files, path, at);
}
