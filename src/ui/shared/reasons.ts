/** The words of the protocol's refusals as sentences, and why a node's signature is missing. Pure. Checked by: reasons.test.ts. */
import type { NodeStatus } from "../../lab/lab.ts";
import type { NodeId } from "../../types/ids.ts";
import type { Column, Gathering } from "./chronicle.ts";

const SENTENCES: Readonly<Record<string, string>> = {
  "committee-unknown": "it does not know yet who signs at this height",
  "not-a-notary": "it is not in the committee of this height",
  "not-in-committee": "it is not in the committee of this height",
  "certified-state-too-far-behind": "the certified state is too far behind, so nothing more is signed",
  "no-proposal": "it has seen no valid block yet",
  "waiting-for-better-ranks": "it gives better-ranked makers time to propose",
  "waiting-for-certified-state": "it waits for the state to be certified",
  "several-blocks-notarized": "several blocks are notarized here, so it must not vouch for one",
  "notarized-another-block": "it notarized another block here, so it must not vouch for this one",
  "not-my-turn-yet": "makers of better rank may propose first",
  "ranks-unknown": "the beacon that decides who may propose is not there yet",
  "parent-knows-more": "the block before names a higher certified state than it has",
  "previous-beacon-missing": "it has not seen the beacon before",
  "too-few-shares": "it has too few shares to add up",
  "block-missing": "it has not got the block yet",
  "block-not-notarized": "the block is not notarized for it yet",
  "parent-not-notarized": "the block before is not notarized for it yet",
  "maker-disqualified": "the block's maker signed two blocks at once",
  "better-rank-validated": "it has a block of better rank",
  "not-this-ranks-turn": "it is too early for a block of this rank",
  "certified-state-not-reached": "its own state has not come so far",
  "registry-version-not-reached": "it does not know the registry version that the block names",
  "block-time-in-the-future": "the block's time is ahead of its clock",
  "payload-not-judgeable": "it cannot judge what the block carries yet",
  "tape-missing": "the random tape is not there yet",
  "execution-behind": "execution has not come so far",
  "state-behind-the-chain":
    "its state is too old for the chain: it fetches the one that a catch-up package names",
  "state-diverged": "its state was not the subnet's: it fetches the one that a catch-up package names",
  undecodable: "what it sends cannot be read",
  "catch-up-package-too-far-behind": "no catch-up package was made for too long, so nothing more is signed",
  "tip-names-older-state": "the finalized tip does not build on the summary's state yet",
  "state-missing": "its state after the summary is not written down yet",
  "no-summary": "the summary block is not here",
  "memory-lost": "it lost some of what it had signed, and is silent until a catch-up package made since",
  overloaded: "it has more to do than it can",
};
/** A reason may bring details after a colon. */
export function reasonSentence(because: string): string {
  const [word = "", ...details] = because.split(": ");
  return [SENTENCES[word] ?? word.replaceAll("-", " "), ...details].join(": ");
}

export type ShareRow = "beacon" | "notarized" | "finalized" | "tape" | "certified";
/** Whose word explains a missing share, the nearest first. */
const COMPONENTS: Readonly<Record<ShareRow, readonly string[]>> = {
  beacon: ["random-beacon-maker"],
  notarized: ["notary", "validator"],
  finalized: ["finalizer", "validator"],
  tape: ["random-tape-maker"],
  certified: ["batch-delivery"],
};

/** Why `node` has given no share. Undefined: nothing is known yet, and nothing need be wrong. */
export function whyMissing(
  row: ShareRow,
  node: NodeId,
  status: NodeStatus,
  column: Column,
  gathering: Gathering | undefined,
): string {
  if (status !== "running") return `it is ${status}`;
  for (const block of column.blocks.values()) {
    const other = row === "notarized" ? block.notarization : block.finalization;
    const counts = row === "notarized" || row === "finalized";
    if (counts && other !== gathering && other.shares.has(node)) return "it signed the other block here";
  }
  if (row !== "certified" && gathering?.whole !== undefined) {
    const said = COMPONENTS[row].map((c) => column.waits.get(`${node} ${c}`)).find((w) => w !== undefined);
    const before = said === undefined ? "" : ` Before that: ${reasonSentence(said)}.`;
    return `enough others had signed before it did, and the round went on.${before}`;
  }
  for (const component of COMPONENTS[row]) {
    const because = column.waits.get(`${node} ${component}`);
    if (because !== undefined) return `${reasonSentence(because)}`;
  }
  if (gathering?.whole !== undefined) return "enough others had signed before it did";
  return row === "certified" ? "it has not computed this state yet" : "its share is not there yet";
}
