/**
 * Batch delivery: turns finalized blocks into batches for execution.
 *
 *   D1  Batches leave in order of height, each once, none missing.
 *   D2  A batch leaves only when its block is final and its tape is here: then, and only then, is it decided.
 *   D3  Execution is never more than a fixed number of batches behind what was handed to it.
 *
 * Source: replica A.18.
 * Checked by: batch-delivery.test.ts.
 */
import { assert, defined } from "../../base/assert.ts";
import { tapeRandomness } from "../../types/artifact.ts";
import type { Batch } from "../../types/batch.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";
import { decodeQueryStats } from "../../types/query-stats.ts";
import type { KnownBlock, PoolReader } from "../interfaces/pool-reader.ts";
import type { ConsensusDeps, Wait } from "./component.ts";

/** Batches that may wait for execution. Source: replica A.18. */
export const BATCHES_WAITING_MAX = 16;

export type Refusal = "tape-missing" | "execution-behind" | "state-behind-the-chain";

export interface Delivery {
  readonly batches: readonly Batch[];
  readonly wait: (Wait & { readonly because: Refusal }) | undefined;
}

/** `delivered`: the last height handed over; `executed`: the last height execution has finished. */
export function deliverBatches(
  pool: PoolReader,
  delivered: Height,
  executed: Height,
  decodeIngress: ConsensusDeps["decodeIngress"],
): Delivery {
  const batches: Batch[] = [];
  for (let height = delivered + 1; height <= pool.finalizedHeight(); height++) {
    if (height > executed + BATCHES_WAITING_MAX) {
      return { batches, wait: { height, because: "execution-behind" } };
    }
    const found = pool.finalizedBlock(height);
    // A catch-up package passed it over: the state that it names has to be fetched.
    if (found?.maker === undefined) return { batches, wait: { height, because: "state-behind-the-chain" } };
    const tape = pool.randomTape(height);
    if (tape === undefined) return { batches, wait: { height, because: "tape-missing" } };
    batches.push({
      height,
      time: found.block.context.time,
      randomness: tapeRandomness(tape),
      registryVersion: found.block.context.registryVersion,
      ingress: ingressOf(found, decodeIngress),
      ...queryStatsOf(found),
      ...(found.block.payload.summary === undefined ? {} : { isSummary: true as const }),
      blockMaker: found.maker,
      failedBlockMakers: failedMakers(pool, found),
    });
  }
  return { batches, wait: undefined };
}

/** Makers of better ranks. The beacon that ranked them is never forgotten, so all nodes name the same ones. */
function failedMakers(pool: PoolReader, { block }: KnownBlock): readonly NodeId[] {
  if (block.rank === 0) return [];
  const makers = defined(pool.blockMakers(block.height), "the beacon below a finalized block is here");
  return makers.slice(0, block.rank);
}

function queryStatsOf({ block }: KnownBlock): Pick<Batch, "queryStats"> {
  const { queryStats } = block.payload;
  if (queryStats === undefined) return {};
  const section = decodeQueryStats(queryStats);
  assert(section.ok, "a notarized payload decodes");
  return { queryStats: section.value };
}

/** The messages of a block that 2f + 1 nodes found valid. */
export function ingressOf(
  { block }: KnownBlock,
  decodeIngress: ConsensusDeps["decodeIngress"],
): SignedIngress[] {
  return block.payload.ingress.map((bytes) => {
    const message = decodeIngress(bytes);
    assert(message.ok, "a notarized payload decodes");
    return message.value;
  });
}
