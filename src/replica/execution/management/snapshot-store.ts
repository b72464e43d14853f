/**
 * The snapshots beside a canister: how they are found, kept and paid for.
 *
 *   SS1  A canister has at most ten. A new one takes the place of one that the caller names, or adds to them.
 *   SS2  What a method costs is taken only if the canister, with the memory that it will then have, keeps its freezing
 *        limit: first for the memory, then for the cost.
 *
 * Source: interface L60, L67; replica D.2; [ic] canister_manager.rs (cycles_and_memory_usage_checks).
 */
import { toHex } from "../../../base/bytes.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterState } from "../../state/canister.ts";
import { withConsumed } from "../../state/consumed.ts";
import { HEAP_DELTA_RATE } from "../../state/standing.ts";
import { type CanisterSnapshot, type SnapshotId, snapshotIdOf } from "../../state/snapshot.ts";
import { freezingLimitWith, managementFee, memoryUsed } from "../cycles.ts";
import type { ManagementCall } from "./call.ts";
import { isController } from "./permissions.ts";
import { heapDeltaRateLimited } from "./rejects.ts";
import * as rejects from "./rejects-snapshots.ts";

const MAX_SNAPSHOTS = 10;

/** For taking, loading and creating one. */
export const SNAPSHOT_INSTRUCTIONS = 2_000_000_000n;

export const snapshotsOf = (canister: CanisterState): ReadonlyMap<SnapshotId, CanisterSnapshot> =>
  canister.snapshots ?? NONE;
const NONE: ReadonlyMap<SnapshotId, CanisterSnapshot> = new Map();

export function findSnapshot(
  canister: CanisterState,
  id: Uint8Array,
): { readonly id: SnapshotId; readonly snapshot: CanisterSnapshot } | { readonly reject: Reject } {
  const hex = toHex(id);
  const snapshot = snapshotsOf(canister).get(hex);
  return snapshot === undefined
    ? { reject: rejects.snapshotNotFound(hex, canister.id) }
    : { id: hex, snapshot };
}

/** SS1. Why there is no room for another, unless `replaced` goes. */
export function roomFault(canister: CanisterState, replaced: Uint8Array | undefined): Reject | undefined {
  if (replaced === undefined)
    return snapshotsOf(canister).size >= MAX_SNAPSHOTS
      ? rejects.tooManySnapshots(canister.id, MAX_SNAPSHOTS)
      : undefined;
  const found = findSnapshot(canister, replaced);
  return "reject" in found ? found.reject : undefined;
}

/** Why a canister that has written too much lately may not write more. */
export function rateFault({ id, standing }: CanisterState): Reject | undefined {
  const debit = standing?.heapDeltaDebit ?? 0;
  return debit < HEAP_DELTA_RATE ? undefined : heapDeltaRateLimited(id, debit);
}

/** The canister with one more, and its id. */
export function withNewSnapshot(
  canister: CanisterState,
  snapshot: CanisterSnapshot,
  replaced: Uint8Array | undefined,
): { readonly id: SnapshotId; readonly canister: CanisterState } {
  const id = snapshotIdOf(canister.id, canister.snapshotsMade);
  const snapshots = new Map(snapshotsOf(canister));
  if (replaced !== undefined) snapshots.delete(toHex(replaced));
  snapshots.set(id, snapshot);
  return { id, canister: { ...canister, snapshots, snapshotsMade: canister.snapshotsMade + 1 } };
}

export function withoutSnapshot({ snapshots, ...canister }: CanisterState, id: SnapshotId): CanisterState {
  const kept = new Map(snapshots);
  kept.delete(id);
  return kept.size === 0 ? canister : { ...canister, snapshots: kept };
}

export const withSnapshot = (
  canister: CanisterState,
  id: SnapshotId,
  snapshot: CanisterSnapshot,
): CanisterState => ({ ...canister, snapshots: new Map(snapshotsOf(canister)).set(id, snapshot) });

interface Price {
  readonly instructions: bigint;
  /** What the canister used before, and what it will use. */
  readonly memory: { readonly before: number; readonly after: number };
}

/** `cost`: of the instructions, already gone from the canister's balance, and not yet counted as burned. */
export type Paid =
  | { readonly canister: CanisterState; readonly cost: bigint; readonly instructions: bigint }
  | { readonly reject: Reject };

/** SS2. */
export function paid(
  { draft, request }: ManagementCall,
  canister: CanisterState,
  { instructions, memory }: Price,
): Paid {
  const keep = freezingLimitWith(canister, memory.after, draft.subnet);
  if (canister.cycles < keep)
    return {
      reject: rejects.memoryTooDear(Math.max(memory.after - memory.before, 0), keep - canister.cycles),
    };
  const cost = managementFee(instructions, draft.subnet);
  const missing = keep + cost - canister.cycles;
  if (missing > 0n)
    return { reject: rejects.snapshotTooDear(canister.id, missing, isController(canister, request.caller)) };
  const consumed = withConsumed(canister, "instructions", cost);
  return { canister: { ...canister, cycles: canister.cycles - cost, consumed }, cost, instructions };
}

/** SS2, where the memory stays as it is. */
export const paidAsIs = (call: ManagementCall, canister: CanisterState, instructions: bigint): Paid =>
  paid(call, canister, { instructions, memory: { before: 0, after: memoryUsed(canister) } });
