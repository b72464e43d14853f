/**
 * What a person does to one message on its link, and undoes while it has not arrived.
 *
 *   M1  An act is done to a message that is still on its link, or not at all.
 *   M2  Undone, everything is as it was for what has not arrived; what was taken off its link arrives.
 *
 * Checked by: message-acts.test.ts.
 */
import type { Prng } from "../base/prng.ts";
import type { LabTime } from "../types/ids.ts";
import type { Gate, Held } from "./gate.ts";

export type MessageAct =
  | { readonly kind: "drop" | "duplicate" | "corrupt" }
  | { readonly kind: "delay" | "replay"; readonly ms: number };

/** What follows from an act, for whoever draws it. */
export interface Touched {
  /** Where the messages are now; what was taken off arrived when it left. */
  readonly moved: readonly Held[];
  /** When the last of them arrives, and the act is over; undefined: when it is undone. */
  readonly until: LabTime | undefined;
}

export class MessageActs {
  private readonly gate: Gate;
  private readonly draw: Prng;
  private readonly undoing = new Map<number, (now: LabTime) => readonly Held[]>();

  constructor(gate: Gate, draw: Prng) {
    this.gate = gate;
    this.draw = draw;
  }

  /** Undefined: it has arrived. `number` is the caller's, to undo it by. */
  begin(number: number, id: number, act: MessageAct): Touched | undefined {
    const { gate } = this;
    const held = gate.remove(id);
    if (held === undefined) return undefined; // M1
    if (act.kind === "drop") {
      this.undoing.set(number, (now) => {
        const late = { ...held, arrives: Math.max(held.arrives, now) };
        gate.put(late);
        return [late];
      });
      return { moved: [{ ...held, arrives: held.departed }], until: undefined };
    }
    if (act.kind === "duplicate" || act.kind === "replay") {
      gate.put(held);
      const copy = gate.copy(held, held.arrives + (act.kind === "replay" ? act.ms : 0));
      this.undoing.set(number, () => {
        const gone = gate.remove(copy.id);
        return gone === undefined ? [] : [{ ...gone, arrives: gone.departed }];
      });
      return { moved: [copy], until: copy.arrives };
    }
    const change = (h: Held): Held =>
      act.kind === "delay" ? { ...h, arrives: h.arrives + act.ms } : { ...h, bytes: this.flipped(h.bytes) };
    const back = (h: Held): Held =>
      act.kind === "delay" ? { ...h, arrives: h.arrives - act.ms } : { ...h, bytes: held.bytes };
    const changed = change(held);
    gate.put(changed);
    this.undoing.set(number, () => {
      const now = gate.remove(id);
      if (now === undefined) return [];
      gate.put(back(now));
      return [back(now)];
    });
    return { moved: [changed], until: changed.arrives };
  }

  end(number: number, now: LabTime): readonly Held[] {
    const undo = this.undoing.get(number);
    this.undoing.delete(number);
    return undo?.(now) ?? [];
  }

  private flipped(bytes: Uint8Array): Uint8Array {
    const at = this.draw.below(bytes.length);
    return bytes.with(at, bytes[at]! ^ (1 << this.draw.below(8)));
  }
}
