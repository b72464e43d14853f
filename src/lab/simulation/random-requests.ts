/**
 * Requests drawn from a seed, valid and not: calls that make canisters talk to each other, management calls in and out
 * of order, queries, read_state, envelopes with bytes changed, bytes that are no envelope. Everything follows from the
 * seed, so that a failing run can be had again.
 */
import { concat, fromHex, utf8 } from "../../base/bytes.ts";
import type { Prng } from "../../base/prng.ts";
import { encodeCborTagged } from "../../codec/cbor.ts";
import * as candid from "../../replica/execution/management/candid.ts";
import { encodeReply } from "../../replica/execution/management/candid-encode.ts";
import type { Type } from "../../replica/execution/management/candid-types.ts";
import type { HttpRequest } from "../../types/http.ts";
import type { CanisterId, LabTime } from "../../types/ids.ts";
import { canisterIdOf, principalText } from "../../types/principal.ts";
import { STORM_CANISTERS, stormProgram } from "./storm-canister.ts";

export interface PlannedRequest {
  /** Milliseconds after genesis. */
  readonly afterMs: number;
  /** Positions of the nodes it is sent to. */
  readonly to: readonly number[];
  readonly request: HttpRequest;
}

export interface Modules {
  /** The storm canister's. */
  readonly storm: Uint8Array;
  /** Any module: valid, of one method `go`, or not. */
  random(seed: number): Uint8Array;
}

export interface RandomPlan {
  readonly nodes: number;
  readonly requests: number;
  /** By then canisters are there, if all goes well; requests come after it, for so long. */
  readonly setupMs: number;
  readonly forMs: number;
}

const ANONYMOUS = "04";
const MANAGEMENT = "";
const EMPTY = new Uint8Array(0);

export function randomRequests(
  draw: Prng,
  genesis: LabTime,
  modules: Modules,
  plan: RandomPlan,
): PlannedRequest[] {
  let nonce = 0;
  const to = (): number[] =>
    draw.chance(0.5) ? [draw.below(plan.nodes)] : Array.from({ length: plan.nodes }, (_, i) => i);
  const everyNode = Array.from({ length: plan.nodes }, (_, i) => i);
  const call = (receiver: CanisterId, method: string, arg: Uint8Array, about: CanisterId = receiver) =>
    callRequest(receiver, method, arg, about, genesis + draw.below(plan.forMs) + 120_000, nonce++);
  const manage = <V>(method: string, type: Type<V>, args: V, about: CanisterId): HttpRequest =>
    call(MANAGEMENT, method, encodeReply(type, args), about);

  const part = (k: number): number => Math.floor((k * plan.setupMs) / 10);
  const requests: PlannedRequest[] = [];
  for (let i = 0; i < STORM_CANISTERS; i++) {
    const id = canisterIdOf(BigInt(i));
    const created = manage(
      "provisional_create_canister_with_cycles",
      candid.ProvisionalCreateArgs,
      { amount: undefined, settings: undefined, specified_id: undefined, sender_canister_version: undefined },
      id,
    );
    // A patient user: until nodes can certify, and then until the canister is there.
    for (let k = 2; k < 10; k++) requests.push({ afterMs: part(k), to: everyNode, request: created });
    for (let k = 4; k < 14; k++)
      requests.push({ afterMs: part(k), to: everyNode, request: install(manage, id, modules.storm) });
  }
  for (let k = 0; k < plan.requests; k++) {
    const id = canisterIdOf(BigInt(draw.below(STORM_CANISTERS + 1)));
    let request = oneOf(draw, { call, manage, modules, id });
    if (draw.chance(0.1)) request = damaged(draw, request);
    requests.push({ afterMs: plan.setupMs + draw.below(plan.forMs), to: to(), request });
    if (draw.chance(0.1))
      requests.push({ afterMs: plan.setupMs + draw.below(plan.forMs), to: to(), request });
  }
  return requests;
}

interface Tools {
  call(receiver: CanisterId, method: string, arg: Uint8Array, about?: CanisterId): HttpRequest;
  manage<V>(method: string, type: Type<V>, args: V, about: CanisterId): HttpRequest;
  readonly modules: Modules;
  readonly id: CanisterId;
}

function install(
  manage: Tools["manage"],
  id: CanisterId,
  wasm: Uint8Array,
  mode: candid.InstallMode = INSTALL,
) {
  const args = { mode, canister_id: id, wasm_module: wasm, arg: EMPTY, sender_canister_version: undefined };
  return manage("install_code", candid.InstallCodeArgs, args, id);
}
const INSTALL: candid.InstallMode = { tag: "install", value: null };
const REINSTALL: candid.InstallMode = { tag: "reinstall", value: null };
const UPGRADE: candid.InstallMode = { tag: "upgrade", value: undefined };

