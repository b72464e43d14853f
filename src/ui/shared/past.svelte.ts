/**
 * Looking back: any moment of the session since recording began. The network stands still meanwhile; what is drawn is
 * the chronicle up to that moment, and what is asked of nodes is answered by their replays (lab/history.ts).
 */
import type { HistoryRange } from "../../lab/history.ts";
import type { NetworkHistory } from "../../lab/recorder.ts";
import type { LabTime, NodeId } from "../../types/ids.ts";
import type { Inspection, InspectionReply } from "../../types/inspection.ts";
import { chronicleUntil } from "./chronicle-until.ts";
import { follow } from "./follow.svelte.ts";
import { live, type Picture } from "./live.svelte.ts";

/** While somebody drags through time, nodes are replayed only where the hand rests. */
const REST_MS = 120;
const RANGE_EVERY_MS = 500;

class Past {
  /** The moment in view; undefined: the present. */
  at = $state<LabTime | undefined>(undefined);
  /** What can be looked at; undefined: nothing was recorded yet. */
  range = $state.raw<HistoryRange | undefined>(undefined);
  /** How a replay differs from what nodes said then. */
  fault = $state<string | undefined>(undefined);
  #history: NetworkHistory | undefined;
  #picture: Picture | undefined;
  #wasRunning = false;
  #movedAt = 0;
  /** Where somebody wants to be, who may drag on while the network comes to a stop. */
  #wanted: LabTime = 0;
  #leaving: Promise<boolean> | undefined;

  /** Called once nodes can answer: nobody who waits for the first block waits for this. */
  async begin(): Promise<void> {
    this.#history = await live.network?.record();
    const look = async (): Promise<void> => {
      this.range = await this.#history?.range();
      if (this.range === undefined) setTimeout(() => void look(), RANGE_EVERY_MS);
    };
    if (this.#history !== undefined) await look();
  }

  async go(time: LabTime): Promise<void> {
    this.#wanted = time;
    if (this.at === undefined && !(await this.#leavePresent())) return;
    const { from, to } = this.range!;
    this.#show(Math.max(from, Math.min(to, this.#wanted)));
  }
  /** To the nearest moment at which some node did something. */
  async step(direction: -1 | 1): Promise<void> {
    if (this.at === undefined && (direction === 1 || !(await this.#leavePresent()))) return;
    const next = await this.#history?.neighbour(this.at ?? this.range!.to + 1, direction);
    if (next !== undefined) await this.go(next);
    else if (direction === -1 && this.at === undefined) this.leave();
  }
  /** To the moment at which the height before, or the next one, became final. */
  async stepHeight(direction: -1 | 1): Promise<void> {
    const { finalized } = live.picture.chronicle;
    const column = live.chronicle.column(finalized + direction);
    if (column?.finalized !== undefined) await this.go(column.finalized.at);
    else if (direction === 1) this.leave();
  }
  /** To the present, which goes on if it went on before; `resume`: in any case. */
  leave(resume = false): void {
    if (live.replay === this.#picture) live.replay = undefined;
    const wasPast = this.at !== undefined;
    this.at = undefined;
    this.#picture = undefined;
    this.fault = undefined;
    if (wasPast && (this.#wasRunning || resume) && live.paused) live.togglePause();
    live.redraw();
  }

  /** The network stands still, and all that it did is recorded. */
  #leavePresent(): Promise<boolean> {
    const leave = async (): Promise<boolean> => {
      follow.stop();
      this.#wasRunning = !live.paused;
      if (this.#wasRunning) live.togglePause();
      await this.#history?.settle();
      this.range = await this.#history?.range();
      this.#leaving = undefined;
      return this.range !== undefined;
    };
    this.#leaving ??= leave();
    return this.#leaving;
  }

  #show(time: LabTime): void {
    this.at = time;
    this.#movedAt = performance.now();
    this.#picture = {
      chronicle: chronicleUntil(live.chronicle, time),
      flights: live.flights,
      now: () => time,
      inspect: (node, what) => this.#inspect(node, what),
    };
    live.replay = this.#picture;
    live.redraw();
  }

  /** Of the moment in view when it is answered. */
  async #inspect(node: NodeId, what: Inspection): Promise<InspectionReply> {
    while (performance.now() < this.#movedAt + REST_MS)
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    if (this.at === undefined || this.#history === undefined) return live.inspect(node, what);
    const { reply, fault } = await this.#history.inspect(node, this.at, what);
    if (fault !== undefined) this.fault = fault;
    return reply;
  }
}
export const past = new Past();
