/** The methods of the management canister that the page calls. Source: interface §6, §7. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { toHex } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { PageAgent } from "./agent.ts";

const MANAGEMENT = "aaaaa-aa";
const CYCLES = 100_000_000_000_000n;
/** Below the 2 MiB that an ingress message may have, with room for the envelope. */
const PLAIN_WASM_MAX_BYTES = 1_900_000;
/** As the canister's chunk store has them. */
const CHUNK_MAX_BYTES = 1_048_576;

const Visibility = IDL.Variant({
  controllers: IDL.Null,
  public: IDL.Null,
  allowed_viewers: IDL.Vec(IDL.Principal),
});
const Variables = IDL.Vec(IDL.Record({ name: IDL.Text, value: IDL.Text }));
const SETTINGS = {
  controllers: IDL.Vec(IDL.Principal),
  compute_allocation: IDL.Nat,
  memory_allocation: IDL.Nat,
  freezing_threshold: IDL.Nat,
  reserved_cycles_limit: IDL.Nat,
  minimum_incoming_canister_call_cycles: IDL.Nat,
  log_visibility: Visibility,
  log_memory_limit: IDL.Nat,
  snapshot_visibility: Visibility,
  status_visibility: Visibility,
  wasm_memory_limit: IDL.Nat,
  wasm_memory_threshold: IDL.Nat,
  environment_variables: Variables,
};
const Settings = IDL.Record(
  Object.fromEntries(Object.entries(SETTINGS).map(([name, type]) => [name, IDL.Opt(type as IDL.Type)])),
);

export type VisibilityValue =
  | { readonly controllers: null }
  | { readonly public: null }
  | { readonly allowed_viewers: readonly Principal[] };
export interface CanisterSettings {
  readonly controllers: readonly Principal[];
  readonly compute_allocation: bigint;
  readonly memory_allocation: bigint;
  readonly freezing_threshold: bigint;
  readonly reserved_cycles_limit: bigint;
  readonly minimum_incoming_canister_call_cycles: bigint;
  readonly log_visibility: VisibilityValue;
  readonly log_memory_limit: bigint;
  readonly snapshot_visibility: VisibilityValue;
  readonly status_visibility: VisibilityValue;
  readonly wasm_memory_limit: bigint;
  readonly wasm_memory_threshold: bigint;
  readonly environment_variables: readonly { readonly name: string; readonly value: string }[];
}

const MEMORY_KINDS = [
  "wasm_memory_size",
  "stable_memory_size",
  "global_memory_size",
  "wasm_binary_size",
  "custom_sections_size",
  "canister_history_size",
  "wasm_chunk_store_size",
  "snapshots_size",
] as const;
export type MemoryKind = (typeof MEMORY_KINDS)[number];
export interface CanisterStatus {
  readonly status: Readonly<Record<string, null>>;
  readonly version: bigint;
  readonly settings: CanisterSettings;
  readonly module_hash: [] | [Uint8Array];
  readonly memory_size: bigint;
  readonly memory_metrics: Readonly<Record<MemoryKind, bigint>>;
  readonly cycles: bigint;
  readonly reserved_cycles: bigint;
  readonly idle_cycles_burned_per_day: bigint;
  readonly query_stats: { readonly num_calls_total: bigint; readonly num_instructions_total: bigint };
}
const Status = IDL.Record({
  status: IDL.Variant({ running: IDL.Null, stopping: IDL.Null, stopped: IDL.Null }),
  version: IDL.Nat64,
  settings: IDL.Record(SETTINGS),
  module_hash: IDL.Opt(IDL.Vec(IDL.Nat8)),
  memory_size: IDL.Nat,
  memory_metrics: IDL.Record(Object.fromEntries(MEMORY_KINDS.map((kind) => [kind, IDL.Nat]))),
  cycles: IDL.Nat,
  reserved_cycles: IDL.Nat,
  idle_cycles_burned_per_day: IDL.Nat,
  query_stats: IDL.Record({ num_calls_total: IDL.Nat, num_instructions_total: IDL.Nat }),
});

