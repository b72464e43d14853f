/**
 * Purger: decides what the pool may forget.
 *
 * Safety
 *   G1  Of the finalized chain nothing is forgotten: blocks, notarizations, finalizations, beacons and tapes stay
 *       since genesis, so that a node which slept can catch up. (Catch-up packages will end that: DIVERGENCES.md.)
 *   G2  My own shares above the finalized height stay: they are what F2 and N4 remember by.
 * Liveness
 *   G3  Shares whose aggregate is here, proposals and notarizations beside the finalized chain, and everything in
 *       quarantine that can no longer matter, go.
 *
 * Source: replica A.13.
 * Checked by: purger.test.ts.
 */
import { type Height, heightsAfter } from "../../types/ids.ts";
import type { ChangeAction } from "../interfaces/consensus-actions.ts";
import type { ConsensusKind, PoolReader } from "../interfaces/pool-reader.ts";
import { nothing, type Turn } from "./component.ts";

/** Heights up to which the pool was already looked through. A memory, not a state: forgetting it costs time only. */
export interface PurgeMarks {
  finalized: Height;
}

export function purge(pool: PoolReader, marks: PurgeMarks): Turn {
  const finalized = pool.finalizedHeight();
  const changes = [
    ...stale(
      pool,
      "validated",
      ["notarization-share", "finalization-share", "equivocation-proof"],
      finalized,
    ),
    ...stale(pool, "validated", ["random-beacon-share"], pool.beaconHeight()),
    ...stale(pool, "validated", ["random-tape-share"], pool.tapeHeight()),
    ...stale(pool, "unvalidated", FINAL_KINDS, finalized),
    ...stale(pool, "unvalidated", ["random-beacon-share", "random-beacon"], pool.beaconHeight()),
    ...stale(pool, "unvalidated", ["random-tape-share", "random-tape"], pool.tapeHeight()),
    ...besideTheChain(pool, marks.finalized, finalized),
  ];
  marks.finalized = finalized;
  return changes.length === 0 ? nothing : { changes, waits: [] };
}

/** Kinds of which nothing new matters at or below the finalized height. */
const FINAL_KINDS: readonly ConsensusKind[] = [
  "block-proposal",
  "notarization-share",
  "notarization",
  "finalization-share",
  "finalization",
  "equivocation-proof",
];

function stale(
  pool: PoolReader,
  section: "validated" | "unvalidated",
  kinds: readonly ConsensusKind[],
  upTo: Height,
): ChangeAction[] {
  return kinds
    .filter((kind) => (pool.heightsWith(section, kind)[0] ?? Number.POSITIVE_INFINITY) <= upTo)
    .map((of) => ({ kind: "purge", section, of, upTo }));
}

function besideTheChain(pool: PoolReader, after: Height, upTo: Height): ChangeAction[] {
  const changes: ChangeAction[] = [];
  for (const height of heightsAfter(after, upTo)) {
    const final = pool.finalizedBlock(height)?.hash;
    const gone = [
      ...pool.validatedAt("notarization", height).filter((e) => e.artifact.content.block !== final),
      ...pool.validatedAt("block-proposal", height).filter((e) => e.artifact.hash !== final),
    ];
    for (const { id } of gone) changes.push({ kind: "remove-from-validated", id, because: "not-finalized" });
  }
  return changes;
}
