/**
 * Snapshots that a controller makes out of bytes: first what they are to hold, then, part by part, the bytes.
 *
 *   US1  The sizes are declared, bounded and paid for at once; what was not uploaded yet is zeros.
 *   US2  Parts lie inside the declared sizes. Chunks of the chunk store are extra, and paid for when they come.
 *   US3  Only snapshots that were made so take parts.
 *   US4  A part costs one instruction a byte, a chunk those of a whole one, also when it has no place.
 *
 * Source: interface L65, L66, §7 rows 38, 39; replica D.2; [ic] canister_snapshots.rs (validate).
 */
import { fromHex, toHex } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import type { CanisterState } from "../../state/canister.ts";
import { CHUNK_BYTES, GLOBAL_BYTES } from "../../state/memory-metrics.ts";
import { type Pages, zeroPages } from "../../state/pages.ts";
import type { CanisterSnapshot } from "../../state/snapshot.ts";
import { HEAP_DELTA_RATE, NO_STANDING } from "../../state/standing.ts";
import { isWasm64, memoryUsed } from "../cycles.ts";
import { stableDraft, WASM_PAGE } from "../system-api/stable-draft.ts";
import { controlled, done, type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import { type UploadDataArgs, type UploadMetadataArgs, UploadMetadataReply } from "./candid-snapshots.ts";
import type { ValueOf } from "./candid-types.ts";
import { chunkFault, rateLimited } from "./chunk-store.ts";
import { chunkStore as chunkStoreReject } from "./rejects.ts";
import * as rejects from "./rejects-snapshots.ts";
import {
  findSnapshot,
  paid,
  paidAsIs,
  rateFault,
  roomFault,
  SNAPSHOT_INSTRUCTIONS,
  withNewSnapshot,
  withSnapshot,
} from "./snapshot-store.ts";

type Metadata = ValueOf<typeof UploadMetadataArgs>;

export function uploadSnapshotMetadata(call: ManagementCall, args: Metadata): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const before = found.canister;
  const fault = metadataFault(args, isWasm64(before));
  if (fault !== undefined) return rejected(call, rejects.metadataInvalid(fault));
  const full = roomFault(before, args.replace_snapshot) ?? rateFault(before);
  if (full !== undefined) return rejected(call, full);

  const { draft } = call;
  const snapshot = declared(args, before.version, draft.time);
  const kept = withNewSnapshot(before, snapshot, args.replace_snapshot);
  const instructions = SNAPSHOT_INSTRUCTIONS + BigInt(snapshot.size);
  const memory = { before: memoryUsed(before), after: memoryUsed(kept.canister) };
  const settled = paid(call, kept.canister, { instructions, memory });
  if ("reject" in settled) return rejected(call, settled.reject);
  draft.cyclesBurned += settled.cost;
  draft.canisters.set(before.id, settled.canister);
  return { ...replied(call, UploadMetadataReply, { snapshot_id: fromHex(kept.id) }), instructions };
}

const GIB = 2n ** 30n;
const MODULE_MAX = 100n * 2n ** 20n;
const STABLE_MAX = 500n * GIB;
const GLOBALS_MAX = 1000;
const CERTIFIED_DATA_MAX = 32;

/** US1. In the words of mainnet's type. */
function metadataFault(args: Metadata, wasm64: boolean): string | undefined {
  const page = BigInt(WASM_PAGE);
  if (args.wasm_module_size === 0n) return "WasmModuleEmpty";
  if (args.wasm_module_size > MODULE_MAX) return "WasmModuleTooLarge";
  if (args.wasm_memory_size % page !== 0n) return "WasmMemoryNotPageAligned";
  if (args.wasm_memory_size > (wasm64 ? 6n : 4n) * GIB) return "WasmMemoryTooLarge";
  if (args.stable_memory_size % page !== 0n) return "StableMemoryNotPageAligned";
  if (args.stable_memory_size > STABLE_MAX) return "StableMemoryTooLarge";
  if (args.globals.length > GLOBALS_MAX) return "ExportedGlobalsTooLarge";
  return args.certified_data.length > CERTIFIED_DATA_MAX ? "CertifiedDataTooLarge" : undefined;
}

