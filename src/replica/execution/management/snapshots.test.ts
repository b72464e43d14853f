import { describe, expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { createWasmHost } from "../../../shell/wasm-host.ts";
import { wat } from "../../../shell/testing/wat.ts";
import type { CanisterId, PrincipalId } from "../../../types/ids.ts";
import { principalText } from "../../../types/principal.ts";
import type { CanisterState } from "../../state/canister.ts";
import { memoryMetrics } from "../../state/memory-metrics.ts";
import { HEAP_DELTA_RATE, NO_STANDING } from "../../state/standing.ts";
import { sliceOf } from "../../state/pages.ts";
import { freezingLimit, managementFee, memoryUsed } from "../cycles.ts";
import type { Draft } from "../draft.ts";
import * as candid from "./candid.ts";
import * as snapshots from "./candid-snapshots.ts";
import type { Type, ValueOf } from "./candid-types.ts";
import type { ManagementOutcome } from "./call.ts";
import {
  ALICE,
  BOB,
  byUser,
  canister,
  change,
  errorOf,
  held,
  made,
  newRound,
  on,
  replyOf,
  stop,
  subnet,
  textOf,
} from "./testing/calls.ts";

const host = createWasmHost();
const PAGE = 65_536;
/** A NaN whose bits JavaScript would not keep. */
const NAN = 0x7fa0_0001;

/** Exported: an immutable and a mutable one, the latter twice. Mutable and hidden: a float and a long. */
const MODULE = wat(`(module
  (import "ic0" "stable_grow" (func $grow (param i32) (result i32)))
  (import "ic0" "stable_write" (func $write (param i32 i32 i32)))
  (memory 1)
  (data (i32.const 0) "heap\\00\\00\\00\\00\\01\\00\\a0\\7f")
  (global $hidden (mut f32) (f32.const 0))
  (global $shown (mut i32) (i32.const -1))
  (global $fixed i64 (i64.const -2))
  (global $long (mut i64) (i64.const 3))
  (export "shown" (global $shown)) (export "fixed" (global $fixed)) (export "again" (global $shown))
  (func (export "canister_init")
    (global.set $hidden (f32.load (i32.const 8)))
    (drop (call $grow (i32.const 2)))
    (call $write (i32.const 70000) (i32.const 0) (i32.const 4)))
  (func (export "canister_update f")))`);

const call =
  <A, R>(method: string, args: Type<A>, reply: Type<R> | undefined) =>
  (draft: Draft, given: A, sender: PrincipalId = ALICE) => {
    const outcome = byUser(draft, method, args, given, sender, host);
    return { outcome, reply: (): R => replyOf(outcome, reply!) };
  };
const take = call("take_canister_snapshot", snapshots.TakeSnapshotArgs, snapshots.Snapshot);
const load = call("load_canister_snapshot", snapshots.LoadSnapshotArgs, undefined);
const list = call("list_canister_snapshots", candid.CanisterIdArgs, snapshots.SnapshotList);
const remove = call("delete_canister_snapshot", snapshots.SnapshotArgs, undefined);
const metadata = call("read_canister_snapshot_metadata", snapshots.SnapshotArgs, snapshots.SnapshotMetadata);
const read = call("read_canister_snapshot_data", snapshots.ReadDataArgs, snapshots.ReadDataReply);
const declare = call(
  "upload_canister_snapshot_metadata",
  snapshots.UploadMetadataArgs,
  snapshots.UploadMetadataReply,
);
const upload = call("upload_canister_snapshot_data", snapshots.UploadDataArgs, undefined);

const ok = (outcome: ManagementOutcome): void => expect(textOf(outcome)).toBe("");
const plain = (canister_id: CanisterId, more: Partial<ValueOf<typeof snapshots.TakeSnapshotArgs>> = {}) => ({
  canister_id,
  replace_snapshot: undefined,
  uninstall_code: undefined,
  sender_canister_version: undefined,
  ...more,
});
const loading = (canister_id: CanisterId, snapshot_id: Uint8Array) => ({
  canister_id,
  snapshot_id,
  sender_canister_version: undefined,
});

function installed(draft: Draft = newRound()): { readonly draft: Draft; readonly id: CanisterId } {
  const id = made(draft);
  const args = {
    mode: { tag: "install", value: null },
    canister_id: id,
    wasm_module: MODULE,
    arg: new Uint8Array(0),
    sender_canister_version: undefined,
  } as const;
  ok(byUser(draft, "install_code", candid.InstallCodeArgs, args, ALICE, host));
  return { draft, id };
}

/** What a snapshot keeps of a canister. */
const kept = ({ heap, stable, globals, certifiedData, code, chunkStore }: CanisterState) => ({
  heap: toHex(sliceOf(heap, 0, 64)),
  heapLength: heap.length,
  stable: toHex(sliceOf(stable, 70_000, 8)),
  stableLength: stable.length,
  globals,
  certifiedData: toHex(certifiedData),
  module: toHex(code?.moduleHash ?? new Uint8Array(0)),
  chunks: [...(chunkStore?.keys() ?? [])],
});

const SIZES = {
  replace_snapshot: undefined,
  wasm_module_size: BigInt(MODULE.length),
  globals: [
    { tag: "i32", value: 1n },
    { tag: "i64", value: 2n },
    { tag: "i32", value: 1n },
    { tag: "f32", value: 4n },
    { tag: "i64", value: 5n },
  ],
  wasm_memory_size: BigInt(PAGE),
  stable_memory_size: 0n,
  certified_data: new Uint8Array(0),
  global_timer: undefined,
  on_low_wasm_memory_hook_status: undefined,
} as const;

describe("taking and loading", () => {
  test("what is taken comes back, whatever became of the canister; balance, settings and version go on", () => {
    const { draft, id } = installed();
    change(draft, id, { certifiedData: utf8("certified"), globalTimer: 5n });
    byUser(draft, "upload_chunk", candid.UploadChunkArgs, { canister_id: id, chunk: utf8("chunk") });
    const before = canister(draft, id);
    const cyclesBefore = held(draft);
    const taken = take(draft, plain(id)).reply();

    const size = PAGE + 2 * PAGE + 5 * 32 + 32 + MODULE.length + 2 ** 20 + "certified".length;
    expect(taken).toEqual({
      id: fromHex(`0000000000000000${id}`),
      taken_at_timestamp: draft.time,
      total_size: BigInt(size),
    });
    expect(list(draft, { canister_id: id }).reply()).toEqual([taken]);
    const after = canister(draft, id);
    const cost = managementFee(2_000_000_000n + BigInt(size), subnet);
    expect(before.cycles - after.cycles).toBe(cost);
    expect(after.consumed.instructions - before.consumed.instructions).toBe(cost);
    expect(memoryMetrics(after).snapshots).toBe(size);
    expect(memoryUsed(after)).toBe(memoryUsed(before) + size);
    expect(after.version).toBe(before.version);

    byUser(draft, "uninstall_code", candid.UninstallCodeArgs, {
      canister_id: id,
      sender_canister_version: undefined,
    });
    expect(canister(draft, id).code).toBeUndefined();
    const empty = canister(draft, id);
    const loaded = load(draft, loading(id, taken.id));
    ok(loaded.outcome);
    const back = canister(draft, id);
    expect(kept(back)).toEqual(kept(before));
    // Its module was installed in this interval: 221 instructions once instrumented, and a hundredth of their price.
    const compiling = managementFee(20_000_000n + (6_000n * 221n) / 100n, subnet);
    expect(empty.cycles - back.cycles).toBe(cost + compiling);
    change(draft, id, { cycles: empty.cycles });
    draft.scheduler = { ...draft.scheduler, compiled: new Set() };
    load(draft, loading(id, taken.id));
    const whole = managementFee(20_000_000n + 6_000n * 221n, subnet);
    expect(empty.cycles - canister(draft, id).cycles).toBe(cost + whole);
    change(draft, id, { cycles: back.cycles });
    draft.cyclesBurned -= cost + whole;
    expect(back).toMatchObject({ version: empty.version + 1n, lastInstalledAt: draft.time, globalTimer: 0n });
    expect(back.history.at(-1)?.details).toEqual({
      kind: "load-snapshot",
      snapshot: toHex(taken.id),
      from: undefined,
      version: before.version,
      takenAt: draft.time,
      source: "taken_from_canister",
    });
    expect(held(draft)).toBe(cyclesBefore);
    expect(structuredClone(back).snapshots).toEqual(back.snapshots);
  });

  test("at most ten; one may take the place of another; numbers are not used twice; unknown ones are named", () => {
    const { draft, id } = installed();
    const ids = Array.from({ length: 10 }, () => take(draft, plain(id)).reply().id);
    expect(textOf(take(draft, plain(id)).outcome)).toContain(
      `Canister ${principalText(id)} has reached the maximum number of snapshots allowed: 10.`,
    );
    expect(errorOf(take(draft, plain(id)).outcome)).toBe("IC0406");
    const last = take(draft, plain(id, { replace_snapshot: ids[3] })).reply().id;
    expect(toHex(last)).toBe(`000000000000000a${id}`);
    expect(
      list(draft, { canister_id: id })
        .reply()
        .map((s) => toHex(s.id)),
    ).toEqual([...ids.filter((_, i) => i !== 3), last].map(toHex));
    for (const outcome of [
      take(draft, plain(id, { replace_snapshot: ids[3] })).outcome,
      load(draft, loading(id, ids[3]!)).outcome,
      remove(draft, { canister_id: id, snapshot_id: ids[3]! }).outcome,
      metadata(draft, { canister_id: id, snapshot_id: utf8("x") }).outcome,
    ])
      expect(errorOf(outcome)).toBe("IC0305");
    expect(textOf(load(draft, loading(id, ids[3]!)).outcome)).toMatch(
      `Could not find the snapshot ID ${toHex(ids[3]!)} for canister ${principalText(id)}.\nUse the`,
    );
    for (const snapshot_id of [...ids.filter((_, i) => i !== 3), last])
      ok(remove(draft, { canister_id: id, snapshot_id }).outcome);
    expect(canister(draft, id).snapshots).toBeUndefined();
    expect(memoryMetrics(canister(draft, id)).snapshots).toBe(0);
  });

  test("an empty canister has nothing to take; code may go in the same step", () => {
    const { draft, id } = installed();
    const context = {
      id: 0,
      origin: { kind: "system" as const },
      caller: "",
      responded: false,
      deleted: false,
      availableCycles: 0n,
      outstandingCalls: 1,
      instructions: 0n,
      lastReject: undefined,
    };
    change(draft, id, { contexts: new Map([[0, context]]) });
    const { version } = canister(draft, id);
    ok(take(draft, plain(id, { uninstall_code: true })).outcome);
    const after = canister(draft, id);
    expect(after).toMatchObject({ code: undefined, version: version + 1n });
    expect(after.contexts.get(0)).toMatchObject({ deleted: true });
    expect(after.history.at(-1)?.details).toEqual({ kind: "code-uninstall" });
    expect(after.snapshots?.size).toBe(1);
    expect([...after.snapshots!.values()][0]!.version).toBe(version);
    expect(textOf(take(draft, plain(id)).outcome)).toBe(
      `Failed to create snapshot for empty canister ${principalText(id)}:`,
    );
    stop(draft, id);
    change(draft, id, { contexts: new Map() });
    stop(draft, id);
    ok(on(draft, "delete_canister", id));
    expect(draft.canisters.size).toBe(0);
  });

  test("LS1: another canister's, for who controls both; the history says whose", () => {
    const { draft, id } = installed();
    const { id: other } = installed(draft);
    const { id: snapshot } = take(draft, plain(id)).reply();
    change(draft, id, { settings: { ...canister(draft, id).settings, controllers: [BOB] } });
    const refused = load(draft, loading(other, snapshot));
    expect(errorOf(refused.outcome)).toBe("IC0406");
    expect(textOf(refused.outcome)).toContain(
      `Only a controller of the canister that snapshot ${toHex(snapshot)} belongs to can load it on canister ${principalText(other)}. Sender: ${principalText(ALICE)}.`,
    );
    change(draft, id, { settings: { ...canister(draft, id).settings, controllers: [ALICE] } });
    expect(errorOf(load(draft, loading(other, snapshot), BOB).outcome)).toBe("IC0512");
    ok(load(draft, loading(other, snapshot)).outcome);
    expect(canister(draft, other).history.at(-1)?.details).toMatchObject({ from: id });
  });

  test("a canister that has written too much lately waits", () => {
    const { draft, id } = installed();
    const { id: snapshot_id } = take(draft, plain(id)).reply();
    const args = { canister_id: id, ...SIZES };
    const { snapshot_id: target } = declare(draft, args).reply();
    change(draft, id, { standing: { ...NO_STANDING, heapDeltaDebit: HEAP_DELTA_RATE } });
    for (const { outcome } of [
      take(draft, plain(id)),
      load(draft, loading(id, snapshot_id)),
      declare(draft, args),
    ]) {
      expect(errorOf(outcome)).toBe("IC0210");
      expect(textOf(outcome)).toContain(
        `Canister ${principalText(id)} is heap delta rate limited: current delta debit is 78643200, but limit is 78643200.`,
      );
    }
    const kind = { tag: "wasm_memory", value: { offset: 0n } } as const;
    const part = { canister_id: id, snapshot_id: target, kind, chunk: new Uint8Array(5) };
    expect(textOf(upload(draft, part).outcome)).toContain(
      "Error from Wasm chunk store: Canister is heap delta rate limited. Current delta debit: 78643200",
    );
    change(draft, id, { standing: { ...NO_STANDING, heapDeltaDebit: HEAP_DELTA_RATE - 1 } });
    ok(upload(draft, part).outcome);
    expect(canister(draft, id).standing?.heapDeltaDebit).toBe(HEAP_DELTA_RATE + 4);
  });

  test("SS2: a canister keeps its freezing limit, with the snapshot and after the cost", () => {
    for (const missing of [1n, 10n ** 9n]) {
      const { draft, id } = installed();
      const probe = structuredClone(canister(draft, id));
      const taken = take(draft, plain(id)).reply();
      const full = canister(draft, id);
      const cost = probe.cycles - full.cycles;
      const keep = freezingLimit(full, subnet);
      remove(draft, { canister_id: id, snapshot_id: taken.id });
      change(draft, id, { cycles: keep + cost - missing });
      const poor = take(draft, plain(id)).outcome;
      expect(errorOf(poor)).toBe("IC0207");
      expect(textOf(poor)).toMatch(
        `Canister snapshotting failed with: \`Canister ${principalText(id)} is out of cycles: please top up the canister with at least ${missing} additional cycles\``,
      );
      change(draft, id, { cycles: keep - missing });
      expect(errorOf(take(draft, plain(id)).outcome)).toBe("IC0532");
      change(draft, id, { cycles: keep + cost });
      ok(take(draft, plain(id)).outcome);
    }
  });
});

describe("reading and uploading", () => {
  test("metadata: globals as exported, then as they hide, floats bit by bit", () => {
    const { draft, id } = installed();
    const { id: snapshot_id } = take(draft, plain(id)).reply();
    expect(metadata(draft, { canister_id: id, snapshot_id }).reply()).toEqual({
      source: { tag: "taken_from_canister", value: null },
      taken_at_timestamp: draft.time,
      wasm_module_size: BigInt(MODULE.length),
      globals: [
        { tag: "i32", value: -1n },
        { tag: "i64", value: -2n },
        { tag: "i32", value: -1n },
        { tag: "f32", value: BigInt(NAN) },
        { tag: "i64", value: 3n },
      ],
      wasm_memory_size: BigInt(PAGE),
      stable_memory_size: BigInt(2 * PAGE),
      wasm_chunk_store: [],
      canister_version: canister(draft, id).version,
      certified_data: new Uint8Array(0),
      global_timer: { tag: "inactive", value: null },
      on_low_wasm_memory_hook_status: { tag: "condition_not_satisfied", value: null },
    });
  });

  test("a copy made through reading and uploading is the same canister", () => {
    const { draft, id } = installed();
    change(draft, id, { certifiedData: utf8("certified") });
    byUser(draft, "upload_chunk", candid.UploadChunkArgs, { canister_id: id, chunk: utf8("chunk") });
    const { id: snapshot_id } = take(draft, plain(id)).reply();
    const told = metadata(draft, { canister_id: id, snapshot_id }).reply();

    const copy = made(draft);
    const {
      source: _s,
      taken_at_timestamp: _t,
      wasm_chunk_store: hashes,
      canister_version: _v,
      ...sizes
    } = told;
    const timer = { tag: "active", value: 77n } as const;
    const { snapshot_id: target } = declare(draft, {
      canister_id: copy,
      replace_snapshot: undefined,
      ...sizes,
      global_timer: timer,
    }).reply();
    const parts = [
      ["wasm_module", told.wasm_module_size],
      ["wasm_memory", told.wasm_memory_size],
      ["stable_memory", told.stable_memory_size],
    ] as const;
    for (const [tag, length] of parts)
      for (let offset = 0n; offset < length; offset += 50_001n) {
        const size = length - offset < 50_001n ? length - offset : 50_001n;
        const { chunk } = read(draft, {
          canister_id: id,
          snapshot_id,
          kind: { tag, value: { offset, size } },
        }).reply();
        expect(chunk.length).toBe(Number(size));
        ok(
          upload(draft, { canister_id: copy, snapshot_id: target, kind: { tag, value: { offset } }, chunk })
            .outcome,
        );
      }
    for (const value of hashes) {
      const { chunk } = read(draft, {
        canister_id: id,
        snapshot_id,
        kind: { tag: "wasm_chunk", value },
      }).reply();
      const kind = { tag: "wasm_chunk", value: null } as const;
      ok(upload(draft, { canister_id: copy, snapshot_id: target, kind, chunk }).outcome);
      ok(upload(draft, { canister_id: copy, snapshot_id: target, kind, chunk }).outcome);
    }
    const size = memoryMetrics(canister(draft, copy)).snapshots;
    // The hidden instruction counter of mainnet is counted in what is taken, not in what is uploaded.
    expect(size).toBe(memoryMetrics(canister(draft, id)).snapshots - 32);
    ok(load(draft, loading(copy, target)).outcome);
    expect(kept(canister(draft, copy))).toEqual(kept(canister(draft, id)));
    expect(canister(draft, copy)).toMatchObject({ globalTimer: 77n });
    expect(canister(draft, copy).history.at(-1)?.details).toMatchObject({ source: "metadata_upload" });
  });

  test("slices lie inside, and are not too large; reading is paid for all the same", () => {
    const { draft, id } = installed();
    const { id: snapshot_id } = take(draft, plain(id)).reply();
    const told = (tag: "wasm_module" | "wasm_memory" | "stable_memory", offset: bigint, size: bigint) =>
      read(draft, { canister_id: id, snapshot_id, kind: { tag, value: { offset, size } } }).outcome;
    for (const [tag, length] of [
      ["wasm_module", BigInt(MODULE.length)],
      ["wasm_memory", BigInt(PAGE)],
      ["stable_memory", 2n * BigInt(PAGE)],
    ] as const)
      for (const [offset, size, fits] of [
        [0n, length, true],
        [length, 0n, true],
        [length - 1n, 1n, true],
        [length - 1n, 2n, false],
        [length + 1n, 0n, false],
        [2n ** 64n - 1n, 1n, false],
      ] as const) {
        const before = canister(draft, id).cycles;
        const outcome = told(tag, offset, size);
        expect(textOf(outcome)).toBe(
          fits
            ? ""
            : `Invalid subslice into wasm module / main memory / stable memory: offset: ${offset}, size: ${size}`,
        );
        expect(before - canister(draft, id).cycles).toBe(managementFee(5_000_000n + size, subnet));
      }
    const large = told("wasm_memory", 0n, 2_000_001n);
    expect([errorOf(large), textOf(large)]).toEqual([
      "IC0408",
      "Requested slice too large: 2000001 > 2000000",
    ]);
    const chunk = (hash: Uint8Array) =>
      textOf(
        read(draft, { canister_id: id, snapshot_id, kind: { tag: "wasm_chunk", value: { hash } } }).outcome,
      );
    expect(chunk(Uint8Array.of(1, 171))).toContain(
      "Error from Wasm chunk store: Bytes [01, ab] are not a valid WasmChunkHash..",
    );
    expect(chunk(sha256(utf8("no")))).toMatch(
      /^Error from Wasm chunk store: WasmChunkHash \[[0-9a-f, ]+\] not found\.\./,
    );
  });

  test("US1: what may be declared", () => {
    const { draft, id } = installed();
    const G = 2n ** 30n;
    const declared = (change: Partial<ValueOf<typeof snapshots.UploadMetadataArgs>>): string =>
      textOf(declare(draft, { canister_id: id, ...SIZES, ...change }).outcome);
    const invalid = (fault: string): string => `Snapshot Metadata contains invalid data: ${fault}`;
    expect(declared({ wasm_module_size: 0n })).toBe(invalid("WasmModuleEmpty"));
    expect(declared({ wasm_module_size: 100n * 2n ** 20n + 1n })).toBe(invalid("WasmModuleTooLarge"));
    expect(declared({ wasm_memory_size: 1n })).toBe(invalid("WasmMemoryNotPageAligned"));
    expect(declared({ wasm_memory_size: 4n * G + BigInt(PAGE) })).toBe(invalid("WasmMemoryTooLarge"));
    expect(declared({ stable_memory_size: 4096n })).toBe(invalid("StableMemoryNotPageAligned"));
    expect(declared({ stable_memory_size: 500n * G + BigInt(PAGE) })).toBe(invalid("StableMemoryTooLarge"));
    expect(declared({ globals: Array(1001).fill(SIZES.globals[0]) })).toBe(
      invalid("ExportedGlobalsTooLarge"),
    );
    expect(declared({ certified_data: new Uint8Array(33) })).toBe(invalid("CertifiedDataTooLarge"));
    expect(declared({})).toBe("");
    expect(errorOf(declare(draft, { canister_id: id, ...SIZES }, BOB).outcome)).toBe("IC0512");
    expect(
      metadata(draft, { canister_id: id, snapshot_id: fromHex(`0000000000000000${id}`) }).reply(),
    ).toMatchObject({
      global_timer: undefined,
      on_low_wasm_memory_hook_status: undefined,
      source: { tag: "metadata_upload" },
    });
  });

  test("US2, US3: parts lie inside; what was taken takes none", () => {
    const { draft, id } = installed();
    const { snapshot_id } = declare(draft, { canister_id: id, ...SIZES }).reply();
    const put = (tag: "wasm_module" | "wasm_memory" | "stable_memory", offset: bigint, length: number) =>
      textOf(
        upload(draft, {
          canister_id: id,
          snapshot_id,
          kind: { tag, value: { offset } },
          chunk: new Uint8Array(length),
        }).outcome,
      );
    expect(put("wasm_memory", BigInt(PAGE) - 4n, 4)).toBe("");
    expect(put("wasm_memory", BigInt(PAGE) - 4n, 5)).toContain("Invalid subslice");
    expect(put("stable_memory", 0n, 0)).toBe("");
    expect(put("stable_memory", 0n, 1)).toContain("Invalid subslice");
    expect(put("wasm_module", BigInt(MODULE.length), 1)).toContain(`offset: ${MODULE.length}, size: 1`);
    const taken = take(draft, plain(id)).reply();
    const refused = upload(draft, {
      canister_id: id,
      snapshot_id: taken.id,
      kind: { tag: "wasm_memory", value: { offset: 0n } },
      chunk: new Uint8Array(1),
    }).outcome;
    expect([errorOf(refused), textOf(refused)]).toEqual([
      "IC0409",
      "Only canister snapshots created by metadata upload can be mutated.",
    ]);
  });

  test("LS4: an upload must fit together", () => {
    const { draft, id } = installed();
    const loadedWith = (change: Partial<ValueOf<typeof snapshots.UploadMetadataArgs>>): string => {
      const { snapshot_id } = declare(draft, { canister_id: id, ...SIZES, ...change }).reply();
      const kind = { tag: "wasm_module", value: { offset: 0n } } as const;
      if (change.wasm_module_size === undefined)
        ok(upload(draft, { canister_id: id, snapshot_id, kind, chunk: MODULE }).outcome);
      const told = textOf(load(draft, loading(id, snapshot_id)).outcome);
      ok(remove(draft, { canister_id: id, snapshot_id }).outcome);
      return told;
    };
    const hook = (tag: "condition_not_satisfied" | "ready" | "executed") =>
      loadedWith({ on_low_wasm_memory_hook_status: { tag, value: null } });
    const globals = "Wasm exported globals of canister module and snapshot metadata do not match.";
    expect(loadedWith({})).toBe("");
    expect(canister(draft, id).globals).toEqual([4, 1, 5n]);
    expect(loadedWith({ globals: [] })).toBe(globals);
    expect(loadedWith({ globals: SIZES.globals.toReversed() })).toBe(globals);
    expect(loadedWith({ wasm_memory_size: 0n })).toContain("Wasm memory size");
    expect(loadedWith({ wasm_module_size: 8n })).toContain("Canister's Wasm module is not valid");
    expect(hook("condition_not_satisfied")).toBe("");
    expect(hook("ready")).toBe(
      "Hook status (Some(Ready)) of uploaded snapshot is inconsistent with the canister's state (hook condition satisfied: false).",
    );
    change(draft, id, { settings: { ...canister(draft, id).settings, wasmMemoryThreshold: 3n << 30n } });
    expect(hook("condition_not_satisfied")).toContain("Some(ConditionNotSatisfied)");
    expect(hook("executed")).toBe("");
    expect(canister(draft, id).lowMemoryHook).toBe("executed");
    expect(loadedWith({})).toBe("");
  });

  test("who may see: as the setting says", () => {
    const { draft, id } = installed();
    const { id: snapshot_id } = take(draft, plain(id)).reply();
    const seen = (
      snapshotVisibility: CanisterState["settings"]["snapshotVisibility"],
    ): (string | undefined)[] => {
      change(draft, id, { settings: { ...canister(draft, id).settings, snapshotVisibility } });
      const kind = { tag: "wasm_memory", value: { offset: 0n, size: 1n } } as const;
      return [
        list(draft, { canister_id: id }, BOB),
        metadata(draft, { canister_id: id, snapshot_id }, BOB),
        read(draft, { canister_id: id, snapshot_id, kind }, BOB),
      ].map(({ outcome }) => errorOf(outcome));
    };
    const all = (error: string | undefined) => [error, error, error];
    expect(seen({ kind: "controllers" })).toEqual(all("IC0406"));
    expect(seen({ kind: "public" })).toEqual(all(undefined));
    expect(seen({ kind: "allowed", viewers: [BOB] })).toEqual(all(undefined));
    expect(seen({ kind: "allowed", viewers: [] })).toEqual(all("IC0406"));
    expect(errorOf(take(draft, plain(id), BOB).outcome)).toBe("IC0512");
    expect(errorOf(remove(draft, { canister_id: id, snapshot_id }, BOB).outcome)).toBe("IC0512");
  });
});
