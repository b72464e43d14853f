/**
 * Validator: decides which of the peers' artifacts this node vouches for. Shares are the aggregator's.
 *
 * Safety
 *   V1  A block is valid only with: a maker of that rank, its signature, a notarized parent, a context that grows from
 *       the parent's, and a payload that the payload builder finds valid.
 *   V2  A block that 2f + 1 nodes notarized is taken without looking at its payload, its context or the clock: f + 1
 *       honest ones looked. A node that catches up could not look: the states are gone.
 *   V3  A maker's second block of a height is never validated by itself; the two signatures become an equivocation
 *       proof, and the maker counts for nothing at that height.
 *   V4  An aggregate is valid with enough distinct members of its committee and its signature.
 *   V7  A summary height's block carries the summary that I would write, and nothing else; no other block carries one.
 *   V8  A catch-up package is taken with the subnet's own signature over a summary block, its beacon and a state.
 *   V5  What is wrong for ever is thrown out and blamed; what cannot be judged yet stays.
 * Liveness
 *   V6  A worse-ranked block waits for its rank's time, and while a better-ranked valid one is here.
 *
 * Source: replica A.12, A.1.
 * Checked by: validator.test.ts.
 */
import { highThreshold, isSummaryHeight } from "../../registry/registry.ts";
import { signedBytes } from "../../types/artifact.ts";
import type {
  Block,
  BlockProposal,
  CatchUpPackage,
  EquivocationProof,
  Finalization,
  Notarization,
} from "../../types/consensus.ts";
import { type Height, type LabTime, nanosOf } from "../../types/ids.ts";
import type { ChangeAction, InvalidReason } from "../interfaces/consensus-actions.ts";
import type { ConsensusKind, KnownBlock, OfKind, Unvalidated } from "../interfaces/pool-reader.ts";
import { pastPayloads, summaryAfter } from "./block-maker.ts";
import { nothing, type Turn, type View, type Wait } from "./component.ts";
import { bestRanked } from "./notary.ts";

/** Why an artifact stays in quarantine. */
export type WaitReason =
  | "previous-beacon-missing"
  | "block-missing"
  | "block-not-notarized"
  | "parent-not-notarized"
  | "maker-disqualified"
  | "better-rank-validated"
  | "not-this-ranks-turn"
  | "certified-state-not-reached"
  | "registry-version-not-reached"
  | "block-time-in-the-future"
  | "payload-not-judgeable";

export type Verdict =
  | { readonly kind: "valid" }
  | { readonly kind: "equivocates"; readonly with: BlockProposal }
  | { readonly kind: "superseded" }
  | { readonly kind: "wait"; readonly because: WaitReason; readonly until?: LabTime }
  | { readonly kind: "invalid"; readonly because: InvalidReason; readonly details?: string };

const valid: Verdict = { kind: "valid" };
const superseded: Verdict = { kind: "superseded" };
const wait = (because: WaitReason): Verdict => ({ kind: "wait", because });
const waitUntil = (because: WaitReason, until: LabTime): Verdict => ({ kind: "wait", because, until });
const invalid = (because: InvalidReason): Verdict => ({ kind: "invalid", because });

/** The kinds one after the other; as soon as one brings changes they are applied, because the next may build on them. */
export function validate(view: View): Turn {
  const waits: Wait[] = [];
  for (const step of [catchUps, beacons, tapes, notarizations, proposals, finalizations, proofs]) {
    const turn = step(view);
    if (turn.changes.length > 0) return turn;
    waits.push(...turn.waits);
  }
  return waits.length === 0 ? nothing : { changes: [], waits };
}

// ---- catch-up packages ---------------------------------------------------------------------------------------------

const catchUps = (view: View): Turn =>
  eachHeight(view, "catch-up-package", (artifact) =>
    artifact.content.height <= view.pool.catchUpHeight() ? superseded : judgeCatchUp(view, artifact),
  );