const Id = IDL.Record({ canister_id: IDL.Principal });
const CreateArg = IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(Settings) });
const TopUpArg = IDL.Record({ canister_id: IDL.Principal, amount: IDL.Nat });
const UpdateArg = IDL.Record({ canister_id: IDL.Principal, settings: Settings });
const Mode = IDL.Variant({
  install: IDL.Null,
  reinstall: IDL.Null,
  upgrade: IDL.Opt(
    IDL.Record({
      skip_pre_upgrade: IDL.Opt(IDL.Bool),
      wasm_memory_persistence: IDL.Opt(IDL.Variant({ keep: IDL.Null, replace: IDL.Null })),
    }),
  ),
});
const Bytes = IDL.Vec(IDL.Nat8);
const InstallArg = IDL.Record({ mode: Mode, canister_id: IDL.Principal, wasm_module: Bytes, arg: Bytes });
const UploadChunkArg = IDL.Record({ canister_id: IDL.Principal, chunk: Bytes });
const InstallChunkedArg = IDL.Record({
  mode: Mode,
  target_canister: IDL.Principal,
  chunk_hashes_list: IDL.Vec(IDL.Record({ hash: Bytes })),
  wasm_module_hash: Bytes,
  arg: Bytes,
});
const Snapshot = IDL.Record({
  id: IDL.Vec(IDL.Nat8),
  taken_at_timestamp: IDL.Nat64,
  total_size: IDL.Nat64,
});
const TakeArg = IDL.Record({
  canister_id: IDL.Principal,
  replace_snapshot: IDL.Opt(IDL.Vec(IDL.Nat8)),
  uninstall_code: IDL.Opt(IDL.Bool),
});
const SnapshotArg = IDL.Record({ canister_id: IDL.Principal, snapshot_id: IDL.Vec(IDL.Nat8) });
export interface SnapshotInfo {
  readonly id: Uint8Array;
  readonly taken_at_timestamp: bigint;
  readonly total_size: bigint;
}

const idOf = (canister: string): { canister_id: Principal } => ({
  canister_id: Principal.fromText(canister),
});
type Updates = Pick<PageAgent, "update">;
async function ask<T>(
  agent: Updates,
  method: string,
  canister: string,
  type: IDL.Type,
  value: object,
  reply?: IDL.Type,
): Promise<T> {
  const answer = await agent.update(MANAGEMENT, method, IDL.encode([type], [value]), { effective: canister });
  return (reply === undefined ? undefined : IDL.decode([reply], answer.reply)[0]) as T;
}

/** A new canister with plenty of cycles; its id as text. */
export async function createCanister(agent: PageAgent): Promise<string> {
  const effective = Principal.fromHex(agent.network.info.defaultEffectiveCanisterId).toText();
  const settings = noSettings();
  settings.controllers = [[agent.principal]];
  const value = { amount: [CYCLES], settings: [settings] };
  const method = "provisional_create_canister_with_cycles";
  const created = await ask<{ canister_id: Principal }>(agent, method, effective, CreateArg, value, Id);
  return created.canister_id.toText();
}
const noSettings = (): Record<string, unknown[]> =>
  Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, []]));

export type InstallMode = "install" | "reinstall" | "upgrade";
/**
 * In one message where the module fits, packed if need be; a larger one goes through the canister's chunk store. The
 * module's hash, in hex, as everybody can read it from then on.
 */
