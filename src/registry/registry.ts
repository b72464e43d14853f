/**
 * The registry: versioned records of who is in the subnet, by which keys, under which parameters. Every reader names the
 * version that it reads; which one governs a height is agreed in summary blocks (consensus/membership.ts).
 * Source: replica A.3, A.8, I.2.
 */
import { defined } from "../base/assert.ts";
import type { Height, NodeId, RegistryVersion, SubnetId } from "../types/ids.ts";
import type { CanisterRange } from "./ranges.ts";

export interface NodeRecord {
  readonly id: NodeId;
  /** DER Ed25519, 44 bytes: signs proposals and query replies. */
  readonly publicKey: Uint8Array;
  /** BLS12-381 G2, 96 bytes compressed: notarization and finalization. Its proof of possession was checked at registration. */
  readonly multiSigKey: Uint8Array;
  readonly multiSigPop: Uint8Array;
}

export interface SubnetRecord {
  readonly id: SubnetId;
  readonly type: "application";
  /** In byte order of the ids: the position is the threshold index. */
  readonly nodes: readonly NodeRecord[];
  /** Threshold public keys, constant term first: G2 coefficients, 96 bytes each. Low: beacon, tape. High: certification. */
  readonly lowCoefficients: readonly Uint8Array[];
  readonly highCoefficients: readonly Uint8Array[];
  /** DER of the high key's constant term; its hash names the subnet. */
  readonly publicKeyDer: Uint8Array;
  readonly initialNotaryDelayMs: number;
  readonly unitDelayMs: number;
  readonly maxIngressBytesPerMessage: number;
  readonly maxIngressMessagesPerBlock: number;
  readonly maxBlockPayloadBytes: number;
  /** Blocks with messages between two summaries. Source: replica A.8, A.15. */
  readonly dkgIntervalLength: number;
  /** Heights over which nodes count queries before they tell of them. */
  readonly queryStatsEpochLength: number;
  readonly canisterRanges: readonly CanisterRange[];
  /** Instructions one message may use, by kind. Source: replica D.2. */
  readonly limits: InstructionLimits;
}

export interface InstructionLimits {
  readonly update: bigint;
  readonly query: bigint;
  readonly inspect: bigint;
  readonly install: bigint;
  /** Of a core, within a round, and of one message within it. */
  readonly round: bigint;
  readonly slice: bigint;
}

/** Source: [ic] rs/config/src/execution_environment.rs. */
export const QUERY_STATS_EPOCH_LENGTH = 600;

export const DKG_INTERVAL_LENGTH = 499;
export const isSummaryHeight = (height: Height, { dkgIntervalLength }: SubnetRecord): boolean =>
  height % (dkgIntervalLength + 1) === 0;

export const APPLICATION_LIMITS: InstructionLimits = {
  update: 40_000_000_000n,
  query: 5_000_000_000n,
  inspect: 200_000_000n,
  install: 300_000_000_000n,
  round: 4_000_000_000n,
  slice: 2_000_000_000n,
};

/** The version that a subnet begins with. */
export const GENESIS_VERSION: RegistryVersion = 1;

export interface Registry {
  readonly latestVersion: RegistryVersion;
  readonly versions: ReadonlyMap<RegistryVersion, SubnetRecord>;
}

/** Without versions that are known and do not count yet. */
export const counting = ({ latestVersion, versions }: Registry): Registry => ({
  latestVersion,
  versions: new Map([...versions].filter(([version]) => version <= latestVersion)),
});

export const subnetAt = (registry: Registry, version: RegistryVersion): SubnetRecord =>
  defined(registry.versions.get(version), `registry version ${version} is known`);

/** f = ⌊(n−1)/3⌋. Source: replica A.2. */
export const faultsTolerated = (n: number): number => Math.floor((n - 1) / 3);
export const lowThreshold = (n: number): number => faultsTolerated(n) + 1;
/** 2f+1: notarization, finalization, certification. */
export const highThreshold = (n: number): number => 2 * faultsTolerated(n) + 1;

/** Everybody of this version and later ones, in byte order. */
export const nodesSince = ({ versions }: Registry, oldest: RegistryVersion): NodeId[] =>
  [...new Set([...versions].flatMap(([v, subnet]) => (v >= oldest ? nodeIds(subnet) : [])))].sort();

export const nodeIds = (subnet: SubnetRecord): NodeId[] => subnet.nodes.map((n) => n.id);
