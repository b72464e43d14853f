/**
 * One call to `aaaaa-aa`, executed. The draft holds whatever it changed; the answer, if it is ready, is handed back for
 * the caller of this to deliver.
 *
 *   EX1  A refusal changes nothing and returns every cycle. (A failed install costs what it used, and logs; a part of a
 *        snapshot that has no place costs what handing it over does.)
 *   EX2  Users reach only methods open to users: the filter saw to it before induction, and it is asked again here,
 *        because what it saw may have changed since.
 *
 * Source: interface §7, MC1, M37.
 */
import { defined } from "../../../base/assert.ts";
import { equalBytes } from "../../../base/bytes.ts";
import type { Decoded } from "../../../base/decoded.ts";
import type { SubnetMessage } from "../../state/messages.ts";
import type { LongInstall } from "../../state/standing.ts";
import type { Draft } from "../draft.ts";
import * as candid from "./candid.ts";
import { decodeArgument, decodeNothing } from "./candid-decode.ts";
import { EMPTY_REPLY, encodeReply } from "./candid-encode.ts";
import type { Type } from "./candid-types.ts";
import { type ManagementCall, type ManagementEnv, type ManagementOutcome, rejected } from "./call.ts";
import * as snapshots from "./candid-snapshots.ts";
import { canisterInfo, canisterMetadata } from "./canister-info.ts";
import { canisterMetrics, canisterStatus } from "./canister-status.ts";
import { clearChunkStore, storedChunks, uploadChunk } from "./chunk-store.ts";
import { createCanister, depositCycles, provisionalCreate, provisionalTopUp } from "./create-canister.ts";
import { deleteCanister } from "./delete-canister.ts";
import { installChunkedCode, installCode } from "./install-code.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { METHODS } from "./methods.ts";
import { rawRand } from "./raw-rand.ts";
import { deleteSnapshot, listSnapshots, readSnapshotData, readSnapshotMetadata } from "./read-snapshot.ts";
import { badCandid, notOffered, onlyCanisters, onlyQueries, unknownMethod } from "./rejects.ts";
import { startCanister, stopCanister } from "./run-state.ts";
import { nodeMetricsHistory, subnetInfo } from "./subnet.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { uninstallCode } from "./uninstall-code.ts";
import { updateSettings } from "./update-settings.ts";
import { uploadSnapshotData, uploadSnapshotMetadata } from "./upload-snapshot.ts";

type Handler = (call: ManagementCall) => ManagementOutcome;

const method =
  <V>(
    type: Type<V>,
    run: (call: ManagementCall, args: V) => ManagementOutcome,
    read: (type: Type<V>, payload: Uint8Array) => Decoded<V> = decodeArgument,
  ): Handler =>
  (call) => {
    const args = read(type, call.request.payload);
    return args.ok ? run(call, args.value) : rejected(call, badCandid(args.because));
  };

/** Mainnet takes `()` for "no settings", too. */
function createArgs<V>(type: Type<V>, payload: Uint8Array): Decoded<V> {
  return decodeArgument(type, equalBytes(payload, EMPTY_REPLY) ? NO_SETTINGS : payload);
}
const NO_SETTINGS = encodeReply(candid.CreateCanisterArgs, {
  settings: undefined,
  sender_canister_version: undefined,
});

const HANDLERS: ReadonlyMap<string, Handler> = new Map([
  ["create_canister", method(candid.CreateCanisterArgs, createCanister, createArgs)],
  ["provisional_create_canister_with_cycles", method(candid.ProvisionalCreateArgs, provisionalCreate)],
  ["provisional_top_up_canister", method(candid.ProvisionalTopUpArgs, provisionalTopUp)],
  ["update_settings", method(candid.UpdateSettingsArgs, updateSettings)],
  ["install_code", method(candid.InstallCodeArgs, installCode)],
  ["install_chunked_code", method(candid.InstallChunkedCodeArgs, installChunkedCode)],
  ["upload_chunk", method(candid.UploadChunkArgs, uploadChunk)],
  ["stored_chunks", method(candid.CanisterIdArgs, storedChunks)],
  ["clear_chunk_store", method(candid.CanisterIdArgs, clearChunkStore)],
  ["uninstall_code", method(candid.UninstallCodeArgs, uninstallCode)],
  ["start_canister", method(candid.CanisterIdArgs, startCanister)],
  ["stop_canister", method(candid.CanisterIdArgs, stopCanister)],
  ["delete_canister", method(candid.CanisterIdArgs, deleteCanister)],
  ["canister_status", method(candid.CanisterIdArgs, canisterStatus)],
  ["canister_info", method(candid.CanisterInfoArgs, canisterInfo)],
  ["canister_metadata", method(candid.CanisterMetadataArgs, canisterMetadata)],
  ["canister_metrics", method(candid.CanisterIdArgs, canisterMetrics)],
  ["take_canister_snapshot", method(snapshots.TakeSnapshotArgs, takeSnapshot)],
  ["load_canister_snapshot", method(snapshots.LoadSnapshotArgs, loadSnapshot)],
  ["list_canister_snapshots", method(candid.CanisterIdArgs, listSnapshots)],
  ["delete_canister_snapshot", method(snapshots.SnapshotArgs, deleteSnapshot)],
  ["read_canister_snapshot_metadata", method(snapshots.SnapshotArgs, readSnapshotMetadata)],
  ["read_canister_snapshot_data", method(snapshots.ReadDataArgs, readSnapshotData)],
  ["upload_canister_snapshot_metadata", method(snapshots.UploadMetadataArgs, uploadSnapshotMetadata)],
  ["upload_canister_snapshot_data", method(snapshots.UploadDataArgs, uploadSnapshotData)],
  ["node_metrics_history", method(candid.NodeMetricsHistoryArgs, nodeMetricsHistory)],
  ["subnet_info", method(candid.SubnetInfoArgs, subnetInfo)],
  ["deposit_cycles", method(candid.CanisterIdArgs, depositCycles)],
  [
    "raw_rand",
    (call) => {
      const args = decodeNothing(call.request.payload);
      return args.ok ? rawRand(call) : rejected(call, badCandid(args.because));
    },
  ],
]);

export function executeManagement(
  env: ManagementEnv,
  draft: Draft,
  request: SubnetMessage,
  long?: LongInstall,
): ManagementOutcome {
  const call: ManagementCall = { env, draft, request, long };
  const rule = METHODS.get(request.method);
  if (rule === undefined) return rejected(call, unknownMethod(request.method));
  if (!rule.canisters) return rejected(call, onlyQueries(request.method));
  if (request.origin.kind === "ingress" && !rule.ingress)
    return rejected(call, onlyCanisters(request.method));
  if (!rule.offered) return rejected(call, notOffered(request.method));
  const handler = defined(HANDLERS.get(request.method), `${request.method} is offered`);
  return handler(call);
}
