/**
 * What a canister's memory is made of, in bytes: what it is told, and what it pays for. Sizes of bookkeeping are those
 * of mainnet's data types, so that idle cycles are mainnet's. Source: interface L75; [ic] rs/replicated_state
 * (execution_state.rs, canister_snapshots.rs), rs/types/management_canister_types (count_bytes).
 */
import { utf8 } from "../../base/bytes.ts";
import type { CanisterChange, CanisterState, InstalledCode } from "./canister.ts";

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
  readonly snapshots: number;
  readonly total: number;
}

export const CHUNK_BYTES = 1024 * 1024;
/** Any global takes the place of the largest, a vector. */
export const GLOBAL_BYTES = 32;
const CHANGE_BYTES = 192;
const PRINCIPAL_BYTES = 30;
const VISIBILITY_BYTES = 1;

export function memoryMetrics(canister: CanisterState): MemoryMetrics {
  const { code } = canister;
  const heap = canister.heap.length;
  const stable = canister.stable.length;
  const globals = globalBytes(canister);
  const module = code?.uploaded.length ?? 0;
  const customSections = code === undefined ? 0 : sectionBytes(code.metadata);
  let history = 0;
  for (const change of canister.history) history += changeBytes(change);
  const chunkStore = (canister.chunkStore?.size ?? 0) * CHUNK_BYTES;
  let snapshots = 0;
  if (canister.snapshots !== undefined) for (const { size } of canister.snapshots.values()) snapshots += size;
  const total = heap + stable + globals + module + customSections + history + chunkStore + snapshots;
  return { heap, stable, globals, module, customSections, history, chunkStore, snapshots, total };
}

/** Asked for with every message, of a few modules. */
const SECTIONS = new WeakMap<InstalledCode["metadata"], number>();

function sectionBytes(metadata: InstalledCode["metadata"]): number {
  const known = SECTIONS.get(metadata);
  if (known !== undefined) return known;
  let bytes = 0;
  for (const [name, { content }] of metadata) bytes += utf8(name).length + content.length + VISIBILITY_BYTES;
  SECTIONS.set(metadata, bytes);
  return bytes;
}

/** The total alone; asked of every canister at every height, so it is remembered. */
export function memoryTotal(canister: CanisterState): number {
  const known = TOTALS.get(canister);
  if (known !== undefined) return known;
  const { total } = memoryMetrics(canister);
  TOTALS.set(canister, total);
  return total;
}
const TOTALS = new WeakMap<CanisterState, number>();

/** What a snapshot of the canister would take. */
export function snapshotBytes(canister: CanisterState): number {
  const { heap, stable, globals, module, chunkStore } = memoryMetrics(canister);
  return heap + stable + globals + module + chunkStore + canister.certifiedData.length;
}

/** Mainnet's instruction counter is one of them. */
const globalBytes = ({ code }: CanisterState): number =>
  code === undefined ? 0 : (code.module.exportedGlobals.length + 1) * GLOBAL_BYTES;

const changeBytes = ({ details }: CanisterChange): number =>
  CHANGE_BYTES + ("controllers" in details ? details.controllers.length * PRINCIPAL_BYTES : 0);
