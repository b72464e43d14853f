/**
 * A stretch of the past, shown again: the facts that nodes told, folded up to a moment that moves. Nothing is asked of
 * the network, nothing is made up. Checked by: replay.test.ts.
 */
import type { Flight } from "../../lab/lab.ts";
import type { LabTime } from "../../types/ids.ts";
import type { TraceEntry } from "../../types/trace.ts";
import { Chronicle } from "./chronicle.ts";

export class Replay {
  readonly flights: readonly Flight[];
  readonly from: LabTime;
  readonly to: LabTime;
  chronicle = new Chronicle();
  #at: LabTime;
  #next = 0;
  readonly #entries: readonly TraceEntry[];

  constructor(trace: readonly TraceEntry[], flights: readonly Flight[], from: LabTime, to: LabTime) {
    this.#entries = trace.filter((e) => e.at <= to).sort((a, b) => a.at - b.at);
    this.flights = flights.filter((f) => f.arrives >= from && f.departed <= to);
    this.from = from;
    this.to = to;
    this.#at = from;
    this.seek(from);
  }

  now(): LabTime {
    return this.#at;
  }
  get done(): boolean {
    return this.#at >= this.to;
  }

  /** Backwards the facts are folded anew. */
  seek(to: LabTime): void {
    const at = Math.max(this.from, Math.min(this.to, to));
    if (at < this.#at) {
      this.chronicle = new Chronicle();
      this.#next = 0;
    }
    const begin = this.#next;
    while (this.#next < this.#entries.length && this.#entries[this.#next]!.at <= at) this.#next++;
    this.chronicle.fold(this.#entries.slice(begin, this.#next));
    this.#at = at;
  }
}
