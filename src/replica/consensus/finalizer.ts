/**
 * Finalizer: decides which notarized blocks this node helps to make final.
 *
 * A round may end with several notarized blocks, so notarization alone does not choose a chain.
 * Finality does, and it is safe because a finalization share is a promise about the past: its
 * signer has notarized no other block of that height. Two quorums overlap in an honest node, and
 * an honest node cannot make that promise twice.
 *
 * Safety
 *   F1  A share of mine at height h names the only block I see notarized at h.
 *   F2  Every notarization share of mine at h names that same block.
 *   F3  I sign at most one finalization share per height.
 * Liveness
 *   F4  When one block is notarized at h and I signed nothing else there, I sign it.
 *
 * F2 is a statement about memory: it holds across a restart only because the shell persists a
 * share before it sends it (ARCHITECTURE.md, "Persist, then speak").
 *
 * Source: replica A.10, A.21.
 * Checked by: finalizer.test.ts (F1–F4).
 */
import { assert } from "../../base/assert.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { FinalizationShare } from "../../types/consensus.ts";
import { type BlockHash, type Height, heightsAfter, type NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { refuse, type Refused, type Turn, type View, type Wait } from "./component.ts";

/** Why a node stays silent. The page shows these words, so they are part of the API. */
export type Refusal =
  | "committee-unknown"
  | "not-a-notary"
  | "already-signed"
  | "several-blocks-notarized"
  | "notarized-another-block";

export type Verdict = { readonly act: true; readonly block: BlockHash } | Refused<Refusal>;

/** Refusals worth telling: the others are the ordinary state of affairs. */
const TOLD: readonly Refusal[] = ["several-blocks-notarized", "notarized-another-block"];

export function makeFinalizationShares({ pool, me, crypto }: View): Turn {
  const shares: FinalizationShare[] = [];
  const waits: Wait[] = [];
  for (const height of heightsAfter(pool.finalizedHeight(), pool.notarizedHeight())) {
    const verdict = judge(pool, me, height);
    if (verdict.act) {
      const content = { height, block: verdict.block };
      const signature = crypto.signMulti(signedBytes.finalization(content));
      shares.push({ kind: "finalization-share", content, signer: me, signature });
    } else if (TOLD.includes(verdict.because)) {
      waits.push({ height, because: verdict.because });
    }
  }
  return { changes: shares.map((artifact) => ({ kind: "add-to-validated", artifact })), waits };
}

/** The whole decision for one height, with its reason. Pure: same pool, same verdict. */
export function judge(pool: PoolReader, me: NodeId, height: Height): Verdict {
  const committee = pool.notaryCommittee(height);
  if (committee === undefined) return refuse("committee-unknown");
  if (!committee.has(me)) return refuse("not-a-notary");
  if (pool.finalizationShares(height).some((s) => s.signer === me)) return refuse("already-signed");

  const [block, rival] = pool.notarizedBlocks(height);
  if (rival !== undefined) return refuse("several-blocks-notarized");
  assert(block !== undefined, "every height up to the notarized height has a notarized block");

  const mine = pool.notarizationShares(height).filter((s) => s.signer === me);
  if (mine.some((s) => s.content.block !== block.hash)) return refuse("notarized-another-block");
  return { act: true, block: block.hash };
}
