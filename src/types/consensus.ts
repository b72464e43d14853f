/**
 * The artifacts of consensus and certification. Source: replica A.1.
 *
 * Each is plain data. `codec`-level encoding, identity and size live in `types/artifact.ts`; what is signed is the
 * domain-separated encoding of the content (chain-key §1.1), also there.
 */
import type { BlockHash, Hash, Height, Nanos, NodeId, Rank, RegistryVersion, SubnetId } from "./ids.ts";

export interface ValidationContext {
  readonly certifiedHeight: Height;
  readonly registryVersion: RegistryVersion;
  readonly time: Nanos;
}

/** What the first block of a DKG interval says in place of messages. Source: replica A.15. */
export interface Summary {
  /** Who is in the subnet from this height on, and from the next summary on: versions of the registry. */
  readonly registryVersion: RegistryVersion;
  readonly nextRegistryVersion: RegistryVersion;
}

export interface BatchPayload {
  /** Signed ingress envelopes, byte for byte as their senders made them. */
  readonly ingress: readonly Uint8Array[];
  /** What the maker counted of queries (types/query-stats.ts), never empty; absent when it has nothing to tell. */
  readonly queryStats?: Uint8Array;
  /** In the first block of a DKG interval, and then nothing else is. */
  readonly summary?: Summary;
}

export interface Block {
  readonly parent: BlockHash;
  readonly height: Height;
  readonly rank: Rank;
  readonly context: ValidationContext;
  readonly payload: BatchPayload;
}

export interface BlockProposal {
  readonly kind: "block-proposal";
  readonly block: Block;
  /** SHA-256 of the block's encoding. Redundant on the wire: recomputed on arrival. */
  readonly hash: BlockHash;
  readonly subnet: SubnetId;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}

/** What notaries and finalizers sign. */
export interface BlockRef {
  readonly height: Height;
  readonly block: BlockHash;
}
export interface NotarizationShare {
  readonly kind: "notarization-share";
  readonly content: BlockRef;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
export interface Notarization {
  readonly kind: "notarization";
  readonly content: BlockRef;
  readonly signers: readonly NodeId[];
  readonly signature: Uint8Array;
}
export interface FinalizationShare {
  readonly kind: "finalization-share";
  readonly content: BlockRef;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
export interface Finalization {
  readonly kind: "finalization";
  readonly content: BlockRef;
  readonly signers: readonly NodeId[];
  readonly signature: Uint8Array;
}

export interface RandomBeaconContent {
  readonly height: Height;
  /** Hash of the previous beacon's encoding; the genesis beacon's is fixed by the genesis. */
  readonly previous: Hash;
}
export interface RandomBeaconShare {
  readonly kind: "random-beacon-share";
  readonly content: RandomBeaconContent;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
export interface RandomBeacon {
  readonly kind: "random-beacon";
  readonly content: RandomBeaconContent;
  readonly signature: Uint8Array;
}
export interface RandomTapeShare {
  readonly kind: "random-tape-share";
  readonly content: { readonly height: Height };
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
export interface RandomTape {
  readonly kind: "random-tape";
  readonly content: { readonly height: Height };
  readonly signature: Uint8Array;
}

/** What the subnet vouches for at a summary height, for those who come later. Source: replica A.1, A.14. */
export interface CatchUpContent {
  readonly height: Height;
  readonly block: BlockHash;
  /** The random beacon of that height. */
  readonly beacon: Hash;
  /** Names the state after that height with all its parts (codec/parts.ts). */
  readonly state: Hash;
}
export interface CatchUpPackageShare {
  readonly kind: "catch-up-package-share";
  readonly content: CatchUpContent;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
/** All that a node must believe to go on from here. The content is made of the rest: it is not on the wire. */
export interface CatchUpPackage {
  readonly kind: "catch-up-package";
  readonly content: CatchUpContent;
  readonly block: Block;
  readonly beacon: RandomBeacon;
  readonly signature: Uint8Array;
}

/** Two valid proposals of one maker at one height: its maker is disqualified there. */
export interface EquivocationProof {
  readonly kind: "equivocation-proof";
  readonly height: Height;
  readonly signer: NodeId;
  readonly first: { readonly hash: BlockHash; readonly signature: Uint8Array };
  readonly second: { readonly hash: BlockHash; readonly signature: Uint8Array };
}

export interface CertificationShare {
  readonly kind: "certification-share";
  readonly height: Height;
  /** Root hash of the canonical state tree. Only this is signed, under `ic-state-root`. */
  readonly root: Hash;
  readonly signer: NodeId;
  readonly signature: Uint8Array;
}
export interface Certification {
  readonly kind: "certification";
  readonly height: Height;
  readonly root: Hash;
  readonly signature: Uint8Array;
}

export type ConsensusArtifact =
  | BlockProposal
  | NotarizationShare
  | Notarization
  | FinalizationShare
  | Finalization
  | RandomBeaconShare
  | RandomBeacon
  | RandomTapeShare
  | RandomTape
  | EquivocationProof
  | CatchUpPackageShare
  | CatchUpPackage;
export type CertificationArtifact = CertificationShare | Certification;
export interface IngressArtifact {
  readonly kind: "ingress";
  readonly bytes: Uint8Array;
}
export type Artifact = ConsensusArtifact | CertificationArtifact | IngressArtifact;
export type ArtifactKind = Artifact["kind"];
