/**
 * What may be seen of a canister's snapshots, by whom its setting says: which there are, what they hold, and the bytes.
 *
 *   RD1  Reading is the canister's expense: 5 M instructions and one for each byte asked for, also when the place that
 *        was asked for does not exist.
 *   RD2  A slice has at most 2,000,000 bytes, so that it fits into a message.
 *
 * Deleting is here, too, being as short. Source: interface L66, L67, §7 rows 36, 37, 40, 41; replica D.2.
 */
import { compareText, fromHex, toHex } from "../../../base/bytes.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterState } from "../../state/canister.ts";
import { CHUNK_BYTES } from "../../state/memory-metrics.ts";
import { type Pages, sliceOf } from "../../state/pages.ts";
import type { CanisterSnapshot } from "../../state/snapshot.ts";
import { memoryUsed } from "../cycles.ts";
import { controlled, done, type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import type { CanisterIdArgs } from "./candid.ts";
import {
  type ReadDataArgs,
  ReadDataReply,
  type SnapshotArgs,
  SnapshotList,
  SnapshotMetadata,
} from "./candid-snapshots.ts";
import type { ValueOf } from "./candid-types.ts";
import { hasAccess } from "./permissions.ts";
import { canisterNotFound } from "./rejects.ts";
import * as rejects from "./rejects-snapshots.ts";
import { findSnapshot, paid, paidAsIs, snapshotsOf, withoutSnapshot } from "./snapshot-store.ts";

const DATA_INSTRUCTIONS = 5_000_000n;
const SLICE_MAX = 2_000_000n;

export function listSnapshots(call: ManagementCall, args: ValueOf<typeof CanisterIdArgs>): ManagementOutcome {
  const found = visible(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const listed = [...snapshotsOf(found.canister)].map(([id, { takenAt, size }]) => ({
    id: fromHex(id),
    taken_at_timestamp: takenAt,
    total_size: BigInt(size),
  }));
  return replied(call, SnapshotList, listed);
}

export function readSnapshotMetadata(
  call: ManagementCall,
  args: ValueOf<typeof SnapshotArgs>,
): ManagementOutcome {
  const seen = visible(call, args.canister_id);
  if ("reject" in seen) return rejected(call, seen.reject);
  const found = findSnapshot(seen.canister, args.snapshot_id);
  if ("reject" in found) return rejected(call, found.reject);
  return replied(call, SnapshotMetadata, metadataOf(found.snapshot));
}

function metadataOf(snapshot: CanisterSnapshot): ValueOf<typeof SnapshotMetadata> {
  const { globalTimer, lowMemoryHook, chunkStore } = snapshot;
  const timer = globalTimer === undefined ? undefined : timerOf(globalTimer);
  return {
    source: { tag: snapshot.source, value: null },
    taken_at_timestamp: snapshot.takenAt,
    wasm_module_size: BigInt(snapshot.wasm.length),
    globals: snapshot.globals.map(({ type, value }) => ({ tag: type, value })),
    wasm_memory_size: BigInt(snapshot.heap.length),
    stable_memory_size: BigInt(snapshot.stable.length),
    wasm_chunk_store: [...chunkStore.keys()].sort(compareText).map((hash) => ({ hash: fromHex(hash) })),
    canister_version: snapshot.version,
    certified_data: snapshot.certifiedData,
    global_timer: timer,
    on_low_wasm_memory_hook_status: lowMemoryHook && { tag: lowMemoryHook, value: null },
  };
}

const timerOf = (at: bigint): ValueOf<typeof SnapshotMetadata>["global_timer"] =>
  at === 0n ? { tag: "inactive", value: null } : { tag: "active", value: at };

export function readSnapshotData(
  call: ManagementCall,
  args: ValueOf<typeof ReadDataArgs>,
): ManagementOutcome {
  const seen = visible(call, args.canister_id);
  if ("reject" in seen) return rejected(call, seen.reject);
  const found = findSnapshot(seen.canister, args.snapshot_id);
  if ("reject" in found) return rejected(call, found.reject);
  const { kind } = args;
  const size = kind.tag === "wasm_chunk" ? BigInt(CHUNK_BYTES) : kind.value.size;
  if (size > SLICE_MAX) return rejected(call, rejects.sliceTooLarge(size, SLICE_MAX));

  const settled = paidAsIs(call, seen.canister, DATA_INSTRUCTIONS + size);
  if ("reject" in settled) return rejected(call, settled.reject);
  call.draft.cyclesBurned += settled.cost;
  call.draft.canisters.set(settled.canister.id, settled.canister);
  const read = dataOf(found.snapshot, kind);
  return "reject" in read ? rejected(call, read.reject) : replied(call, ReadDataReply, read);
}

function dataOf(
  { wasm, heap, stable, chunkStore }: CanisterSnapshot,
  kind: ValueOf<typeof ReadDataArgs>["kind"],
): { readonly chunk: Uint8Array } | { readonly reject: Reject } {
  switch (kind.tag) {
    case "wasm_module":
      return slice(wasm, kind.value);
    case "wasm_memory":
      return slice(heap, kind.value);
    case "stable_memory":
      return slice(stable, kind.value);
    case "wasm_chunk": {
      const { hash } = kind.value;
      if (hash.length !== 32) return { reject: rejects.chunkHashMalformed(hash) };
      const chunk = chunkStore.get(toHex(hash));
      return chunk === undefined ? { reject: rejects.chunkHashUnknown(hash) } : { chunk };
    }
  }
}

function slice(
  pages: Pages,
  { offset, size }: { readonly offset: bigint; readonly size: bigint },
): { readonly chunk: Uint8Array } | { readonly reject: Reject } {
  if (offset + size > BigInt(pages.length)) return { reject: rejects.invalidSlice(offset, size) };
  return { chunk: sliceOf(pages, Number(offset), Number(size)) };
}

export function deleteSnapshot(call: ManagementCall, args: ValueOf<typeof SnapshotArgs>): ManagementOutcome {
  const owned = controlled(call, args.canister_id);
  if ("reject" in owned) return rejected(call, owned.reject);
  const found = findSnapshot(owned.canister, args.snapshot_id);
  if ("reject" in found) return rejected(call, found.reject);
  const canister = withoutSnapshot(owned.canister, found.id);
  const memory = { before: memoryUsed(owned.canister), after: memoryUsed(canister) };
  const settled = paid(call, canister, { instructions: 0n, memory });
  if ("reject" in settled) return rejected(call, settled.reject);
  call.draft.canisters.set(canister.id, settled.canister);
  return done(call);
}

function visible(
  { draft, request }: ManagementCall,
  id: CanisterId,
): { readonly canister: CanisterState } | { readonly reject: Reject } {
  const canister = draft.canisters.get(id);
  if (canister === undefined) return { reject: canisterNotFound(id) };
  if (!hasAccess(canister, canister.settings.snapshotVisibility, request.caller))
    return { reject: rejects.snapshotsDenied(request.caller, request.method) };
  return { canister };
}
