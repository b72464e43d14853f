/**
 * What the compiler worker answers. The page keeps two workers of this kind: one compiles, the other runs an author's
 * functions, so that an endless loop in them costs no loaded compiler. A third lives as long as it writes a module as text.
 */
import type {
  RunnableExport,
  RunnableModule,
  RunnableValue,
  RunningModule,
  RunOutcome,
} from "./assemblyscript/run-exports.ts";
import { compileRunnable, startRunnable } from "./assemblyscript/run-exports.ts";
import { check, compile, loadCompiler } from "./compile.ts";
import type { Compilation, Diagnostic, Language, SourceFiles } from "./compiler.ts";
import { type StableBreak, stableBreaks } from "./motoko/stable.ts";
import { type ModuleText, moduleText } from "./wat/text.ts";
import { type Answer, askLanguage, type Position, type Question } from "./language-service.ts";

export interface CompilerWorkerApi {
  /** Resolves when the language's compiler is in memory. */
  load(language: Language): Promise<void>;
  compile(language: Language, files: SourceFiles, main: string): Promise<Compilation>;
  check(language: Language, files: SourceFiles, main: string): Promise<readonly Diagnostic[]>;
  /** Motoko: what of the running canister's data the new code could not take over. */
  stableBreaks(before: string, after: string): Promise<readonly StableBreak[]>;
  ask<Q extends Question>(
    language: Language,
    question: Q,
    files: SourceFiles,
    path: string,
    at: Position,
  ): Promise<Answer<Q> | undefined>;
  compileRunnable(files: SourceFiles, main: string): Promise<RunnableModule>;
  /** What was built, for reading. */
  moduleText(wasm: Uint8Array): Promise<ModuleText>;
  /** Replaces the module that `call` speaks to. */
  start(wasm: Uint8Array, exports: readonly RunnableExport[]): Promise<void>;
  call(name: string, args: readonly RunnableValue[]): Promise<RunOutcome>;
}

let running: RunningModule | undefined;

export const compilerWorkerApi: CompilerWorkerApi = {
  load: loadCompiler,
  compile,
  check,
  stableBreaks,
  ask: askLanguage,
  compileRunnable,
  moduleText,
  async start(wasm, exports) {
    running = await startRunnable(wasm, exports);
  },
  async call(name, args) {
    return running?.call(name, args) ?? { ok: false, message: "no module is running", printed: [] };
  },
};