function oneOf(draw: Prng, { call, manage, modules, id }: Tools): HttpRequest {
  const canister = { canister_id: id };
  const choice = draw.below(100);
  if (choice < 56) return call(id, "go", stormProgram(draw));
  if (choice < 59) return query(id, draw.chance(0.5) ? "look" : "go");
  if (choice < 62) return readState(draw, id);
  if (choice < 64) return call(id, "look", EMPTY);
  if (choice < 66) return call(id, "nothing", draw.bytes(draw.below(40)));
  if (choice < 71) return manage("stop_canister", candid.CanisterIdArgs, canister, id);
  if (choice < 80) return manage("start_canister", candid.CanisterIdArgs, canister, id);
  if (choice < 87)
    return manage(
      "uninstall_code",
      candid.UninstallCodeArgs,
      { ...canister, sender_canister_version: undefined },
      id,
    );
  if (choice < 88) return manage("delete_canister", candid.CanisterIdArgs, canister, id);
  if (choice < 92) return install(manage, id, modules.storm, draw.chance(0.5) ? UPGRADE : REINSTALL);
  if (choice < 94) return install(manage, id, modules.random(draw.below(1_000)), REINSTALL);
  if (choice < 95)
    return manage(
      "upload_chunk",
      candid.UploadChunkArgs,
      { ...canister, chunk: draw.bytes(draw.below(2_000)) },
      id,
    );
  if (choice < 97)
    return manage(
      "provisional_top_up_canister",
      candid.ProvisionalTopUpArgs,
      { ...canister, amount: BigInt(draw.below(1_000_000)) },
      id,
    );
  if (choice < 98) return manage("canister_status", candid.CanisterIdArgs, canister, id);
  return call(MANAGEMENT, METHODS[draw.below(METHODS.length)]!, draw.bytes(draw.below(60)), id);
}

const METHODS = [
  "update_settings",
  "install_code",
  "raw_rand",
  "create_canister",
  "canister_info",
  "no_such_method",
];

function callRequest(
  receiver: CanisterId,
  method: string,
  arg: Uint8Array,
  about: CanisterId,
  expiresAt: LabTime,
  nonce: number,
): HttpRequest {
  const content = {
    request_type: "call",
    sender: fromHex(ANONYMOUS),
    canister_id: fromHex(receiver),
    method_name: method,
    arg,
    ingress_expiry: BigInt(expiresAt) * 1_000_000n,
    nonce: Uint8Array.of(nonce >> 16, nonce >> 8, nonce),
  };
  return post(about, "call", content);
}

const query = (id: CanisterId, method: string): HttpRequest =>
  post(id, "query", {
    request_type: "query",
    sender: fromHex(ANONYMOUS),
    canister_id: fromHex(id),
    method_name: method,
    arg: EMPTY,
    ingress_expiry: 0n,
  });

function readState(draw: Prng, id: CanisterId): HttpRequest {
  const paths = [
    [utf8("time")],
    [utf8("canister"), fromHex(id), utf8("module_hash")],
    [utf8("request_status"), draw.bytes(32)],
    [utf8("subnet")],
    [draw.bytes(draw.below(9)), draw.bytes(draw.below(9))],
  ].filter(() => draw.chance(0.5));
  return post(id, "read_state", {
    request_type: "read_state",
    sender: fromHex(ANONYMOUS),
    paths,
    ingress_expiry: 0n,
  });
}

const post = (
  about: CanisterId,
  kind: string,
  content: Parameters<typeof encodeCborTagged>[0],
): HttpRequest => ({
  method: "POST",
  path: `/api/v${kind === "call" ? 2 : 3}/canister/${principalText(about)}/${kind}`,
  contentType: "application/cbor",
  body: encodeCborTagged({ content }),
});

/** The same request with some of it changed, cut, or replaced. */
function damaged(draw: Prng, request: HttpRequest): HttpRequest {
  const { body } = request;
  switch (draw.below(5)) {
    case 0: {
      const changed = body.slice();
      for (let k = 1 + draw.below(3); k > 0; k--) changed[draw.below(changed.length)] = draw.below(256);
      return { ...request, body: changed };
    }
    case 1:
      return { ...request, body: body.subarray(0, draw.below(body.length)) };
    case 2:
      return { ...request, body: concat(body, draw.bytes(1 + draw.below(9))) };
    case 3:
      return { ...request, body: draw.bytes(draw.below(200)) };
    default:
      return { ...request, path: request.path.replace("canister", draw.chance(0.5) ? "subnet" : "node") };
  }
}
