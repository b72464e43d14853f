/**
 * Every method through every door: a user's call (U) by the filter before induction, a canister's call (C) in a round, a
 * user's query (Q) and a composite query's call (X); what it says, and that the official library can read what it replies.
 */
import { IDL } from "@icp-sdk/core/candid";
import { expect, test } from "vitest";
import { concat, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { createWasmHost } from "../../../shell/wasm-host.ts";
import { wat } from "../../../shell/testing/wat.ts";
import type { PrincipalId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import type { Draft } from "../draft.ts";
import { stateOf } from "../../state/draft.ts";
import * as candid from "./candid.ts";
import * as snapshots from "./candid-snapshots.ts";
import { encodeReply } from "./candid-encode.ts";
import { createLongRuns } from "../long-runs.ts";
import { executeManagement } from "./execute.ts";
import { managementIngressRefusal } from "./ingress.ts";
import { METHODS } from "./methods.ts";
import { managementQuery } from "./query.ts";
import { rawRandAnswer } from "./raw-rand.ts";
import { settleStopping } from "./run-state.ts";
import {
  ALICE,
  BOB,
  byUser,
  change,
  genesis,
  made,
  NOTHING_SET,
  roundAfter,
  stop,
  subnet,
  T,
} from "./testing/calls.ts";
import { REPLIES } from "./testing/ic-idl.ts";

const host = createWasmHost();
const CALLER = canisterIdOf(30n);
const SECTION = concat(Uint8Array.of(12), utf8("icp:public asection"));
const MODULE = concat(
  wat("(module (memory 1) (global (mut i32) (i32.const 1)))"),
  Uint8Array.of(0, SECTION.length),
  SECTION,
);
const scv = { sender_canister_version: undefined };

/** A canister that ALICE and CALLER control, with code, a chunk, and two snapshots, one of each kind. */
function world(): { readonly draft: Draft; readonly id: string } {
  const draft = roundAfter(genesis);
  const id = made(draft);
  change(draft, id, {
    settings: { ...draft.canisters.get(id)!.settings, controllers: [ALICE, CALLER].sort() },
  });
  byUser(draft, "install_code", candid.InstallCodeArgs, argsOf(id)["install_code"]![1] as never, ALICE, host);
  byUser(draft, "upload_chunk", candid.UploadChunkArgs, { canister_id: id, chunk: MODULE }, ALICE, host);
  change(draft, id, { standing: undefined as never });
  byUser(
    draft,
    "take_canister_snapshot",
    snapshots.TakeSnapshotArgs,
    argsOf(id)["take_canister_snapshot"]![1] as never,
  );
  byUser(
    draft,
    "upload_canister_snapshot_metadata",
    snapshots.UploadMetadataArgs,
    argsOf(id)["upload_canister_snapshot_metadata"]![1] as never,
  );
  return { draft, id };
}

type Args = Readonly<Record<string, readonly [Parameters<typeof encodeReply>[0], unknown]>>;
function argsOf(canister_id: string): Args {
  const taken = Uint8Array.from(Buffer.from(`0000000000000000${canister_id}`, "hex"));
  const uploaded = Uint8Array.from(Buffer.from(`0000000000000001${canister_id}`, "hex"));
  const about = [candid.CanisterIdArgs, { canister_id }] as const;
  const install = { mode: { tag: "reinstall", value: null }, arg: new Uint8Array(0), ...scv };
  const hash = sha256(MODULE);
  const part = { tag: "wasm_memory", value: { offset: 0n, size: 9n } };
  return {
    create_canister: [candid.CreateCanisterArgs, { settings: undefined, ...scv }],
    provisional_create_canister_with_cycles: [
      candid.ProvisionalCreateArgs,
      { amount: undefined, settings: undefined, specified_id: undefined, ...scv },
    ],
    provisional_top_up_canister: [candid.ProvisionalTopUpArgs, { canister_id, amount: 1n }],
    update_settings: [candid.UpdateSettingsArgs, { canister_id, settings: NOTHING_SET, ...scv }],
    install_code: [candid.InstallCodeArgs, { ...install, canister_id, wasm_module: MODULE }],
    install_chunked_code: [
      candid.InstallChunkedCodeArgs,
      {
        ...install,
        target_canister: canister_id,
        store_canister: undefined,
        chunk_hashes_list: [{ hash }],
        wasm_module_hash: hash,
      },
    ],
    upload_chunk: [candid.UploadChunkArgs, { canister_id, chunk: new Uint8Array(3) }],
    uninstall_code: [candid.UninstallCodeArgs, { canister_id, ...scv }],
    canister_info: [candid.CanisterInfoArgs, { canister_id, num_requested_changes: 20n }],
    canister_metadata: [candid.CanisterMetadataArgs, { canister_id, name: "a" }],
    take_canister_snapshot: [
      snapshots.TakeSnapshotArgs,
      { canister_id, replace_snapshot: undefined, uninstall_code: undefined, ...scv },
    ],
    load_canister_snapshot: [snapshots.LoadSnapshotArgs, { canister_id, snapshot_id: taken, ...scv }],
    delete_canister_snapshot: [snapshots.SnapshotArgs, { canister_id, snapshot_id: taken }],
    read_canister_snapshot_metadata: [snapshots.SnapshotArgs, { canister_id, snapshot_id: taken }],
    read_canister_snapshot_data: [snapshots.ReadDataArgs, { canister_id, snapshot_id: taken, kind: part }],
    upload_canister_snapshot_metadata: [
      snapshots.UploadMetadataArgs,
      {
        canister_id,
        replace_snapshot: undefined,
        wasm_module_size: 9n,
        globals: [],
        wasm_memory_size: 65_536n,
        stable_memory_size: 0n,
        certified_data: new Uint8Array(0),
        global_timer: undefined,
        on_low_wasm_memory_hook_status: undefined,
      },
    ],
    upload_canister_snapshot_data: [
      snapshots.UploadDataArgs,
      { canister_id, snapshot_id: uploaded, kind: part, chunk: new Uint8Array(1) },
    ],
    node_metrics_history: [
      candid.NodeMetricsHistoryArgs,
      { subnet_id: subnet.id, start_at_timestamp_nanos: 0n },
    ],
    subnet_info: [candid.SubnetInfoArgs, { subnet_id: subnet.id }],
    start_canister: about,
    stop_canister: about,
    delete_canister: about,
    deposit_cycles: about,
    stored_chunks: about,
    clear_chunk_store: about,
    canister_status: about,
    canister_metrics: about,
    fetch_canister_logs: [candid.FetchLogsArgs, { canister_id, filter: undefined }],
    list_canister_snapshots: about,
  };
}

const NOTHING = Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0);
const encoded = (method: string, id: string): Uint8Array => {
  const args = argsOf(id)[method];
  return args === undefined ? NOTHING : encodeReply(args[0], args[1]);
};

type Door = "U" | "C" | "Q" | "X";
/** What is said: "" for a reply, else code and sentence. */
function said(reject: Reject | undefined): string {
  return reject === undefined ? "" : `${reject.error} ${reject.message}`;
}

interface Told {
  readonly said: string;
  readonly reply?: Uint8Array;
}

function ask(door: Door, method: string, who: PrincipalId, { draft, id }: ReturnType<typeof world>): Told {
  const arg = encoded(method, id);
  if (door === "U") {
    const call = { id: "", canister: "", method, arg, sender: who, expiry: 0n, nonce: undefined };
    return { said: said(managementIngressRefusal(stateOf(draft, genesis), call as never)) };
  }
  if (door === "C") {
    if (method === "delete_canister") stop(draft, id);
    const origin = { kind: "canister", canister: who, callback: 0, deadline: 0n } as const;
    const request = {
      kind: "request",
      origin,
      caller: who,
      receiver: "",
      method,
      payload: arg,
      cycles: T,
    } as const;
    const outcome = executeManagement({ host, longRuns: createLongRuns(host) }, draft, request as never);
    if (method === "stop_canister") settleStopping(draft);
    if (outcome.kind === "postponed")
      return { said: "", reply: (rawRandAnswer(new Uint8Array(32)) as { data: Uint8Array }).data };
    if (outcome.kind !== "response") return { said: "", reply: NOTHING };
    return outcome.payload.kind === "reply"
      ? { said: "", reply: outcome.payload.data }
      : { said: said(outcome.payload.reject) };
  }
  const query = { sender: who, receiver: "", method, arg };
  const result = managementQuery(stateOf(draft, genesis), query as never, subnet);
  return result.kind === "replied" ? { said: "", reply: result.reply } : { said: said(result.reject) };
}

const QUERIES = ["canister_status", "canister_metrics", "fetch_canister_logs", "list_canisters"];
const FOR_CONTROLLERS = [
  "update_settings",
  "install_code",
  "install_chunked_code",
  "upload_chunk",
  "stored_chunks",
  "clear_chunk_store",
  "uninstall_code",
  "start_canister",
  "stop_canister",
  "delete_canister",
  "canister_metrics",
  "take_canister_snapshot",
  "load_canister_snapshot",
  "delete_canister_snapshot",
  "upload_canister_snapshot_metadata",
  "upload_canister_snapshot_data",
];
const BY_SNAPSHOT_VISIBILITY = [
  "list_canister_snapshots",
  "read_canister_snapshot_metadata",
  "read_canister_snapshot_data",
];
const PROVISIONAL = ["provisional_create_canister_with_cycles", "provisional_top_up_canister"];
const INGRESS = [...FOR_CONTROLLERS, ...BY_SNAPSHOT_VISIBILITY, ...PROVISIONAL, "canister_status"];
const NOT_OFFERED = [...METHODS.keys()].filter((m) =>
  /^http_|^ecdsa|^schnorr|^sign_with|^vetkd|^bitcoin/.test(m),
);
const NEVER_REPLICATED = ["fetch_canister_logs", "list_canisters"];
const LIST = "IC0406 list_canisters is only available on subnets with subnet admins";

function expected(door: Door, method: string, controller: boolean, id: string, who: PrincipalId): string {
  if (door === "Q" || door === "X") {
    if (!QUERIES.includes(method)) return `IC0536 Query method ${method} not found.`;
    if (method === "list_canisters") return LIST;
    if (controller) return "";
    if (method === "canister_status")
      return `IC0542 Caller ${principalText(who)} is not allowed to call canister_status`;
    if (method === "fetch_canister_logs")
      return `IC0406 Caller ${principalText(who)} is not allowed to access canister logs`;
    return `IC0512 Only the controllers of the canister ${principalText(id)} can control it.`;
  }
  if (NEVER_REPLICATED.includes(method))
    return `IC0406 ${method} API is only accessible in non-replicated mode`;
  if (door === "U" && !INGRESS.includes(method))
    return `IC0406 Only canisters can call ic00 method ${method}`;
  if (NOT_OFFERED.includes(method))
    return `IC0536 Management canister has no method '${method}' here: this subnet does not offer it`;
  if (controller) return "";
  if (method === "canister_status")
    return `IC0542 Caller ${principalText(who)} is not allowed to call canister_status`;
  if (BY_SNAPSHOT_VISIBILITY.includes(method))
    return `IC0406 Caller ${principalText(who)} is not allowed to call ${method}`;
  if (!FOR_CONTROLLERS.includes(method)) return "";
  return door === "U"
    ? `IC0512 Only controllers of canister ${principalText(id)} can call ic00 method ${method}`
    : `IC0512 Only the controllers of the canister ${principalText(id)} can control it.`;
}

test("43 methods, four doors, controllers and strangers", () => {
  expect(METHODS.size).toBe(43);
  expect(NOT_OFFERED).toHaveLength(12);
  for (const method of METHODS.keys())
    for (const door of ["U", "C", "Q", "X"] as const)
      for (const controller of [true, false]) {
        const made = world();
        const stranger = door === "U" || door === "Q" ? BOB : canisterIdOf(29n);
        const friend = door === "U" || door === "Q" ? ALICE : CALLER;
        const who = controller ? friend : stranger;
        const told = ask(door, method, who, made);
        const [sentence] = told.said.split("\n");
        expect([method, door, controller, sentence]).toEqual([
          method,
          door,
          controller,
          expected(door, method, controller, made.id, who),
        ]);
        if (told.reply !== undefined) expect(() => IDL.decode(REPLIES[method]!, told.reply!)).not.toThrow();
      }
});
