/**
 * Where long runs go on: a worker for each, begun when it is needed and gone when it is over, so that the node's own
 * thread stays free for consensus, queries and other canisters. It says how far it is each time another slice of
 * instructions is used up (messages posted from inside running Wasm do arrive), and in the end what came of it.
 *
 *   SB1  A job that is asked for again by its name is not begun again.
 *   SB2  Nothing that a worker does can be seen but through what it says; its failing is this node's failing.
 *   SB3  Where the host has no memory left for a job, the job waits and is begun again: a tab's memories are scarce, and
 *        those of other nodes' jobs come back.
 */
import { runJob } from "../replica/execution/long-runs.ts";
import { HostShortage, type Progress } from "../replica/interfaces/wasm-host.ts";
import { createWasmHost } from "./wasm-host.ts";

/** To the worker. */
export interface SandboxJob {
  readonly job: unknown;
  /** Instructions between two words about progress. */
  readonly slice: bigint;
}
/** From the worker. */
export type SandboxWord =
  | Progress
  | { readonly kind: "shortage"; readonly because: string }
  /** A bug. */
  | { readonly kind: "failed"; readonly because: string };

/** A worker just begun: takes one job. */
export interface Sandbox {
  post(job: SandboxJob): void;
  onWord(hear: (word: SandboxWord) => void): void;
  terminate(): void;
}

/** For the worker's side. */
export function runSandbox({ job, slice }: SandboxJob, say: (word: SandboxWord) => void): void {
  try {
    const onSlice = (instructions: bigint): void => say({ kind: "running", instructions });
    const host = createWasmHost({ memoryUnits: 2, slices: { instructions: slice, onSlice } });
    say({ kind: "ended", result: runJob(host, job) });
  } catch (error) {
    const because = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say({ kind: error instanceof HostShortage ? "shortage" : "failed", because });
  }
}

/** Begun jobs whose end nobody asked for: more than these are forgotten, oldest first. */
const MAX_JOBS = 16;

/** Shortages after which a job has failed: what does not pass in ten seconds is a bug. */
const MAX_SHORTAGES = 20;

/**
 * For the node's side: what `WasmHost.elsewhere` asks. `wake` is called whenever something new is known, `later` does
 * something in about half a second.
 */
export function createElsewhere(
  spawn: () => Sandbox,
  slice: bigint,
  wake: () => void,
  later: (then: () => void) => void,
): (name: string, job: unknown) => Progress {
  interface Begun {
    word: Exclude<SandboxWord, { kind: "shortage" }>;
    readonly sandbox: Sandbox;
  }
  const jobs = new Map<string, Begun>();
  const shortages = new Map<string, number>();

  function begin(name: string, job: unknown): Begun {
    if (jobs.size >= MAX_JOBS) drop(jobs.keys().next().value!);
    const begun: Begun = { word: { kind: "running", instructions: 0n }, sandbox: spawn() };
    jobs.set(name, begun);
    begun.sandbox.onWord((word) => {
      if (word.kind !== "running") begun.sandbox.terminate();
      const times = (shortages.get(name) ?? 0) + 1;
      if (word.kind === "shortage" && times <= MAX_SHORTAGES) {
        shortages.set(name, times);
        jobs.delete(name);
        later(wake);
        return;
      }
      begun.word = word.kind === "shortage" ? { kind: "failed", because: word.because } : word;
      shortages.delete(name);
      wake();
    });
    begun.sandbox.post({ job, slice });
    return begun;
  }

  function drop(name: string): void {
    jobs.get(name)?.sandbox.terminate();
    jobs.delete(name);
  }

  return (name, job) => {
    const { word } = jobs.get(name) ?? begin(name, job);
    if (word.kind === "failed") throw new Error(word.because);
    if (word.kind === "ended") drop(name);
    return word;
  };
}
