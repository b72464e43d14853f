import { describe, expect, test } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import type { PrincipalId } from "../../../types/ids.ts";
import { stateOf } from "../../state/draft.ts";
import { zeroPages } from "../../state/pages.ts";
import { memoryUsed } from "../cycles.ts";
import * as candid from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { encodeReply } from "./candid-encode.ts";
import { Blob } from "./candid-types.ts";
import { managementQuery } from "./query.ts";
import { rawRandAnswer } from "./raw-rand.ts";
import {
  ALICE,
  BOB,
  T,
  subnet,
  genesis,
  newRound,
  isReply,
  byUser,
  byCanister,
  replyOf,
  errorOf,
  made,
  on,
  canister,
  change,
} from "./testing/calls.ts";

const SETTINGS = [
  "compute_allocation",
  "controllers",
  "environment_variables",
  "freezing_threshold",
  "log_memory_limit",
  "log_visibility",
  "memory_allocation",
  "minimum_incoming_canister_call_cycles",
  "reserved_cycles_limit",
  "snapshot_visibility",
  "status_visibility",
  "wasm_memory_limit",
  "wasm_memory_threshold",
];

describe("what is told", () => {
  test("status: all fields, to controllers, to itself, and to whom the setting names", () => {
    const draft = newRound();
    const id = made(draft);
    const status = replyOf(on(draft, "canister_status", id), candid.CanisterStatusReply);
    expect(status).toMatchObject({
      status: { tag: "running" },
      ready_for_migration: false,
      version: 0n,
      module_hash: undefined,
      cycles: 100n * T,
      reserved_cycles: 0n,
      query_stats: { num_calls_total: 0n },
      settings: {
        controllers: [ALICE],
        log_visibility: { tag: "controllers" },
        wasm_memory_limit: 3n << 30n,
      },
    });
    const { memory_metrics } = status;
    expect(Object.values(memory_metrics).reduce((a, b) => a + b)).toBe(status.memory_size);
    expect(status.memory_size).toBe(BigInt(memoryUsed(canister(draft, id))));

    expect(errorOf(on(draft, "canister_status", id, BOB))).toBe("IC0542");
    expect(
      isReply(byCanister(draft, "canister_status", candid.CanisterIdArgs, { canister_id: id }, id)),
    ).toBe(true);
    const seen = (kind: object): boolean => {
      change(draft, id, { settings: { ...canister(draft, id).settings, statusVisibility: kind as never } });
      return isReply(on(draft, "canister_status", id, BOB));
    };
    expect(seen({ kind: "public" })).toBe(true);
    expect(seen({ kind: "allowed", viewers: [BOB] })).toBe(true);
    expect(seen({ kind: "allowed", viewers: [] })).toBe(false);
  });

  test("L74, L75 every field tells of its own thing", () => {
    const draft = newRound();
    const id = made(draft);
    const status = () => replyOf(on(draft, "canister_status", id), candid.CanisterStatusReply);
    const risen = (part: Parameters<typeof change>[2]): Record<string, bigint> => {
      const before = status().memory_metrics;
      change(draft, id, part);
      const { memory_metrics: after, memory_size } = status();
      expect(Object.values(after).reduce((a, b) => a + b)).toBe(memory_size);
      const differences = Object.entries(after).map(([k, v]) => [k, v - before[k as keyof typeof before]]);
      return Object.fromEntries(differences.filter(([, by]) => by !== 0n));
    };
    const page = zeroPages(65_536);
    expect(risen({ heap: page })).toEqual({ wasm_memory_size: 65_536n });
    expect(risen({ stable: zeroPages(131_072) })).toEqual({ stable_memory_size: 131_072n });
    expect(risen({ chunkStore: new Map([["00", new Uint8Array(1)]]) })).toEqual({
      wasm_chunk_store_size: 1n << 20n,
    });
    expect(risen({ snapshots: new Map([["00", { size: 7 } as never]]) })).toEqual({ snapshots_size: 7n });
    expect(risen({ history: [...canister(draft, id).history, canister(draft, id).history[0]!] })).toEqual({
      canister_history_size: 192n + 30n,
    });
    const module = { exportedGlobals: [{}, {}, {}] } as never;
    const metadata = new Map([["ab", { visibility: "public", content: new Uint8Array(10) }]] as const);
    const code = { uploaded: new Uint8Array(99), module, metadata, moduleHash: Uint8Array.of(9) } as never;
    expect(risen({ code })).toEqual({
      wasm_binary_size: 99n,
      global_memory_size: 4n * 32n,
      custom_sections_size: 13n,
    });

    change(draft, id, {
      code: undefined,
      version: 41n,
      reservedCycles: 5n,
      cycles: 77n * T,
      queryStats: { calls: 1n, instructions: 2n, requestBytes: 3n, responseBytes: 4n },
    });
    const idle = status();
    expect(idle).toMatchObject({
      version: 41n,
      cycles: 77n * T,
      reserved_cycles: 5n,
      query_stats: {
        num_calls_total: 1n,
        num_instructions_total: 2n,
        request_payload_bytes_total: 3n,
        response_payload_bytes_total: 4n,
      },
    });
    expect(idle.idle_cycles_burned_per_day).toBeGreaterThan(0n);
    expect(Object.keys(idle).length).toBe(11);
    expect(Object.keys(idle.settings).sort()).toEqual([...SETTINGS].sort());
    for (const [kind, ready] of [
      ["stopping", false],
      ["stopped", true],
    ] as const) {
      const stopping = { kind, stopCalls: [], since: 0n } as never;
      change(draft, id, {
        status: stopping,
        code: { ...(code as object), moduleHash: Uint8Array.of(9) } as never,
      });
      expect(status()).toMatchObject({
        status: { tag: kind },
        ready_for_migration: ready,
        module_hash: Uint8Array.of(9),
      });
    }
  });

  test("info: the newest changes asked for, oldest first; twenty are kept, all are counted", () => {
    const draft = newRound();
    const id = made(draft);
    const args = { canister_id: id, sender_canister_version: undefined };
    for (let i = 0; i < 24; i++) byUser(draft, "uninstall_code", candid.UninstallCodeArgs, args);
    const info = (num_requested_changes: bigint | undefined) =>
      replyOf(
        byCanister(
          draft,
          "canister_info",
          candid.CanisterInfoArgs,
          { canister_id: id, num_requested_changes },
          canisterIdOf(30n),
        ),
        candid.CanisterInfoReply,
      );
    expect(info(undefined)).toEqual({
      total_num_changes: 25n,
      recent_changes: [],
      module_hash: undefined,
      controllers: [ALICE],
    });
    expect(info(2n).recent_changes.map((c) => c.canister_version)).toEqual([23n, 24n]);
    expect(info(2n).recent_changes[0]).toMatchObject({
      origin: { tag: "from_user", value: { user_id: ALICE } },
      details: { tag: "code_uninstall" },
    });
    expect(info(1_000n).recent_changes.length).toBe(20);
  });

  test("queries: status and logs by their visibility, and nothing else", () => {
    const draft = newRound();
    const id = made(draft);
    change(draft, id, { logs: [{ index: 4n, at: 9n, content: utf8("hi") }] });
    const state = stateOf(draft, genesis);
    const ask = (method: string, sender: PrincipalId) =>
      managementQuery(
        state,
        { sender, receiver: "", method, arg: encodeReply(candid.CanisterIdArgs, { canister_id: id }) },
        subnet,
      );
    expect(ask("canister_status", ALICE).kind).toBe("replied");
    expect(ask("canister_status", BOB)).toMatchObject({ reject: { error: "IC0542" } });
    const logs = ask("fetch_canister_logs", ALICE);
    expect(logs.kind === "replied" && decodeArgument(candid.FetchLogsReply, logs.reply)).toEqual({
      ok: true,
      value: { canister_log_records: [{ idx: 4n, timestamp_nanos: 9n, content: utf8("hi") }] },
    });
    expect(ask("fetch_canister_logs", BOB)).toMatchObject({
      reject: {
        error: "IC0406",
        message: `Caller ${principalText(BOB)} is not allowed to access canister logs`,
      },
    });
    expect(ask("start_canister", ALICE)).toMatchObject({ reject: { error: "IC0536" } });
  });

  test("raw_rand waits for a later round", () => {
    const draft = newRound();
    const outcome = byCanister(draft, "raw_rand", undefined, undefined, canisterIdOf(16n), 3n);
    expect(outcome).toEqual({ kind: "postponed" });
    expect(draft.postponedRawRand).toMatchObject([{ askedAtHeight: 1, request: { cycles: 3n } }]);
    const answer = rawRandAnswer(new Uint8Array(32).fill(7));
    expect(answer.kind === "reply" && decodeArgument(Blob, answer.data)).toEqual({
      ok: true,
      value: new Uint8Array(32).fill(7),
    });
  });
});
