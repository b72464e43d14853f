/**
 * The page's side of the compiler workers. One client for the whole page; workers start at the first request.
 *
 *   K1  Answers are matched to requests: a compilation is of the sources it was asked for.
 *   K2  A check that still waits when a newer one for the same file comes is not run: both get the newer answer.
 *       Of the editor's questions only the newest of a kind is worth an answer: an older one that waits gets none.
 *   K3  A worker that dies fails its open requests with a sentence, and the next request starts a new one.
 *   K4  A function that runs too long is ended, and the author told; no compiler is lost with it.
 *   K5  A worker that nobody asks for a minute is ended, and its memory given back. Not one that holds the variables of
 *       an author's module.
 */
import { wrap } from "comlink";
import type { RunnableModule, RunnableValue, RunOutcome } from "./assemblyscript/run-exports.ts";
import type { Compilation, Diagnostic, Language, SourceFiles } from "./compiler.ts";
import type { StableBreak } from "./motoko/stable.ts";
import type { Answer, Position, Question } from "./language-service.ts";
import type { ModuleText } from "./wat/text.ts";
import type { CompilerWorkerApi } from "./worker-api.ts";

export type CompilerProgress =
  | { readonly stage: "idle" }
  /** The first use of a language downloads and starts its compiler. */
  | { readonly stage: "loading" | "compiling" | "checking"; readonly language: Language };

export interface CompilerClient {
  compile(language: Language, files: SourceFiles, main: string): Promise<Compilation>;
  check(language: Language, files: SourceFiles, main: string): Promise<readonly Diagnostic[]>;
  /** In the other worker, so that the editor's questions do not wait for it: what Deploy would install. */
  compileAhead(language: Language, files: SourceFiles, main: string): Promise<Compilation>;
  stableBreaks(before: string, after: string): Promise<readonly StableBreak[]>;
  /** What the editor asks while somebody types or points; undefined without an answer. */
  ask<Q extends Question>(
    language: Language,
    question: Q,
    files: SourceFiles,
    path: string,
    at: Position,
  ): Promise<Answer<Q> | undefined>;
  /** AssemblyScript only: the undecorated functions of a module, ready to run. */
  compileRunnable(files: SourceFiles, main: string): Promise<RunnableModule>;
  /** Calls a function of the module; its variables stay while the same module object is passed. */
  run(
    module: RunnableModule & { readonly ok: true },
    name: string,
    args: readonly RunnableValue[],
  ): Promise<RunOutcome>;
  /** A module as text, by a worker that ends with it; undefined when it was given up. */
  moduleText(wasm: Uint8Array, signal: AbortSignal): Promise<ModuleText | undefined>;
  /** Calls back at once and at every change, until the function it returns is called. */
  onProgress(listener: (progress: CompilerProgress) => void): () => void;
}

const RUN_MAX_MS = 5_000;
export const IDLE_MAX_MS = 60_000;

let client: CompilerClient | undefined;

export function compilerClient(): CompilerClient {
  client ??= makeCompilerClient(
    () =>
      new Worker(new URL("../../workers/compiler.worker.ts", import.meta.url), {
        type: "module",
        name: "compiler",
      }),
  );
  return client;
}

/** What a worker is to the client. */
export type WorkerLike = Pick<
  Worker,
  "postMessage" | "addEventListener" | "removeEventListener" | "terminate"
>;

