/**
 * State sync: fetches the state that a catch-up package names, part by part, from whoever has it.
 *
 *   Y1  A part counts only if its bytes hash to the name under which the package, or a part fetched before, knows it.
 *       So what is complete is the state that the subnet signed, whoever sent it.
 *   Y2  What is whole on this node's own disk is not fetched: of a state that changed little, little travels.
 *   Y3  One question at a time, to one peer; no answer, or a wrong one, and the next peer is asked.
 *   Y4  What a peer may ask for is bounded in parts and bytes, at once and in a second.
 *
 * Source: replica A.14, C.3. Parts are this node's word for chunks: codec/parts.ts.
 * Checked by: state-sync.test.ts.
 */
import { toHex } from "../../base/bytes.ts";
import { isPart, partsNamed } from "../../codec/parts.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { Hash, Height, LabTime, NodeId } from "../../types/ids.ts";
import type { Part, StoredParts } from "../interfaces/storage.ts";

/** Y4. */
export const PARTS_ASKED_MAX = 256;
const ANSWER_BYTES_MAX = 1 << 20;
/** Also of questions that nothing is found for: looking costs, too. */
const ANSWERS_A_SECOND_MAX = 64;
/** Y3. */
const PATIENCE_MS = 1000;

export interface StateSyncDeps {
  readonly peers: () => readonly NodeId[];
  readonly stored: StoredParts;
}

export interface Question {
  readonly to: NodeId;
  readonly parts: readonly Hash[];
}

export interface StateSync {
  /** The state wanted, or undefined when none is. Another height starts anew; parts fetched so far are on the disk. */
  aim(target: { readonly height: Height; readonly state: Hash } | undefined): void;
  /** What to ask now, if it is time. */
  ask(now: LabTime): Question | undefined;
  /** Parts that were wanted, to be written down. */
  receive(from: NodeId, parts: readonly Uint8Array[]): Part[];
  /** True once every part is here. */
  isComplete(): boolean;
  progress(): { readonly height: Height; readonly fetched: number; readonly known: number } | undefined;
  nextWake(): LabTime | undefined;
}

interface Running {
  readonly height: Height;
  readonly state: Hash;
  /** Known by name, not yet here. */
  readonly wanted: Set<Hash>;
  /** What arrived in the step in hand is not on the disk yet. */
  readonly fresh: Map<Hash, Uint8Array>;
  fetched: number;
  asked: { readonly of: NodeId; readonly at: LabTime } | undefined;
}

export function createStateSync({ peers: peersNow, stored }: StateSyncDeps): StateSync {
  let running: Running | undefined;
  let next = 0;

  /** Names what the part names and is not here, and what that names. */
  function explore(r: Running, first: { readonly hash: Hash; readonly leaf: boolean }): void {
    const open = [first];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (r.wanted.has(name.hash)) continue;
      const bytes = r.fresh.get(name.hash) ?? whole(name.hash, stored.part(name.hash));
      if (bytes === undefined) r.wanted.add(name.hash);
      else if (!name.leaf) open.push(...partsNamed(bytes));
    }
  }

  return {
    aim(target) {
      if (target?.height === running?.height) return;
      running = undefined;
      if (target === undefined) return;
      running = { ...target, wanted: new Set(), fresh: new Map(), fetched: 0, asked: undefined };
      explore(running, { hash: target.state, leaf: false });
    },
    ask(now) {
      const peers = peersNow();
      if (running === undefined || running.wanted.size === 0 || peers.length === 0) return undefined;
      if (running.asked !== undefined && now - running.asked.at < PATIENCE_MS) return undefined;
      if (running.asked !== undefined) next++;
      const to = peers[next % peers.length]!;
      running.asked = { of: to, at: now };
      return { to, parts: [...running.wanted].slice(0, PARTS_ASKED_MAX) };
    },
    receive(from, parts) {
      const r = running;
      if (r === undefined) return [];
      const good: Part[] = [];
      for (const bytes of parts) {
        const hash = toHex(sha256(bytes)); // Y1
        if (!r.wanted.delete(hash)) continue;
        r.fresh.set(hash, bytes);
        good.push({ hash, bytes });
      }
      for (const { hash } of good) explore(r, { hash, leaf: false });
      r.fresh.clear();
      r.fetched += good.length;
      // The peer that answers well is asked again at once; one that has nothing good is left.
      if (r.asked?.of === from) {
        if (good.length === 0) next++;
        r.asked = undefined;
      }
      return good;
    },
    isComplete: () => running !== undefined && running.wanted.size === 0,
    progress: () =>
      running && {
        height: running.height,
        fetched: running.fetched,
        known: running.fetched + running.wanted.size,
      },
    nextWake: () => {
      if (running === undefined || running.wanted.size === 0) return undefined;
      return running.asked === undefined ? undefined : running.asked.at + PATIENCE_MS;
    },
  };
}

/** Undefined when its bytes changed on the disk, too. */
const whole = (hash: Hash, bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes !== undefined && isPart(hash, bytes) ? bytes : undefined;

/** Y4. Forgetting a second costs nothing but that second. */
export function createAnswers(stored: StoredParts) {
  const seconds = new Map<NodeId, { since: LabTime; answers: number }>();
  return {
    answer(peer: NodeId, wanted: readonly Hash[], now: LabTime): Uint8Array[] {
      if (wanted.length === 0) return [];
      const known = seconds.get(peer);
      const second = known !== undefined && now - known.since < 1000 ? known : { since: now, answers: 0 };
      seconds.set(peer, second);
      return ++second.answers > ANSWERS_A_SECOND_MAX ? [] : answer(wanted, stored);
    },
  };
}

/** What a peer asked for and this node has, up to a message's worth. */
export function answer(wanted: readonly Hash[], stored: StoredParts): Uint8Array[] {
  const found: Uint8Array[] = [];
  let room = ANSWER_BYTES_MAX;
  for (const hash of wanted.slice(0, PARTS_ASKED_MAX)) {
    const bytes = stored.part(hash);
    if (bytes === undefined) continue;
    room -= bytes.length;
    if (found.length > 0 && room < 0) break;
    found.push(bytes);
  }
  return found;
}
