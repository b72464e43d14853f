import { Principal } from "@icp-sdk/core/principal";
import { expect, test } from "vitest";
import type { CanisterSettings } from "../shared/management.ts";
import { readSettings, type SettingName, textsOf } from "./settings-form.ts";

const before: CanisterSettings = {
  controllers: [Principal.fromText("aaaaa-aa")],
  compute_allocation: 0n,
  memory_allocation: 0n,
  freezing_threshold: 2_592_000n,
  reserved_cycles_limit: 5_000_000_000_000n,
  minimum_incoming_canister_call_cycles: 0n,
  log_visibility: { controllers: null },
  log_memory_limit: 4_096n,
  snapshot_visibility: { controllers: null },
  status_visibility: { allowed_viewers: [Principal.anonymous()] },
  wasm_memory_limit: 3n * 2n ** 30n,
  wasm_memory_threshold: 0n,
  environment_variables: [{ name: "A", value: "b=c" }],
};

test("what is read again unchanged changes nothing", () => {
  expect(textsOf(before)).toMatchObject({ freezing_threshold: "30 d", wasm_memory_limit: "3 GiB" });
  expect(readSettings(textsOf(before), before)).toEqual({ changed: {}, faults: {} });
});

test.each([
  ["freezing_threshold", "12h", 43_200n],
  ["reserved_cycles_limit", "2.5T", 2_500_000_000_000n],
  ["wasm_memory_limit", "512 MiB", 512n * 2n ** 20n],
  ["compute_allocation", "7 %", 7n],
  ["log_visibility", "public", { public: null }],
  ["log_visibility", "viewers\naaaaa-aa", { allowed_viewers: [Principal.fromText("aaaaa-aa")] }],
  [
    "environment_variables",
    "X=1\nY=a=b",
    [
      { name: "X", value: "1" },
      { name: "Y", value: "a=b" },
    ],
  ],
  ["controllers", "", []],
] as const)("%s = %s", (name, text, value) => {
  const { changed, faults } = readSettings({ ...textsOf(before), [name]: text }, before);
  expect(changed).toEqual({ [name]: value });
  expect(faults).toEqual({});
});

test.each<[SettingName, string, string]>([
  ["compute_allocation", "101", "At most 100."],
  ["freezing_threshold", "soon", '"soon" is no amount.'],
  ["memory_allocation", "4 parsecs", "parsecs is no unit here: GiB, MiB, KiB are."],
  ["controllers", "aaaaa-aa\nme", '"me" is no principal.'],
  ["environment_variables", "A=1\nA=2", "A is given twice."],
  ["environment_variables", "A", '"A" is not NAME=value.'],
])("%s = %s is refused at its field", (name, text, fault) => {
  const { changed, faults } = readSettings({ ...textsOf(before), [name]: text }, before);
  expect(faults).toEqual({ [name]: fault });
  expect(changed).toEqual({});
});
