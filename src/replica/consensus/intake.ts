/**
 * Intake: decides what a peer may put into quarantine, before any signature is looked at.
 *
 *   I1  What is held for a peer is bounded: by height, and by number for each kind, height, signer and peer. The peer
 *       is part of the bound, so that nobody can crowd out a node by speaking in its name.
 *   I2  Nothing that cannot matter any more comes in.
 *
 * Source: replica A.12 (limits on unvalidated artifacts), A.8 (look-ahead).
 * Checked by: intake.test.ts.
 */
import type { EncodedArtifact } from "../../types/artifact.ts";
import { heightOf } from "../../types/artifact.ts";
import type { ConsensusArtifact } from "../../types/consensus.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";

/** Heights above what is settled here that are let in; whoever is further behind asks for the chain in order. */
export const LOOK_AHEAD = 20;
/** A notary may support several ranks of one height, an equivocator sends two proposals, aggregates vary by signers. */
const PER_SIGNER_MAX = 8;
/** Catch-up packages that one peer may have in quarantine. */
const PACKAGES_MAX = 2;

export type Refusal =
  | "duplicate"
  | "superseded"
  | "too-far-ahead"
  | "unknown-peer"
  | "unknown-signer"
  | "height-zero"
  | "too-many-from-this-peer";

export function judgeArrival(
  pool: PoolReader,
  { id, artifact }: EncodedArtifact<ConsensusArtifact>,
  from: NodeId,
): Refusal | undefined {
  const height = heightOf(artifact);
  if (!pool.isKnown(from)) return "unknown-peer";
  if (height === 0) return "height-zero";
  if (pool.has(id)) return "duplicate";
  if (superseded(pool, artifact, height)) return "superseded";
  if (artifact.kind === "catch-up-package")
    return heldPackages(pool, from) >= PACKAGES_MAX ? "too-many-from-this-peer" : undefined;
  if (height > settledHeight(pool, artifact) + LOOK_AHEAD) return "too-far-ahead";
  const nodes = pool.thresholdCommittee(height);
  if (nodes.size === 0) return "too-far-ahead";
  if ("signer" in artifact && !nodes.has(artifact.signer)) return "unknown-signer";
  const signer = signerOf(artifact);
  const held = pool
    .unvalidatedAt(artifact.kind, height)
    .filter((e) => e.from === from && signerOf(e.artifact) === signer);
  return held.length >= PER_SIGNER_MAX ? "too-many-from-this-peer" : undefined;
}

/** They may be of any height: that is what they are for. */
const heldPackages = (pool: PoolReader, from: NodeId): number =>
  pool
    .heightsWith("unvalidated", "catch-up-package")
    .flatMap((height) => pool.unvalidatedAt("catch-up-package", height))
    .filter((e) => e.from === from).length;

const signerOf = (artifact: ConsensusArtifact): NodeId | undefined =>
  "signer" in artifact ? artifact.signer : undefined;

function superseded(pool: PoolReader, artifact: ConsensusArtifact, height: Height): boolean {
  switch (artifact.kind) {
    case "random-beacon":
    case "random-beacon-share":
      return height <= pool.beaconHeight();
    case "random-tape":
    case "random-tape-share":
      return pool.randomTape(height) !== undefined;
    case "notarization":
    case "notarization-share": {
      if (height <= pool.finalizedHeight()) return true;
      return pool.notarizations(height).some((n) => n.content.block === artifact.content.block);
    }
    case "catch-up-package":
    case "catch-up-package-share":
      return height <= pool.catchUpHeight();
    case "equivocation-proof":
      return height <= pool.finalizedHeight() || pool.disqualified(height, artifact.signer);
    default:
      return height <= pool.finalizedHeight();
  }
}

function settledHeight(pool: PoolReader, artifact: ConsensusArtifact): Height {
  switch (artifact.kind) {
    case "random-beacon":
    case "random-beacon-share":
      return pool.beaconHeight();
    case "random-tape":
    case "random-tape-share":
      return Math.max(pool.finalizedHeight(), pool.tapeHeight());
    default:
      return pool.notarizedHeight();
  }
}
