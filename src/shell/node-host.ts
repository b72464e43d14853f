/**
 * Drives one replica in real time: one event in, every effect out, then sleep until a message, a wake or a request.
 * Knows neither workers nor ports: its home hands it ways to send, to wait and to yield.
 *
 *   N1  An event is stepped only after all effects of the one before were done.
 *   N2  While the clock stands still, no gate opens and no wake fires, except through `stepOne`.
 *   N3  A frozen host does nothing and loses nothing.
 *   N4  A throw out of the core stops this node for good and says the sentence; nothing else stops with it.
 *   N5  What cannot be written down is not said either: then the node does nothing more until `retry` can write it.
 *   N6  After an event a slow host takes no message and no wake for as long as it is slow.
 */
import type { HttpReply, Ticket } from "../types/http.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { InspectionReply } from "../types/inspection.ts";
import type { TraceEntry } from "../types/trace.ts";
import type { Replica, ReplicaEffect, ReplicaEvent } from "../replica/interfaces/events.ts";
import type { StorageBatch } from "../replica/interfaces/storage.ts";
import { type ClockSetting, labTimeAt, wallUntil } from "./clock.ts";
import type { Gate, Held } from "./gate.ts";

export interface NodeHome {
  /** Returns when it is written down. */
  persist(batch: StorageBatch): void;
  /** All that one turn says to one peer, in order. */
  send(to: NodeId, messages: readonly Uint8Array[]): void;
  httpReply(ticket: Ticket, reply: HttpReply): void;
  inspectReply(ticket: Ticket, reply: InspectionReply): void;
  trace(entries: readonly TraceEntry[]): void;
  stopped(because: string): void;
  /** N5. */
  blocked(because: string): void;
  wallNow(): number;
  /** Runs `then` after `ms`; a later call replaces an earlier one. */
  sleep(ms: number, then: () => void): void;
  /** Runs `then` after waiting messages were taken in. */
  soon(then: () => void): void;
}

/** A notary's delay can grow past what a timer holds (2^31 ms); waking early costs nothing. */
const LONGEST_SLEEP_MS = 60_000;
/** A turn begins no event after this long, so that waiting messages and requests are let in. */
const TURN_MS = 4;

export class NodeHost {
  private readonly replica: Replica;
  private readonly gate: Gate;
  private readonly home: NodeHome;
  private clock: ClockSetting;
  private last: LabTime = 0;
  private wake: LabTime | undefined;
  private wantsContinue = false;
  /** The last thing done by itself was the round in hand. */
  private continued = false;
  private readonly requests: ReplicaEvent[] = [{ kind: "clock" }];
  private scheduled = false;
  private frozen = false;
  private slowMs = 0;
  private busyUntil: LabTime = 0;
  private dead = false;
  /** N5: what the last step did, and is not written down yet. */
  private owed: readonly ReplicaEffect[] | undefined;

  constructor(replica: Replica, gate: Gate, home: NodeHome, clock: ClockSetting) {
    this.replica = replica;
    this.gate = gate;
    this.home = home;
    this.clock = clock;
  }

  now(): LabTime {
    this.last = Math.max(this.last, labTimeAt(this.clock, this.home.wallNow()));
    return this.last;
  }

  /** A request from outside the network: stepped even while the clock stands still. */
  request(event: ReplicaEvent): void {
    this.requests.push(event);
    this.run();
  }

  accept(from: NodeId, bytes: Uint8Array): Held | undefined {
    const held = this.gate.accept(from, bytes, this.now());
    this.run();
    return held;
  }

  setClock(clock: ClockSetting): void {
    this.clock = clock;
    this.run();
  }

  setFrozen(frozen: boolean): void {
    this.frozen = frozen;
    this.run();
  }

  /** How long an event keeps it busy, from the next one on. */
  setSlow(ms: number): void {
    this.slowMs = ms;
    this.busyUntil = 0;
    this.run();
  }

  /** When this node would act next by itself: a message's arrival or its wake. */
  nextTime(): LabTime | undefined {
    if (this.frozen || this.dead || this.owed !== undefined) return undefined;
    const times = [this.gate.next(), this.wake].filter((t) => t !== undefined);
    return times.length === 0 ? undefined : Math.max(this.busyUntil, Math.min(...times));
  }

