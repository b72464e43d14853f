/** The management canister's own types, as its public `ic.did` names them. Source: interface §6.1, §7, DID. */
import {
  Blob,
  Bool,
  Nat,
  Nat64,
  Null,
  Opt,
  Principal,
  Record,
  Text,
  type ValueOf,
  Variant,
  Vec,
} from "./candid-types.ts";
import { SnapshotSource } from "./candid-snapshots.ts";

const Visibility = Variant({ controllers: Null, public: Null, allowed_viewers: Vec(Principal) });
const EnvironmentVariables = Vec(Record({ name: Text, value: Text }));

export const Settings = Record({
  controllers: Opt(Vec(Principal)),
  compute_allocation: Opt(Nat),
  memory_allocation: Opt(Nat),
  freezing_threshold: Opt(Nat),
  reserved_cycles_limit: Opt(Nat),
  minimum_incoming_canister_call_cycles: Opt(Nat),
  log_visibility: Opt(Visibility),
  log_memory_limit: Opt(Nat),
  snapshot_visibility: Opt(Visibility),
  status_visibility: Opt(Visibility),
  wasm_memory_limit: Opt(Nat),
  wasm_memory_threshold: Opt(Nat),
  environment_variables: Opt(EnvironmentVariables),
});
export type Settings = ValueOf<typeof Settings>;

/** `log_memory_limit` is in replicas ahead of the specification. */
export const DefiniteSettings = Record({
  controllers: Vec(Principal),
  compute_allocation: Nat,
  memory_allocation: Nat,
  freezing_threshold: Nat,
  reserved_cycles_limit: Nat,
  minimum_incoming_canister_call_cycles: Nat,
  log_visibility: Visibility,
  log_memory_limit: Nat,
  snapshot_visibility: Visibility,
  status_visibility: Visibility,
  wasm_memory_limit: Nat,
  wasm_memory_threshold: Nat,
  environment_variables: EnvironmentVariables,
});

/** What most methods take, and all that routing needs of nearly every one. */
export const CanisterIdArgs = Record({ canister_id: Principal });
export const TargetCanisterArgs = Record({ target_canister: Principal });
export const CanisterIdReply = Record({ canister_id: Principal });
export const SenderVersionArgs = Record({ sender_canister_version: Opt(Nat64) });

export const CreateCanisterArgs = Record({
  settings: Opt(Settings),
  sender_canister_version: Opt(Nat64),
});
export const ProvisionalCreateArgs = Record({
  amount: Opt(Nat),
  settings: Opt(Settings),
  specified_id: Opt(Principal),
  sender_canister_version: Opt(Nat64),
});
export const ProvisionalTopUpArgs = Record({ canister_id: Principal, amount: Nat });

export const UpdateSettingsArgs = Record({
  canister_id: Principal,
  settings: Settings,
  sender_canister_version: Opt(Nat64),
});

const InstallMode = Variant({
  install: Null,
  reinstall: Null,
  upgrade: Opt(
    Record({
      skip_pre_upgrade: Opt(Bool),
      wasm_memory_persistence: Opt(Variant({ keep: Null, replace: Null })),
    }),
  ),
});
export type InstallMode = ValueOf<typeof InstallMode>;

export const InstallCodeArgs = Record({
  mode: InstallMode,
  canister_id: Principal,
  wasm_module: Blob,
  arg: Blob,
  sender_canister_version: Opt(Nat64),
});

const ChunkHash = Record({ hash: Blob });
export const InstallChunkedCodeArgs = Record({
  mode: InstallMode,
  target_canister: Principal,
  store_canister: Opt(Principal),
  chunk_hashes_list: Vec(ChunkHash),
  wasm_module_hash: Blob,
  arg: Blob,
  sender_canister_version: Opt(Nat64),
});
export const UploadChunkArgs = Record({ canister_id: Principal, chunk: Blob });
export const UploadChunkReply = ChunkHash;
export const StoredChunksReply = Vec(ChunkHash);

