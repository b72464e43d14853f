/**
 * Share aggregator: combines shares into the artifact that they stand for.
 *
 * Verifying a share costs as much as verifying the whole, so shares are gathered unverified, combined, and the
 * combination is verified once. Only when that fails is each share looked at, and whoever brought a bad one is blamed:
 * from then on what they bring is verified first. Sound because node keys come with proofs of possession.
 *
 * Safety
 *   A1  An aggregate leaves here only after its own signature was verified.
 *   A2  Shares are combined only if they sign the very same content, by distinct members of that height's committee.
 *   A3  A share taken from quarantine is validated with the combination that verified, or by itself, never otherwise.
 *   A4  A bad share is thrown out and blamed on the peer that brought it, not on the signer it names.
 * Liveness
 *   A5  Threshold-many good shares make an aggregate however many bad ones lie beside them: every failure removes one.
 *
 * Source: replica A.9; chain-key §1.4, §2.
 * Checked by: share-aggregator.test.ts.
 */
import { assert } from "../../base/assert.ts";
import { highThreshold, lowThreshold } from "../../registry/registry.ts";
import type { EncodedArtifact } from "../../types/artifact.ts";
import { catchUpPackage, signedBytes } from "../../types/artifact.ts";
import type { BlockRef, CatchUpPackageShare, ConsensusArtifact } from "../../types/consensus.ts";
import { type Height, heightsAfter, type NodeId } from "../../types/ids.ts";
import type { ChangeAction } from "../interfaces/consensus-actions.ts";
import type { Unvalidated } from "../interfaces/pool-reader.ts";
import type { Turn, View, Wait } from "./component.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { versionAt } from "./membership.ts";

export type Refusal = "too-few-shares";

type Share = Extract<ConsensusArtifact, { signer: NodeId; content: unknown }>;
type Candidate = (EncodedArtifact<Share> | Unvalidated<Share>) & { readonly artifact: Share };

/** One thing that may be combined: the shares that sign it, and how. */
interface Gathering {
  readonly height: Height;
  readonly committee: ReadonlySet<NodeId>;
  readonly threshold: number;
  readonly validated: readonly Candidate[];
  readonly unvalidated: readonly (Candidate & { readonly from: NodeId })[];
  readonly verifyShare: (share: Share) => boolean;
  /** The verified aggregate, or undefined. */
  readonly combine: (shares: ReadonlyMap<NodeId, Uint8Array>) => ConsensusArtifact | undefined;
}

export function aggregateShares(view: View): Turn {
  const changes: ChangeAction[] = [];
  const waits: Wait[] = [];
  for (const gathering of gatherings(view)) {
    const made = aggregate(gathering, (peer) => view.pool.blamed(peer));
    if (made.length === 0)
      waits.push({ height: gathering.height, because: "too-few-shares" satisfies Refusal });
    changes.push(...made);
    if (made.length > 0) break;
  }
  return { changes, waits };
}

function aggregate(g: Gathering, blamed: (peer: NodeId) => boolean): ChangeAction[] {
  if (g.committee.size === 0) return []; // nobody knows yet whose height it is
  const chosen = new Map<NodeId, Candidate>();
  const suspects: Unvalidated<Share>[] = [];
  for (const share of g.validated) chosen.set(share.artifact.signer, share);
  for (const share of g.unvalidated) {
    const { signer } = share.artifact;
    if (chosen.has(signer) || !g.committee.has(signer)) continue;
    if (blamed(share.from)) suspects.push(share);
    else chosen.set(signer, share);
  }
  if (chosen.size + suspects.length < g.threshold) return [];
  // A blamed peer's shares are wanted only when there are too few others, and looked at singly.
  if (chosen.size < g.threshold) return suspects.map((share) => judgeShare(g, share));

  const used = [...chosen.values()].slice(0, g.threshold);
  const aggregate = g.combine(new Map(used.map(({ artifact }) => [artifact.signer, artifact.signature])));
  const fresh = used.filter((share) => "from" in share);
  if (aggregate !== undefined) {
    const moved = fresh.map(({ id }) => ({ kind: "move-to-validated", id }) as const);
    return [...moved, { kind: "add-to-validated", artifact: aggregate }];
  }
  const verdicts = fresh.map((share) => judgeShare(g, share));
  assert(
    verdicts.some(({ kind }) => kind === "handle-invalid"),
    "a combination of valid shares verifies",
  );
  return verdicts;
}

const judgeShare = (g: Gathering, { id, artifact }: Candidate): ChangeAction =>
  g.verifyShare(artifact)
    ? { kind: "move-to-validated", id }
    : { kind: "handle-invalid", id, because: "bad-signature" };

// ---- what may be combined now --------------------------------------------------------------------------------------

function* gatherings(view: View): Generator<Gathering> {
  const { pool } = view;
  yield* catchUp(view);
  yield* beacon(view);
  for (const height of heightsAfter(pool.tapeHeight(), pool.finalizedHeight() + 1)) yield* tape(view, height);
  for (const height of heightsAfter(pool.finalizedHeight(), pool.notarizedHeight() + 1)) {
    yield* notarizations(view, height);
    yield* finalization(view, height);
  }
}

