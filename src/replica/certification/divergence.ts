/**
 * Divergence: decides whether this node's state is still the subnet's.
 *
 *   W1  What a peer sends as its own share of a height's root, or as that height's certification if the subnet signed
 *       it, is its word for the root there. Words come over its own link, so nobody gives another's.
 *   W2  When f + 1 peers name one root that is not mine, one of them is honest, and what I computed is wrong.
 *   W3  One word a peer and height, between the certified height and a little above what is executed here: bounded.
 *
 * A root does not cover all of a state (a heap is not in the tree). The rest shows at the next catch-up package, whose
 * state hash does; `replica.ts` compares that.
 * Source: replica A.14, C.3.
 * Checked by: divergence.test.ts, tests/simulation/divergence.test.ts.
 */
import { faultsTolerated } from "../../registry/registry.ts";
import type { Certification, CertificationArtifact } from "../../types/consensus.ts";
import type { Hash, Height, NodeId } from "../../types/ids.ts";
import type { CertifiableStates } from "../interfaces/state-reader.ts";

/** W3. Heights above the certified one of which words are remembered: as far as notaries go (replica A.8). */
const AHEAD = 70;

export type PeerRoots = ReadonlyMap<Height, ReadonlyMap<NodeId, Hash>>;

export interface Divergence {
  readonly height: Height;
  readonly mine: Hash;
  readonly theirs: Hash;
}

export function createPeerRoots(from?: PeerRoots) {
  const words = new Map<Height, Map<NodeId, Hash>>(
    [...(from ?? [])].map(([height, roots]) => [height, new Map(roots)]),
  );
  return {
    /** W1. */
    hear(
      peer: NodeId,
      artifact: CertificationArtifact,
      certified: Height,
      isSigned: (certification: Certification) => boolean,
    ): void {
      if (artifact.kind === "certification-share" && artifact.signer !== peer) return;
      const { height, root } = artifact;
      if (height <= certified || height > certified + AHEAD) return;
      if (words.get(height)?.get(peer) === root) return;
      if (artifact.kind === "certification" && !isSigned(artifact)) return;
      words.set(height, (words.get(height) ?? new Map()).set(peer, root));
    },
    /** W2: the lowest height at which it shows. */
    found(states: CertifiableStates, nodes: number): Divergence | undefined {
      const certified = states.latestCertifiedHeight();
      for (const height of words.keys()) if (height <= certified) words.delete(height);
      for (const { height, root: mine } of states.uncertified()) {
        const counts = new Map<Hash, number>();
        for (const theirs of words.get(height)?.values() ?? []) {
          const count = (counts.get(theirs) ?? 0) + 1;
          counts.set(theirs, count);
          if (theirs !== mine && count > faultsTolerated(nodes)) return { height, mine, theirs };
        }
      }
      return undefined;
    },
    snapshot: (): PeerRoots => new Map([...words].map(([height, roots]) => [height, new Map(roots)])),
  };
}
