import { describe, expect, test } from "vitest";
import { fromHex } from "../../../base/bytes.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { IngressContent } from "../../../types/messages.ts";
import { stateOf } from "../../state/draft.ts";
import * as candid from "./candid.ts";
import { EMPTY_REPLY, encodeReply } from "./candid-encode.ts";
import { effectiveCanisterOf, managementPayer } from "./effective-canister.ts";
import { managementIngressRefusal } from "./ingress.ts";
import { senderVersionFault } from "./sender-version.ts";
import { ALICE, BOB, genesis, newRound, made } from "./testing/calls.ts";

describe("before induction", () => {
  const call = (method: string, arg: Uint8Array, sender = ALICE): IngressContent => ({
    id: "",
    sender,
    canister: "",
    method,
    arg,
    expiry: 0n,
    nonce: undefined,
  });

  test("the filter lets in what the table and the controllers allow", () => {
    const draft = newRound();
    const id = made(draft);
    const state = stateOf(draft, genesis);
    const about = (canister_id: CanisterId): Uint8Array =>
      encodeReply(candid.CanisterIdArgs, { canister_id });
    const refusal = (method: string, arg = about(id), sender = ALICE): string | undefined =>
      managementIngressRefusal(state, call(method, arg, sender))?.message;
    expect(refusal("start_canister")).toBeUndefined();
    expect(refusal("start_canister", about(id), BOB)).toBe(
      `Only controllers of canister ${principalText(id)} can call ic00 method start_canister`,
    );
    expect(refusal("start_canister", about(canisterIdOf(30n)))).toBe(
      `Canister ${principalText(canisterIdOf(30n))} not found`,
    );
    expect(refusal("start_canister", fromHex("010203"))).toBe(
      "Error decoding candid: Cannot parse header 010203",
    );
    expect(refusal("canister_status", about(id), BOB)).toContain("is not allowed to call canister_status");
    expect(refusal("raw_rand")).toBe("Only canisters can call ic00 method raw_rand");
    expect(refusal("create_canister")).toBe("Only canisters can call ic00 method create_canister");
    expect(refusal("fetch_canister_logs")).toContain("non-replicated");
    expect(refusal("nonsense")).toBe("Only canisters can call ic00 method nonsense");
    expect(refusal("take_canister_snapshot")).toBeUndefined();
    expect(refusal("list_canister_snapshots", about(id), BOB)).toContain(
      "is not allowed to call list_canister_snapshots",
    );
    expect(refusal("canister_metrics", about(id), BOB)).toContain("Only controllers of canister");
    expect(refusal("provisional_create_canister_with_cycles", EMPTY_REPLY, BOB)).toBeUndefined();
    expect(refusal("provisional_top_up_canister", about(id), BOB)).toBeUndefined();
  });

  test("the canister that a call is about", () => {
    const id = canisterIdOf(20n);
    const about = encodeReply(candid.CanisterIdArgs, { canister_id: id });
    expect(effectiveCanisterOf("install_code", about)).toBe(id);
    expect(effectiveCanisterOf("provisional_create_canister_with_cycles", EMPTY_REPLY)).toBe("any");
    expect(effectiveCanisterOf("install_chunked_code", about)).toBeUndefined();
    const target = encodeReply(candid.TargetCanisterArgs, { target_canister: id });
    expect(effectiveCanisterOf("install_chunked_code", target)).toBe(id);
    expect(effectiveCanisterOf("raw_rand", EMPTY_REPLY)).toBeUndefined();
    expect(effectiveCanisterOf("start_canister", fromHex("00"))).toBeUndefined();
  });

  test("EC4: who pays for induction: nobody for provisional methods and small changes of settings", () => {
    const id = canisterIdOf(20n);
    const about = encodeReply(candid.CanisterIdArgs, { canister_id: id });
    expect(managementPayer("start_canister", about)).toBe(id);
    expect(managementPayer("provisional_top_up_canister", about)).toBeUndefined();
    expect(managementPayer("provisional_create_canister_with_cycles", about)).toBeUndefined();
    expect(managementPayer("update_settings", about)).toBeUndefined();
    const long = encodeReply(candid.UploadChunkArgs, { canister_id: id, chunk: new Uint8Array(338) });
    expect(managementPayer("update_settings", long)).toBe(id);
  });

  test("a version that the sender does not have is a fault of the sender", () => {
    const args = { settings: undefined, sender_canister_version: 4n };
    const payload = encodeReply(candid.CreateCanisterArgs, args);
    expect(senderVersionFault("", "create_canister", payload, 4n)).toBeUndefined();
    expect(senderVersionFault("", "create_canister", payload, 5n)).toContain("sender canister version 4");
    expect(senderVersionFault("", "start_canister", payload, 5n)).toBeUndefined();
    expect(senderVersionFault(canisterIdOf(1n), "create_canister", payload, 5n)).toBeUndefined();
  });
});