/** What I signed myself is what I can check the others' shares against. */
function* catchUp({ pool, me, crypto }: View): Generator<Gathering> {
  const kind = "catch-up-package-share";
  const height = pool.heightsWith("validated", kind).at(-1);
  if (height === undefined || height <= pool.catchUpHeight()) return;
  const mine = pool.catchUpPackageShares(height).find((s) => s.signer === me);
  const block = mine && pool.block(height, mine.content.block);
  const beacon = pool.randomBeacon(height);
  if (mine === undefined || block === undefined || beacon === undefined) return;
  const message = signedBytes.catchUpPackage(mine.content);
  const same = ({ artifact: { content } }: { artifact: CatchUpPackageShare }): boolean =>
    content.state === mine.content.state &&
    content.block === mine.content.block &&
    content.beacon === mine.content.beacon;
  const committee = pool.thresholdCommittee(height);
  yield {
    height,
    committee,
    threshold: highThreshold(committee.size),
    validated: pool.validatedAt(kind, height).filter(same),
    unvalidated: pool.unvalidatedAt(kind, height).filter(same),
    verifyShare: (s) =>
      crypto.verifyThresholdShare("high", message, s.signer, s.signature, versionAt(pool, height)),
    combine(shares) {
      const signature = crypto.combineThreshold("high", shares, versionAt(pool, height));
      if (signature === undefined || !crypto.verifyThreshold("high", message, signature)) return undefined;
      return catchUpPackage(block.block, beacon, mine.content.state, signature);
    },
  };
}

function* beacon({ pool, crypto }: View): Generator<Gathering> {
  const height = pool.beaconHeight() + 1;
  const previous = pool.beaconHash(height - 1);
  const content = { height, previous: previous ?? "" };
  const same = ({ artifact }: { artifact: { content: { previous: string } } }) =>
    artifact.content.previous === previous;
  const kind = "random-beacon-share";
  const message = () => signedBytes.randomBeacon(content);
  yield {
    height,
    ...lowGathering(pool, height, crypto, message),
    validated: pool.validatedAt(kind, height).filter(same),
    unvalidated: pool.unvalidatedAt(kind, height).filter(same),
    combine(shares) {
      const signature = crypto.combineThreshold("low", shares, versionAt(pool, height));
      if (signature === undefined || !crypto.verifyThreshold("low", message(), signature)) return undefined;
      return { kind: "random-beacon", content, signature };
    },
  };
}

function* tape({ pool, crypto }: View, height: Height): Generator<Gathering> {
  if (pool.randomTape(height) !== undefined) return;
  const kind = "random-tape-share";
  const message = () => signedBytes.randomTape({ height });
  yield {
    height,
    ...lowGathering(pool, height, crypto, message),
    validated: pool.validatedAt(kind, height),
    unvalidated: pool.unvalidatedAt(kind, height),
    combine(shares) {
      const signature = crypto.combineThreshold("low", shares, versionAt(pool, height));
      if (signature === undefined || !crypto.verifyThreshold("low", message(), signature)) return undefined;
      return { kind: "random-tape", content: { height }, signature };
    },
  };
}

function lowGathering(
  pool: PoolReader,
  height: Height,
  crypto: View["crypto"],
  message: () => Uint8Array,
): Pick<Gathering, "committee" | "threshold" | "verifyShare"> {
  const committee = pool.thresholdCommittee(height);
  return {
    committee,
    threshold: lowThreshold(committee.size),
    verifyShare: (s) =>
      crypto.verifyThresholdShare("low", message(), s.signer, s.signature, versionAt(pool, height)),
  };
}

/** One gathering per validated block that has no notarization yet. */
function* notarizations(view: View, height: Height): Generator<Gathering> {
  const { pool } = view;
  const done = new Set(pool.notarizations(height).map((n) => n.content.block));
  for (const { hash } of pool.proposals(height)) {
    if (done.has(hash)) continue;
    yield* multi(view, "notarization", { height, block: hash });
  }
}

/** One gathering per notarized block, while nothing is final at this height. */
function* finalization(view: View, height: Height): Generator<Gathering> {
  for (const { hash } of view.pool.notarizedBlocks(height)) {
    yield* multi(view, "finalization", { height, block: hash });
  }
}

function* multi(
  { pool, crypto }: View,
  kind: "notarization" | "finalization",
  content: BlockRef,
): Generator<Gathering> {
  const { height } = content;
  const committee = pool.notaryCommittee(height);
  if (committee === undefined) return;
  const message = () => signedBytes[kind](content);
  const same = ({ artifact }: { artifact: { content: BlockRef } }) =>
    artifact.content.block === content.block;
  yield {
    height,
    committee,
    threshold: highThreshold(pool.thresholdCommittee(height).size),
    validated: pool.validatedAt(`${kind}-share`, height).filter(same),
    unvalidated: pool.unvalidatedAt(`${kind}-share`, height).filter(same),
    verifyShare: (s) => crypto.verifyMultiShare(message(), s.signer, s.signature),
    combine(shares) {
      const signers = [...shares.keys()].sort();
      const signature = crypto.combineMulti(shares);
      if (signature === undefined || !crypto.verifyMulti(message(), signers, signature)) return undefined;
      return { kind, content, signers, signature };
    },
  };
}
