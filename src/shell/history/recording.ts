/**
 * Writes down what a node is told: its events, the answers of its crypto port, the progress of its long runs. From time
 * to time how it is. Wraps a replica and its ports; what they do is not changed by it.
 *
 *   HR1  From a snapshot on every event that can change the node is recorded, in its order, with all answers to what the
 *        node asked while it worked it off. Left out are inspections, which change nothing.
 *   HR2  A snapshot is taken only between two steps and while no round is under way: a restored round begins anew, and
 *        would wait for turns that it has had.
 *   HR3  Where a node took a state from its peers, a snapshot follows: what it had on its disk is not recorded.
 *
 * Checked by: tests/simulation/history.test.ts.
 */
import { createParts, type PartStore } from "../../codec/parts.ts";
import type { ReplicaCrypto } from "../../replica/interfaces/crypto.ts";
import type { Replica, ReplicaEffect, ReplicaEvent, Stamped } from "../../replica/interfaces/events.ts";
import type { Part } from "../../replica/interfaces/storage.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import { type ReplicaSnapshot, toStoredSnapshot } from "../../replica/replica.ts";
import type { Hash, LabTime } from "../../types/ids.ts";
import { recordedCrypto } from "./crypto-record.ts";
import type { Recorded, RecordedStep } from "./recorded.ts";

export interface Recording {
  crypto(crypto: ReplicaCrypto): ReplicaCrypto;
  wasm(host: WasmHost): WasmHost;
  replica(replica: Replica): Replica;
  /** From the next possible moment on. */
  begin(say: (recorded: Recorded) => void): void;
  /** Whoever hears does not have all parts any more: the next snapshot comes soon, with all of them. */
  renew(): void;
  /** Says what waits to be said. */
  flush(): void;
}

/** Steps said together. */
const BATCH_STEPS = 64;
/**
 * Work between two snapshots, so that a replay to any moment is quick: an event counts one, and so do half a million
 * instructions, which take about as long.
 */
const SNAPSHOT_WORK = 600;
const INSTRUCTIONS_PER_WORK = 500_000;

type Answers = { -readonly [key in keyof Omit<RecordedStep, "event">]: RecordedStep[key][number][] };
const noAnswers = (): Answers => ({ signatures: [], refused: [], progress: [], roots: [] });

export function createRecording(memoryLostAt: LabTime | undefined): Recording {
  let say: ((recorded: Recorded) => void) | undefined;
  /** Only then is there something that steps can follow. */
  let hasSnapshot = false;
  let steps: RecordedStep[] = [];
  let answers = noAnswers();
  let work = 0;
  const parts = createParts();
  const handedOver = new Set<Hash>();

  function flush(): void {
    if (steps.length === 0) return;
    say?.({ kind: "steps", steps });
    steps = [];
  }

  function note(event: Stamped<ReplicaEvent>, effects: readonly ReplicaEffect[]): void {
    work++;
    for (const effect of effects) {
      const fact = effect.kind === "trace" ? effect.entry.fact : undefined;
      if (fact?.kind === "round-executed") answers.roots.push([fact.height, fact.root]);
      else if (fact?.kind === "message-executed") work += Number(fact.instructions) / INSTRUCTIONS_PER_WORK;
      else if (fact?.kind === "state-adopted") work = Infinity;
    }
    if (hasSnapshot) steps.push({ event: compact(event), ...answers });
    if (steps.length >= BATCH_STEPS) flush();
  }

  /** HR2. */
  function snapshot(replica: Replica, at: LabTime): void {
    const now = replica.snapshot() as ReplicaSnapshot;
    if (now.turns > 0) return;
    flush();
    const fresh: Part[] = [];
    const store: PartStore = {
      has: (hash) => handedOver.has(hash),
      keep(hash, bytes) {
        handedOver.add(hash);
        fresh.push({ hash, bytes });
      },
    };
    const name = parts.write(toStoredSnapshot(now), store);
    say?.({ kind: "snapshot", at, name, parts: fresh, memoryLostAt, isFirst: !hasSnapshot });
    hasSnapshot = true;
    work = 0;
  }

  return {
    flush,
    begin(listener) {
      say = listener;
      work = Infinity;
    },
    renew() {
      handedOver.clear();
      work = Infinity;
    },
    crypto: (crypto) =>
      recordedCrypto(crypto, {
        signed: (question, answer) => answers.signatures.push([question, answer]),
        refused: (question) => answers.refused.push(question),
      }),
    wasm(host) {
      const { elsewhere } = host;
      if (elsewhere === undefined) return host;
      return {
        run: (request) => host.run(request),
        validate: (wasm) => host.validate(wasm),
        elsewhere(job, what) {
          const word = elsewhere(job, what);
          answers.progress.push([job, word.kind === "running" ? word.instructions : undefined]);
          return word;
        },
      };
    },
    replica: (replica) => ({
      snapshot: () => replica.snapshot(),
      step(event) {
        answers = noAnswers();
        const effects = replica.step(event);
        if (say === undefined || event.kind === "inspect") return effects;
        note(event, effects);
        if (work >= SNAPSHOT_WORK) snapshot(replica, event.at);
        return effects;
      },
    }),
  };
}

/** Bytes that are part of larger ones would take all of those along. */
function compact(event: Stamped<ReplicaEvent>): Stamped<ReplicaEvent> {
  if (event.kind === "peer-bytes") return { ...event, bytes: own(event.bytes) };
  if (event.kind === "http")
    return { ...event, request: { ...event.request, body: own(event.request.body) } };
  return event;
}
const own = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
