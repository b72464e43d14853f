/**
 * Many nodes in one thread on a virtual clock: tests, simulations, time travel. Everything follows from the events
 * put in: no wall clock, no chance of its own (link policies bring theirs, seeded).
 *
 *   V1  The earliest due thing happens next; ties by node, then by order of departure.
 *   V2  Time passes only between events; a node's own clock may be wrong, but never goes backwards.
 */
import { assert, defined } from "../base/assert.ts";
import type { Replica, ReplicaEffect, ReplicaEvent } from "../replica/interfaces/events.ts";
import { Gate, type LinkPolicy } from "../shell/gate.ts";
import { createMemoryStore, type NodeStore } from "../shell/storage/node-store.ts";
import type { HttpReply, HttpRequest, Ticket } from "../types/http.ts";
import type { SubnetRecord } from "../registry/registry.ts";
import type { LabTime, NodeId, RegistryVersion } from "../types/ids.ts";
import type { Inspection, InspectionReply } from "../types/inspection.ts";
import type { TraceEntry } from "../types/trace.ts";

interface Seat {
  readonly id: NodeId;
  replica: Replica;
  readonly gate: Gate;
  readonly store: NodeStore;
  /** Effects that it still gets done before it crashes: what it writes down and what it says count. */
  crashAfter: number | undefined;
  /** Not before it writes. */
  crashesWriting: boolean;
  crashed: boolean;
  /** By this node's own clock, like every time that it names. */
  wake: LabTime | undefined;
  /** Silent: hears nothing, says nothing, its clock stands. What is sent to it waits at its gate. */
  silent: boolean;
  /** What its clock shows beyond the network's time, and showed last. */
  skewMs: number;
  clock: LabTime;
  /** How long an event keeps it busy, and until when one does. */
  slowMs: number;
  busyUntil: LabTime;
}

export interface Newcomer {
  readonly id: NodeId;
  readonly replica: Replica;
  readonly store?: NodeStore;
}

/** Far more than the messages of an instant can cause: beyond it some node wakes itself for ever. */
const WAKES_PER_INSTANT = 1_000;

export class VirtualNetwork {
  now: LabTime;
  readonly trace: TraceEntry[] = [];
  /** Called with every trace entry, also when `keepTrace` is off. */
  onTrace: (entry: TraceEntry) => void = () => {};
  /** Called with every message sent, before the link decides on it. */
  onSend: (from: NodeId, to: NodeId, bytes: Uint8Array) => void = () => {};
  /** Called when a node crashes, with what it was about to get done. */
  onCrash: (id: NodeId, effect: ReplicaEffect) => void = () => {};
  /** What a link makes of a message, before its policy delays or loses each: the same, several, others, none. */
  link: (from: NodeId, to: NodeId, bytes: Uint8Array) => readonly Uint8Array[] = (_from, _to, bytes) => [
    bytes,
  ];
  keepTrace = true;
  private readonly seats: Seat[] = [];
  private readonly policy: (to: NodeId) => LinkPolicy;
  private nextTicket: Ticket = 1;
  private readonly replies = new Map<Ticket, HttpReply>();
  private readonly listeners = new Map<Ticket, (reply: HttpReply) => void>();
  private wakes = 0;
  private readonly inspections = new Map<Ticket, InspectionReply>();

  constructor(nodes: readonly Newcomer[], start: LabTime, policy: (to: NodeId) => LinkPolicy) {
    this.now = start;
    this.policy = policy;
    for (const node of nodes) this.add(node);
  }

  /** One more node, from now on. */
  add({ id, replica, store = createMemoryStore() }: Newcomer): void {
    this.seats.push({
      id,
      replica,
      store,
      crashAfter: undefined,
      crashesWriting: false,
      crashed: false,
      gate: new Gate(this.policy(id)),
      wake: this.now,
      silent: false,
      skewMs: 0,
      clock: this.now,
      slowMs: 0,
      busyUntil: this.now,
    });
  }

  /** Its copy of the registry has this version from now on. */
  learn(id: NodeId, version: RegistryVersion, subnet: SubnetRecord): void {
    this.give(this.seat(id), { kind: "registry", version, subnet });
  }

  replica(id: NodeId): Replica {
    return this.seat(id).replica;
  }

  /** In the midst of a step, after so many more writings and sendings; from then on it is silent. Undefined: not any more. */
  crashAfter(id: NodeId, effects: number | undefined, whileWriting = false): void {
    const seat = this.seat(id);
    seat.crashAfter = effects;
    seat.crashesWriting = whileWriting;
  }

  hasCrashed(id: NodeId): boolean {
    return this.seat(id).crashed;
  }

  /** Puts another replica (restored from a snapshot) into a node's seat; its links and wake stay. */
  replace(id: NodeId, replica: Replica): void {
    const seat = this.seat(id);
    seat.replica = replica;
    seat.crashed = false;
    seat.crashAfter = undefined;
  }

  setSilent(id: NodeId, silent: boolean): void {
    const seat = this.seat(id);
    seat.silent = silent;
    if (!silent) seat.wake ??= seat.clock;
  }

  /** Whatever it is set to: a clock that is ahead stands until its time has come. */
  setSkew(id: NodeId, ms: number): void {
    this.seat(id).skewMs = ms;
  }

  /** Every event keeps the node busy for so long. */
  setSlow(id: NodeId, ms: number): void {
    this.seat(id).slowMs = ms;
  }