export async function installCode(
  agent: Updates,
  canister: string,
  mode: InstallMode,
  wasm: Uint8Array,
  arg: Uint8Array,
  heap: "keep" | "replace" | undefined,
): Promise<string> {
  const persistence = heap === undefined ? [] : [{ [heap]: null }];
  const upgrade = [{ skip_pre_upgrade: [], wasm_memory_persistence: persistence }];
  const how = { mode: mode === "upgrade" ? { upgrade } : { [mode]: null }, arg };
  const module = wasm.length > PLAIN_WASM_MAX_BYTES ? await gzip(wasm) : wasm;
  const id = idOf(canister);
  const hash = sha256(module);
  if (module.length <= PLAIN_WASM_MAX_BYTES) {
    await ask(agent, "install_code", canister, InstallArg, { ...how, ...id, wasm_module: module });
    return toHex(hash);
  }
  await ask(agent, "clear_chunk_store", canister, Id, id);
  const chunks = Array.from({ length: Math.ceil(module.length / CHUNK_MAX_BYTES) }, (_, k) =>
    module.subarray(k * CHUNK_MAX_BYTES, (k + 1) * CHUNK_MAX_BYTES),
  );
  for (const chunk of chunks) await ask(agent, "upload_chunk", canister, UploadChunkArg, { ...id, chunk });
  await ask(agent, "install_chunked_code", canister, InstallChunkedArg, {
    ...how,
    target_canister: id.canister_id,
    chunk_hashes_list: chunks.map((chunk) => ({ hash: sha256(chunk) })),
    wasm_module_hash: hash,
  });
  await ask(agent, "clear_chunk_store", canister, Id, id);
  return toHex(hash);
}

export type SimpleCommand = "start_canister" | "stop_canister" | "delete_canister";
export const simpleCommand = (agent: PageAgent, method: SimpleCommand, canister: string): Promise<void> =>
  ask(agent, method, canister, Id, idOf(canister));

export const topUp = (agent: PageAgent, canister: string, amount: bigint): Promise<void> =>
  ask(agent, "provisional_top_up_canister", canister, TopUpArg, { ...idOf(canister), amount });

/** Only the settings that are given change. */
export const updateSettings = (
  agent: PageAgent,
  canister: string,
  changed: Partial<CanisterSettings>,
): Promise<void> => {
  const settings = noSettings();
  for (const [name, value] of Object.entries(changed)) settings[name] = [value];
  return ask(agent, "update_settings", canister, UpdateArg, { ...idOf(canister), settings });
};

/** A query: one node's word, as the page asks every few seconds. Throws a sentence when it is refused. */
export async function canisterStatus(agent: PageAgent, canister: string): Promise<CanisterStatus> {
  const arg = IDL.encode([Id], [idOf(canister)]);
  const answer = await agent.query(MANAGEMENT, "canister_status", arg, canister);
  if (!answer.ok) throw new Error(answer.failure.detail);
  return IDL.decode([Status], answer.reply)[0] as unknown as CanisterStatus;
}

export const takeSnapshot = (
  agent: PageAgent,
  canister: string,
  options: { readonly replacing?: Uint8Array | undefined; readonly uninstall?: boolean } = {},
): Promise<SnapshotInfo> =>
  ask(
    agent,
    "take_canister_snapshot",
    canister,
    TakeArg,
    {
      ...idOf(canister),
      replace_snapshot: options.replacing === undefined ? [] : [options.replacing],
      uninstall_code: options.uninstall === true ? [true] : [],
    },
    Snapshot,
  );
export const loadSnapshot = (agent: PageAgent, canister: string, snapshot: Uint8Array): Promise<void> =>
  ask(agent, "load_canister_snapshot", canister, SnapshotArg, { ...idOf(canister), snapshot_id: snapshot });
export const deleteSnapshot = (agent: PageAgent, canister: string, snapshot: Uint8Array): Promise<void> =>
  ask(agent, "delete_canister_snapshot", canister, SnapshotArg, { ...idOf(canister), snapshot_id: snapshot });
export const listSnapshots = (agent: PageAgent, canister: string): Promise<readonly SnapshotInfo[]> =>
  ask(agent, "list_canister_snapshots", canister, Id, idOf(canister), IDL.Vec(Snapshot));

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
