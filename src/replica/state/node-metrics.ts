/**
 * How often each node's block was taken, and how often it was passed over: counted at every block, kept a day at a time.
 *
 *   NM1  The last sample is still counting; the others are each the last of their UTC day, at most 60 in all.
 *   NM2  When a day ends, nodes whose counts did not change over it leave; one that returns counts anew.
 *
 * Source: interface §7 row 30; [ic] rs/replicated_state/src/metadata_state.rs.
 */
import type { Batch } from "../../types/batch.ts";
import type { Nanos, NodeId } from "../../types/ids.ts";

export interface NodeMetricsSample {
  readonly at: Nanos;
  readonly nodes: ReadonlyMap<NodeId, NodeMetrics>;
}

export interface NodeMetrics {
  readonly proposed: bigint;
  readonly failed: bigint;
}

const SAMPLES_MAX = 60;
const DAY: Nanos = 86_400_000_000_000n;

export function observed(
  samples: readonly NodeMetricsSample[],
  { time, blockMaker, failedBlockMakers }: Pick<Batch, "time" | "blockMaker" | "failedBlockMakers">,
): readonly NodeMetricsSample[] {
  const running = samples.at(-1);
  const ended = running !== undefined && running.at / DAY < time / DAY;
  const before = samples.slice(0, -1);
  const kept = ended ? [...before, withoutIdle(running, before.at(-1))] : before;
  const nodes = new Map((ended ? kept.at(-1) : running)?.nodes);
  const of = (node: NodeId): NodeMetrics => nodes.get(node) ?? { proposed: 0n, failed: 0n };
  nodes.set(blockMaker, { ...of(blockMaker), proposed: of(blockMaker).proposed + 1n });
  for (const node of failedBlockMakers) nodes.set(node, { ...of(node), failed: of(node).failed + 1n });
  return [...kept, { at: time, nodes }].slice(-SAMPLES_MAX);
}

/** NM2. */
function withoutIdle(sample: NodeMetricsSample, earlier: NodeMetricsSample | undefined): NodeMetricsSample {
  const moved = ([node, now]: readonly [NodeId, NodeMetrics]): boolean => {
    const then = earlier?.nodes.get(node);
    return then === undefined || then.proposed !== now.proposed || then.failed !== now.failed;
  };
  return { ...sample, nodes: new Map([...sample.nodes].filter(moved)) };
}