export function makeCompilerClient(startWorker: () => WorkerLike): CompilerClient {
  let running: RunnableModule | undefined;
  const compiler = restarting(startWorker);
  const runner = restarting(startWorker, () => running === undefined);
  const listeners = new Set<(progress: CompilerProgress) => void>();
  let progress: CompilerProgress = { stage: "idle" };
  const tell = (next: CompilerProgress): void => {
    progress = next;
    for (const listener of listeners) listener(progress);
  };

  /** One request at a time, in order; the worker could do no more, and so progress has one meaning. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(
    language: Language,
    stage: "compiling" | "checking" | undefined,
    ask: (api: CompilerWorkerApi) => Promise<T>,
  ): Promise<T> {
    const turn = last.then(async () => {
      try {
        tell({ stage: "loading", language });
        await compiler.ask((api) => api.load(language));
        tell(stage === undefined ? { stage: "idle" } : { stage, language });
        return await compiler.ask(ask);
      } finally {
        tell({ stage: "idle" });
      }
    });
    last = turn.catch(() => {});
    return turn;
  }

  const waiting = new Map<string, { files: SourceFiles; readonly answer: Promise<readonly Diagnostic[]> }>();
  const newest = new Map<Question, object>();

  return {
    compile: (language, files, main) =>
      inTurn(language, "compiling", (api) => api.compile(language, plain(files), main)),

    compileAhead: (language, files, main) => runner.ask((api) => api.compile(language, plain(files), main)),
    stableBreaks: (before, after) => inTurn("motoko", "checking", (api) => api.stableBreaks(before, after)),

    check(language, files, main) {
      const key = `${language} ${main}`;
      const older = waiting.get(key);
      if (older !== undefined) {
        older.files = files;
        return older.answer;
      }
      const answer = inTurn(language, "checking", (api) => {
        const newest = waiting.get(key)?.files ?? files;
        waiting.delete(key);
        return api.check(language, plain(newest), main);
      }).finally(() => waiting.delete(key));
      waiting.set(key, { files, answer });
      return answer;
    },

    async ask(language, question, files, path, at) {
      const mine = {};
      newest.set(question, mine);
      return inTurn(language, undefined, async (api) =>
        newest.get(question) === mine ? api.ask(language, question, texts(files), path, at) : undefined,
      );
    },

    compileRunnable: (files, main) =>
      inTurn("assemblyscript", "compiling", (api) => api.compileRunnable(plain(files), main)),

    async run(module, name, args) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tooLong = new Promise<RunOutcome>((resolve) => {
        timer = setTimeout(() => {
          runner.stop(`${name} was ended`);
          running = undefined;
          resolve({
            ok: false,
            message: `${name} did not end within ${RUN_MAX_MS / 1000} seconds`,
            printed: [],
          });
        }, RUN_MAX_MS);
      });
      const outcome = runner.ask(async (api) => {
        if (running !== module) {
          running = undefined;
          await api.start(module.wasm, module.exports);
          running = module;
        }
        return api.call(name, args);
      });
      outcome.catch(() => {});
      try {
        return await Promise.race([outcome, tooLong]);
      } finally {
        clearTimeout(timer);
      }
    },

    async moduleText(wasm, signal) {
      const writer = restarting(startWorker);
      const stop = (): void => writer.stop("given up");
      signal.addEventListener("abort", stop);
      try {
        return await writer.ask((api) => api.moduleText(wasm));
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        stop();
      }
    },

    onProgress(listener) {
      listeners.add(listener);
      listener(progress);
      return () => listeners.delete(listener);
    },
  };
}

/** The page's reactive objects cannot cross to a worker; their fields can. */
const plain = (files: SourceFiles): SourceFiles => ({ ...files });

/** No service reads a binary file, and modules are large. */
const texts = (files: SourceFiles): SourceFiles =>
  Object.fromEntries(Object.entries(files).filter(([, content]) => typeof content === "string"));

interface Restarting {
  ask<T>(question: (api: CompilerWorkerApi) => Promise<T>): Promise<T>;
  stop(because: string): void;
}

/** A worker that starts when needed, and again after it died; one that idles ends if it may. */
function restarting(startWorker: () => WorkerLike, mayEnd = () => true): Restarting {
  interface Life {
    readonly worker: WorkerLike;
    readonly api: CompilerWorkerApi;
    readonly death: Promise<never>;
    readonly die: (because: string) => void;
  }
  let life: Life | undefined;
  let open = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;

  function begin(): Life {
    const worker = startWorker();
    const { promise: death, reject } = Promise.withResolvers<never>();
    death.catch(() => {});
    const mine: Life = {
      worker,
      // Every method is asynchronous already, so the remote object has the very type of the local one.
      api: wrap<CompilerWorkerApi>(worker as Worker) as unknown as CompilerWorkerApi,
      death,
      die(because) {
        worker.terminate();
        if (life === mine) life = undefined;
        reject(new Error(because));
      },
    };
    worker.addEventListener("error", (event) => {
      const words = "message" in event ? event.message : "";
      mine.die(`the compiler's worker failed: ${words || "it could not be loaded"}`);
    });
    return mine;
  }

  return {
    async ask(question) {
      life ??= begin();
      const mine = life;
      open++;
      clearTimeout(idle);
      try {
        return await Promise.race([question(mine.api), mine.death]);
      } finally {
        open--;
        if (open === 0) idle = setTimeout(() => mayEnd() && mine.die("it idled"), IDLE_MAX_MS);
      }
    },
    stop: (because) => life?.die(because),
  };
}