function declared(args: Metadata, version: bigint, takenAt: bigint): CanisterSnapshot {
  const [wasm, heap, stable] = [args.wasm_module_size, args.wasm_memory_size, args.stable_memory_size].map(
    Number,
  ) as [number, number, number];
  const { certified_data: certifiedData, global_timer: timer, on_low_wasm_memory_hook_status: hook } = args;
  return {
    source: "metadata_upload",
    takenAt,
    version,
    size: wasm + heap + stable + certifiedData.length + args.globals.length * GLOBAL_BYTES,
    wasm: zeroPages(wasm),
    globals: args.globals.map(({ tag, value }) => ({ type: tag, value })),
    heap: zeroPages(heap),
    stable: zeroPages(stable),
    certifiedData,
    chunkStore: new Map(),
    globalTimer: timer && (timer.tag === "active" ? timer.value : 0n),
    lowMemoryHook: hook?.tag,
  };
}

/** For the round: what storing a chunk counts. Source: replica D.2. */
const CHUNK_INSTRUCTIONS = 200_000_000n;

export function uploadSnapshotData(
  call: ManagementCall,
  args: ValueOf<typeof UploadDataArgs>,
): ManagementOutcome {
  const owned = controlled(call, args.canister_id);
  if ("reject" in owned) return rejected(call, owned.reject);
  const found = findSnapshot(owned.canister, args.snapshot_id);
  if ("reject" in found) return rejected(call, found.reject);
  if (found.snapshot.source !== "metadata_upload") return rejected(call, rejects.snapshotImmutable());

  const standing = owned.canister.standing ?? NO_STANDING;
  const debit = standing.heapDeltaDebit;
  if (debit >= HEAP_DELTA_RATE) return rejected(call, chunkStoreReject(rateLimited(debit)));
  const isChunk = args.kind.tag === "wasm_chunk";
  const bytes = isChunk ? CHUNK_BYTES : args.chunk.length;
  const writing = { ...owned.canister, standing: { ...standing, heapDeltaDebit: debit + bytes } };
  const settled = paidAsIs(call, writing, BigInt(bytes));
  if ("reject" in settled) return rejected(call, settled.reject);
  call.draft.cyclesBurned += settled.cost;
  call.draft.canisters.set(settled.canister.id, settled.canister);
  if (isChunk) return storeChunk(call, settled.canister, found, args.chunk);

  const written = withPart(found.snapshot, args);
  if (written === undefined)
    return rejected(call, rejects.invalidSlice(args.kind.value.offset, args.chunk.length));
  call.draft.canisters.set(settled.canister.id, withSnapshot(settled.canister, found.id, written));
  return { ...done(call), instructions: BigInt(args.chunk.length) };
}

/** US2. Undefined: the part has no place. */
function withPart(
  snapshot: CanisterSnapshot,
  { kind, chunk }: ValueOf<typeof UploadDataArgs>,
): CanisterSnapshot | undefined {
  if (kind.tag === "wasm_chunk") return undefined;
  const part = ({ wasm_module: "wasm", wasm_memory: "heap", stable_memory: "stable" } as const)[kind.tag];
  const { offset } = kind.value;
  if (offset + BigInt(chunk.length) > BigInt(snapshot[part].length)) return undefined;
  return { ...snapshot, [part]: written(snapshot[part], Number(offset), chunk) };
}

function written(pages: Pages, offset: number, bytes: Uint8Array): Pages {
  const draft = stableDraft(pages);
  draft.write(offset, bytes);
  return draft.commit();
}

function storeChunk(
  call: ManagementCall,
  before: CanisterState,
  { id, snapshot }: { readonly id: string; readonly snapshot: CanisterSnapshot },
  chunk: Uint8Array,
): ManagementOutcome {
  const hash = toHex(sha256(chunk));
  if (snapshot.chunkStore.has(hash)) return done(call);
  const fault = chunkFault(chunk, snapshot.chunkStore.size);
  if (fault !== undefined) return rejected(call, chunkStoreReject(fault));
  const chunkStore = new Map(snapshot.chunkStore).set(hash, chunk);
  const grown = withSnapshot(before, id, { ...snapshot, chunkStore, size: snapshot.size + CHUNK_BYTES });
  const memory = { before: memoryUsed(before), after: memoryUsed(grown) };
  const settled = paid(call, grown, { instructions: 0n, memory });
  if ("reject" in settled) return rejected(call, settled.reject);
  call.draft.canisters.set(before.id, settled.canister);
  return { ...done(call), instructions: CHUNK_INSTRUCTIONS };
}
