/** The live caption above the score: what happens at the tip, in plain words. Pure. */
import type { NodeStatus } from "../../lab/lab.ts";
import type { NodeId } from "../../types/ids.ts";
import type { BlockMark, Chronicle } from "./chronicle.ts";
import { listed, thresholdsOf } from "./health.ts";

export interface Caption {
  readonly headline: string;
  readonly rest: string;
}

/** Of whom a caption speaks. */
export interface Cast {
  readonly members: readonly NodeId[];
  nameOf(node: NodeId): string;
}

export function captionOf(
  chronicle: Chronicle,
  cast: Cast,
  status: (node: NodeId) => NodeStatus,
  paused: boolean,
  speak = Number.POSITIVE_INFINITY,
): Caption {
  const nodes = cast.members;
  const { high, low } = thresholdsOf(nodes.length);
  const name = (id: NodeId | undefined): string => (id === undefined ? "someone" : cast.nameOf(id));
  const up = nodes.filter((n) => status(n) === "running");
  const height = chronicle.finalized + 1;
  const column = chronicle.column(height);
  const block = leading(column?.blocks);
  const state = ((): string => {
    if (block === undefined) {
      const beacon = chronicle.column(height - 1)?.beacon;
      if (beacon !== undefined && beacon.whole === undefined && height > 1) {
        return `The beacon of ${height - 1} decides who may propose: it has ${beacon.shares.size} of ${low} shares.`;
      }
      return `Block ${height} is not proposed yet.`;
    }
    const signed = block.notarization.shares;
    if (block.notarization.whole === undefined) {
      if (signed.size >= high)
        return `It has the ${high === 1 ? "one signature" : `${high} signatures`} it needs: they are being added up.`;
      const missing = up.filter((n) => !signed.has(n)).map(name);
      const who =
        missing.length === 0
          ? ""
          : `: ${listed(missing)} ${missing.length === 1 ? "is" : "are"} still checking it`;
      return `It needs ${high} ${high === 1 ? "signature" : "signatures"} and has ${signed.size}${who}.`;
    }
    if (block.finalization.shares.size >= high)
      return "It is notarized, and enough nodes say that they notarized nothing else here: it is about to be final.";
    return `It is notarized. It is final once ${high === 1 ? "its node says" : `${high} nodes say`} that they notarized nothing else here; ${block.finalization.shares.size} did.`;
  })();
  const speaking = Math.min(speak, up.length);
  if (speaking < high && speaking > 0 && !nodes.some((n) => status(n) === "starting")) {
    const has =
      block === undefined
        ? ""
        : ` Block ${height} has ${block.notarization.shares.size === 1 ? "one signature" : `${block.notarization.shares.size} signatures`}.`;
    return {
      headline: "Nothing is lost, nothing is decided.",
      rest: `${has.trim()} ${high} nodes must speak and ${speaking} do.`.trim(),
    };
  }
  if (paused)
    return { headline: `Paused at block ${height}.`, rest: `${state} Step delivers the next message.` };
  if (chronicle.tip === 0)
    return { headline: "The nodes are waking.", rest: "Each has its keys and links to the others." };
  if (block === undefined) return { headline: `Height ${height}.`, rest: state };
  return { headline: `${name(block.maker)} proposes block ${height}.`, rest: state };
}

/** The block most likely to win: notarized, then lowest rank. */
export function leading(blocks: ReadonlyMap<string, BlockMark> | undefined): BlockMark | undefined {
  let best: BlockMark | undefined;
  for (const block of blocks?.values() ?? []) {
    if (best === undefined) best = block;
    else if (best.notarization.whole !== undefined) continue;
    else if (block.notarization.whole !== undefined || (block.rank ?? 99) < (best.rank ?? 99)) best = block;
  }
  return best;
}