  /** The Step button: the earliest message or the wake, one of them, at lab time `at`. */
  stepOne(at: LabTime): void {
    if (this.owed !== undefined) return;
    this.last = Math.max(this.last, at);
    this.step(this.messageAt(at) ?? this.takeWake());
    while (this.wantsContinue && !this.dead && this.owed === undefined) this.step(this.takeContinue());
  }

  /** N5: there may be room now. */
  retry(): void {
    const { owed } = this;
    if (owed === undefined) return;
    this.owed = undefined;
    this.settle(owed);
    this.run();
  }

  /** Does what is due, then arranges to be called again. */
  run(): void {
    if (this.scheduled || this.frozen || this.dead || this.owed !== undefined) return;
    this.scheduled = true;
    this.home.soon(() => {
      this.scheduled = false;
      this.turn();
    });
  }

  private turn(): void {
    if (this.frozen || this.owed !== undefined) return;
    const end = this.home.wallNow() + TURN_MS;
    while (!this.dead && this.owed === undefined && this.home.wallNow() < end) {
      const event = this.nextEvent();
      if (event === undefined) {
        this.rest();
        return;
      }
      this.step(event);
      if (event.kind === "continue") break; // consensus is served between two canister messages
    }
    this.run();
  }

  /** Requests; then the round in hand in turn with messages and the wake: neither keeps the other out. */
  private nextEvent(): ReplicaEvent | undefined {
    const request = this.requests.shift();
    if (request !== undefined) return request;
    this.continued = this.wantsContinue && !this.continued;
    if (this.continued) return this.takeContinue();
    const running = this.clock.rate !== 0 && this.now() >= this.busyUntil;
    const message = running ? this.messageAt(this.now()) : undefined;
    if (message !== undefined) return message;
    if (running && this.isWakeDue(this.now())) return this.takeWake();
    return this.wantsContinue ? this.takeContinue() : undefined;
  }

  private messageAt(now: LabTime): ReplicaEvent | undefined {
    const held = this.gate.take(now);
    return held && { kind: "peer-bytes", from: held.from, bytes: held.bytes };
  }

  private readonly isWakeDue = (now: LabTime): boolean => this.wake !== undefined && this.wake <= now;

  private takeWake(): ReplicaEvent {
    this.wake = undefined;
    return { kind: "clock" };
  }

  private takeContinue(): ReplicaEvent {
    this.wantsContinue = false;
    return { kind: "continue" };
  }

  private rest(): void {
    const next = this.nextTime();
    const ms = next === undefined ? undefined : wallUntil(this.clock, next, this.home.wallNow());
    if (ms !== undefined) this.home.sleep(Math.min(ms, LONGEST_SLEEP_MS), () => this.run());
  }

  private step(event: ReplicaEvent): void {
    const at = this.now();
    if (this.slowMs > 0) this.busyUntil = at + this.slowMs;
    try {
      this.settle(this.replica.step({ ...event, at }));
    } catch (error) {
      this.stop(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  private stop(because: string): void {
    this.dead = true;
    this.home.stopped(because);
  }

  private settle(effects: readonly ReplicaEffect[]): void {
    try {
      for (const effect of effects) if (effect.kind === "persist") this.home.persist(effect.batch);
    } catch (error) {
      this.owed = effects;
      this.home.blocked(error instanceof Error ? error.message : String(error));
      return;
    }
    this.apply(effects);
  }

  private apply(effects: readonly ReplicaEffect[]): void {
    const sends = new Map<NodeId, Uint8Array[]>();
    const entries: TraceEntry[] = [];
    let stops: string | undefined;
    for (const effect of effects) {
      if (effect.kind === "persist") continue; // N5: done before
      if (effect.kind === "send") {
        const waiting = sends.get(effect.to);
        if (waiting === undefined) sends.set(effect.to, [effect.bytes]);
        else waiting.push(effect.bytes);
      } else if (effect.kind === "http-reply") this.home.httpReply(effect.ticket, effect.reply);
      else if (effect.kind === "inspect-reply") this.home.inspectReply(effect.ticket, effect.reply);
      else if (effect.kind === "wake") this.wake = effect.at;
      else if (effect.kind === "continue") this.wantsContinue = true;
      else if (effect.kind === "stop") stops = effect.because;
      else entries.push(effect.entry);
    }
    for (const [to, messages] of sends) this.home.send(to, messages);
    if (entries.length > 0) this.home.trace(entries);
    if (stops !== undefined) this.stop(stops);
  }
}
