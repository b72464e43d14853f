/** What a canister's memory is made of, in bytes: what it is told, and what it pays for. Source: interface L75. */
import { utf8 } from "../../base/bytes.ts";
import type { CanisterState } from "./canister.ts";

export interface MemoryMetrics {
  readonly heap: number;
  readonly stable: number;
  readonly globals: number;
  /** The module as uploaded. */
  readonly module: number;
  readonly customSections: number;
  readonly history: number;
  /** Every chunk counts as a whole one. */
  readonly chunkStore: number;
  readonly total: number;
}

export const CHUNK_BYTES = 1024 * 1024;
const GLOBAL_BYTES = 8;
const CHANGE_BYTES = 64;

export function memoryMetrics(canister: CanisterState): MemoryMetrics {
  let customSections = 0;
  for (const [name, { content }] of canister.code?.metadata ?? [])
    customSections += utf8(name).length + content.length;
  const parts = {
    heap: canister.heap.length,
    stable: canister.stable.length,
    globals: canister.globals.length * GLOBAL_BYTES,
    module: canister.code?.uploadedSize ?? 0,
    customSections,
    history: canister.history.length * CHANGE_BYTES,
    chunkStore: (canister.chunkStore?.size ?? 0) * CHUNK_BYTES,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, n) => sum + n, 0) };
}
