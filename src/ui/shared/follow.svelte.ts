/**
 * Following one message. One that is on its way: the network is slowed to a pace at which it can be read, and goes back
 * to its speed by itself when the reply is verified. One that has arrived: the nodes' facts are shown again, as slowly,
 * while the network runs on. Either way the ring, the score and the caption speak of this message.
 */
import type { MessageId } from "../../types/ids.ts";
import type { CallRecord } from "./canisters.svelte.ts";
import type { MessageMark } from "./chronicle.ts";
import { live } from "./live.svelte.ts";
import { Replay } from "./replay.ts";

const LIVE_RATE = 0.1;
const REPLAY_MS = 12_000;
/** How long the last words stay. */
const LINGER_MS = 4_000;
const MARGIN_MS = 30;

class Follow {
  mode = $state<"live" | "again" | undefined>(undefined);
  /** Of a replay: whether it moves. */
  playing = $state(false);
  #message = $state<MessageId | undefined>(undefined);
  #call = $state.raw<CallRecord | undefined>(undefined);
  #replay = $state.raw<Replay | undefined>(undefined);
  #rateBefore: number | undefined;
  #frame = 0;
  #last = 0;
  #endsAt: number | undefined;

  get message(): MessageId | undefined {
    return this.#call?.message ?? this.#message;
  }
  get call(): CallRecord | undefined {
    return this.#call;
  }
  /** As the picture knows it. */
  get mark(): MessageMark | undefined {
    void live.version;
    return this.message === undefined ? undefined : live.picture.chronicle.messages.get(this.message);
  }
  get method(): string {
    return this.#call?.method ?? this.mark?.method ?? "The message";
  }
  /** From the button to the proof, once the picture has come so far. */
  get tookMs(): number | undefined {
    void live.version;
    const { doneAt, sentAt } = this.#call ?? {};
    if (doneAt === undefined || sentAt === undefined || live.picture.now() < doneAt) return undefined;
    return doneAt - sentAt;
  }
  get window(): { readonly from: number; readonly to: number } | undefined {
    return this.#replay && { from: this.#replay.from, to: this.#replay.to };
  }

  /** False: nothing of it is remembered. */
  start(what: CallRecord | MessageId): boolean {
    const call = typeof what === "string" ? undefined : what;
    const message = typeof what === "string" ? what : what.message;
    const mark = message === undefined ? undefined : live.chronicle.messages.get(message);
    const from = call?.sentAt ?? mark?.acceptedAt ?? mark?.proposedAt;
    const to = call === undefined ? mark?.certifiedAt : call.doneAt;
    const first = live.trace[0];
    if (to !== undefined && (from === undefined || first === undefined || first.at > to)) return false;
    this.stop();
    this.#call = call;
    this.#message = message;
    this.playing = true;
    this.#endsAt = undefined;
    if (to === undefined || from === undefined) {
      this.mode = "live";
      if (!live.paused) {
        this.#rateBefore = live.rate;
        live.setRate(Math.min(LIVE_RATE, live.rate));
      }
    } else {
      this.mode = "again";
      this.#replay = new Replay(live.trace, live.flights, from - MARGIN_MS, to + MARGIN_MS);
      live.replay = this.#replay;
    }
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((time) => this.#turn(time));
    live.redraw();
    return true;
  }

  /** Back to the present and to the speed before. */
  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#restoreRate();
    this.mode = undefined;
    this.#replay = undefined;
    this.#call = undefined;
    this.#message = undefined;
    live.replay = undefined;
    live.redraw();
  }

  /** Of a replay: to a moment, where it stays. */
  seek(at: number): void {
    if (this.#replay === undefined) return;
    this.playing = false;
    this.#endsAt = undefined;
    this.#replay.seek(at);
    live.redraw();
  }
  togglePlaying(): void {
    if (this.#replay?.done === true) this.#replay.seek(this.#replay.from);
    this.#endsAt = undefined;
    this.playing = !this.playing;
    live.redraw();
  }

  #turn(time: number): void {
    const passed = Math.max(0, time - this.#last);
    this.#last = time;
    const replay = this.#replay;
    if (replay !== undefined && this.playing && !replay.done) {
      replay.seek(replay.now() + (passed * (replay.to - replay.from)) / REPLAY_MS);
      live.redraw();
    }
    if (replay === undefined ? this.#isOver() : replay.done && this.playing) {
      this.#restoreRate();
      this.#endsAt ??= time + LINGER_MS;
    }
    if (this.#endsAt !== undefined && time >= this.#endsAt) this.stop();
    else this.#frame = requestAnimationFrame((next) => this.#turn(next));
  }
  #isOver(): boolean {
    if (this.#call !== undefined) return this.#call.state !== "waiting";
    return (
      this.#message !== undefined && live.chronicle.messages.get(this.#message)?.certifiedAt !== undefined
    );
  }
  /** Unless somebody has chosen another speed meanwhile. */
  #restoreRate(): void {
    if (this.#rateBefore !== undefined && live.rate === Math.min(LIVE_RATE, this.#rateBefore) && !live.paused)
      live.setRate(this.#rateBefore);
    this.#rateBefore = undefined;
  }
}
export const follow = new Follow();
