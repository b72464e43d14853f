/**
 * What may be asked of the consensus pool. Components read this and nothing else; they answer with change actions
 * (`consensus-actions.ts`) that somebody else applies.
 *
 * Without a section named, a question is about the validated section. Lists come in the order in which their items
 * entered the pool.
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { EncodedArtifact } from "../../types/artifact.ts";
import type {
  Block,
  BlockProposal,
  CatchUpPackage,
  CatchUpPackageShare,
  ConsensusArtifact,
  EquivocationProof,
  Finalization,
  FinalizationShare,
  Notarization,
  NotarizationShare,
  RandomBeacon,
  RandomBeaconShare,
  RandomTape,
  RandomTapeShare,
  Summary,
} from "../../types/consensus.ts";
import type {
  ArtifactId,
  BlockHash,
  Hash,
  Height,
  LabTime,
  NodeId,
  RegistryVersion,
} from "../../types/ids.ts";

export type ConsensusKind = ConsensusArtifact["kind"];
export type OfKind<K extends ConsensusKind> = Extract<ConsensusArtifact, { kind: K }>;

/** A block of the validated section. The genesis has no maker. */
export interface KnownBlock {
  readonly hash: BlockHash;
  readonly block: Block;
  readonly maker: NodeId | undefined;
}

/** An artifact nobody here vouches for yet, and who brought it. */
export interface Unvalidated<A extends ConsensusArtifact = ConsensusArtifact> extends EncodedArtifact<A> {
  readonly from: NodeId;
}

/** What the pool itself knows. */
export interface PoolQueries {
  /** Highest height with a finalized block: 0 at genesis. */
  finalizedHeight(): Height;
  /** Highest height with a notarized block. */
  notarizedHeight(): Height;
  /** Highest height up to which every beacon is here. */
  beaconHeight(): Height;
  /** Highest height up to which every tape is here. */
  tapeHeight(): Height;

  /** What the final summary block of a height says; the genesis counts as one. Of the last few alone. */
  summary(height: Height): Summary | undefined;
  /** The newest, and its height: 0 while there is none, for the genesis needs no package. */
  catchUpPackage(): CatchUpPackage | undefined;
  catchUpHeight(): Height;
  catchUpPackageShares(height: Height): readonly CatchUpPackageShare[];

  /** Hash of the beacon at a height; the genesis has one too. */
  beaconHash(height: Height): Hash | undefined;
  randomBeacon(height: Height): RandomBeacon | undefined;
  randomBeaconShares(height: Height): readonly RandomBeaconShare[];
  randomTape(height: Height): RandomTape | undefined;
  randomTapeShares(height: Height): readonly RandomTapeShare[];

  proposals(height: Height): readonly BlockProposal[];
  block(height: Height, hash: BlockHash): KnownBlock | undefined;
  notarizedBlocks(height: Height): readonly KnownBlock[];
  finalizedBlock(height: Height): KnownBlock | undefined;
  /**
   * The chain that ends in `tip`, from height `above + 1` on, `tip` included. Undefined when some of it is not here: it
   * lies below a catch-up package.
   */
  chain(above: Height, tip: KnownBlock): readonly KnownBlock[] | undefined;

  notarizationShares(height: Height): readonly NotarizationShare[];
  notarizations(height: Height): readonly Notarization[];
  finalizationShares(height: Height): readonly FinalizationShare[];
  finalization(height: Height): Finalization | undefined;
  equivocationProofs(height: Height): readonly EquivocationProof[];
  disqualified(height: Height, maker: NodeId): boolean;

  /** When this node first had the beacon and a notarized block of the height below. Source: replica A.5. */
  roundStart(height: Height): LabTime | undefined;

  validatedAt<K extends ConsensusKind>(kind: K, height: Height): readonly EncodedArtifact<OfKind<K>>[];
  unvalidatedAt<K extends ConsensusKind>(kind: K, height: Height): readonly Unvalidated<OfKind<K>>[];
  /** Heights at which the section holds something of this kind, ascending. */
  heightsWith(section: "validated" | "unvalidated", kind: ConsensusKind): readonly Height[];
  find(id: ArtifactId): EncodedArtifact<ConsensusArtifact> | undefined;
  has(id: ArtifactId): boolean;
  /** A peer that once brought something invalid: its shares are verified before they are combined. */
  blamed(peer: NodeId): boolean;
  /** How many artifacts each section holds, by kind; for the page. */
  sizes(): Readonly<Record<string, number>>;
}

/** What follows for this subnet: who may do what at a height. Source: replica A.2, A.3. */
export interface PoolReader extends PoolQueries {
  /** Of the interval that holds the height. Undefined while the summary that says it is not final here. */
  registryVersion(height: Height): RegistryVersion | undefined;
  /** What the registry says for it; undefined while that is not known here. */
  recordAt(height: Height): SubnetRecord | undefined;
  /** Whether any registry version knows the node: peers may be told of what is to come, and of what they missed. */
  isKnown(node: NodeId): boolean;
  /** Undefined while the beacon of the height below is not here. */
  notaryCommittee(height: Height): ReadonlySet<NodeId> | undefined;
  /** The f + 1 block makers, best rank first. Undefined while the beacon of the height below is not here. */
  blockMakers(height: Height): readonly NodeId[] | undefined;
  /** Everybody who holds a share of the threshold keys at that height. Empty while its registry version is not known. */
  thresholdCommittee(height: Height): ReadonlySet<NodeId>;
}
