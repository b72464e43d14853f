/**
 * The promises of a subnet, judged from outside: from what nodes say they did, and from who can hear whom.
 *
 *   P1  Safety: no two honest nodes finalize two blocks at one height, or have two states certified there. Once broken it
 *       stays broken: nothing unites two histories.
 *   P2  Who lies at the moment is not believed.
 *   P3  Liveness: progress needs a set of nodes each of which hears n − f of the set, itself among them.
 *
 * The simulator's checkers (`simulation/checkers.ts`) see more, every message and every state; these see what the page
 * sees. Checked by: promises.test.ts.
 */
import type { FaultInForce } from "../types/fault.ts";
import type { Height, NodeId } from "../types/ids.ts";
import type { TraceEntry } from "../types/trace.ts";
import { type Said, createAgreement } from "./agreement.ts";
import { conditionsInto } from "./faults.ts";

export interface Break {
  readonly height: Height;
  readonly what: "blocks" | "states";
  readonly first: Said;
  readonly other: Said;
}

const HEIGHTS_REMEMBERED = 5_000;

export class Safety {
  /** The first. */
  broken: Break | undefined;
  readonly #lies = new Map<NodeId, number>();
  readonly #blocks = createAgreement(this.#breaks("blocks"), HEIGHTS_REMEMBERED);
  readonly #states = createAgreement(this.#breaks("states"), HEIGHTS_REMEMBERED);

  /** Heights at which a block was finalized. */
  get heights(): number {
    return this.#blocks.heights;
  }

  fold(entries: readonly TraceEntry[]): void {
    for (const { node, fact } of entries) {
      if (fact.kind === "fault-begins" || fact.kind === "fault-ends") {
        if (fact.fault.kind !== "lie") continue;
        const liar = fact.fault.node;
        this.#lies.set(liar, (this.#lies.get(liar) ?? 0) + (fact.kind === "fault-begins" ? 1 : -1));
      } else if ((this.#lies.get(node) ?? 0) > 0)
        continue; // P2
      else if (fact.kind === "finalized") this.#blocks.add(node, fact.height, fact.block);
      else if (fact.kind === "certified" || fact.kind === "round-executed")
        this.#states.add(node, fact.height, fact.root);
    }
  }

  #breaks(what: Break["what"]) {
    return (height: Height, first: Said, other: Said): void => {
      this.broken ??= { height, what, first, other };
    };
  }
}

/** The most nodes of which each hears so many of them, itself included (P3): so many can speak. */
export function canSpeak(up: readonly NodeId[], faults: readonly FaultInForce[]): number {
  const deaf = new Map(
    up.map((to) => {
      const lost = [...conditionsInto(to, faults)].filter(([, { loss }]) => loss >= 1);
      return [to, new Set(lost.map(([from]) => from))];
    }),
  );
  for (let enough = up.length; enough > 0; enough--) {
    let set = up;
    for (;;) {
      const stay = set.filter((to) => set.filter((from) => !deaf.get(to)!.has(from)).length >= enough);
      if (stay.length === set.length) break;
      set = stay;
    }
    if (set.length > 0) return enough;
  }
  return 0;
}

export const liarsOf = (faults: readonly FaultInForce[]): ReadonlySet<NodeId> =>
  new Set(faults.flatMap(({ fault }) => (fault.kind === "lie" ? [fault.node] : [])));

/**
 * Of the faults in force, those of which undoing a single one lets enough nodes speak again. Empty: more than one has to be
 * undone. `up`: the nodes that run once a fault is undone.
 */
export function singleCures(
  faults: readonly FaultInForce[],
  up: (without: readonly FaultInForce[]) => readonly NodeId[],
  needed: number,
): readonly FaultInForce[] {
  return faults.filter((cure) => {
    const without = faults.filter((f) => f !== cure);
    return canSpeak(up(without), without) >= needed;
  });
}
