/**
 * A canister snapshot: what a canister computes from, kept beside it under an id of its own. It dies with the canister.
 * Source: interface L60–L67.
 */
import type { CanisterId, Hash, Nanos } from "../../types/ids.ts";
import type { LowMemoryHook } from "./canister.ts";
import type { Pages } from "./pages.ts";

/** Hex of 8 bytes, big-endian, that number the canister's snapshots from zero, and of the canister's id. */
export type SnapshotId = string;

export interface CanisterSnapshot {
  /** Whether the canister was there to be copied, or a controller uploads it piece by piece. */
  readonly source: "taken_from_canister" | "metadata_upload";
  readonly takenAt: Nanos;
  /** Of the canister, when the snapshot was made. */
  readonly version: bigint;
  /** Bytes as paid for; chunks count as whole ones. */
  readonly size: number;
  /** As uploaded; zeros until a controller has uploaded it. */
  readonly wasm: Pages;
  readonly globals: readonly SnapshotGlobal[];
  readonly heap: Pages;
  readonly stable: Pages;
  readonly certifiedData: Uint8Array;
  readonly chunkStore: ReadonlyMap<Hash, Uint8Array>;
  /** Nanoseconds, 0 is off; undefined: not told. */
  readonly globalTimer: Nanos | undefined;
  readonly lowMemoryHook: LowMemoryHook | undefined;
}

/** Integers as such; floats and vectors as their bits, unsigned. */
export interface SnapshotGlobal {
  readonly type: "i32" | "i64" | "f32" | "f64" | "v128";
  readonly value: bigint;
}

export const snapshotIdOf = (canister: CanisterId, number: number): SnapshotId =>
  number.toString(16).padStart(16, "0") + canister;

/** The canister that the id names; no canister's id for what is no snapshot's. */
export const ownerOf = (id: SnapshotId): CanisterId => id.slice(16);
