import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { wat } from "../../../shell/testing/wat.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { WasmHost } from "../../interfaces/wasm-host.ts";
import { NO_STANDING } from "../../state/standing.ts";
import type { Draft } from "../../state/draft.ts";
import { executionFee } from "../cycles.ts";
import * as candid from "./candid.ts";
import * as snapshots from "./candid-snapshots.ts";
import type { ValueOf } from "./candid-types.ts";
import type { ManagementOutcome } from "./call.ts";
import {
  ALICE,
  BOB,
  byCanister,
  byUser,
  canister,
  change,
  errorOf,
  made,
  newRound,
  on,
  replyOf,
  textOf,
} from "./testing/calls.ts";
import { scripted } from "./testing/scripted-host.ts";

const INSTALL: candid.InstallMode = { tag: "install", value: null };
const idle = (): WasmHost => scripted(() => {});
const plain = (mark: string): Uint8Array => wat(`(module (memory 1) (data (i32.const 0) "${mark}"))`);

describe("chunks", () => {
  const upload = (draft: Draft, id: CanisterId, chunk: Uint8Array, sender = ALICE): ManagementOutcome =>
    byUser(draft, "upload_chunk", candid.UploadChunkArgs, { canister_id: id, chunk }, sender);
  const chunked = (
    draft: Draft,
    target: CanisterId,
    part: Partial<ValueOf<typeof candid.InstallChunkedCodeArgs>>,
    sender = ALICE,
  ): ManagementOutcome =>
    byUser(
      draft,
      "install_chunked_code",
      candid.InstallChunkedCodeArgs,
      {
        mode: INSTALL,
        target_canister: target,
        store_canister: undefined,
        chunk_hashes_list: [],
        wasm_module_hash: new Uint8Array(32),
        arg: new Uint8Array(0),
        sender_canister_version: undefined,
        ...part,
      },
      sender,
      idle(),
    );

  test("kept once, listed, cleared; too large or too many refused", () => {
    const draft = newRound();
    const id = made(draft);
    const { hash } = replyOf(upload(draft, id, utf8("part")), candid.UploadChunkReply);
    expect(hash).toEqual(sha256(utf8("part")));
    expect(canister(draft, id).consumed.instructions).toBe(
      (200_000_000n * BigInt(draft.subnet.nodes.length)) / 13n,
    );
    upload(draft, id, utf8("part"));
    const stored = (): number => replyOf(on(draft, "stored_chunks", id), candid.StoredChunksReply).length;
    expect(stored()).toBe(1);
    expect(errorOf(upload(draft, id, new Uint8Array(2 ** 20 + 1)))).toBe("IC0504");
    expect(errorOf(upload(draft, id, utf8("part"), BOB))).toBe("IC0512");
    for (let i = 0; i < 74; i++) upload(draft, id, Uint8Array.of(i));
    expect(textOf(upload(draft, id, utf8("too fast")))).toMatch(
      /^Error from Wasm chunk store: Canister is heap delta rate limited. Current delta debit: 78643200, limit: 78643200/,
    );
    change(draft, id, { standing: NO_STANDING });
    for (let i = 74; i < 99; i++) upload(draft, id, Uint8Array.of(i));
    expect(stored()).toBe(100);
    expect(errorOf(upload(draft, id, utf8("one more")))).toBe("IC0504");
    on(draft, "clear_chunk_store", id);
    expect(stored()).toBe(0);
  });

  test("L31 controllers and the canister itself, that by its own calls, use a store; nobody else", () => {
    const draft = newRound();
    const [id, other] = [made(draft), made(draft)];
    const about = { canister_id: id };
    const chunk = { ...about, chunk: utf8("part") };
    const methods = [
      ["upload_chunk", candid.UploadChunkArgs, chunk],
      ["stored_chunks", candid.CanisterIdArgs, about],
      ["clear_chunk_store", candid.CanisterIdArgs, about],
    ] as const;
    for (const [method, type, args] of methods) {
      const asCanister = (who: CanisterId): string | undefined =>
        errorOf(byCanister(draft, method, type as never, args as never, who));
      const asUser = (who: string): string | undefined =>
        errorOf(byUser(draft, method, type as never, args as never, who));
      expect([method, asUser(ALICE), asCanister(id)]).toEqual([method, undefined, undefined]);
      expect([method, asUser(BOB), asCanister(other)]).toEqual([method, "IC0512", "IC0512"]);
    }
  });

  test("L33 installs of every mode keep a store, uninstalling clears it, a loaded snapshot replaces it", () => {
    const draft = newRound();
    const id = made(draft);
    const stored = (): string[] =>
      replyOf(on(draft, "stored_chunks", id), candid.StoredChunksReply).map(({ hash }) => toHex(hash));
    const hashes = (...parts: string[]): string[] => parts.map((p) => toHex(sha256(utf8(p)))).sort();
    const install = (mode: candid.InstallMode): void => {
      const args = { mode, canister_id: id, wasm_module: plain("A"), arg: new Uint8Array(0) };
      const more = { sender_canister_version: undefined };
      expect(
        textOf(byUser(draft, "install_code", candid.InstallCodeArgs, { ...args, ...more }, ALICE, idle())),
      ).toBe("");
      change(draft, id, { standing: NO_STANDING });
    };
    upload(draft, id, utf8("one"));
    for (const tag of ["install", "reinstall", "upgrade"] as const) {
      install(tag === "upgrade" ? { tag, value: undefined } : { tag, value: null });
      expect([tag, stored()]).toEqual([tag, hashes("one")]);
    }
    const none = {
      replace_snapshot: undefined,
      uninstall_code: undefined,
      sender_canister_version: undefined,
    };
    const { id: snapshot_id } = replyOf(
      byUser(draft, "take_canister_snapshot", snapshots.TakeSnapshotArgs, { canister_id: id, ...none }),
      snapshots.Snapshot,
    );
    upload(draft, id, utf8("two"));
    expect(stored()).toEqual(hashes("one", "two"));
    byUser(draft, "uninstall_code", candid.UninstallCodeArgs, { canister_id: id, ...none });
    expect(stored()).toEqual([]);
    upload(draft, id, utf8("three"));
    change(draft, id, { standing: NO_STANDING });
    const load = { canister_id: id, snapshot_id, sender_canister_version: undefined };
    expect(
      textOf(byUser(draft, "load_canister_snapshot", snapshots.LoadSnapshotArgs, load, ALICE, idle())),
    ).toBe("");
    expect(stored()).toEqual(hashes("one"));
  });

  test("a module out of chunks, from its own store or another that the caller controls", () => {
    const draft = newRound();
    const [target, store] = [made(draft), made(draft)];
    const module = plain("A");
    const parts = [module.subarray(0, 30), module.subarray(30)];
    const chunk_hashes_list = parts.map((p) => replyOf(upload(draft, store, p), candid.UploadChunkReply));
    const wasm_module_hash = sha256(module);
    expect(errorOf(chunked(draft, target, { chunk_hashes_list, wasm_module_hash }))).toBe("IC0504");
    const whole = { chunk_hashes_list, wasm_module_hash, store_canister: store };
    expect(errorOf(chunked(draft, target, { ...whole, wasm_module_hash: new Uint8Array(32) }))).toBe(
      "IC0504",
    );
    change(draft, target, { settings: { ...canister(draft, target).settings, controllers: [ALICE, BOB] } });
    expect(errorOf(chunked(draft, target, whole, BOB))).toBe("IC0512");
    // Each chunk costs as if it were whole, also where they are not what was meant.
    const before = canister(draft, target);
    expect(errorOf(chunked(draft, target, { ...whole, wasm_module_hash: new Uint8Array(32) }))).toBe(
      "IC0504",
    );
    const failed = before.cycles - canister(draft, target).cycles;
    expect(failed).toBe(executionFee(2n * 2n ** 20n, false, draft.subnet));
    change(draft, target, { cycles: before.cycles });
    expect(textOf(chunked(draft, target, whole))).toBe("");
    expect(before.cycles - canister(draft, target).cycles).toBeGreaterThan(failed + 20_000_000n);
    expect(canister(draft, target).code?.moduleHash).toEqual(wasm_module_hash);
  });
});
