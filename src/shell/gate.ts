/**
 * The gate at a receiving node: what peers sent, held until it arrives. One class for workers and for the virtual
 * clock. Source: DESIGN §4 "Links, clock, pause".
 *
 *   G1  A message leaves at its arrival time or later, never earlier.
 *   G2  Equal arrival times leave in the order of departure.
 *   G3  A closed gate loses nothing: what it holds waits.
 */
import { PriorityQueue } from "../base/priority-queue.ts";
import type { Prng } from "../base/prng.ts";
import type { LabTime, NodeId } from "../types/ids.ts";

export interface Held {
  /** Counts the messages of this gate. */
  readonly id: number;
  readonly from: NodeId;
  readonly bytes: Uint8Array;
  readonly departed: LabTime;
  readonly arrives: LabTime;
}

/** When a message that leaves `from` now arrives; undefined: it is lost. */
export type LinkPolicy = (from: NodeId, now: LabTime) => LabTime | undefined;

export class Gate {
  closed = false;
  policy: LinkPolicy;
  private nextId = 0;
  private readonly held = new PriorityQueue<Held>((a, b) => a.arrives - b.arrives || a.id - b.id);

  constructor(policy: LinkPolicy) {
    this.policy = policy;
  }

  accept(from: NodeId, bytes: Uint8Array, departed: LabTime): Held | undefined {
    const arrives = this.policy(from, departed);
    if (arrives === undefined) return undefined;
    const held: Held = { id: this.nextId++, from, bytes, departed, arrives };
    this.held.push(held);
    return held;
  }

  /** When the next message may leave; undefined when there is none or the gate is closed. */
  next(): LabTime | undefined {
    return this.closed ? undefined : this.held.peek()?.arrives;
  }

  take(now: LabTime): Held | undefined {
    const next = this.next();
    return next === undefined || next > now ? undefined : this.held.pop();
  }

  /** All that is held arrives now: the way out of a doze. */
  hurry(now: LabTime): void {
    this.rearrange((h) => ({ ...h, arrives: Math.min(h.arrives, now) }));
  }

  /** Takes one message off its link, before it arrives. */
  remove(id: number): Held | undefined {
    let removed: Held | undefined;
    this.rearrange((h) => {
      if (h.id !== id) return h;
      removed = h;
      return undefined;
    });
    return removed;
  }

  /** Puts a message that was removed back, as it is now. */
  put(held: Held): void {
    this.held.push(held);
  }

  /** A second one like it. */
  copy(held: Held, arrives: LabTime): Held {
    const copy = { ...held, id: this.nextId++, arrives };
    this.held.push(copy);
    return copy;
  }

  private rearrange(change: (held: Held) => Held | undefined): void {
    const all: Held[] = [];
    for (let h = this.held.pop(); h !== undefined; h = this.held.pop()) all.push(h);
    for (const h of all) {
      const changed = change(h);
      if (changed !== undefined) this.held.push(changed);
    }
  }

  get size(): number {
    return this.held.size;
  }
}

/** What a link does that is not as the others are. */
export interface LinkCondition {
  /** Instead of the others' latency. */
  readonly ms?: number;
  /** The part of its messages that it loses; 1: it is cut. */
  readonly loss: number;
}

export const conditioned =
  (ms: number, conditions: ReadonlyMap<NodeId, LinkCondition>, draw: Prng): LinkPolicy =>
  (from, now) => {
    const condition = conditions.get(from);
    if (condition === undefined) return now + ms;
    return condition.loss > 0 && draw.chance(condition.loss) ? undefined : now + (condition.ms ?? ms);
  };

export const fixedLatency =
  (ms: number): LinkPolicy =>
  (_from, now) =>
    now + ms;
