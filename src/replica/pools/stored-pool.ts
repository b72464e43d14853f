/** A pool's snapshot as it is written down: artifacts are their bytes, from which the rest follows. */
import { defined } from "../../base/assert.ts";
import { decodeArtifact, type EncodedArtifact } from "../../types/artifact.ts";
import type { ConsensusArtifact } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import type { ConsensusPoolSnapshot } from "./consensus-pool.ts";

interface StoredPool extends Omit<ConsensusPoolSnapshot, "validated" | "unvalidated"> {
  readonly validated: readonly Uint8Array[];
  readonly unvalidated: readonly { readonly from: NodeId; readonly bytes: Uint8Array }[];
}

export const toStoredPool = (pool: ConsensusPoolSnapshot): StoredPool => ({
  ...pool,
  validated: pool.validated.map(({ bytes }) => bytes),
  unvalidated: pool.unvalidated.map(({ bytes, from }) => ({ bytes, from })),
});

/** `stored`: what `toStoredPool` gave. */
export function fromStoredPool(stored: unknown): ConsensusPoolSnapshot {
  const pool = stored as StoredPool;
  return {
    ...pool,
    validated: pool.validated.map(artifactIn),
    unvalidated: pool.unvalidated.map(({ bytes, from }) => ({ ...artifactIn(bytes), from })),
  };
}

function artifactIn(bytes: Uint8Array): EncodedArtifact<ConsensusArtifact> {
  const artifact = decodeArtifact(bytes);
  return defined(
    artifact.ok ? (artifact.value as EncodedArtifact<ConsensusArtifact>) : undefined,
    "a pool holds artifacts",
  );
}
