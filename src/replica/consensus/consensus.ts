/**
 * Consensus: calls the sub-components in rotation, applies what they decide, hands out what follows.
 *
 *   C1  The first non-empty change set is applied before the next component is called: it must see the pool as it
 *       now is.
 *   C2  The rotation goes on where it stopped, and a run has more turns than there are components: none starves.
 *   C3  One event costs a bounded number of turns. What is left over is done at once in the next: `nextWake` is now.
 *       A node that never gets to the end for longer than a unit delay says so.
 *   C6  A node that lost what it had signed signs nothing until a catch-up package made after its return: whatever it
 *       may have signed lies below or beside that.
 *   C4  Everything that later bytes depend on is in the snapshot.
 *   C5  Where nothing came in, no state advanced and no wait ended, nothing is looked at again.
 *
 * Source: replica A.4; models §1.1.
 * Checked by: consensus.test.ts, rotation.test.ts, tests/unit/consensus-network.test.ts.
 */
import { GENESIS_VERSION, subnetAt } from "../../registry/registry.ts";
import type { EncodedArtifact } from "../../types/artifact.ts";
import type { Batch } from "../../types/batch.ts";
import type { ConsensusArtifact } from "../../types/consensus.ts";
import { heightOf } from "../../types/artifact.ts";
import { type Height, type LabTime, nanosOf, type NodeId } from "../../types/ids.ts";
import type { Fact } from "../../types/trace.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { type ConsensusPoolSnapshot, createConsensusPool } from "../pools/consensus-pool.ts";
import { deliverBatches } from "./batch-delivery.ts";
import { makeBlock } from "./block-maker.ts";
import { makeCatchUpPackageShare } from "./catch-up-package-maker.ts";
import {
  type ComponentName,
  type ConsensusDeps,
  refuse,
  type Turn,
  type View,
  type Wait,
  waiting,
} from "./component.ts";
import { factsOf, finalizedFacts, received, validatedFact } from "./facts.ts";
import { makeFinalizationShares } from "./finalizer.ts";
import { judgeArrival, type Refusal } from "./intake.ts";
import { withMembership } from "./membership.ts";
import { makeNotarizationShare } from "./notary.ts";
import { purge, type PurgeMarks } from "./purger.ts";
import { makeRandomBeaconShare } from "./random-beacon-maker.ts";
import { makeRandomTapeShares } from "./random-tape-maker.ts";
import { callInTurn } from "./rotation.ts";
import { aggregateShares } from "./share-aggregator.ts";
import { validate } from "./validator.ts";

/** Change sets applied per event: a round without trouble takes about a dozen, and each may cost a pairing. */
const TURNS_MAX = 24;

export interface ConsensusRun {
  /** Made or combined here in this run, in order: for every peer. */
  readonly announce: readonly EncodedArtifact<ConsensusArtifact>[];
  /** For execution, in order of height. */
  readonly batches: readonly Batch[];
  readonly facts: readonly Fact[];
  /** What became validated, in order: to be written down. */
  readonly validated: readonly EncodedArtifact<ConsensusArtifact>[];
}

export interface Consensus {
  readonly pool: PoolReader;
  /** C6: whether it knows all that it signed, or need not any more. */
  remembers(): boolean;
  /** All that is validated, encoded, in order. */
  validated(): readonly Uint8Array[];
  /** What is validated and finalized by now, for whoever was not told when it became so. */
  facts(): readonly Fact[];
  /** A peer's artifact. It is judged in the next `run`. */
  receive(
    artifact: EncodedArtifact<ConsensusArtifact>,
    from: NodeId,
  ): { readonly refusal: Refusal | undefined; readonly facts: readonly Fact[] };
  /** To be called after every event that may matter: arrivals, a new certified height, executed rounds, time. */
  run(now: LabTime): ConsensusRun;
  /** When the next run could do something by the passing of time alone; `now` when the last one was cut short. */
  nextWake(now: LabTime): LabTime | undefined;
  /** Highest height whose batch was handed out; undefined while none may be, for want of a state. */
  deliveredHeight(): Height | undefined;
  /** What was handed out came to nothing: no batch leaves until `goOnFrom`. */
  holdBatches(): void;
  /** The state after this height came from somewhere else: batches go on from there. */
  goOnFrom(height: Height): void;
  snapshot(): ConsensusSnapshot;
}

