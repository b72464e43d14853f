/** A canister as creation leaves it, for tests that start in the middle of its life. */
import type { CanisterId, Nanos, PrincipalId } from "../../../src/types/ids.ts";
import type { CanisterChange, CanisterSettings, CanisterState } from "../../../src/replica/state/canister.ts";
import { sampleCanister } from "../../../src/replica/state/sample.ts";

export const defaultSettings = (controllers: readonly PrincipalId[]): CanisterSettings => ({
  controllers,
  computeAllocation: 0n,
  memoryAllocation: 0n,
  freezingThresholdSeconds: 2_592_000n,
  reservedCyclesLimit: 5_000_000_000_000n,
  logVisibility: { kind: "controllers" },
  logMemoryLimit: 4096n,
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
    details: {
      kind: "creation",
      controllers: settings.controllers,
      environmentVariablesHash: undefined,
    },
  };
  return sampleCanister(id, {
    settings,
    cycles,
    version: 0n,
    createdAt: at,
    history: [creation],
    historyTotal: 1n,
    chargedUntil: at,
  });
}
