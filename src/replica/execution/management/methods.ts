/**
 * The methods of `aaaaa-aa`: who may call each, in which way, and which canister it is about. One table, so that the
 * ingress filter, the HTTP edge and execution cannot disagree. Source: interface §7, H80–H85.
 */
export interface MethodRule {
  /** By users in calls. */
  readonly ingress: boolean;
  /** By canisters in replicated calls. */
  readonly canisters: boolean;
  /** By users in queries. */
  readonly query: boolean;
  /** The argument's field that names the canister managed; none for methods about no canister. */
  readonly target: "canister_id" | "target_canister" | undefined;
  /** Who may call it. "status", "snapshots", "log": whom that setting of the canister lets see. */
  readonly who: "anyone" | "controllers" | "status" | "snapshots" | "log";
  /** False for what needs keys of the subnet or the world outside, which this subnet has not. */
  readonly offered: boolean;
}

const rule = (
  who: MethodRule["who"],
  how: "user+canister" | "canister" | "user+canister+query" | "query",
  target: MethodRule["target"],
  offered = true,
): MethodRule => ({
  ingress: how.startsWith("user"),
  canisters: how !== "query",
  query: how.endsWith("query"),
  target,
  who,
  offered,
});
const notHere = false;

export const METHODS: ReadonlyMap<string, MethodRule> = new Map([
  // For users this is reserved to subnet admins, and this subnet has none (interface L11).
  ["create_canister", rule("anyone", "canister", undefined)],
  ["provisional_create_canister_with_cycles", rule("anyone", "user+canister", undefined)],
  ["provisional_top_up_canister", rule("anyone", "user+canister", "canister_id")],
  ["update_settings", rule("controllers", "user+canister", "canister_id")],
  ["install_code", rule("controllers", "user+canister", "canister_id")],
  ["install_chunked_code", rule("controllers", "user+canister", "target_canister")],
  ["upload_chunk", rule("controllers", "user+canister", "canister_id")],
  ["stored_chunks", rule("controllers", "user+canister", "canister_id")],
  ["clear_chunk_store", rule("controllers", "user+canister", "canister_id")],
  ["uninstall_code", rule("controllers", "user+canister", "canister_id")],
  ["start_canister", rule("controllers", "user+canister", "canister_id")],
  ["stop_canister", rule("controllers", "user+canister", "canister_id")],
  ["delete_canister", rule("controllers", "user+canister", "canister_id")],
  ["canister_status", rule("status", "user+canister+query", "canister_id")],
  ["canister_metrics", rule("controllers", "user+canister+query", "canister_id")],
  ["deposit_cycles", rule("anyone", "canister", "canister_id")],
  ["raw_rand", rule("anyone", "canister", undefined)],
  ["canister_info", rule("anyone", "canister", "canister_id")],
  ["canister_metadata", rule("anyone", "canister", "canister_id")],
  ["fetch_canister_logs", rule("log", "query", "canister_id")],
  ["list_canisters", rule("anyone", "query", undefined)],
  ["take_canister_snapshot", rule("controllers", "user+canister", "canister_id")],
  ["load_canister_snapshot", rule("controllers", "user+canister", "canister_id")],
  ["list_canister_snapshots", rule("snapshots", "user+canister", "canister_id")],
  ["delete_canister_snapshot", rule("controllers", "user+canister", "canister_id")],
  ["read_canister_snapshot_metadata", rule("snapshots", "user+canister", "canister_id")],
  ["read_canister_snapshot_data", rule("snapshots", "user+canister", "canister_id")],
  ["upload_canister_snapshot_metadata", rule("controllers", "user+canister", "canister_id")],
  ["upload_canister_snapshot_data", rule("controllers", "user+canister", "canister_id")],
  ["http_request", rule("anyone", "canister", undefined, notHere)],
  ["ecdsa_public_key", rule("anyone", "canister", undefined, notHere)],
  ["sign_with_ecdsa", rule("anyone", "canister", undefined, notHere)],
  ["schnorr_public_key", rule("anyone", "canister", undefined, notHere)],
  ["sign_with_schnorr", rule("anyone", "canister", undefined, notHere)],
  ["vetkd_public_key", rule("anyone", "canister", undefined, notHere)],
  ["vetkd_derive_key", rule("anyone", "canister", undefined, notHere)],
  ["bitcoin_get_balance", rule("anyone", "canister", undefined, notHere)],
  ["bitcoin_get_utxos", rule("anyone", "canister", undefined, notHere)],
  ["bitcoin_send_transaction", rule("anyone", "canister", undefined, notHere)],
  ["bitcoin_get_current_fee_percentiles", rule("anyone", "canister", undefined, notHere)],
  ["bitcoin_get_block_headers", rule("anyone", "canister", undefined, notHere)],
  ["node_metrics_history", rule("anyone", "canister", undefined)],
  ["subnet_info", rule("anyone", "canister", undefined)],
]);

/** Methods whose argument may name the caller's version (interface L2). */
export const NAMES_SENDER_VERSION: ReadonlySet<string> = new Set([
  "create_canister",
  "provisional_create_canister_with_cycles",
  "update_settings",
  "install_code",
  "install_chunked_code",
  "uninstall_code",
  "take_canister_snapshot",
  "load_canister_snapshot",
]);
