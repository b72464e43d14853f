/** A canister as creation leaves it, for tests that start in the middle of its life. */
import { EMPTY } from "../../../src/base/bytes.ts";
import type { CanisterId, Nanos, PrincipalId } from "../../../src/types/ids.ts";
import type { CanisterChange, CanisterSettings, CanisterState } from "../../../src/replica/state/canister.ts";
import { NO_PAGES } from "../../../src/replica/state/pages.ts";

export const defaultSettings = (controllers: readonly PrincipalId[]): CanisterSettings => ({
  controllers,
  computeAllocation: 0n,
  memoryAllocation: 0n,
  freezingThresholdSeconds: 2_592_000n,
  reservedCyclesLimit: 5_000_000_000_000n,
  logVisibility: { kind: "controllers" },
  snapshotVisibility: { kind: "controllers" },
  statusVisibility: { kind: "controllers" },
  minimumIncomingCallCycles: 0n,
  wasmMemoryLimit: 0n,
  wasmMemoryThreshold: 0n,
  environmentVariables: [],
});

export function emptyCanister(
  id: CanisterId,
  settings: CanisterSettings,
  cycles: bigint,
  at: Nanos,
  origin: CanisterChange["origin"],
): CanisterState {
  const creation: CanisterChange = {
    at,
    version: 0n,
    origin,
    details: { kind: "creation", controllers: settings.controllers },
  };
  return {
    id,
    status: { kind: "running" },
    settings,
    cycles,
    reservedCycles: 0n,
    version: 0n,
    createdAt: at,
    lastInstalledAt: undefined,
    code: undefined,
    heap: NO_PAGES,
    globals: [],
    stable: NO_PAGES,
    certifiedData: EMPTY,
    globalTimer: 0n,
    history: [creation],
    historyTotal: 1n,
    logs: [],
    nextLogIndex: 0n,
    inputs: [],
    contexts: new Map(),
    callbacks: new Map(),
    nextContext: 0,
    nextCallback: 0,
    chargedUntil: at,
    consumedCycles: 0n,
  };
}
