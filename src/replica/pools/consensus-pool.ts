/**
 * The consensus pool: artifacts in two sections, found by kind and height, with their encoded bytes beside them.
 * Validated: made here, or checked here. Unvalidated: brought by a peer, in quarantine until the validator or the
 * aggregator decides.
 *
 *   P1  An artifact is in at most one section.
 *   P2  Every notarized block's ancestors down to the finalized tip are validated, so heights and chains derive from
 *       what is here; they are kept up to date, never stored apart.
 *   P3  Finalized blocks form one chain. Two that do not are proof that more than f nodes lie, or a bug: we stop.
 *   P5  A catch-up package stands for everything up to its height: what it brings is final, whatever is missing below.
 *   P4  Order of arrival is the only order, and a restored snapshot has the same one.
 *
 * Source: replica A.4, A.5; chain-key §1.1 for identity.
 */
import { assert, defined } from "../../base/assert.ts";
import {
  encoded,
  type EncodedArtifact,
  genesisBeaconHash,
  genesisBlock,
  hashBlock,
  heightOf,
} from "../../types/artifact.ts";
import type { Block, CatchUpPackage, ConsensusArtifact, Summary } from "../../types/consensus.ts";
import type { ArtifactId, BlockHash, Hash, Height, LabTime, NodeId, SubnetId } from "../../types/ids.ts";
import type { ChangeAction } from "../interfaces/consensus-actions.ts";
import type {
  ConsensusKind,
  KnownBlock,
  OfKind,
  PoolQueries,
  Unvalidated,
} from "../interfaces/pool-reader.ts";

type Entry = EncodedArtifact<ConsensusArtifact>;

/** Plain data; holds everything that later bytes depend on. */
export interface ConsensusPoolSnapshot {
  readonly startedAt: LabTime;
  readonly validated: readonly Entry[];
  readonly unvalidated: readonly Unvalidated[];
  /** Absent when nobody remembers: what is here counts as having come at the start. */
  readonly since?: {
    readonly beacon: ReadonlyMap<Height, LabTime>;
    readonly notarized: ReadonlyMap<Height, LabTime>;
  };
  readonly blamed: readonly NodeId[];
  /** Absent when nobody remembers: then those of the blocks that are here. */
  readonly summaries?: ReadonlyMap<Height, Summary>;
}

/** An action with the artifacts it touched. */
export interface Applied {
  readonly action: ChangeAction;
  readonly entries: readonly Entry[];
}

export interface ConsensusPool {
  readonly reader: PoolQueries;
  /** Puts a peer's artifact into quarantine. The caller has judged that it may come in. */
  insertUnvalidated(artifact: EncodedArtifact<ConsensusArtifact>, from: NodeId): void;
  /** All actions in order; an action about something that is no longer there touches nothing. */
  apply(actions: readonly ChangeAction[], now: LabTime): Applied[];
  snapshot(): ConsensusPoolSnapshot;
}

/** More than the intervals that fifty heights below a catch-up package may touch. */
const SUMMARIES_KEPT = 16;

export interface Genesis {
  readonly subnet: SubnetId;
  readonly registryVersion: number;
  /** When this node began: the start of round 1. */
  readonly startedAt: LabTime;
}

