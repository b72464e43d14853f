/** The types of the eight snapshot methods, as the public `ic.did` names them. Source: interface §7 rows 34–41, DID. */
import {
  Blob,
  Bool,
  Float32,
  Float64,
  Int32,
  Int64,
  Nat,
  Nat64,
  Null,
  Opt,
  Principal,
  Record,
  Reserved,
  type ValueOf,
  Variant,
  Vec,
} from "./candid-types.ts";

export const SnapshotSource = Variant({ taken_from_canister: Reserved, metadata_upload: Reserved });

export const Snapshot = Record({ id: Blob, taken_at_timestamp: Nat64, total_size: Nat64 });
export const SnapshotList = Vec(Snapshot);

export const TakeSnapshotArgs = Record({
  canister_id: Principal,
  replace_snapshot: Opt(Blob),
  uninstall_code: Opt(Bool),
  sender_canister_version: Opt(Nat64),
});
export const LoadSnapshotArgs = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  sender_canister_version: Opt(Nat64),
});
export const SnapshotArgs = Record({ canister_id: Principal, snapshot_id: Blob });

const Globals = Vec(Variant({ i32: Int32, i64: Int64, f32: Float32, f64: Float64, v128: Nat }));
export type Globals = ValueOf<typeof Globals>;
const Timer = Opt(Variant({ inactive: Null, active: Nat64 }));
const HookStatus = Opt(Variant({ condition_not_satisfied: Null, ready: Null, executed: Null }));

export const SnapshotMetadata = Record({
  source: SnapshotSource,
  taken_at_timestamp: Nat64,
  wasm_module_size: Nat64,
  globals: Globals,
  wasm_memory_size: Nat64,
  stable_memory_size: Nat64,
  wasm_chunk_store: Vec(Record({ hash: Blob })),
  canister_version: Nat64,
  certified_data: Blob,
  global_timer: Timer,
  on_low_wasm_memory_hook_status: HookStatus,
});

export const UploadMetadataArgs = Record({
  canister_id: Principal,
  replace_snapshot: Opt(Blob),
  wasm_module_size: Nat64,
  globals: Globals,
  wasm_memory_size: Nat64,
  stable_memory_size: Nat64,
  certified_data: Blob,
  global_timer: Timer,
  on_low_wasm_memory_hook_status: HookStatus,
});
export const UploadMetadataReply = Record({ snapshot_id: Blob });

const Slice = Record({ offset: Nat64, size: Nat64 });
export const ReadDataArgs = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  kind: Variant({
    wasm_module: Slice,
    wasm_memory: Slice,
    stable_memory: Slice,
    wasm_chunk: Record({ hash: Blob }),
  }),
});
export const ReadDataReply = Record({ chunk: Blob });

const Place = Record({ offset: Nat64 });
export const UploadDataArgs = Record({
  canister_id: Principal,
  snapshot_id: Blob,
  kind: Variant({ wasm_module: Place, wasm_memory: Place, stable_memory: Place, wasm_chunk: Null }),
  chunk: Blob,
});
