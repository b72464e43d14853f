import type { Height, Nanos, NodeId, RegistryVersion } from "./ids.ts";
import type { SignedIngress } from "./messages.ts";
import type { QueryStatsSection } from "./query-stats.ts";

/** One finalized block, made ready for execution. Source: replica A.18. */
export interface Batch {
  readonly height: Height;
  /** The block's context time: constant for every message of the round. */
  readonly time: Nanos;
  /** SHA-256 of the random tape at this height, 32 bytes. */
  readonly randomness: Uint8Array;
  readonly registryVersion: RegistryVersion;
  readonly ingress: readonly SignedIngress[];
  /** Absent when the block's maker had nothing to tell of queries. */
  readonly queryStats?: QueryStatsSection;
  /** Of a summary block: the state after it becomes a checkpoint. */
  readonly isSummary?: true;
  readonly blockMaker: NodeId;
  /** Those of better ranks, whose blocks did not come to be. */
  readonly failedBlockMakers: readonly NodeId[];
}