export function createConsensusPool(genesis: Genesis, from?: ConsensusPoolSnapshot): ConsensusPool {
  const validated = createSection<Entry>();
  const unvalidated = createSection<Unvalidated>();
  const block0 = genesisBlock(genesis.subnet, genesis.registryVersion);
  const genesisTip: KnownBlock = { hash: hashBlock(block0), block: block0, maker: undefined };
  const startedAt = from?.startedAt ?? genesis.startedAt;

  const beaconHashes = new Map<Height, Hash>([[0, genesisBeaconHash(genesis.subnet)]]);
  const finalizedHashes = new Map<Height, BlockHash>([[0, genesisTip.hash]]);
  const beaconSince = new Map<Height, LabTime>([[0, startedAt]]);
  const notarizedSince = new Map<Height, LabTime>([[0, startedAt]]);
  const blamed = new Set<NodeId>(from?.blamed);
  const { registryVersion } = genesis;
  const summaries = new Map<Height, Summary>([
    [0, { registryVersion, nextRegistryVersion: registryVersion }],
  ]);
  let catchUp: CatchUpPackage | undefined;
  let finalizedHeight = 0;
  let notarizedHeight = 0;
  let beaconHeight = 0;
  let tapeHeight = 0;

  const artifactsAt = <K extends ConsensusKind>(kind: K, height: Height): readonly OfKind<K>[] =>
    validated.at(kind, height).map((e) => e.artifact as OfKind<K>);

  function block(height: Height, hash: BlockHash): KnownBlock | undefined {
    if (height === 0) return hash === genesisTip.hash ? genesisTip : undefined;
    const proposal = artifactsAt("block-proposal", height).find((p) => p.hash === hash);
    if (proposal !== undefined) return { hash, block: proposal.block, maker: proposal.signer };
    return catchUp?.content.block === hash ? { hash, block: catchUp.block, maker: undefined } : undefined;
  }

  function chain(above: Height, tip: KnownBlock): KnownBlock[] | undefined {
    const blocks: KnownBlock[] = [];
    let next: KnownBlock | undefined = tip;
    for (let height = tip.block.height; height > above; height--) {
      if (next === undefined) return undefined;
      blocks.push(next);
      next = block(height - 1, next.block.parent);
    }
    return blocks.reverse();
  }

  const reader: PoolQueries = {
    finalizedHeight: () => finalizedHeight,
    notarizedHeight: () => notarizedHeight,
    beaconHeight: () => beaconHeight,
    tapeHeight: () => tapeHeight,
    summary: (height) => summaries.get(height),
    catchUpPackage: () => catchUp,
    catchUpHeight: () => catchUp?.content.height ?? 0,
    catchUpPackageShares: (height) => artifactsAt("catch-up-package-share", height),
    beaconHash: (height) => beaconHashes.get(height),
    randomBeacon: (height) => artifactsAt("random-beacon", height)[0],
    randomBeaconShares: (height) => artifactsAt("random-beacon-share", height),
    randomTape: (height) => artifactsAt("random-tape", height)[0],
    randomTapeShares: (height) => artifactsAt("random-tape-share", height),
    proposals: (height) => artifactsAt("block-proposal", height),
    block,
    notarizedBlocks(height) {
      if (height === 0) return [genesisTip];
      const notarized = artifactsAt("notarization", height).map((n) =>
        defined(block(height, n.content.block), "a notarized block is validated"),
      );
      if (notarized.length > 0 || height !== catchUp?.content.height) return notarized;
      return [{ hash: catchUp.content.block, block: catchUp.block, maker: undefined }];
    },
    finalizedBlock(height) {
      const hash = finalizedHashes.get(height);
      return hash === undefined ? undefined : block(height, hash);
    },
    chain,
    notarizationShares: (height) => artifactsAt("notarization-share", height),
    notarizations: (height) => artifactsAt("notarization", height),
    finalizationShares: (height) => artifactsAt("finalization-share", height),
    finalization: (height) => artifactsAt("finalization", height)[0],
    equivocationProofs: (height) => artifactsAt("equivocation-proof", height),
    disqualified: (height, maker) =>
      artifactsAt("equivocation-proof", height).some((proof) => proof.signer === maker),
    roundStart(height) {
      const beacon = beaconSince.get(height - 1);
      const notarized = notarizedSince.get(height - 1);
      return beacon === undefined || notarized === undefined ? undefined : Math.max(beacon, notarized);
    },
    validatedAt: <K extends ConsensusKind>(kind: K, height: Height) =>
      validated.at(kind, height) as readonly EncodedArtifact<OfKind<K>>[],
    unvalidatedAt: <K extends ConsensusKind>(kind: K, height: Height) =>
      unvalidated.at(kind, height) as readonly Unvalidated<OfKind<K>>[],
    heightsWith: (section, kind) => (section === "validated" ? validated : unvalidated).heights(kind),
    find: (id) => validated.get(id) ?? unvalidated.get(id),
    has: (id) => validated.get(id) !== undefined || unvalidated.get(id) !== undefined,
    blamed: (peer) => blamed.has(peer),
    sizes: () => ({ ...validated.sizes("validated"), ...unvalidated.sizes("unvalidated") }),
  };

  /** What an artifact's arrival in the validated section changes about heights. */
  function note(entry: Entry, now: LabTime): void {
    const { artifact } = entry;
    const height = heightOf(artifact);
    switch (artifact.kind) {
      case "random-beacon":
        beaconHashes.set(height, entry.id);
        if (!beaconSince.has(height)) beaconSince.set(height, now);
        while (beaconHashes.has(beaconHeight + 1)) beaconHeight++;
        break;
      case "random-tape":
        while (validated.at("random-tape", tapeHeight + 1).length > 0) tapeHeight++;
        break;
      case "notarization":
        assert(block(height, artifact.content.block), "a block is validated before its notarization");
        if (!notarizedSince.has(height)) notarizedSince.set(height, now);
        notarizedHeight = Math.max(notarizedHeight, height);
        break;
      case "finalization":
        finalize(
          defined(block(height, artifact.content.block), "a block is validated before its finalization"),
        );
        break;
      case "catch-up-package":
        if (height > (catchUp?.content.height ?? 0)) catchUp = artifact;
        if (height > finalizedHeight) leapTo(artifact, now);
        break;
      default:
    }
  }

  /** Who is in the subnet at the heights that may still be asked about. */
  function noteSummary({ height, payload }: Block): void {
    if (payload.summary === undefined) return;
    summaries.set(height, payload.summary);
    if (summaries.size > SUMMARIES_KEPT) summaries.delete(Math.min(...summaries.keys()));
  }

  /** P5. */
  function leapTo({ block: whole, content: { height, block, beacon } }: CatchUpPackage, now: LabTime): void {
    noteSummary(whole);
    beaconHashes.set(height, beacon);
    finalizedHashes.set(height, block);
    if (!beaconSince.has(height)) beaconSince.set(height, now);
    if (!notarizedSince.has(height)) notarizedSince.set(height, now);
    finalizedHeight = height;
    notarizedHeight = Math.max(notarizedHeight, height);
    beaconHeight = Math.max(beaconHeight, height);
    tapeHeight = Math.max(tapeHeight, height);
    while (beaconHashes.has(beaconHeight + 1)) beaconHeight++;
    while (validated.at("random-tape", tapeHeight + 1).length > 0) tapeHeight++;
  }

  /** Of what lies below a catch-up package, the chain that leads up to it. */
  function nameAncestors(): void {
    if (catchUp === undefined) return;
    let { height, parent } = catchUp.block;
    for (let below = block(height - 1, parent); below !== undefined; below = block(height - 1, parent)) {
      ({ height, parent } = below.block);
      noteSummary(below.block);
      finalizedHashes.set(height, below.hash);
    }
  }

  function finalize(tip: KnownBlock): void {
    if (tip.block.height <= finalizedHeight) {
      const known = finalizedHashes.get(tip.block.height);
      assert(known === undefined || known === tip.hash, "one finalized chain");
      return;
    }
    const blocks = defined(chain(finalizedHeight, tip), "a validated block's parent is validated");
    const first = defined(blocks[0], "the tip lies above the finalized height");
    assert(first.block.parent === finalizedHashes.get(finalizedHeight), "one finalized chain");
    for (const b of blocks) {
      finalizedHashes.set(b.block.height, b.hash);
      noteSummary(b.block);
    }
    // Round starts matter only above the finalized height; the map would grow for ever.
    for (let h = finalizedHeight - 1; h >= 0 && notarizedSince.delete(h); h--) beaconSince.delete(h);
    finalizedHeight = tip.block.height;
  }

  function addValidated(entry: Entry, now: LabTime): void {
    validated.add(entry);
    note(entry, now);
  }

  function applyOne(action: ChangeAction, now: LabTime): Entry[] {
    switch (action.kind) {
      case "add-to-validated": {
        const entry = encoded(action.artifact);
        if (validated.get(entry.id) !== undefined) return [];
        unvalidated.remove(entry.id);
        addValidated(entry, now);
        return [entry];
      }
      case "move-to-validated": {
        const found = unvalidated.remove(action.id);
        if (found === undefined) return [];
        const { id, artifact, bytes } = found;
        addValidated({ id, artifact, bytes }, now);
        return [found];
      }
      case "remove-from-validated":
        return some(validated.remove(action.id));
      case "remove-from-unvalidated":
        return some(unvalidated.remove(action.id));
      case "handle-invalid": {
        const found = unvalidated.remove(action.id);
        if (found !== undefined) blamed.add(found.from);
        return some(found);
      }
      case "purge":
        if (action.section === "validated" && action.of === "random-beacon")
          for (const height of beaconHashes.keys()) if (height <= action.upTo) beaconHashes.delete(height);
        if (action.section === "validated" && action.of === "block-proposal")
          for (const height of finalizedHashes.keys())
            if (height <= action.upTo) finalizedHashes.delete(height);
        return (action.section === "validated" ? validated : unvalidated).purge(action.of, action.upTo);
    }
  }

  const isCatchUp = ({ artifact }: Entry): boolean => artifact.kind === "catch-up-package";
  const kept = from?.validated ?? [];
  for (const entry of kept.filter(isCatchUp)) addValidated(entry, startedAt);
  for (const entry of kept.filter((e) => !isCatchUp(e))) addValidated(entry, startedAt);
  nameAncestors();
  for (const entry of from?.unvalidated ?? []) unvalidated.add(entry);
  if (from?.summaries !== undefined) replaceContents(summaries, from.summaries);
  if (from?.since !== undefined) {
    replaceContents(beaconSince, from.since.beacon);
    replaceContents(notarizedSince, from.since.notarized);
  }

  return {
    reader,
    insertUnvalidated({ id, artifact, bytes }, peer) {
      assert(!reader.has(id), "an artifact is in at most one section");
      unvalidated.add({ id, artifact, bytes, from: peer });
    },
    apply: (actions, now) => actions.map((action) => ({ action, entries: applyOne(action, now) })),
    snapshot: () => ({
      startedAt,
      validated: validated.all(),
      unvalidated: unvalidated.all(),
      since: { beacon: new Map(beaconSince), notarized: new Map(notarizedSince) },
      blamed: [...blamed],
      summaries: new Map(summaries),
    }),
  };
}

