/**
 * A canister's thirteen settings: defaults, and what may become of them.
 *
 *   CS1  A field that is not given stays. The environment variables are replaced as a whole.
 *   CS2  All or nothing: one bad field and none changes.
 *   CS3  Compute is promised at most up to what the subnet can keep, memory up to its capacity.
 *   CS4  Promising more than before needs the cycles to stay above the freezing limit that follows from it.
 *
 * Source: interface §6.1, L1, L3; replica D.1 (reservable compute), E.2.
 */
import { compareText, utf8 } from "../../../base/bytes.ts";
import type { SubnetRecord } from "../../../registry/registry.ts";
import type { PrincipalId } from "../../../types/ids.ts";
import { IC, rejectOf, type ErrorCode } from "../../../types/errors.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterSettings, CanisterState, Visibility } from "../../state/canister.ts";
import { freezingLimit } from "../cycles.ts";
import type { Draft } from "../draft.ts";
import type { DefiniteSettings, Settings } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { invalidSettings } from "./rejects.ts";

const MAX_CONTROLLERS = 10;
const MAX_VIEWERS = 10;
const MAX_VARIABLES = 20;
const MAX_NAME_BYTES = 128;
const MAX_VALUE_BYTES = 128;
const WASM_MEMORY_MAX = 2n ** 48n;
/** What new canisters of mainnet have, though the specification says 0. */
const WASM_MEMORY_LIMIT_DEFAULT = 3n * 2n ** 30n;
const NAT64_MAX = 2n ** 64n - 1n;
const NAT128_MAX = 2n ** 128n - 1n;
/** Percent: 4 cores less one, half of which may be promised. */
const COMPUTE_CAPACITY = 150n;
const MEMORY_CAPACITY = 2n ** 41n;
const LOG_BYTES_DEFAULT = 4096n;
/** Least, unless there is no log at all, and most. */
const LOG_BYTES_MIN = 4096n;
const LOG_BYTES_MAX = 2_097_152n;

const ONLY_CONTROLLERS: Visibility = { kind: "controllers" };

export const defaultSettings = (creator: PrincipalId): CanisterSettings => ({
  controllers: [creator],
  computeAllocation: 0n,
  memoryAllocation: 0n,
  freezingThresholdSeconds: 2_592_000n,
  reservedCyclesLimit: 5_000_000_000_000n,
  logVisibility: ONLY_CONTROLLERS,
  logMemoryLimit: LOG_BYTES_DEFAULT,
  snapshotVisibility: ONLY_CONTROLLERS,
  statusVisibility: ONLY_CONTROLLERS,
  minimumIncomingCallCycles: 0n,
  wasmMemoryLimit: WASM_MEMORY_LIMIT_DEFAULT,
  wasmMemoryThreshold: 0n,
  environmentVariables: [],
});

type Judged = { readonly settings: CanisterSettings } | { readonly reject: Reject };

/** `canister` as it would be otherwise; its own settings are what stays. */
export function changedSettings(
  draft: Draft,
  canister: CanisterState,
  given: Settings,
  subnet: SubnetRecord,
): Judged {
  const reject = formFault(given) ?? capacityFault(draft, canister, given);
  if (reject !== undefined) return { reject };
  const settings = merged(canister.settings, given);
  const fault = fitFault(canister, settings) ?? cyclesFault(canister, settings, subnet);
  return fault === undefined ? { settings } : { reject: fault };
}

/** What is wrong with the arguments themselves, whatever the canister. */
function formFault(given: Settings): Reject | undefined {
  if ((given.controllers?.length ?? 0) > MAX_CONTROLLERS) return tooMany(MAX_CONTROLLERS);
  for (const v of [given.log_visibility, given.snapshot_visibility, given.status_visibility]) {
    if (v?.tag === "allowed_viewers" && v.value.length > MAX_VIEWERS) return tooMany(MAX_VIEWERS);
  }
  return rangeFault(given) ?? variablesFault(given.environment_variables ?? []);
}

const tooMany = (max: number): Reject =>
  rejectOf(
    IC.InvalidManagementPayload,
    `Error decoding candid: Deserialize error: The number of elements exceeds maximum allowed ${max}`,
  );

