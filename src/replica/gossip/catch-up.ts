/**
 * Catch-up: what a peer that says how far it is does not have, and this node does.
 *
 *   U1  Lowest heights first, so that the peer can use everything that arrives.
 *   U2  Bounded in heights and in bytes; a single artifact may exceed the bytes, else a large block would never pass.
 *   U4  A peer that lacks heights which nobody keeps any more gets the catch-up package, and what follows it.
 *   U3  Of shares only this node's own: every other node offers its own likewise.
 */
import type { EncodedArtifact } from "../../types/artifact.ts";
import { type Height, heightsAfter, type NodeId } from "../../types/ids.ts";
import {
  type CertificationGossipReader,
  type GossipStatus,
  HEIGHTS_KEPT,
} from "../interfaces/gossip-readers.ts";
import type { ConsensusKind, PoolReader } from "../interfaces/pool-reader.ts";

/** Heights offered at once: below what a peer's intake lets in (consensus LOOK_AHEAD). */
export const HEIGHTS_MAX = 10;
const BYTES_MAX = 512 * 1024;

export function missingFor(
  peer: GossipStatus,
  pool: PoolReader,
  certifications: CertificationGossipReader,
  me: NodeId,
): EncodedArtifact[] {
  const found: EncodedArtifact[] = [];
  const reached = Math.min(peer.finalized, peer.notarized, peer.beacon, peer.tape);
  const catchUp = pool.catchUpHeight();
  const isLost = reached + HEIGHTS_KEPT < catchUp; // U4
  if (isLost) found.push(...pool.validatedAt("catch-up-package", catchUp));
  const base = isLost ? catchUp : reached;
  const heights = new Set([
    ...heightsAfter(base, base + HEIGHTS_MAX),
    ...heightsAfter(peer.notarized, peer.notarized + HEIGHTS_MAX / 2),
  ]);
  for (const height of heights) found.push(...missingAt(height, peer, pool, me));
  found.push(...newestCatchUp(peer, pool, me));
  for (const height of heightsAfter(peer.certified, Math.min(peer.executed, peer.certified + HEIGHTS_MAX))) {
    found.push(...defined(certifications.certification(height) ?? certifications.ownShare(height)));
  }
  // The newest that the peer can use: it need not walk through those between.
  found.push(...defined(newestCertification(peer, certifications)));
  return cut(unique(found));
}

function missingAt(height: Height, peer: GossipStatus, pool: PoolReader, me: NodeId): EncodedArtifact[] {
  const all = (kind: ConsensusKind): readonly EncodedArtifact[] => pool.validatedAt(kind, height);
  const own = (kind: ConsensusKind): readonly EncodedArtifact[] =>
    pool.validatedAt(kind, height).filter(({ artifact }) => "signer" in artifact && artifact.signer === me);
  const found: EncodedArtifact[] = [];
  if (height > peer.beacon) {
    found.push(...(height <= pool.beaconHeight() ? all("random-beacon") : own("random-beacon-share")));
  }
  if (height > peer.finalized) {
    found.push(...all("block-proposal"), ...all("notarization"), ...all("finalization"));
    found.push(...all("equivocation-proof"));
    found.push(...own("notarization-share"), ...own("finalization-share"));
  }
  if (height > peer.tape) {
    const tape = all("random-tape");
    found.push(...(tape.length > 0 ? tape : own("random-tape-share")));
  }
  return found;
}

/** A package that this peer has no own one of yet, or this node's share while nobody has the package. */
function newestCatchUp(peer: GossipStatus, pool: PoolReader, me: NodeId): readonly EncodedArtifact[] {
  const height = pool.heightsWith("validated", "catch-up-package-share").at(-1);
  if (height !== undefined && height > peer.catchUp)
    return pool
      .validatedAt("catch-up-package-share", height)
      .filter(({ artifact }) => artifact.signer === me);
  return pool.catchUpHeight() > peer.catchUp
    ? pool.validatedAt("catch-up-package", pool.catchUpHeight())
    : [];
}

function newestCertification(peer: GossipStatus, certifications: CertificationGossipReader) {
  for (let height = peer.executed; height > Math.max(peer.certified, peer.executed - HEIGHTS_MAX); height--) {
    const certification = certifications.certification(height);
    if (certification !== undefined) return certification;
  }
  return undefined;
}

const defined = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

const unique = (artifacts: readonly EncodedArtifact[]): EncodedArtifact[] => [
  ...new Map(artifacts.map((a) => [a.id, a])).values(),
];

function cut(artifacts: readonly EncodedArtifact[]): EncodedArtifact[] {
  let room = BYTES_MAX;
  const end = artifacts.findIndex(({ bytes }) => {
    room -= bytes.length;
    return room < 0;
  });
  return end < 0 ? [...artifacts] : artifacts.slice(0, Math.max(1, end));
}
