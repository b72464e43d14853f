/**
 * Modules too large for one message come in parts of at most 1 MiB, kept by their hash beside the canister.
 *
 *   CH1  Controllers use the store, and the canister itself.
 *   CH2  The same part twice is kept once and answered alike. At most 100 parts; each is paid for as a whole MiB.
 *   CH3  Putting them together yields the module whose hash the caller named, or nothing.
 *
 * Source: interface L30–L33.
 */
import { concat, equalBytes, compareText, fromHex, toHex } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import type { Hash } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterState } from "../../state/canister.ts";
import { withConsumed } from "../../state/consumed.ts";
import { CHUNK_BYTES } from "../../state/memory-metrics.ts";
import { freezingLimit, managementFee } from "../cycles.ts";
import { outOfCyclesText } from "../failure.ts";
import {
  type CanisterIdArgs,
  type InstallChunkedCodeArgs,
  StoredChunksReply,
  type UploadChunkArgs,
  UploadChunkReply,
} from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { HEAP_DELTA_RATE, type ModuleSource, NO_STANDING } from "../../state/standing.ts";
import { controlled, done, type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import { isController } from "./permissions.ts";
import { canisterNotFound, chunkStore } from "./rejects.ts";

const MAX_CHUNKS = 100;
/** Of a round, and paid for. Source: replica D.2. */
const UPLOAD_INSTRUCTIONS = 200_000_000n;

const storeOf = (canister: CanisterState): ReadonlyMap<Hash, Uint8Array> => canister.chunkStore ?? new Map();

export function uploadChunk(call: ManagementCall, args: ValueOf<typeof UploadChunkArgs>): ManagementOutcome {
  const { draft } = call;
  const found = controlled(call, args.canister_id, true);
  if ("reject" in found) return rejected(call, found.reject);
  const store = storeOf(found.canister);
  const hash = sha256(args.chunk);
  if (!store.has(toHex(hash))) {
    const fault = chunkFault(args.chunk, store.size);
    if (fault !== undefined) return rejected(call, chunkStore(fault));
    const debit = found.canister.standing?.heapDeltaDebit ?? 0;
    if (debit >= HEAP_DELTA_RATE) return rejected(call, chunkStore(rateLimited(debit)));
    const standing = { ...(found.canister.standing ?? NO_STANDING), heapDeltaDebit: debit + CHUNK_BYTES };
    const canister = {
      ...found.canister,
      standing,
      chunkStore: new Map([...store, [toHex(hash), args.chunk]]),
    };
    const fee = managementFee(UPLOAD_INSTRUCTIONS, draft.subnet);
    const missing = fee + freezingLimit(canister, draft.subnet) - canister.cycles;
    if (missing > 0n)
      return rejected(
        call,
        chunkStore(
          `Error charging for 'upload_chunk': ${outOfCyclesText(canister.id, missing, isController(canister, call.request.caller))}`,
        ),
      );
    draft.cyclesBurned += fee;
    draft.canisters.set(canister.id, {
      ...canister,
      cycles: canister.cycles - fee,
      consumed: withConsumed(canister, "instructions", fee),
    });
    return { ...replied(call, UploadChunkReply, { hash }), instructions: UPLOAD_INSTRUCTIONS };
  }
  return replied(call, UploadChunkReply, { hash });
}

export const rateLimited = (debit: number): string =>
  `Canister is heap delta rate limited. Current delta debit: ${debit}, limit: ${HEAP_DELTA_RATE}`;

/** Why a store that holds `stored` chunks has no room for another. */
export function chunkFault(chunk: Uint8Array, stored: number): string | undefined {
  if (chunk.length > CHUNK_BYTES)
    return `Wasm chunk size ${chunk.length} exceeds the maximum chunk size of ${CHUNK_BYTES}`;
  if (stored < MAX_CHUNKS) return undefined;
  return `Wasm chunk store has already reached maximum capacity of ${MAX_CHUNKS * CHUNK_BYTES} bytes`;
}

export function clearChunkStore(
  call: ManagementCall,
  args: ValueOf<typeof CanisterIdArgs>,
): ManagementOutcome {
  const found = controlled(call, args.canister_id, true);
  if ("reject" in found) return rejected(call, found.reject);
  const { chunkStore: _gone, ...canister } = found.canister;
  call.draft.canisters.set(canister.id, canister);
  return done(call);
}

export function storedChunks(call: ManagementCall, args: ValueOf<typeof CanisterIdArgs>): ManagementOutcome {
  const found = controlled(call, args.canister_id, true);
  if ("reject" in found) return rejected(call, found.reject);
  const hashes = [...storeOf(found.canister).keys()].sort(compareText);
  return replied(
    call,
    StoredChunksReply,
    hashes.map((hash) => ({ hash: fromHex(hash) })),
  );
}

/** The module that the chunks make up, at an instruction a byte of whole chunks. Who may use the store was not asked yet. */
export function assembled(
  call: ManagementCall,
  args: ValueOf<typeof InstallChunkedCodeArgs>,
): ModuleSource | { readonly reject: Reject } {
  const id = args.store_canister ?? args.target_canister;
  if (!call.draft.canisters.has(id)) return { reject: canisterNotFound(id) };
  const found = controlled(call, id, true);
  if ("reject" in found) return found;
  const store = storeOf(found.canister);
  const parts: Uint8Array[] = [];
  for (const { hash } of args.chunk_hashes_list) {
    if (parts.length === MAX_CHUNKS)
      return { reject: chunkStore(`More than ${MAX_CHUNKS} chunks were named`) };
    const part = store.get(toHex(hash));
    if (part === undefined) return { reject: chunkStore(`Chunk hash ${toHex(hash)} was not found`) };
    parts.push(part);
  }
  const wasm = concat(...parts);
  const instructions = BigInt(CHUNK_BYTES * parts.length);
  const hash = sha256(wasm);
  if (equalBytes(hash, args.wasm_module_hash)) return { wasm, instructions };
  const fault = chunkStore(
    `Wasm module hash ${toHex(hash)} does not match given hash ${toHex(args.wasm_module_hash)}`,
  );
  return { wasm, instructions, fault };
}
