import { encodeReply } from "./candid-encode.ts";
import { describe, expect, test } from "vitest";
import { canisterIdOf } from "../../../types/principal.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { Draft } from "../../state/draft.ts";
import { zeroPages } from "../../state/pages.ts";
import * as candid from "./candid.ts";
import {
  ALICE,
  BOB,
  T,
  newRound,
  byUser,
  errorOf,
  textOf,
  made,
  NOTHING_SET,
  canister,
  change,
} from "./testing/calls.ts";

describe("settings", () => {
  const update = (draft: Draft, id: CanisterId, settings: Partial<candid.Settings>, sender = ALICE) =>
    byUser(
      draft,
      "update_settings",
      candid.UpdateSettingsArgs,
      { canister_id: id, settings: { ...NOTHING_SET, ...settings }, sender_canister_version: undefined },
      sender,
    );

  test("CS1: given fields change, others stay; the version always rises, the history only for controllers", () => {
    const draft = newRound();
    const id = made(draft);
    update(draft, id, {
      freezing_threshold: 60n,
      wasm_memory_limit: 1_000_000n,
      wasm_memory_threshold: 9n,
      reserved_cycles_limit: 8n,
      minimum_incoming_canister_call_cycles: 7n,
      memory_allocation: 65_536n,
      compute_allocation: 1n,
      log_visibility: { tag: "public", value: null },
      snapshot_visibility: { tag: "controllers", value: null },
      status_visibility: { tag: "allowed_viewers", value: [BOB, ALICE, BOB] },
      environment_variables: [
        { name: "b", value: "2" },
        { name: "a", value: "1" },
      ],
    });
    const first = canister(draft, id);
    expect(first.version).toBe(1n);
    expect(first.historyTotal).toBe(1n);
    expect(first.settings).toEqual({
      controllers: [ALICE],
      computeAllocation: 1n,
      memoryAllocation: 65_536n,
      freezingThresholdSeconds: 60n,
      reservedCyclesLimit: 8n,
      logVisibility: { kind: "public" },
      logMemoryLimit: 4096n,
      snapshotVisibility: { kind: "controllers" },
      statusVisibility: { kind: "allowed", viewers: [ALICE, BOB] },
      minimumIncomingCallCycles: 7n,
      wasmMemoryLimit: 1_000_000n,
      wasmMemoryThreshold: 9n,
      environmentVariables: [
        { name: "a", value: "1" },
        { name: "b", value: "2" },
      ],
    });
    update(draft, id, { controllers: [BOB, ALICE, BOB] });
    const second = canister(draft, id);
    expect(second.settings).toEqual({ ...first.settings, controllers: [ALICE, BOB] });
    expect(second.history.at(-1)?.details).toEqual({ kind: "controllers-change", controllers: [ALICE, BOB] });
    expect(second.version).toBe(2n);
  });

  const viewers = Array.from({ length: 11 }, (_, i) => canisterIdOf(BigInt(i)));
  const variable = (name: string, value = ""): { name: string; value: string } => ({ name, value });
  test.each<[string, Partial<candid.Settings>]>([
    ["IC0408", { controllers: viewers }],
    ["IC0408", { log_visibility: { tag: "allowed_viewers", value: viewers } }],
    ["IC0504", { compute_allocation: 101n }],
    ["IC0101", { compute_allocation: 70n }],
    ["IC0504", { memory_allocation: 2n ** 64n }],
    ["IC0101", { memory_allocation: 2n ** 41n + 1n }],
    ["IC0504", { freezing_threshold: 2n ** 64n }],
    ["IC0504", { reserved_cycles_limit: 2n ** 128n }],
    ["IC0540", { reserved_cycles_limit: 99n }],
    ["IC0504", { minimum_incoming_canister_call_cycles: 2n ** 128n }],
    ["IC0504", { wasm_memory_limit: 2n ** 48n + 1n }],
    ["IC0504", { wasm_memory_limit: 65_535n }],
    ["IC0504", { wasm_memory_threshold: 2n ** 48n + 1n }],
    ["IC0408", { environment_variables: [variable("a"), variable("a")] }],
    ["IC0408", { environment_variables: Array.from({ length: 21 }, (_, i) => variable(`${i}`)) }],
    ["IC0408", { environment_variables: [variable("é".repeat(65))] }],
    ["IC0408", { environment_variables: [variable("a", "x".repeat(129))] }],
    ["IC0530", { compute_allocation: 69n }],
    ["IC0531", { memory_allocation: 2n ** 40n }],
  ])("CS2: %s refuses all of it: %#", (code, bad) => {
    const draft = newRound();
    made(draft, { settings: { compute_allocation: 80n }, amount: 10_000n * T });
    const id = made(draft);
    change(draft, id, { reservedCycles: 100n, heap: zeroPages(65_536) });
    const before = canister(draft, id);
    const refused = update(draft, id, { freezing_threshold: 1_000_000_000n, ...bad });
    expect(errorOf(refused)).toBe(code);
    expect(canister(draft, id)).toBe(before);
  });

  test("EC4: a small change is paid for when it is executed, as far as the balance goes", () => {
    const draft = newRound();
    const [rich, poor] = [made(draft), made(draft, { amount: 5n })];
    for (const id of [rich, poor]) expect(textOf(update(draft, id, { freezing_threshold: 1n }))).toBe("");
    const bytes = "update_settings".length + encodeReply(candid.UpdateSettingsArgs, settingsOf(rich)).length;
    const fee = 1_200_000n + 2_000n * BigInt(bytes);
    expect(canister(draft, rich).cycles).toBe(100_000_000_000_000n - fee);
    expect(canister(draft, poor).cycles).toBe(0n);
    expect(draft.cyclesBurned).toBe(fee + 5n);
  });
  const settingsOf = (canister_id: CanisterId) => ({
    canister_id,
    settings: { ...NOTHING_SET, freezing_threshold: 1n },
    sender_canister_version: undefined,
  });

  test("what each text names", () => {
    const draft = newRound();
    const id = made(draft);
    expect(textOf(update(draft, id, { compute_allocation: 1_000n }))).toBe(
      "ComputeAllocation expected to be in the range [0..100], got 1_000",
    );
    expect(textOf(update(draft, id, { memory_allocation: 2n ** 42n }))).toContain(
      "requested 4096.00 GiB of memory",
    );
  });
});
