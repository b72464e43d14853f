/**
 * The next state while a round makes it: the only mutable thing between two immutable states. It belongs to one round
 * of one node; whoever holds it may replace what its maps name, never change the values inside.
 *
 * A canister is replaced as a whole (`draft.canisters.set(id, { ...canister, cycles })`), so that one that nothing
 * touched stays the identical object, which hashing relies on.
 */
import { compareText } from "../../base/bytes.ts";
import { defined } from "../../base/assert.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { Batch } from "../../types/batch.ts";
import type { CanisterId, Height, MessageId, Nanos, RegistryVersion } from "../../types/ids.ts";
import type { IngressRecord } from "../../types/messages.ts";
import type { Fact } from "../../types/trace.ts";
import { agendaOf, chargedBefore, refresh, TrackedCanisters, type Agenda } from "./agenda.ts";
import type { CanisterState } from "./canister.ts";
import type { CanisterMessage, PostponedRawRand, SubnetMessage } from "./messages.ts";
import type { SchedulerState } from "./standing.ts";
import { type NodeMetricsSample, observed } from "./node-metrics.ts";
import type { RawQueryStats } from "./query-stats.ts";
import type { ReplicatedState, SubnetInfo } from "./state.ts";

export interface Draft {
  readonly height: Height;
  readonly time: Nanos;
  readonly registryVersion: RegistryVersion;
  readonly subnet: SubnetRecord;
  readonly canisters: TrackedCanisters;
  readonly agenda: Agenda;
  readonly ingressHistory: Map<MessageId, IngressRecord>;
  /** Calls to `aaaaa-aa`, oldest first. */
  readonly subnetQueue: SubnetMessage[];
  /** What canisters sent one another since it was last handed over, and what could not be. */
  readonly outbox: CanisterMessage[];
  readonly held: CanisterMessage[];
  postponedRawRand: readonly PostponedRawRand[];
  scheduler: SchedulerState;
  readonly nodeMetrics: readonly NodeMetricsSample[];
  queryStats: RawQueryStats;
  nextCanisterIndex: bigint;
  updates: bigint;
  /** Cycles that came into being (provisional creation), and that ceased to be (fees, burns, deletions, lost refunds). */
  cyclesMinted: bigint;
  cyclesBurned: bigint;
  /** What the step in hand has done, for the trace. */
  readonly facts: Fact[];
}

export function draftOf(previous: ReplicatedState, batch: Batch, subnet: SubnetRecord): Draft {
  return {
    height: batch.height,
    time: batch.time,
    registryVersion: batch.registryVersion,
    subnet,
    canisters: new TrackedCanisters(previous.canisters),
    agenda: takeAgenda(previous),
    ingressHistory: new Map(previous.ingressHistory),
    subnetQueue: [...previous.subnetQueue],
    outbox: [],
    held: [...previous.held],
    postponedRawRand: previous.postponedRawRand,
    scheduler: previous.scheduler,
    nodeMetrics: observed(previous.nodeMetrics, batch),
    queryStats: previous.queryStats,
    nextCanisterIndex: previous.nextCanisterIndex,
    updates: previous.totals.updates,
    cyclesMinted: previous.totals.cyclesMinted,
    cyclesBurned: previous.totals.cyclesBurned,
    facts: [],
  };
}

/** The agenda after a state, for the one round that comes first to continue it; whoever comes later makes it anew. */
const AGENDAS = new WeakMap<ReplicatedState["canisters"], Agenda>();

function takeAgenda({ canisters }: ReplicatedState): Agenda {
  const kept = AGENDAS.get(canisters);
  AGENDAS.delete(canisters);
  return kept ?? agendaOf(canisters);
}

/**
 * The draft as a state, which ends the draft. `previousRoot` is carried over from the previous state: the state
 * manager, which computes roots, puts the right one in.
 */
export function stateOf(draft: Draft, previous: ReplicatedState): ReplicatedState {
  refresh(draft.agenda, draft.canisters);
  AGENDAS.set(draft.canisters, draft.agenda);
  return {
    height: draft.height,
    time: draft.time,
    previousRoot: previous.previousRoot,
    subnet: subnetInfo(draft.subnet),
    canisters: draft.canisters,
    nextCanisterIndex: draft.nextCanisterIndex,
    ingressHistory: new Map(draft.ingressHistory),
    subnetQueue: [...draft.subnetQueue],
    held: [...draft.held],
    postponedRawRand: draft.postponedRawRand,
    scheduler: draft.scheduler,
    nodeMetrics: draft.nodeMetrics,
    queryStats: draft.queryStats,
    totals: { updates: draft.updates, cyclesMinted: draft.cyclesMinted, cyclesBurned: draft.cyclesBurned },
  };
}

/** One object a record: what is made of it is made once. */
const SUBNETS = new WeakMap<SubnetRecord, SubnetInfo>();

export function subnetInfo(record: SubnetRecord): SubnetInfo {
  const { id, type, publicKeyDer, canisterRanges } = record;
  const nodes = (): SubnetInfo["nodes"] => record.nodes.map((n) => ({ id: n.id, publicKeyDer: n.publicKey }));
  const info = SUBNETS.get(record) ?? { id, type, publicKeyDer, nodes: nodes(), canisterRanges };
  SUBNETS.set(record, info);
  return info;
}

/** The canisters that a round may concern, in byte order. */
export function watchedIds(draft: Draft): CanisterId[] {
  refresh(draft.agenda, draft.canisters);
  return [...draft.agenda.watched].sort(compareText);
}

/** Those whose storage was last charged at or before `until`, in byte order. */
export function lastChargedBy(draft: Draft, until: Nanos): CanisterId[] {
  refresh(draft.agenda, draft.canisters);
  return chargedBefore(draft.agenda, until);
}

export const canisterOf = (draft: Draft, id: CanisterId): CanisterState =>
  defined(draft.canisters.get(id), `canister ${id} exists`);
