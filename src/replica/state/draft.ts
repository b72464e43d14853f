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
import type { CanisterId, Height, MessageId, Nanos } from "../../types/ids.ts";
import type { IngressRecord } from "../../types/messages.ts";
import type { Fact } from "../../types/trace.ts";
import type { CanisterState } from "./canister.ts";
import type { PostponedRawRand, SubnetMessage } from "./messages.ts";
import type { ReplicatedState, SubnetInfo } from "./state.ts";

export interface Draft {
  readonly height: Height;
  readonly time: Nanos;
  readonly subnet: SubnetRecord;
  readonly canisters: Map<CanisterId, CanisterState>;
  readonly ingressHistory: Map<MessageId, IngressRecord>;
  /** Calls to `aaaaa-aa`, oldest first. */
  readonly subnetQueue: SubnetMessage[];
  postponedRawRand: readonly PostponedRawRand[];
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
    subnet,
    canisters: new Map(previous.canisters),
    ingressHistory: new Map(previous.ingressHistory),
    subnetQueue: [...previous.subnetQueue],
    postponedRawRand: previous.postponedRawRand,
    nextCanisterIndex: previous.nextCanisterIndex,
    updates: previous.totals.updates,
    cyclesMinted: previous.totals.cyclesMinted,
    cyclesBurned: previous.totals.cyclesBurned,
    facts: [],
  };
}

/**
 * The draft as a state. `previousRoot` is carried over from the previous state: the state manager, which computes
 * roots, puts the right one in.
 */
export function stateOf(draft: Draft, previous: ReplicatedState): ReplicatedState {
  return {
    height: draft.height,
    time: draft.time,
    previousRoot: previous.previousRoot,
    subnet: subnetInfo(draft.subnet),
    canisters: new Map(draft.canisters),
    nextCanisterIndex: draft.nextCanisterIndex,
    ingressHistory: new Map(draft.ingressHistory),
    subnetQueue: [...draft.subnetQueue],
    postponedRawRand: draft.postponedRawRand,
    totals: { updates: draft.updates, cyclesMinted: draft.cyclesMinted, cyclesBurned: draft.cyclesBurned },
  };
}

export const subnetInfo = (record: SubnetRecord): SubnetInfo => ({
  id: record.id,
  type: record.type,
  publicKeyDer: record.publicKeyDer,
  nodes: record.nodes.map((n) => ({ id: n.id, publicKeyDer: n.publicKey })),
  canisterRanges: record.canisterRanges,
});

/** Canister ids in byte order: the order for every walk that reaches another node. */
export const canisterIds = (draft: Draft): CanisterId[] => [...draft.canisters.keys()].sort(compareText);

export const canisterOf = (draft: Draft, id: CanisterId): CanisterState =>
  defined(draft.canisters.get(id), `canister ${id} exists`);