/** V8. Whatever else it holds is covered by the signature. */
export function judgeCatchUp(
  { crypto, subnet }: View,
  { content, beacon, signature }: CatchUpPackage,
): Verdict {
  if (!isSummaryHeight(content.height, subnet) || beacon.content.height !== content.height)
    return invalid("not-a-summary-height");
  const good = crypto.verifyThreshold("high", signedBytes.catchUpPackage(content), signature);
  return good ? valid : invalid("bad-signature");
}

// ---- beacons and tapes ---------------------------------------------------------------------------------------------

function beacons({ pool, crypto }: View): Turn {
  const height = pool.beaconHeight() + 1;
  return judgeEach(pool.unvalidatedAt("random-beacon", height), ({ content, signature }) => {
    if (content.previous !== pool.beaconHash(height - 1)) return invalid("wrong-previous-beacon");
    const good = crypto.verifyThreshold("low", signedBytes.randomBeacon(content), signature);
    return good ? valid : invalid("bad-signature");
  });
}

const tapes = (view: View): Turn =>
  eachHeight(view, "random-tape", ({ content, signature }) => {
    if (view.pool.randomTape(content.height) !== undefined) return superseded;
    const good = view.crypto.verifyThreshold("low", signedBytes.randomTape(content), signature);
    return good ? valid : invalid("bad-signature");
  });

// ---- notarizations and finalizations -------------------------------------------------------------------------------

function notarizations(view: View): Turn {
  const { pool } = view;
  const changes: ChangeAction[] = [];
  const waits: Wait[] = [];
  for (const height of pool.heightsWith("unvalidated", "notarization")) {
    for (const { id, artifact } of pool.unvalidatedAt("notarization", height)) {
      const { block } = artifact.content;
      if (pool.notarizations(height).some((n) => n.content.block === block)) {
        changes.push({ kind: "remove-from-unvalidated", id, because: "superseded" });
        continue;
      }
      const first = pool.block(height, block) === undefined ? vouchedBlock(view, height, block) : [];
      const verdict = first === undefined ? wait("block-missing") : judgeMulti(view, artifact);
      if (verdict.kind === "valid") changes.push(...(first ?? []));
      push(changes, waits, id, height, verdict);
    }
    // The height above may build on this one.
    if (changes.length > 0) break;
  }
  return { changes, waits };
}

/** V2: the quarantined block that a notarization speaks of, when everything but its payload and context is right. */
function vouchedBlock(view: View, height: Height, hash: string): ChangeAction[] | undefined {
  const { pool } = view;
  for (const { id, artifact } of pool.unvalidatedAt("block-proposal", height)) {
    if (artifact.hash !== hash) continue;
    const verdict = judgeMaker(view, artifact);
    if (verdict.kind !== "valid" || parentOf(view, artifact) === undefined) continue;
    if (signatureHolds(view, artifact)) return [{ kind: "move-to-validated", id }];
  }
  return undefined;
}

const finalizations = (view: View): Turn =>
  eachHeight(view, "finalization", (artifact) => {
    const { height, block } = artifact.content;
    if (height <= view.pool.finalizedHeight()) return superseded;
    const notarized = view.pool.notarizedBlocks(height).some(({ hash }) => hash === block);
    return notarized ? judgeMulti(view, artifact) : wait("block-not-notarized");
  });

/** V4. */
export function judgeMulti({ pool, crypto }: View, artifact: Notarization | Finalization): Verdict {
  const { content, signers, signature } = artifact;
  const committee = pool.notaryCommittee(content.height);
  if (committee === undefined) return wait("previous-beacon-missing");
  if (new Set(signers).size !== signers.length) return invalid("repeated-signer");
  if (!signers.every((signer) => committee.has(signer))) return invalid("not-in-committee");
  if (signers.length < highThreshold(pool.thresholdCommittee(content.height).size))
    return invalid("too-few-signers");
  const message = signedBytes[artifact.kind](content);
  return crypto.verifyMulti(message, signers, signature) ? valid : invalid("bad-signature");
}

