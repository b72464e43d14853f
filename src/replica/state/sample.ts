/** States for tests: small, complete, and easy to vary by spreading. */
import { EMPTY, utf8 } from "../../base/bytes.ts";
import { APPLICATION_LIMITS, type SubnetRecord } from "../../registry/registry.ts";
import { type CanisterId, nanosOf } from "../../types/ids.ts";
import { canisterIdOf, selfAuthenticating } from "../../types/principal.ts";
import type { CanisterState, InstalledCode } from "./canister.ts";
import { NOTHING_CONSUMED } from "./consumed.ts";
import { genesisState } from "./genesis.ts";
import { NO_PAGES } from "./pages.ts";
import { NO_QUERIES } from "./query-stats.ts";
import type { ReplicatedState } from "./state.ts";

/** 2026-11-22T11:30:16Z. */
export const SAMPLE_TIME_MS = 1_795_347_016_000;

/** `publicKeyDer`: of the certification key; it names the subnet. */
export function sampleSubnet(nodeCount: number, publicKeyDer: Uint8Array = utf8("no key")): SubnetRecord {
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const publicKey = new Uint8Array(44).fill(i + 1);
    return { id: selfAuthenticating(publicKey), publicKey, multiSigKey: EMPTY, multiSigPop: EMPTY };
  });
  return {
    id: selfAuthenticating(publicKeyDer),
    type: "application",
    nodes: nodes.sort((a, b) => (a.id < b.id ? -1 : 1)),
    lowCoefficients: [],
    highCoefficients: [],
    publicKeyDer,
    initialNotaryDelayMs: 300,
    unitDelayMs: 1000,
    maxIngressBytesPerMessage: 2 * 1024 * 1024,
    maxIngressMessagesPerBlock: 1000,
    maxBlockPayloadBytes: 4 * 1024 * 1024,
    queryStatsEpochLength: 600,
    dkgIntervalLength: 499,
    canisterRanges: [{ start: canisterIdOf(0n), end: canisterIdOf(0xfffffn) }],
    limits: APPLICATION_LIMITS,
  };
}

export const sampleCode = (
  metadata: InstalledCode["metadata"] = new Map(),
  moduleHash: Uint8Array = new Uint8Array(32).fill(7),
): InstalledCode => ({
  moduleHash,
  uploaded: new Uint8Array(100),
  module: {
    key: "",
    bytes: EMPTY,
    memory: undefined,
    globals: [],
    exportedGlobals: [],
    hasTable: false,
    ownFunctions: { from: 0, count: 1, shift: 3 },
    freshEachTime: false,
  },
  exports: { updates: [], queries: [], compositeQueries: [], hooks: [] },
  metadata,
});

export const sampleCanister = (id: CanisterId, changes: Partial<CanisterState> = {}): CanisterState => ({
  id,
  status: { kind: "running" },
  settings: {
    controllers: ["04"],
    computeAllocation: 0n,
    memoryAllocation: 0n,
    freezingThresholdSeconds: 0n,
    reservedCyclesLimit: 0n,
    logVisibility: { kind: "controllers" },
    logMemoryLimit: 4096n,
    snapshotVisibility: { kind: "controllers" },
    statusVisibility: { kind: "controllers" },
    minimumIncomingCallCycles: 0n,
    wasmMemoryLimit: 0n,
    wasmMemoryThreshold: 0n,
    environmentVariables: [],
  },
  cycles: 1_000_000_000_000n,
  reservedCycles: 0n,
  version: 1n,
  createdAt: nanosOf(SAMPLE_TIME_MS),
  lastInstalledAt: undefined,
  code: undefined,
  heap: NO_PAGES,
  globals: [],
  stable: NO_PAGES,
  certifiedData: EMPTY,
  globalTimer: 0n,
  history: [],
  historyTotal: 0n,
  logs: [],
  nextLogIndex: 0n,
  inputs: [],
  contexts: new Map(),
  callbacks: new Map(),
  nextContext: 0,
  nextCallback: 0,
  chargedUntil: 0n,
  consumed: NOTHING_CONSUMED,
  snapshotsMade: 0,
  lowMemoryHook: "condition_not_satisfied",
  queryStats: NO_QUERIES,
  ...changes,
});

/** A state at a height, with canisters by their ids. */
export function sampleState(
  subnet: SubnetRecord,
  height: number,
  changes: Partial<Omit<ReplicatedState, "canisters">> & { canisters?: readonly CanisterState[] } = {},
): ReplicatedState {
  const { canisters = [], ...rest } = changes;
  return {
    ...genesisState(subnet, SAMPLE_TIME_MS),
    height,
    time: nanosOf(SAMPLE_TIME_MS + 1000 * height),
    canisters: new Map(canisters.map((c) => [c.id, c])),
    ...rest,
  };
}
