/**
 * Block maker: proposes this node's block when its rank's time has come.
 *
 * The beacon ranks f + 1 makers for every height; the first proposes at once, the next only after the first had time
 * to be heard. At least one of them is honest, so a round always ends.
 *
 * Safety
 *   B1  I propose at most one block per height.
 *   B2  Its parent is the best-ranked notarized block of the height below.
 *   B3  Its context grows: certified height and registry version do not fall, time rises strictly.
 *   B4  Its rank is the one the beacon gave me.
 *   B6  The first block of a DKG interval carries its summary and no messages.
 * Liveness
 *   B5  I propose at round start + unit delay · rank, unless a valid block of a better rank is already here.
 *
 * Source: replica A.7, A.16, A.21.
 * Checked by: makers.test.ts.
 */
import { compareText } from "../../base/bytes.ts";
import { isSummaryHeight } from "../../registry/registry.ts";
import { hashBlock, signedBytes } from "../../types/artifact.ts";
import type { Block, BlockProposal, Summary, ValidationContext } from "../../types/consensus.ts";
import { type Height, type LabTime, nanosOf, type NodeId, type Rank } from "../../types/ids.ts";
import type { KnownBlock, PoolReader } from "../interfaces/pool-reader.ts";
import { nothing, refuse, type Refused, type Turn, type View, waiting } from "./component.ts";
import { versionAt } from "./membership.ts";
import { bestRanked } from "./notary.ts";

export type Refusal =
  | "ranks-unknown"
  | "not-a-block-maker"
  | "already-proposed"
  | "better-rank-proposed"
  | "not-my-turn-yet"
  | "parent-knows-more"
  | "state-behind-the-chain";

export type Verdict =
  { readonly act: true; readonly rank: Rank; readonly parent: KnownBlock } | Refused<Refusal>;

/** Refusals that are the ordinary state of affairs. */
const UNTOLD: readonly Refusal[] = ["not-a-block-maker", "already-proposed", "better-rank-proposed"];

export function makeBlock(view: View): Turn {
  const { pool, me, subnet, crypto, now } = view;
  const height = pool.notarizedHeight() + 1;
  const verdict = judge(pool, me, height, subnet.unitDelayMs, now);
  if (!verdict.act) return UNTOLD.includes(verdict.because) ? nothing : waiting(height, verdict);

  const context = contextAfter(verdict.parent, view);
  if (context === undefined) return waiting(height, refuse<Refusal>("parent-knows-more"));
  const past = pastPayloads(pool, context, verdict.parent);
  if (past === undefined) return waiting(height, refuse<Refusal>("state-behind-the-chain"));
  const payload = isSummaryHeight(height, subnet)
    ? { ingress: [], summary: summaryAfter(pool, height, context) }
    : view.payloads.build(context, past);
  const block: Block = { parent: verdict.parent.hash, height, rank: verdict.rank, context, payload };
  const hash = hashBlock(block);
  const signature = crypto.sign(signedBytes.proposal(height, hash, subnet.id));
  const proposal: BlockProposal = {
    kind: "block-proposal",
    block,
    hash,
    subnet: subnet.id,
    signer: me,
    signature,
  };
  return { changes: [{ kind: "add-to-validated", artifact: proposal }], waits: [] };
}

export function judge(
  pool: PoolReader,
  me: NodeId,
  height: Height,
  unitDelayMs: number,
  now: LabTime,
): Verdict {
  const makers = pool.blockMakers(height);
  const start = pool.roundStart(height);
  if (makers === undefined || start === undefined) return refuse("ranks-unknown");
  const rank = makers.indexOf(me);
  if (rank < 0) return refuse("not-a-block-maker");
  if (pool.proposals(height).some((p) => p.signer === me)) return refuse("already-proposed");
  if (bestRanked(pool, height).some((p) => p.block.rank < rank)) return refuse("better-rank-proposed");
  const due = start + unitDelayMs * rank;
  if (now < due) return refuse("not-my-turn-yet", due);
  return { act: true, rank, parent: parentOf(pool, height) };
}

/** B2. Two notarized blocks of one rank come from an equivocating maker: the smaller hash, for no reason but order. */
function parentOf(pool: PoolReader, height: Height): KnownBlock {
  const order = (a: KnownBlock, b: KnownBlock) => a.block.rank - b.block.rank || compareText(a.hash, b.hash);
  return [...pool.notarizedBlocks(height - 1)].sort(order)[0]!;
}

/** B6. Who this interval belongs to was said by the summary before; this one says who the next belongs to. */
export const summaryAfter = (
  pool: PoolReader,
  height: Height,
  { registryVersion }: ValidationContext,
): Summary => ({
  registryVersion: versionAt(pool, height),
  nextRegistryVersion: registryVersion,
});

/** B3; undefined when the parent's maker has seen more of the state or the registry than I have. */
function contextAfter(parent: KnownBlock, view: View): ValidationContext | undefined {
  const before = parent.block.context;
  const { initialNotaryDelayMs } = view.pool.recordAt(parent.block.height + 1) ?? view.subnet;
  const earliest = before.time + nanosOf(initialNotaryDelayMs) + 1n;
  const local = nanosOf(view.now);
  const context = {
    certifiedHeight: view.states.latestCertifiedHeight(),
    registryVersion: view.latestRegistryVersion,
    time: local > earliest ? local : earliest,
  };
  const grows =
    context.certifiedHeight >= before.certifiedHeight && context.registryVersion >= before.registryVersion;
  return grows ? context : undefined;
}

/** What the payload may not repeat: everything between the state that the context names and the parent; if it is here. */
export const pastPayloads = (pool: PoolReader, context: ValidationContext, parent: KnownBlock) =>
  pool
    .chain(context.certifiedHeight, parent)
    ?.map(({ block }) => ({ height: block.height, payload: block.payload }));
