/**
 * The chronicle as it was at a moment: what was told later is left out. Heights that were done by then are the very
 * objects, since nothing about them came later that is drawn. Pure. Checked by: chronicle-until.test.ts.
 */
import type { LabTime, NodeId } from "../../types/ids.ts";
import {
  type BlockMark,
  Chronicle,
  type Column,
  doingWords,
  type Gathering,
  type MessageMark,
} from "./chronicle.ts";

export function chronicleUntil(whole: Chronicle, time: LabTime): Chronicle {
  const then = new Chronicle();
  then.first = whole.first;
  for (const [height, known] of whole.columns) {
    const column = isDone(known, time) ? known : columnUntil(known, time);
    if (column === undefined) continue;
    then.columns.set(height, column);
    then.tip = Math.max(then.tip, height);
    if (column.finalized !== undefined && height > then.finalized) {
      then.finalized = height;
      then.lastFinalizedAt = column.finalized.at;
    }
    if (column.certifiedAt === undefined) continue;
    then.certified = Math.max(then.certified, height);
    if (column.root !== undefined) then.roots.set(column.root, height);
  }
  for (const mark of whole.messages.values()) {
    const message = messageUntil(mark, time);
    if (message !== undefined) then.messages.set(mark.id, message);
  }
  for (const [key, executions] of whole.contexts) {
    const known = executions.filter(({ at }) => at <= time);
    if (known.length > 0) then.contexts.set(key, known);
  }
  for (const [key, execution] of whole.callees) if (execution.at <= time) then.callees.set(key, execution);
  then.prints.push(...whole.prints.filter(({ at }) => at <= time));
  for (const node of whole.nodes.keys()) {
    const last = lastDone(then, node);
    const doing = last?.words ?? "";
    then.nodes.set(node, {
      doing,
      doingAt: last?.at ?? 0,
      waits: new Map(),
      stopped: undefined,
      blamed: new Map(), // the log says when
      finalized: 0,
      adopted: undefined,
    });
  }
  return then;
}

/** A height that is certified, with all that leads there. */
const isDone = ({ certifiedAt, finalized }: Column, time: LabTime): boolean =>
  certifiedAt !== undefined && certifiedAt <= time && finalized !== undefined && finalized.at <= time;

const known = <T extends { readonly at: LabTime }>(mark: T | undefined, time: LabTime): T | undefined =>
  mark !== undefined && mark.at <= time ? mark : undefined;

const gatheringUntil = ({ shares, whole }: Gathering, time: LabTime): Gathering => ({
  shares: new Map([...shares].filter(([, share]) => share.at <= time)),
  whole: known(whole, time),
});

/** Undefined: nothing was said about it yet. */
function columnUntil(column: Column, time: LabTime): Column | undefined {
  const blocks = new Map<string, BlockMark>();
  for (const [hash, block] of column.blocks) {
    if (block.at > time) continue;
    const notarization = gatheringUntil(block.notarization, time);
    const finalization = gatheringUntil(block.finalization, time);
    blocks.set(hash, { ...block, notarization, finalization });
  }
  const [beacon, tape, certification] = [column.beacon, column.tape, column.certification].map((gathering) =>
    gatheringUntil(gathering, time),
  ) as [Gathering, Gathering, Gathering];
  const isThere =
    blocks.size + beacon.shares.size + tape.shares.size + certification.shares.size > 0 ||
    beacon.whole !== undefined;
  if (!isThere) return undefined;
  const isCertified = column.certifiedAt !== undefined && column.certifiedAt <= time;
  return {
    ...column,
    blocks,
    beacon,
    tape,
    certification,
    finalized: known(column.finalized, time),
    executed: known(column.executed, time),
    certifiedAt: isCertified ? column.certifiedAt : undefined,
    root: isCertified ? column.root : undefined,
    messages: blocks.size > 0 ? column.messages : new Set(),
    executions: column.executions.filter(({ at }) => at <= time),
    refusals: [],
    waits: new Map(),
  };
}

function messageUntil(mark: MessageMark, time: LabTime): MessageMark | undefined {
  const until = (at: LabTime | undefined): LabTime | undefined =>
    at !== undefined && at <= time ? at : undefined;
  const acceptedAt = until(mark.acceptedAt);
  const proposedAt = until(mark.proposedAt);
  if (acceptedAt === undefined && proposedAt === undefined) return undefined;
  const isProposed = proposedAt !== undefined;
  const executedAt = until(mark.executedAt);
  const isExecuted = executedAt !== undefined;
  return {
    ...mark,
    acceptedAt,
    proposedAt,
    executedAt,
    gossipedAt: until(mark.gossipedAt),
    notarizedAt: until(mark.notarizedAt),
    finalizedAt: until(mark.finalizedAt),
    certifiedAt: until(mark.certifiedAt),
    block: isProposed ? mark.block : undefined,
    height: isProposed ? mark.height : undefined,
    executedHeight: isExecuted ? mark.executedHeight : undefined,
    instructions: isExecuted ? mark.instructions : undefined,
    outcome: isExecuted ? mark.outcome : undefined,
  };
}

/** What a node signed last, as the newest heights tell. */
function lastDone(
  then: Chronicle,
  node: NodeId,
): { readonly at: LabTime; readonly words: string } | undefined {
  let last: { readonly at: LabTime; readonly words: string } | undefined;
  const say = (at: LabTime | undefined, words: string | undefined): void => {
    if (at !== undefined && words !== undefined && (last === undefined || at >= last.at))
      last = { at, words };
  };
  for (let height = then.tip; height > then.tip - 3; height--) {
    const column = then.columns.get(height);
    for (const block of column?.blocks.values() ?? []) {
      if (block.maker === node) say(block.at, doingWords("block-proposal", height));
      say(block.notarization.shares.get(node)?.at, doingWords("notarization-share", height));
      say(block.finalization.shares.get(node)?.at, doingWords("finalization-share", height));
    }
    say(column?.certification.shares.get(node)?.at, doingWords("certification-share", height));
  }
  return last;
}
