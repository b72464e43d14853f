/** What gossip may ask of the pools it does not own, to say how far this node is and to help peers that are behind. */
import type { EncodedArtifact } from "../../types/artifact.ts";
import type { Certification, CertificationShare, IngressArtifact } from "../../types/consensus.ts";
import type { Height } from "../../types/ids.ts";

/** Heights below the newest catch-up package that every node keeps for others. Source: replica A.8, A.13. */
export const HEIGHTS_KEPT = 50;

export interface CertificationGossipReader {
  /** The validated certification at a height. */
  certification(height: Height): EncodedArtifact<Certification> | undefined;
  /** This node's own share at a height, while the certification is not here. */
  ownShare(height: Height): EncodedArtifact<CertificationShare> | undefined;
}

export interface IngressGossipReader {
  /** Messages that users brought to this node and that no finalized block holds yet, oldest first. */
  ownPending(): readonly EncodedArtifact<IngressArtifact>[];
}

/** How far a node is. Sent to peers, so it says nothing that they must believe: it only makes them send. */
export interface GossipStatus {
  readonly finalized: Height;
  readonly notarized: Height;
  readonly beacon: Height;
  readonly tape: Height;
  readonly certified: Height;
  readonly executed: Height;
  /** Of the newest catch-up package. */
  readonly catchUp: Height;
}