// ---- blocks --------------------------------------------------------------------------------------------------------

function proposals(view: View): Turn {
  const { pool } = view;
  const changes: ChangeAction[] = [];
  const waits: Wait[] = [];
  for (const height of pool.heightsWith("unvalidated", "block-proposal")) {
    const byRank = [...pool.unvalidatedAt("block-proposal", height)].sort(
      (a, b) => a.artifact.block.rank - b.artifact.block.rank,
    );
    for (const { id, artifact } of byRank) {
      const verdict = judgeBlock(view, artifact);
      push(changes, waits, id, height, verdict);
      if (verdict.kind === "equivocates") {
        changes.push({ kind: "add-to-validated", artifact: proofOf(verdict.with, artifact) });
      }
      // The next verdict must see this block: it may be of worse rank, or by the same maker.
      if (changes.length > 0) return { changes, waits };
    }
  }
  return { changes, waits };
}

/** The whole decision about one block proposed by somebody else. Source: replica A.12. */
export function judgeBlock(view: View, proposal: BlockProposal): Verdict {
  const { pool } = view;
  const { block } = proposal;
  const maker = judgeMaker(view, proposal);
  if (maker.kind !== "valid") return maker;

  if (pool.block(block.height, proposal.hash) !== undefined) return superseded;
  if (pool.disqualified(block.height, proposal.signer)) return wait("maker-disqualified");
  const other = pool.proposals(block.height).find((p) => p.signer === proposal.signer);
  if (other !== undefined) {
    return signatureHolds(view, proposal) ? { kind: "equivocates", with: other } : invalid("bad-signature");
  }

  const parent = parentOf(view, proposal);
  if (parent === undefined) return wait("parent-not-notarized");
  const start = pool.roundStart(block.height);
  if (start === undefined) return wait("parent-not-notarized");
  if (bestRanked(pool, block.height).some((p) => p.block.rank < block.rank)) {
    return wait("better-rank-validated");
  }
  const due = start + view.subnet.unitDelayMs * block.rank;
  if (view.now < due) return waitUntil("not-this-ranks-turn", due);

  const context = judgeContext(view, proposal, parent);
  if (context.kind !== "valid") return context;
  if (!signatureHolds(view, proposal)) return invalid("bad-signature");
  return judgePayload(view, proposal, parent);
}

function judgeMaker({ pool, subnet }: View, { block, signer, subnet: named }: BlockProposal): Verdict {
  const makers = pool.blockMakers(block.height);
  if (makers === undefined) return wait("previous-beacon-missing");
  if (named !== subnet.id) return invalid("wrong-subnet");
  if (!makers.includes(signer)) return invalid("not-a-block-maker");
  return makers[block.rank] === signer ? valid : invalid("wrong-rank");
}

function judgeContext(view: View, { block }: BlockProposal, parent: KnownBlock): Verdict {
  const { certifiedHeight, registryVersion, time } = block.context;
  const before = parent.block.context;
  const grows =
    certifiedHeight >= before.certifiedHeight &&
    registryVersion >= before.registryVersion &&
    time > before.time;
  if (!grows) return invalid("context-not-increasing");
  if (registryVersion > view.latestRegistryVersion) return wait("registry-version-not-reached");
  if (certifiedHeight > view.states.latestCertifiedHeight()) return wait("certified-state-not-reached");
  if (time > nanosOf(view.now)) {
    return waitUntil("block-time-in-the-future", Number((time + 999_999n) / 1_000_000n));
  }
  return valid;
}

function judgePayload(view: View, { block, signer }: BlockProposal, parent: KnownBlock): Verdict {
  if (isSummaryHeight(block.height, view.subnet)) return judgeSummary(view, block);
  if (block.payload.summary !== undefined) return invalid("not-a-summary-height");
  const past = pastPayloads(view.pool, block.context, parent);
  if (past === undefined) return wait("payload-not-judgeable");
  const verdict = view.payloads.validate(block.payload, block.context, past, signer);
  switch (verdict.kind) {
    case "valid":
      return valid;
    case "wait":
      return wait("payload-not-judgeable");
    case "invalid":
      return { kind: "invalid", because: "invalid-payload", details: verdict.because };
  }
}

