/**
 * Links that do what a plan says, until they heal: then they only take their time. Counts what really happened.
 */
import type { Prng } from "../../base/prng.ts";
import type { LabTime, NodeId } from "../../types/ids.ts";
import type { LinkPolicy } from "../../shell/gate.ts";
import type { Cut, Plan } from "./plan.ts";
import type { Tally } from "./tally.ts";

/** What a held back message waits, at most. */
const HELD_BACK_MS = 5_000;
/** Messages of which one may come again. */
const REMEMBERED = 64;

export interface Links {
  /** For the receiver's gate: when a message arrives. */
  policy(to: NodeId): LinkPolicy;
  /** What becomes of a message before that. */
  carry(from: NodeId, to: NodeId, bytes: Uint8Array, now: LabTime): readonly Uint8Array[];
  heal(): void;
}

export function createLinks(
  plan: Plan,
  nodes: readonly NodeId[],
  genesis: LabTime,
  draw: Prng,
  tally: Tally,
): Links {
  const { faults, latencyMs } = plan;
  const latency = draw.fork();
  const fate = draw.fork();
  const position = new Map(nodes.map((id, i) => [id, i]));
  const distances = new Map<string, number>();
  for (const from of nodes)
    for (const to of nodes)
      distances.set(`${from} ${to}`, faults.distance === 0 ? 0 : draw.below(faults.distance));
  const silent = new Set(faults.silence.map((i) => nodes[i]!));
  const before: Uint8Array[] = [];
  let healed = false;

  const cutBetween = (from: NodeId, to: NodeId, now: LabTime): boolean =>
    faults.partition.some((cut) => cuts(cut, position.get(from)!, position.get(to)!, now - genesis));
  /** Draws only for faults that are on. */
  const happens = (kind: "loss" | "duplication" | "reordering" | "corruption" | "replay"): boolean => {
    const happened = faults[kind] > 0 && !healed && fate.chance(faults[kind]);
    if (happened) tally.count(kind);
    return happened;
  };

  function carry(from: NodeId, to: NodeId, bytes: Uint8Array, now: LabTime): readonly Uint8Array[] {
    if (healed) return [bytes];
    if (silent.has(to) || silent.has(from)) {
      tally.count("silence");
      return [];
    }
    if (cutBetween(from, to, now)) {
      tally.count("partition");
      return [];
    }
    if (happens("loss")) return [];
    const arriving = [happens("corruption") ? flipped(bytes) : bytes];
    if (happens("duplication")) arriving.push(bytes);
    if (before.length > 0 && happens("replay")) arriving.push(before[fate.below(before.length)]!);
    if (faults.replay > 0 && fate.chance(0.1)) {
      if (before.length < REMEMBERED) before.push(bytes);
      else before[fate.below(REMEMBERED)] = bytes;
    }
    return arriving;
  }

  function flipped(bytes: Uint8Array): Uint8Array {
    const changed = bytes.slice();
    const at = fate.below(changed.length);
    changed[at] = changed[at]! ^ (1 << fate.below(8));
    return changed;
  }

  return {
    policy: (to) => (from, now) => {
      const jitter = faults.jitter === 0 ? 0 : latency.below(faults.jitter);
      const late = happens("reordering") ? fate.below(HELD_BACK_MS) : 0;
      const distance = healed ? 0 : distances.get(`${from} ${to}`)!;
      return now + latencyMs + distance + jitter + late;
    },
    carry,
    heal() {
      healed = true;
    },
  };
}

function cuts({ fromMs, toMs, island, oneWay }: Cut, from: number, to: number, at: number): boolean {
  if (at < fromMs || at >= toMs) return false;
  return island.includes(from) ? !island.includes(to) : !oneWay && island.includes(to);
}