function rangeFault(given: Settings): Reject | undefined {
  const violation = (text: string): Reject => rejectOf(IC.CanisterContractViolation, text);
  const range = (name: string, max: bigint, words: string, value: bigint | undefined) =>
    value !== undefined && value > max
      ? violation(`${name} expected to be in the range ${words}, got ${grouped(value)}`)
      : undefined;
  return (
    range("ComputeAllocation", 100n, "[0..100]", given.compute_allocation) ??
    range("MemoryAllocation", NAT64_MAX, `[0..${NAT64_MAX}]`, given.memory_allocation) ??
    range("Freezing threshold", NAT64_MAX, "of [0..2^64-1]", given.freezing_threshold) ??
    range("Reserved cycles limit", NAT128_MAX, "of [0..2^128-1]", given.reserved_cycles_limit) ??
    range(
      "Minimum incoming canister call cycles",
      NAT128_MAX,
      "of [0..2^128-1]",
      given.minimum_incoming_canister_call_cycles,
    ) ??
    logFault(given.log_memory_limit) ??
    range("Wasm memory limit", WASM_MEMORY_MAX, "of [0..2^48]", given.wasm_memory_limit) ??
    range("Wasm memory threshold", WASM_MEMORY_MAX, "of [0..2^48]", given.wasm_memory_threshold)
  );
}

function logFault(limit: bigint | undefined): Reject | undefined {
  const refuse = (how: string, bound: string, than: bigint): Reject =>
    rejectOf(
      IC.CanisterRejectedMessage,
      `The canister log memory limit ${limit} is too ${how}. It must be at ${bound} ${than}.`,
    );
  if (limit === undefined || limit === 0n) return undefined;
  if (limit < LOG_BYTES_MIN) return refuse("low", "least", LOG_BYTES_MIN);
  return limit > LOG_BYTES_MAX ? refuse("high", "most", LOG_BYTES_MAX) : undefined;
}

/** As Candid numbers are printed: 1_000_000. */
const grouped = (n: bigint): string => n.toString().replace(/\B(?=(\d{3})+$)/g, "_");

function variablesFault(variables: NonNullable<Settings["environment_variables"]>): Reject | undefined {
  const bad = (text: string): Reject => rejectOf(IC.InvalidManagementPayload, text);
  if (new Set(variables.map((v) => v.name)).size !== variables.length)
    return bad("Duplicate environment variables are not allowed");
  if (variables.length > MAX_VARIABLES)
    return bad(`Too many environment variables: ${variables.length} (max: ${MAX_VARIABLES})`);
  for (const { name, value } of variables) {
    if (utf8(name).length > MAX_NAME_BYTES)
      return bad(
        `Environment variable name "${name}" exceeds the maximum allowed length of ${MAX_NAME_BYTES}.`,
      );
    if (utf8(value).length > MAX_VALUE_BYTES)
      return bad(
        `Environment variable value "${value}" exceeds the maximum allowed length of ${MAX_VALUE_BYTES}.`,
      );
  }
  return undefined;
}

function capacityFault(draft: Draft, canister: CanisterState, given: Settings): Reject | undefined {
  const promised = (of: (s: CanisterSettings) => bigint): bigint => {
    let sum = 0n;
    for (const other of draft.canisters.values()) if (other.id !== canister.id) sum += of(other.settings);
    return sum;
  };
  const compute = given.compute_allocation;
  if (compute !== undefined && compute > canister.settings.computeAllocation) {
    const free = COMPUTE_CAPACITY - promised((s) => s.computeAllocation) - 1n;
    if (compute > free)
      return rejectOf(
        IC.SubnetOversubscribed,
        `Canister requested a compute allocation of ${compute}% which cannot be satisfied because the Subnet's remaining compute capacity is ${free}%.`,
      );
  }
  const memory = given.memory_allocation;
  if (memory !== undefined && memory > canister.settings.memoryAllocation) {
    const free = MEMORY_CAPACITY - promised((s) => s.memoryAllocation);
    if (memory > free)
      return rejectOf(
        IC.SubnetOversubscribed,
        `Canister requested ${inGibibytes(memory)} of memory but only ${inGibibytes(free)} are available in the subnet.`,
      );
  }
  return undefined;
}