const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);

function replaceContents<K, V>(map: Map<K, V>, by: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of by) map.set(key, value);
}

/** One section: by id in order of arrival, and by kind and height. Lists are replaced, never changed in place. */
function createSection<E extends Entry>() {
  const entries = new Map<ArtifactId, E>();
  const index = new Map<ConsensusKind, Map<Height, readonly E[]>>();
  /** Heights in order, of the kinds whose heights are the same as when that was last asked. */
  const sorted = new Map<ConsensusKind, readonly Height[]>();

  const ofKind = (kind: ConsensusKind): Map<Height, readonly E[]> => {
    let heights = index.get(kind);
    if (heights === undefined) {
      heights = new Map();
      index.set(kind, heights);
    }
    return heights;
  };

  return {
    get: (id: ArtifactId): E | undefined => entries.get(id),
    at: (kind: ConsensusKind, height: Height): readonly E[] => index.get(kind)?.get(height) ?? [],
    heights(kind: ConsensusKind): readonly Height[] {
      const known = sorted.get(kind);
      if (known !== undefined) return known;
      const heights = [...(index.get(kind)?.keys() ?? [])].sort((a, b) => a - b);
      sorted.set(kind, heights);
      return heights;
    },
    all: (): E[] => [...entries.values()],
    add(entry: E): void {
      entries.set(entry.id, entry);
      const heights = ofKind(entry.artifact.kind);
      const height = heightOf(entry.artifact);
      const list = heights.get(height);
      heights.set(height, list === undefined ? [entry] : [...list, entry]);
      if (list === undefined) sorted.delete(entry.artifact.kind);
    },
    remove(id: ArtifactId): E | undefined {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      entries.delete(id);
      const heights = ofKind(entry.artifact.kind);
      const height = heightOf(entry.artifact);
      const rest = (heights.get(height) ?? []).filter((e) => e.id !== id);
      if (rest.length > 0) heights.set(height, rest);
      else if (heights.delete(height)) sorted.delete(entry.artifact.kind);
      return entry;
    },
    purge(kind: ConsensusKind, upTo: Height): E[] {
      const heights = ofKind(kind);
      const gone: E[] = [];
      for (const [height, list] of [...heights]) {
        if (height > upTo) continue;
        heights.delete(height);
        gone.push(...list);
      }
      if (gone.length > 0) sorted.delete(kind);
      for (const entry of gone) entries.delete(entry.id);
      return gone;
    },
    sizes(section: string): Record<string, number> {
      const sizes: Record<string, number> = {};
      for (const [kind, heights] of index) {
        let size = 0;
        for (const list of heights.values()) size += list.length;
        if (size > 0) sizes[`${section} ${kind}`] = size;
      }
      return sizes;
    },
  };
}