export const UninstallCodeArgs = Record({ canister_id: Principal, sender_canister_version: Opt(Nat64) });

export const CanisterStatusReply = Record({
  status: Variant({ running: Null, stopping: Null, stopped: Null }),
  ready_for_migration: Bool,
  version: Nat64,
  settings: DefiniteSettings,
  module_hash: Opt(Blob),
  memory_size: Nat,
  memory_metrics: Record({
    wasm_memory_size: Nat,
    stable_memory_size: Nat,
    global_memory_size: Nat,
    wasm_binary_size: Nat,
    custom_sections_size: Nat,
    canister_history_size: Nat,
    wasm_chunk_store_size: Nat,
    snapshots_size: Nat,
    log_memory_store_size: Nat,
  }),
  cycles: Nat,
  reserved_cycles: Nat,
  idle_cycles_burned_per_day: Nat,
  query_stats: Record({
    num_calls_total: Nat,
    num_instructions_total: Nat,
    request_payload_bytes_total: Nat,
    response_payload_bytes_total: Nat,
  }),
});

export const CanisterInfoArgs = Record({ canister_id: Principal, num_requested_changes: Opt(Nat64) });
const Change = Record({
  timestamp_nanos: Nat64,
  canister_version: Nat64,
  origin: Variant({
    from_user: Record({ user_id: Principal }),
    from_canister: Record({ canister_id: Principal, canister_version: Opt(Nat64) }),
  }),
  // A change that we never make (rename_canister) is left out: a type with fewer cases is a subtype.
  details: Variant({
    creation: Record({ controllers: Vec(Principal), environment_variables_hash: Opt(Blob) }),
    code_uninstall: Null,
    code_deployment: Record({
      mode: Variant({ install: Null, reinstall: Null, upgrade: Null }),
      module_hash: Blob,
    }),
    load_snapshot: Record({
      from_canister_id: Opt(Principal),
      snapshot_id: Blob,
      canister_version: Nat64,
      taken_at_timestamp: Nat64,
      source: SnapshotSource,
    }),
    controllers_change: Record({ controllers: Vec(Principal) }),
  }),
});
export type Change = ValueOf<typeof Change>;
export const CanisterInfoReply = Record({
  total_num_changes: Nat64,
  recent_changes: Vec(Change),
  module_hash: Opt(Blob),
  controllers: Vec(Principal),
});

const CyclesConsumed = Record({
  memory: Nat,
  compute_allocation: Nat,
  ingress_induction: Nat,
  instructions: Nat,
  request_and_response_transmission: Nat,
  uninstall: Nat,
  canister_creation: Nat,
  http_outcalls: Nat,
  burned_cycles: Nat,
});
export const CanisterMetricsReply = Record({ cycles_consumed: CyclesConsumed });

export const CanisterMetadataArgs = Record({ canister_id: Principal, name: Text });
export const CanisterMetadataReply = Record({ value: Blob });

/** The filters are in replicas ahead of the specification: [start, end), by index or by time. */
const Range = Record({ start: Nat64, end: Nat64 });
export const FetchLogsArgs = Record({
  canister_id: Principal,
  filter: Opt(Variant({ by_idx: Range, by_timestamp_nanos: Range })),
});
export const FetchLogsReply = Record({
  canister_log_records: Vec(Record({ idx: Nat64, timestamp_nanos: Nat64, content: Blob })),
});

export const ListCanistersReply = Record({
  canisters: Vec(Record({ start: Principal, end: Principal })),
});

export const NodeMetricsHistoryArgs = Record({ subnet_id: Principal, start_at_timestamp_nanos: Nat64 });
export const NodeMetricsHistoryReply = Vec(
  Record({
    timestamp_nanos: Nat64,
    node_metrics: Vec(
      Record({ node_id: Principal, num_blocks_proposed_total: Nat64, num_block_failures_total: Nat64 }),
    ),
  }),
);
export const SubnetInfoArgs = Record({ subnet_id: Principal });
export const SubnetInfoReply = Record({ replica_version: Text, registry_version: Nat64 });
