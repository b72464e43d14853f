/**
 * One node's past: its snapshots and steps as they come, and the replica that it was at any moment since. That has the
 * node's code, its canisters really run, and it is told what the node was told; what it says nobody hears.
 *
 *   HP1  At a moment the replica has worked off every recorded event up to it and none after.
 *   HP2  Every state that the replayed rounds end with has the root that the node said. One that has not is a fault,
 *        named by its height and told with whatever is asked from there on.
 *   HP3  A snapshot whose parts are gone is as good as none: an earlier one serves.
 *
 * Checked by: tests/simulation/history.test.ts.
 */
import type { Replica } from "../../replica/interfaces/events.ts";
import type { Hash, LabTime } from "../../types/ids.ts";
import type { Recorded, RecordedStep } from "./recorded.ts";
import { type Beginning, type Replayed, replayFrom, type ReplayDeps } from "./replaying.ts";

interface Snapshot extends Beginning {
  /** The number of the step that comes next. */
  readonly step: number;
  /** The node was not there before it. */
  readonly isFirst: boolean;
}

/** A replica at work in the past. */
interface Position {
  readonly node: Replayed;
  /** The number of the step that it has not done yet, and the time of the last that it has. */
  next: number;
  at: LabTime;
  fault: string | undefined;
}

export type Then =
  | { readonly replica: Replica; readonly fault: string | undefined }
  | { readonly replica: undefined; readonly because: string };

export class NodePast {
  readonly #deps: ReplayDeps;
  #snapshots: Snapshot[] = [];
  /** From the step of number `#dropped` on. */
  #steps: RecordedStep[] = [];
  #dropped = 0;
  readonly #refused = new Set<string>();
  #position: Position | undefined;

  constructor(deps: ReplayDeps) {
    this.#deps = deps;
  }

  add(recorded: Recorded): void {
    if (recorded.kind === "snapshot") {
      this.#snapshots.push({ ...recorded, step: this.#dropped + this.#steps.length });
      return;
    }
    for (const step of recorded.steps) {
      this.#steps.push(step);
      for (const question of step.refused) this.#refused.add(question);
    }
  }

  get range(): { readonly from: LabTime; readonly to: LabTime } | undefined {
    const from = this.#snapshots[0]?.at;
    if (from === undefined) return undefined;
    return { from, to: Math.max(this.#snapshots.at(-1)!.at, this.#steps.at(-1)?.event.at ?? 0) };
  }

  /** What is older than the snapshot that `time` needs. Returns the steps that are forgotten. */
  drop(time: LabTime): readonly RecordedStep[] {
    const first = this.#snapshots.findLastIndex(({ at }) => at <= time);
    if (first <= 0) return [];
    this.#snapshots = this.#snapshots.slice(first);
    const count = this.#snapshots[0]!.step - this.#dropped;
    const gone = this.#steps.slice(0, count);
    this.#steps = this.#steps.slice(count);
    this.#dropped += count;
    return gone;
  }

  /** Before which something can be forgotten. */
  get second(): LabTime | undefined {
    return this.#snapshots[1]?.at;
  }

  get roots(): readonly Hash[] {
    return this.#snapshots.map(({ name }) => name);
  }

  /** The time of the last step before `time`, or of the first one after it. */
  neighbour(time: LabTime, direction: -1 | 1): LabTime | undefined {
    const after = firstAfter(this.#steps, direction === 1 ? time : time - 1);
    return this.#steps[direction === 1 ? after : after - 1]?.event.at;
  }

  /** HP1. */
  at(time: LabTime): Then {
    const wanted = this.#snapshots.findLastIndex(({ at }) => at <= time);
    if (wanted < 0) return { replica: undefined, because: "This node was not recorded yet." };
    const here = this.#position;
    const position =
      here !== undefined && here.next >= this.#snapshots[wanted]!.step && here.at <= time
        ? here
        : this.#begin(wanted);
    this.#position = position;
    if (position === undefined)
      return { replica: undefined, because: "What was recorded of this node then is not whole any more." };
    try {
      for (;;) {
        const step = this.#steps[position.next - this.#dropped];
        if (step === undefined || step.event.at > time) break;
        const fault = position.node.step(step);
        position.fault ??= fault;
        position.next++;
        position.at = step.event.at;
      }
    } catch (error) {
      this.#position = undefined;
      return { replica: undefined, because: `This moment cannot be had again: ${sentenceOf(error)}.` };
    }
    return { replica: position.node.replica, fault: position.fault };
  }

  /** HP3. */
  #begin(wanted: number): Position | undefined {
    for (let i = wanted; i >= 0; i--) {
      const snapshot = this.#snapshots[i]!;
      const node = replayFrom(this.#deps, snapshot, this.#refused);
      if (node !== undefined) return { node, next: snapshot.step, at: snapshot.at, fault: undefined };
      if (snapshot.isFirst) return undefined;
    }
    return undefined;
  }
}

/** The place of the first step after `time`. */
function firstAfter(steps: readonly RecordedStep[], time: LabTime): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]!.event.at <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