/** "2048.00 GiB", without a float. */
function inGibibytes(bytes: bigint): string {
  const hundredths = (bytes * 100n) >> 30n;
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, "0")} GiB`;
}

function fitFault(canister: CanisterState, settings: CanisterSettings): Reject | undefined {
  const { wasmMemoryLimit: limit, reservedCyclesLimit } = settings;
  if (limit !== canister.settings.wasmMemoryLimit && limit !== 0n && limit < BigInt(canister.heap.length))
    return invalidSettings(
      `the Wasm memory limit of ${limit} bytes is below the current use of ${canister.heap.length} bytes.`,
    );
  if (
    reservedCyclesLimit !== canister.settings.reservedCyclesLimit &&
    reservedCyclesLimit < canister.reservedCycles
  )
    return rejectOf(
      IC.ReservedCyclesLimitIsTooLow,
      `Cannot set the reserved cycles limit ${reservedCyclesLimit} below the reserved cycles balance of the canister ${canister.reservedCycles}.`,
    );
  return undefined;
}

function cyclesFault(
  canister: CanisterState,
  settings: CanisterSettings,
  subnet: SubnetRecord,
): Reject | undefined {
  const missing = freezingLimit({ ...canister, settings }, subnet) - canister.cycles;
  if (missing <= 0n) return undefined;
  const refuse = (error: ErrorCode, what: string): Reject =>
    rejectOf(
      error,
      `Cannot increase ${what} due to insufficient cycles. At least ${missing} additional cycles are required.`,
    );
  if (settings.computeAllocation > canister.settings.computeAllocation)
    return refuse(
      IC.InsufficientCyclesInComputeAllocation,
      `compute allocation to ${settings.computeAllocation}%`,
    );
  if (settings.memoryAllocation > canister.settings.memoryAllocation)
    return refuse(
      IC.InsufficientCyclesInMemoryAllocation,
      `memory allocation to ${inGibibytes(settings.memoryAllocation)}`,
    );
  return undefined;
}

/** Sets are kept in byte order, so that the order in which they were given leaves no trace. */
function merged(old: CanisterSettings, given: Settings): CanisterSettings {
  return {
    controllers: given.controllers === undefined ? old.controllers : asSet(given.controllers),
    computeAllocation: given.compute_allocation ?? old.computeAllocation,
    memoryAllocation: given.memory_allocation ?? old.memoryAllocation,
    freezingThresholdSeconds: given.freezing_threshold ?? old.freezingThresholdSeconds,
    reservedCyclesLimit: given.reserved_cycles_limit ?? old.reservedCyclesLimit,
    logVisibility: visibility(given.log_visibility) ?? old.logVisibility,
    logMemoryLimit: given.log_memory_limit ?? old.logMemoryLimit,
    snapshotVisibility: visibility(given.snapshot_visibility) ?? old.snapshotVisibility,
    statusVisibility: visibility(given.status_visibility) ?? old.statusVisibility,
    minimumIncomingCallCycles: given.minimum_incoming_canister_call_cycles ?? old.minimumIncomingCallCycles,
    wasmMemoryLimit: given.wasm_memory_limit ?? old.wasmMemoryLimit,
    wasmMemoryThreshold: given.wasm_memory_threshold ?? old.wasmMemoryThreshold,
    environmentVariables:
      given.environment_variables === undefined
        ? old.environmentVariables
        : [...given.environment_variables].sort((a, b) => compareText(a.name, b.name)),
  };
}

const asSet = (ids: readonly PrincipalId[]): PrincipalId[] => [...new Set(ids)].sort(compareText);

function visibility(given: Settings["log_visibility"]): Visibility | undefined {
  if (given === undefined) return undefined;
  if (given.tag === "allowed_viewers") return { kind: "allowed", viewers: asSet(given.value) };
  return { kind: given.tag };
}

const shown = (v: Visibility): ValueOf<typeof DefiniteSettings>["log_visibility"] =>
  v.kind === "allowed" ? { tag: "allowed_viewers", value: v.viewers } : { tag: v.kind, value: null };

export const definiteSettings = (s: CanisterSettings): ValueOf<typeof DefiniteSettings> => ({
  controllers: s.controllers,
  compute_allocation: s.computeAllocation,
  memory_allocation: s.memoryAllocation,
  freezing_threshold: s.freezingThresholdSeconds,
  reserved_cycles_limit: s.reservedCyclesLimit,
  minimum_incoming_canister_call_cycles: s.minimumIncomingCallCycles,
  log_visibility: shown(s.logVisibility),
  log_memory_limit: s.logMemoryLimit,
  snapshot_visibility: shown(s.snapshotVisibility),
  status_visibility: shown(s.statusVisibility),
  wasm_memory_limit: s.wasmMemoryLimit,
  wasm_memory_threshold: s.wasmMemoryThreshold,
  environment_variables: s.environmentVariables,
});
