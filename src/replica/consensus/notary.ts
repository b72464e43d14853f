/**
 * Notary: decides which proposed blocks this node supports as the next in the chain.
 *
 * A notarization says: 2f + 1 nodes found this block valid, and waited long enough for a better-ranked one to arrive.
 * The waiting is what makes rounds with a single notarized block, hence finality, the usual case; it grows when
 * finality lags, and when execution does, so that the chain does not run away from its own state.
 *
 * Safety
 *   N1  I sign only at notarized + 1, the latest round: at older heights I may have signed finality.
 *   N2  Only as a member of that height's committee.
 *   N3  Only the best-ranked valid block whose maker is not disqualified.
 *   N4  At most one block per rank: of an equivocating maker's two blocks I sign one. (The validator takes a second block
 *       of a maker only with its notarization, which ends the round, so that they seldom meet here; this does not lean on it.)
 *   N5  Not before the delay of that rank has passed since the round began.
 *   N6  Not at all while the notarized tip is 70 or more heights above the certified state.
 * Liveness
 *   N7  When none of these forbids it, I sign.
 *
 * There is no bound by catch-up packages yet: DIVERGENCES.md.
 * Source: replica A.8.
 * Checked by: notary.test.ts (N1–N7).
 */
import { signedBytes } from "../../types/artifact.ts";
import type { BlockProposal } from "../../types/consensus.ts";
import type { Height, LabTime, NodeId, Rank } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { nothing, refuse, type Refused, type Turn, type View, waiting } from "./component.ts";

/** A certified state may lag this far behind the finalized tip at no cost. */
const CERTIFICATION_GAP_FREE = 1;
/** Beyond that, notarization waits this much longer for every height of the lag. */
const BACKLOG_DELAY_MS = 2000;
/** At this distance between notarized tip and certified state nothing more is notarized. */
export const CERTIFICATION_GAP_MAX = 70;
/** And at this one between notarized tip and the height at which the next catch-up package is due. */
export const CATCH_UP_GAP_MAX = 70;
/** Keeps the exponential delay a time that clocks and JSON can hold. About a year. */
const DELAY_MS_MAX = 2 ** 35;

export type Refusal =
  | "committee-unknown"
  | "not-a-notary"
  | "certified-state-too-far-behind"
  | "catch-up-package-too-far-behind"
  | "no-proposal"
  | "already-signed"
  | "waiting-for-better-ranks"
  | "waiting-for-certified-state";

export type Verdict = { readonly act: true; readonly proposal: BlockProposal } | Refused<Refusal>;

/** What delays depend on. */
export interface DelaySettings {
  readonly initialNotaryDelayMs: number;
  readonly unitDelayMs: number;
  readonly dkgIntervalLength: number;
}

export function makeNotarizationShare({ pool, me, crypto, states, subnet, now }: View): Turn {
  const height = pool.notarizedHeight() + 1;
  const settings = pool.recordAt(height) ?? subnet;
  const verdict = judge(pool, me, height, states.latestCertifiedHeight(), settings, now);
  if (!verdict.act) return verdict.because === "already-signed" ? nothing : waiting(height, verdict);
  const content = { height, block: verdict.proposal.hash };
  const signature = crypto.signMulti(signedBytes.notarization(content));
  const share = { kind: "notarization-share", content, signer: me, signature } as const;
  return { changes: [{ kind: "add-to-validated", artifact: share }], waits: [] };
}

/** The decision for the latest round. Pure: same pool, same time, same verdict. */
export function judge(
  pool: PoolReader,
  me: NodeId,
  height: Height,
  certifiedHeight: Height,
  settings: DelaySettings,
  now: LabTime,
): Verdict {
  const committee = pool.notaryCommittee(height);
  const start = pool.roundStart(height);
  if (committee === undefined || start === undefined) return refuse("committee-unknown");
  if (!committee.has(me)) return refuse("not-a-notary");
  if (pool.notarizedHeight() - certifiedHeight >= CERTIFICATION_GAP_MAX) {
    return refuse("certified-state-too-far-behind");
  }
  const nextCatchUp = pool.catchUpHeight() + settings.dkgIntervalLength + 1;
  if (pool.notarizedHeight() - nextCatchUp >= CATCH_UP_GAP_MAX)
    return refuse("catch-up-package-too-far-behind");

  const [proposal] = bestRanked(pool, height);
  if (proposal === undefined) return refuse("no-proposal");
  const { rank } = proposal.block;
  const mine = pool.notarizationShares(height).filter((s) => s.signer === me);
  if (mine.some((s) => rankOf(pool, height, s.content.block) === rank)) return refuse("already-signed"); // N4

  const lag = pool.finalizedHeight() - certifiedHeight;
  const patience = start + notaryDelay(rank, pool.notarizedHeight() - pool.finalizedHeight(), settings);
  if (now < patience) return refuse("waiting-for-better-ranks", patience);
  const due = patience + backlogDelay(lag);
  if (now < due) return refuse("waiting-for-certified-state", due);
  return { act: true, proposal };
}

/** Milliseconds after the round's start. The power multiplies the ranked part only. */
export function notaryDelay(
  rank: Rank,
  finalityGap: number,
  settings: Pick<DelaySettings, "initialNotaryDelayMs" | "unitDelayMs">,
): number {
  const ranked = settings.unitDelayMs * rank * 1.5 ** finalityGap;
  return Math.min(DELAY_MS_MAX, Math.floor(settings.initialNotaryDelayMs + ranked));
}

/** Milliseconds more, while the certified state lags behind the finalized tip. */
export const backlogDelay = (lag: number): number =>
  lag > CERTIFICATION_GAP_FREE ? BACKLOG_DELAY_MS * lag : 0;

/** The validated proposals of the best rank among makers not disqualified, in order of arrival. */
export function bestRanked(pool: PoolReader, height: Height): readonly BlockProposal[] {
  const eligible = pool.proposals(height).filter((p) => !pool.disqualified(height, p.signer));
  const best = Math.min(...eligible.map((p) => p.block.rank));
  return eligible.filter((p) => p.block.rank === best);
}

const rankOf = (pool: PoolReader, height: Height, hash: string): Rank | undefined =>
  pool.block(height, hash)?.block.rank;
