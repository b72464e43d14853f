/**
 * Runs of entry points that may take longer than a thread should be held.
 *
 *   LR1  What a run does, answers and costs depends neither on where it runs nor in how many parts.
 *   LR2  An attempt may use what was paid for so far. When its runs use more, it is given up with `NotYet`, and whoever
 *        made it forgets all that it did and makes it again when more is paid for.
 *   LR3  A run of up to 200 M instructions ends in the call that begins it. A longer one is forgotten and begun again on
 *        another thread, on a copy of its canister; where there is one thread only, it runs to its end and is remembered.
 *
 * Source: DESIGN §4 ("Executing while agreeing"); replica D.2.
 */
import { defined } from "../../base/assert.ts";
import type { Entry, WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import { sharedWith } from "../state/pages.ts";
import { runCanister, type Run, tryCanister } from "./run-canister.ts";
import { pausable } from "./management/load-module.ts";
import type { Situation } from "./system-api/sandbox.ts";

export type RunCanister = (canister: CanisterState, entry: Entry, situation: Situation) => Run;

/** An attempt that uses more than was paid for, or of which that is not known yet. */
export class NotYet extends Error {
  override name = "NotYet";
  readonly isKnown: boolean;
  constructor(isKnown: boolean) {
    super("not yet");
    this.isKnown = isKnown;
  }
}

/** LR3. Not observable. */
const INLINE = 200_000_000n;
/** Long executions that are remembered at most: more than there are cores. */
const MAX_KNOWN = 16;

interface Job {
  readonly canister: CanisterState;
  readonly entry: Entry;
  readonly situation: Situation;
}

export interface LongRuns {
  /** The runs of one attempt at an execution. All attempts at one execution give it the same name. */
  attempt(execution: string, paid: bigint): RunCanister;
  /** The execution is over. */
  end(execution: string): void;
  /** Heights will be executed again, perhaps to another end: their executions have the same names, and nothing in common. */
  forget(): void;
}

/** `maxElsewhere`: executions that go on on other threads at once. */
export function createLongRuns(host: WasmHost, maxElsewhere = Infinity): LongRuns {
  const known = new Map<string, Map<number, Run | "long">>();
  const elsewhere = new Set<string>();
  let era = 0;

  function outcomesOf(execution: string): Map<number, Run | "long"> {
    const outcomes = known.get(execution) ?? new Map<number, Run | "long">();
    if (!known.has(execution) && known.size >= MAX_KNOWN) end(known.keys().next().value!);
    known.set(execution, outcomes);
    return outcomes;
  }

  function end(execution: string): void {
    known.delete(execution);
    elsewhere.delete(execution);
  }

  /** The run, or what it has used so far where it goes on elsewhere. */
  function outcome(execution: string, nth: number, job: Job): Run | { readonly instructions: bigint } {
    const { canister, entry, situation } = job;
    const before = known.get(execution)?.get(nth);
    if (typeof before === "object") return before;
    const here = before === undefined ? tryCanister(host, canister, entry, situation, INLINE) : undefined;
    if (here !== undefined) return here;
    if (host.elsewhere === undefined) return runCanister(host, canister, entry, situation);
    outcomesOf(execution).set(nth, "long");
    if (!elsewhere.has(execution) && elsewhere.size >= maxElsewhere) return { instructions: 0n };
    elsewhere.add(execution);
    const progress = host.elsewhere(`${era}/${execution}/${nth}`, job);
    return progress.kind === "ended" ? rebased(progress.result as Run, canister) : progress;
  }

  return {
    end,
    forget() {
      known.clear();
      elsewhere.clear();
      era++;
    },
    attempt(execution, paid) {
      let used = 0n;
      let index = 0;
      return (canister, entry, situation) => {
        const nth = index++;
        const run = outcome(execution, nth, { canister, entry, situation });
        used += run.instructions;
        if (!("canister" in run)) throw new NotYet(used > paid);
        if (known.has(execution) || used > paid) outcomesOf(execution).set(nth, run);
        if (used > paid) throw new NotYet(true);
        return run;
      };
    },
  };
}

/** What another thread does with a job: the same run, of a module that may be given instructions in parts. */
export function runJob(host: WasmHost, job: unknown): Run {
  const { canister, entry, situation } = job as Job;
  const code = defined(canister.code, "a canister that runs has code");
  return runCanister(host, { ...canister, code: pausable(code) }, entry, situation);
}

/** A result that came as a copy, with the code and the pages that did not change as they were. */
const rebased = (run: Run, canister: CanisterState): Run => ({
  ...run,
  canister: {
    ...run.canister,
    code: canister.code,
    heap: sharedWith(canister.heap, run.canister.heap),
    stable: sharedWith(canister.stable, run.canister.stable),
  },
});
