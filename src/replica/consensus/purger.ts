/**
 * Purger: decides what the pool may forget.
 *
 * Safety
 *   G1  Of the finalized chain, its beacons and tapes nothing is forgotten but what lies more than fifty heights below
 *       the newest catch-up package: who lacks more than that gets the package.
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
import { HEIGHTS_KEPT } from "../interfaces/gossip-readers.ts";

/** Heights up to which the pool was already looked through. A memory, not a state: forgetting it costs time only. */
export interface PurgeMarks {
  finalized: Height;
}

export function purge(pool: PoolReader, marks: PurgeMarks): Turn {
  const finalized = pool.finalizedHeight();
  const catchUp = pool.catchUpHeight();
  const changes = [
    ...stale(
      pool,
      "validated",
      ["notarization-share", "finalization-share", "equivocation-proof"],
      finalized,
    ),
    ...stale(pool, "validated", ["random-beacon-share"], pool.beaconHeight()),
    ...stale(pool, "validated", ["random-tape-share"], pool.tapeHeight()),
    ...stale(pool, "validated", ["catch-up-package-share"], catchUp),
    ...stale(pool, "validated", ["catch-up-package"], catchUp - 1),
    ...stale(pool, "validated", CHAIN_KINDS, catchUp - HEIGHTS_KEPT - 1),
    // The lowest block that stays was ranked by the beacon below it.
    ...stale(pool, "validated", ["random-beacon"], catchUp - HEIGHTS_KEPT - 2),
    ...stale(pool, "unvalidated", ["catch-up-package", "catch-up-package-share"], catchUp),
    ...stale(pool, "unvalidated", FINAL_KINDS, finalized),
    ...stale(pool, "unvalidated", ["random-beacon-share", "random-beacon"], pool.beaconHeight()),
    ...stale(pool, "unvalidated", ["random-tape-share", "random-tape"], pool.tapeHeight()),
    ...besideTheChain(pool, marks.finalized, finalized),
  ];
  marks.finalized = finalized;
  return changes.length === 0 ? nothing : { changes, waits: [] };
}

/** What a node that is a little behind asks for. */
const CHAIN_KINDS: readonly ConsensusKind[] = [
  "block-proposal",
  "notarization",
  "finalization",
  "random-tape",
];

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
    // Undefined where a catch-up package passed the height over: which of its blocks is final nobody here knows.
    const final = pool.finalizedBlock(height)?.hash;
    const gone = [
      ...pool.validatedAt("notarization", height).filter((e) => e.artifact.content.block !== final),
      ...pool.validatedAt("block-proposal", height).filter((e) => e.artifact.hash !== final),
    ];
    for (const { id } of gone) changes.push({ kind: "remove-from-validated", id, because: "not-finalized" });
  }
  return changes;
}
