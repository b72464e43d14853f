/** The replies of the public `ic.did` (specification 0.66), for the official library to decode. By method. */
import { IDL } from "@icp-sdk/core/candid";

const { Bool, Float32, Float64, Int32, Int64, Nat, Nat64, Null, Principal, Reserved, Text } = IDL;
const Blob = IDL.Vec(IDL.Nat8);
const Visibility = IDL.Variant({ controllers: Null, public: Null, allowed_viewers: IDL.Vec(Principal) });
const ChunkHash = IDL.Record({ hash: Blob });
const CanisterId = IDL.Record({ canister_id: Principal });
const Source = IDL.Variant({ taken_from_canister: Reserved, metadata_upload: Reserved });
const Snapshot = IDL.Record({ id: Blob, taken_at_timestamp: Nat64, total_size: Nat64 });

const Settings = IDL.Record({
  controllers: IDL.Vec(Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  minimum_incoming_canister_call_cycles: Nat,
  log_visibility: Visibility,
  snapshot_visibility: Visibility,
  status_visibility: Visibility,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: IDL.Vec(IDL.Record({ name: Text, value: Text })),
});

const Change = IDL.Record({
  timestamp_nanos: Nat64,
  canister_version: Nat64,
  origin: IDL.Variant({
    from_user: IDL.Record({ user_id: Principal }),
    from_canister: IDL.Record({ canister_id: Principal, canister_version: IDL.Opt(Nat64) }),
  }),
  details: IDL.Variant({
    creation: IDL.Record({ controllers: IDL.Vec(Principal), environment_variables_hash: IDL.Opt(Blob) }),
    code_uninstall: Null,
    code_deployment: IDL.Record({
      mode: IDL.Variant({ install: Null, reinstall: Null, upgrade: Null }),
      module_hash: Blob,
    }),
    load_snapshot: IDL.Record({
      from_canister_id: IDL.Opt(Principal),
      snapshot_id: Blob,
      canister_version: Nat64,
      taken_at_timestamp: Nat64,
      source: Source,
    }),
    controllers_change: IDL.Record({ controllers: IDL.Vec(Principal) }),
    rename_canister: IDL.Record({
      canister_id: Principal,
      total_num_changes: Nat64,
      rename_to: IDL.Record({ canister_id: Principal, version: Nat64, total_num_changes: Nat64 }),
      requested_by: Principal,
    }),
  }),
});

export const REPLIES: Readonly<Record<string, IDL.Type[]>> = {
  create_canister: [CanisterId],
  provisional_create_canister_with_cycles: [CanisterId],
  provisional_top_up_canister: [],
  update_settings: [],
  install_code: [],
  install_chunked_code: [],
  upload_chunk: [ChunkHash],
  stored_chunks: [IDL.Vec(ChunkHash)],
  clear_chunk_store: [],
  uninstall_code: [],
  start_canister: [],
  stop_canister: [],
  delete_canister: [],
  deposit_cycles: [],
  raw_rand: [Blob],
  canister_status: [
    IDL.Record({
      status: IDL.Variant({ running: Null, stopping: Null, stopped: Null }),
      ready_for_migration: Bool,
      version: Nat64,
      settings: Settings,
      module_hash: IDL.Opt(Blob),
      memory_size: Nat,
      memory_metrics: IDL.Record({
        wasm_memory_size: Nat,
        stable_memory_size: Nat,
        global_memory_size: Nat,
        wasm_binary_size: Nat,
        custom_sections_size: Nat,
        canister_history_size: Nat,
        wasm_chunk_store_size: Nat,
        snapshots_size: Nat,
      }),
      cycles: Nat,
      reserved_cycles: Nat,
      idle_cycles_burned_per_day: Nat,
      query_stats: IDL.Record({
        num_calls_total: Nat,
        num_instructions_total: Nat,
        request_payload_bytes_total: Nat,
        response_payload_bytes_total: Nat,
      }),
    }),
  ],
  canister_metrics: [
    IDL.Record({
      cycles_consumed: IDL.Record({
        memory: Nat,
        compute_allocation: Nat,
        ingress_induction: Nat,
        instructions: Nat,
        request_and_response_transmission: Nat,
        uninstall: Nat,
        canister_creation: Nat,
        http_outcalls: Nat,
        burned_cycles: Nat,
      }),
    }),
  ],
  canister_info: [
    IDL.Record({
      total_num_changes: Nat64,
      recent_changes: IDL.Vec(Change),
      module_hash: IDL.Opt(Blob),
      controllers: IDL.Vec(Principal),
    }),
  ],
  canister_metadata: [IDL.Record({ value: Blob })],
  fetch_canister_logs: [
    IDL.Record({
      canister_log_records: IDL.Vec(IDL.Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob })),
    }),
  ],
  take_canister_snapshot: [Snapshot],
  load_canister_snapshot: [],
  list_canister_snapshots: [IDL.Vec(Snapshot)],
  delete_canister_snapshot: [],
  read_canister_snapshot_metadata: [
    IDL.Record({
      source: Source,
      taken_at_timestamp: Nat64,
      wasm_module_size: Nat64,
      globals: IDL.Vec(IDL.Variant({ i32: Int32, i64: Int64, f32: Float32, f64: Float64, v128: Nat })),
      wasm_memory_size: Nat64,
      stable_memory_size: Nat64,
      wasm_chunk_store: IDL.Vec(ChunkHash),
      canister_version: Nat64,
      certified_data: Blob,
      global_timer: IDL.Opt(IDL.Variant({ inactive: Null, active: Nat64 })),
      on_low_wasm_memory_hook_status: IDL.Opt(
        IDL.Variant({ condition_not_satisfied: Null, ready: Null, executed: Null }),
      ),
    }),
  ],
  read_canister_snapshot_data: [IDL.Record({ chunk: Blob })],
  upload_canister_snapshot_metadata: [IDL.Record({ snapshot_id: Blob })],
  upload_canister_snapshot_data: [],
  node_metrics_history: [
    IDL.Vec(
      IDL.Record({
        timestamp_nanos: Nat64,
        node_metrics: IDL.Vec(
          IDL.Record({
            node_id: Principal,
            num_blocks_proposed_total: Nat64,
            num_block_failures_total: Nat64,
          }),
        ),
      }),
    ),
  ],
  subnet_info: [IDL.Record({ replica_version: Text, registry_version: Nat64 })],
};