/** V7. */
function judgeSummary({ pool }: View, { height, context, payload }: Block): Verdict {
  const mine = summaryAfter(pool, height, context);
  const isMine =
    payload.ingress.length === 0 &&
    payload.queryStats === undefined &&
    payload.summary?.registryVersion === mine.registryVersion &&
    payload.summary.nextRegistryVersion === mine.nextRegistryVersion;
  return isMine ? valid : invalid("wrong-summary");
}

const parentOf = ({ pool }: View, { block }: BlockProposal): KnownBlock | undefined =>
  pool.notarizedBlocks(block.height - 1).find(({ hash }) => hash === block.parent);

const signatureHolds = (
  { crypto, subnet }: View,
  { block, hash, signer, signature }: BlockProposal,
): boolean => crypto.verify(signedBytes.proposal(block.height, hash, subnet.id), signer, signature);

// ---- equivocation --------------------------------------------------------------------------------------------------

const proofOf = (first: BlockProposal, second: BlockProposal): EquivocationProof => ({
  kind: "equivocation-proof",
  height: first.block.height,
  signer: first.signer,
  first: { hash: first.hash, signature: first.signature },
  second: { hash: second.hash, signature: second.signature },
});

const proofs = (view: View): Turn =>
  eachHeight(view, "equivocation-proof", (proof) => judgeProof(view, proof));

export function judgeProof({ pool, crypto, subnet }: View, proof: EquivocationProof): Verdict {
  const { height, signer, first, second } = proof;
  if (pool.disqualified(height, signer)) return superseded;
  if (first.hash === second.hash) return invalid("no-equivocation");
  const holds = [first, second].every(({ hash, signature }) =>
    crypto.verify(signedBytes.proposal(height, hash, subnet.id), signer, signature),
  );
  return holds ? valid : invalid("bad-signature");
}

// ---- verdicts into actions -----------------------------------------------------------------------------------------

function eachHeight<K extends ConsensusKind>(
  { pool }: View,
  kind: K,
  judge: (artifact: OfKind<K>) => Verdict,
): Turn {
  const waits: Wait[] = [];
  for (const height of pool.heightsWith("unvalidated", kind)) {
    const turn = judgeEach(pool.unvalidatedAt(kind, height), judge);
    if (turn.changes.length > 0) return turn;
    waits.push(...turn.waits.map((w) => ({ ...w, height })));
  }
  return { changes: [], waits };
}

/** In order of arrival, until one is valid: what it makes superfluous is decided in the next turn. */
function judgeEach<K extends ConsensusKind>(
  entries: readonly Unvalidated<OfKind<K>>[],
  judge: (artifact: OfKind<K>) => Verdict,
): Turn {
  const changes: ChangeAction[] = [];
  const waits: Wait[] = [];
  for (const { id, artifact } of entries) {
    const verdict = judge(artifact);
    push(changes, waits, id, 0, verdict);
    if (verdict.kind === "valid") break;
  }
  return { changes, waits };
}

function push(changes: ChangeAction[], waits: Wait[], id: string, height: Height, verdict: Verdict): void {
  switch (verdict.kind) {
    case "valid":
      changes.push({ kind: "move-to-validated", id });
      break;
    case "superseded":
      changes.push({ kind: "remove-from-unvalidated", id, because: "superseded" });
      break;
    case "invalid":
      changes.push({ ...verdict, kind: "handle-invalid", id });
      break;
    case "wait": {
      const { because, until } = verdict;
      waits.push(until === undefined ? { height, because } : { height, because, until });
      break;
    }
    case "equivocates":
  }
}