/** Plain data. */
export interface ConsensusSnapshot {
  readonly pool: ConsensusPoolSnapshot;
  readonly delivered: Height;
  readonly holdsBatches: boolean;
  readonly cursor: number;
  readonly wakeAt: LabTime | undefined;
  readonly cutShort: boolean;
  readonly said: ReadonlyMap<string, string>;
  readonly busySince: LabTime | undefined;
}

/** `startedAt`: when this node first ran; round 1 begins then. */
export function createConsensus(
  deps: ConsensusDeps,
  startedAt: LabTime,
  from?: ConsensusSnapshot,
): Consensus {
  const subnet = subnetAt(deps.registry, GENESIS_VERSION);
  const { decodeIngress } = deps;
  const genesis = { subnet: subnet.id, registryVersion: GENESIS_VERSION, startedAt };
  const store = createConsensusPool(genesis, from?.pool);
  const pool = withMembership(store.reader, deps.registry, subnet);
  const marks: PurgeMarks = { finalized: 0 };
  const said = new Map<string, string>(from?.said);
  let delivered = from?.delivered ?? 0;
  let holdsBatches = from?.holdsBatches ?? false;
  let cursor = from?.cursor ?? 0;
  let wakeAt = from?.wakeAt;
  let cutShort = from?.cutShort ?? true;
  let busySince = from?.busySince;
  /** C5: whether there is news since the last run that got to its end. Not in the snapshot: looking again is harmless. */
  let news = true;
  let executed: Height = -1;
  let certified: Height = -1;
  let registryVersion = GENESIS_VERSION;

  /** C6. */
  const remembers = (): boolean => {
    const { memoryLostAt } = deps;
    const since = pool.catchUpPackage()?.block.context.time;
    return memoryLostAt === undefined || (since !== undefined && since > nanosOf(memoryLostAt));
  };
  const signing =
    (turn: (view: View) => Turn) =>
    (view: View): Turn =>
      remembers() ? turn(view) : waiting(pool.notarizedHeight() + 1, refuse("memory-lost"));

  const components: readonly { readonly name: ComponentName; turn(view: View): Turn }[] = [
    { name: "finalizer", turn: signing(makeFinalizationShares) },
    { name: "purger", turn: () => purge(pool, marks) },
    { name: "share-aggregator", turn: aggregateShares },
    { name: "notary", turn: signing(makeNotarizationShare) },
    { name: "catch-up-package-maker", turn: signing(makeCatchUpPackageShare) },
    { name: "random-beacon-maker", turn: signing(makeRandomBeaconShare) },
    { name: "random-tape-maker", turn: signing(makeRandomTapeShares) },
    { name: "block-maker", turn: signing(makeBlock) },
    { name: "validator", turn: validate },
  ];

  const viewAt = (now: LabTime): View => ({
    pool,
    me: deps.me,
    subnet,
    crypto: deps.crypto,
    states: deps.states,
    payloads: deps.payloads,
    latestRegistryVersion: deps.registry.latestVersion,
    deliveredHeight: delivered,
    now,
  });

  /** C1, C2: the first component in turn that wants a change; undefined when none does. */
  function nextChanges(
    now: LabTime,
    waits: Map<ComponentName, readonly Wait[]>,
  ): Turn["changes"] | undefined {
    const view = viewAt(now);
    const { found, next } = callInTurn(components, cursor, (component) => {
      const turn = component.turn(view);
      waits.set(component.name, turn.waits);
      return turn.changes.length > 0 ? turn.changes : undefined;
    });
    cursor = next;
    return found;
  }

  function nothingNew(now: LabTime): boolean {
    const due = cutShort || (wakeAt !== undefined && wakeAt <= now);
    const moved =
      executed !== deps.states.latestHeight() ||
      certified !== deps.states.latestCertifiedHeight() ||
      registryVersion !== deps.registry.latestVersion;
    return !news && !due && !moved;
  }

  function run(now: LabTime): ConsensusRun {
    if (nothingNew(now)) return { announce: [], batches: [], facts: [], validated: [] };
    executed = deps.states.latestHeight();
    certified = deps.states.latestCertifiedHeight();
    registryVersion = deps.registry.latestVersion;
    news = false;
    const announce: EncodedArtifact<ConsensusArtifact>[] = [];
    const batches: Batch[] = [];
    const facts: Fact[] = [];
    const validated: EncodedArtifact<ConsensusArtifact>[] = [];
    const waits = new Map<ComponentName, readonly Wait[]>();
    const deliver = (): Wait | undefined => {
      if (holdsBatches) return { height: delivered + 1, because: "state-diverged" };
      const delivery = deliverBatches(pool, delivered, deps.states.latestHeight(), decodeIngress);
      batches.push(...delivery.batches);
      delivered += delivery.batches.length;
      return delivery.wait;
    };

    deliver();
    cutShort = true;
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      const changes = nextChanges(now, waits);
      if (changes === undefined) {
        cutShort = false;
        break;
      }
      const finalizedBefore = pool.finalizedHeight();
      for (const applied of store.apply(changes, now)) {
        const { kind } = applied.action;
        if (kind === "add-to-validated") announce.push(...applied.entries);
        if (kind === "add-to-validated" || kind === "move-to-validated") validated.push(...applied.entries);
        facts.push(...factsOf(applied, decodeIngress));
      }
      facts.push(...finalizedFacts(pool, finalizedBefore, decodeIngress));
      deliver();
    }
    if (cutShort) {
      busySince ??= now;
      if (now - busySince > subnet.unitDelayMs) facts.push(...say("consensus", overloaded));
    } else {
      busySince = undefined;
      wakeAt = earliest(waits, now);
      facts.push(...sayWaits(waits, deliver()));
    }
    return { announce, batches, facts, validated };
  }

  const overloaded: Wait = { height: 0, because: "overloaded" };

  /** The reason, when it differs from the one this component last said. */
  function say(component: string, wait: Wait | undefined): Fact[] {
    const words = wait === undefined ? "" : `${wait.height} ${wait.because}`;
    if (words === (said.get(component) ?? "")) return [];
    said.set(component, words);
    return wait === undefined
      ? []
      : [{ kind: "waits", component, height: wait.height, because: wait.because }];
  }

  /** Of each component its first reason. */
  function sayWaits(waits: ReadonlyMap<ComponentName, readonly Wait[]>, delivery: Wait | undefined): Fact[] {
    const said = components.flatMap(({ name }) => say(name, waits.get(name)?.[0]));
    return [...said, ...say("batch-delivery", delivery), ...say("consensus", undefined)];
  }

  return {
    pool,
    remembers,
    validated: () => store.snapshot().validated.map(({ bytes }) => bytes),
    facts() {
      const known = store.snapshot().validated.map(validatedFact);
      return [...known, ...finalizedFacts(pool, pool.catchUpHeight(), decodeIngress)];
    },
    receive(artifact, peer) {
      const refusal = judgeArrival(pool, artifact, peer);
      if (refusal === undefined) {
        store.insertUnvalidated(artifact, peer);
        news = true;
        return { refusal, facts: [received(artifact, peer)] };
      }
      if (ORDINARY.includes(refusal)) return { refusal, facts: [] };
      const { id } = artifact;
      const { kind } = artifact.artifact;
      const height = heightOf(artifact.artifact);
      return { refusal, facts: [{ kind: "artifact-refused", artifact: kind, id, height, because: refusal }] };
    },
    run,
    nextWake: (now) => (cutShort ? now : wakeAt),
    deliveredHeight: () => (holdsBatches ? undefined : delivered),
    holdBatches() {
      holdsBatches = true;
      news = true;
    },
    goOnFrom(height) {
      delivered = height;
      holdsBatches = false;
      news = true;
    },
    snapshot: () => ({
      pool: store.snapshot(),
      delivered,
      holdsBatches,
      cursor,
      wakeAt,
      cutShort,
      said: new Map(said),
      busySince,
    }),
  };
}

/** Refusals that happen all day in a healthy network: several peers bring the same thing. */
const ORDINARY: readonly Refusal[] = ["duplicate", "superseded"];

function earliest(waits: ReadonlyMap<ComponentName, readonly Wait[]>, now: LabTime): LabTime | undefined {
  let at: LabTime | undefined;
  for (const list of waits.values()) {
    for (const { until } of list) {
      if (until !== undefined && until > now && (at === undefined || until < at)) at = until;
    }
  }
  return at;
}