  /** Does the next due thing at or before `limit`; false when there is none. */
  stepOnce(limit: LabTime): boolean {
    let best: Seat | undefined;
    let when = limit + 1;
    for (const seat of this.seats) {
      const t = dueAt(seat);
      if (t !== undefined && t < when) {
        best = seat;
        when = t;
      }
    }
    if (best === undefined) return false;
    if (when > this.now) this.wakes = 0;
    this.now = Math.max(this.now, when);
    if (best.slowMs > 0) best.busyUntil = this.now + best.slowMs;
    const held = best.gate.take(this.now);
    if (held !== undefined) this.give(best, { kind: "peer-bytes", from: held.from, bytes: held.bytes });
    else {
      assert(++this.wakes < WAKES_PER_INSTANT, `time goes on: it is ${this.now}, and nodes wake for ever`);
      best.wake = undefined;
      this.give(best, { kind: "clock" });
    }
    return true;
  }

  /** Runs until `done` says so; false when `forMs` of virtual time passed without it. */
  runUntil(done: () => boolean, forMs: number): boolean {
    const limit = this.now + forMs;
    while (!done()) {
      if (!this.stepOnce(limit)) {
        this.now = limit;
        return done();
      }
    }
    return true;
  }

  runFor(ms: number): void {
    this.runUntil(() => false, ms);
  }

  /** A request and its reply, with as much virtual time between them as it takes. */
  http(id: NodeId, request: HttpRequest, forMs = 60_000): HttpReply {
    const ticket = this.nextTicket++;
    this.give(this.seat(id), { kind: "http", ticket, request });
    this.runUntil(() => this.replies.has(ticket), forMs);
    const reply = this.replies.get(ticket);
    this.replies.delete(ticket);
    return defined(reply, `node answers ${request.path} within ${forMs} ms`);
  }

  /** A request whose reply nobody stops for. A silent node does not hear it. */
  post(id: NodeId, request: HttpRequest, onReply: (reply: HttpReply) => void = () => {}): void {
    const seat = this.seat(id);
    if (seat.silent) return;
    const ticket = this.nextTicket++;
    this.listeners.set(ticket, onReply);
    this.give(seat, { kind: "http", ticket, request });
  }

  inspect(id: NodeId, what: Inspection): InspectionReply {
    const ticket = this.nextTicket++;
    this.give(this.seat(id), { kind: "inspect", ticket, what });
    return defined(this.inspections.get(ticket), "inspections are answered at once");
  }

  /** `fetch` for an official agent, answered by one node in virtual time. */
  fetchAt(id: NodeId): typeof fetch {
    return async (input, init) => {
      const request = new Request(input, init);
      const reply = this.http(id, {
        method: request.method,
        path: new URL(request.url).pathname,
        contentType: request.headers.get("content-type") ?? undefined,
        body: new Uint8Array(await request.arrayBuffer()),
      });
      return new Response(Uint8Array.from(reply.body), {
        status: reply.status,
        headers: { "content-type": reply.contentType },
      });
    };
  }

  private seat(id: NodeId): Seat {
    return defined(
      this.seats.find((s) => s.id === id),
      `${id} has a seat`,
    );
  }

  private give(seat: Seat, event: ReplicaEvent): void {
    let next: ReplicaEvent | undefined = event;
    while (next !== undefined) {
      seat.clock = Math.max(seat.clock, this.now + seat.skewMs);
      const stamped: ReplicaEvent & { at: LabTime } = { ...next, at: seat.clock };
      next = undefined;
      for (const effect of seat.replica.step(stamped)) {
        if (crashes(seat, effect)) {
          this.onCrash(seat.id, effect);
          return;
        }
        if (effect.kind === "persist") seat.store.write(effect.batch);
        else if (effect.kind === "send") this.send(seat.id, effect.to, effect.bytes);
        else if (effect.kind === "wake") seat.wake = effect.at;
        else if (effect.kind === "continue") next = { kind: "continue" };
        else if (effect.kind === "http-reply") this.answer(effect.ticket, effect.reply);
        else if (effect.kind === "stop") seat.silent = true;
        else if (effect.kind === "inspect-reply") this.inspections.set(effect.ticket, effect.reply);
        else {
          if (this.keepTrace) this.trace.push(effect.entry);
          this.onTrace(effect.entry);
        }
      }
    }
  }

  private send(from: NodeId, to: NodeId, bytes: Uint8Array): void {
    assert(from !== to, "nobody sends to itself");
    this.onSend(from, to, bytes);
    const gate = this.seats.find((s) => s.id === to)?.gate;
    if (gate === undefined) return; // the registry names it, and it has not begun
    for (const arriving of this.link(from, to, bytes)) gate.accept(from, arriving, this.now);
  }

  private answer(ticket: Ticket, reply: HttpReply): void {
    const listener = this.listeners.get(ticket);
    if (listener === undefined) this.replies.set(ticket, reply);
    else {
      this.listeners.delete(ticket);
      listener(reply);
    }
  }
}

/** From then on nothing of the step is done. */
function crashes(seat: Seat, { kind }: ReplicaEffect): boolean {
  if (seat.crashAfter === undefined || (kind !== "persist" && kind !== "send")) return false;
  if (seat.crashAfter-- > 0 || (seat.crashesWriting && kind !== "persist")) return false;
  seat.crashed = true;
  seat.silent = true;
  return true;
}

function dueAt(seat: Seat): LabTime | undefined {
  if (seat.silent) return undefined;
  const arrival = seat.gate.next();
  const wake = seat.wake === undefined ? undefined : seat.wake - seat.skewMs;
  if (arrival === undefined && wake === undefined) return undefined;
  return Math.max(seat.busyUntil, Math.min(arrival ?? Infinity, wake ?? Infinity));
}
