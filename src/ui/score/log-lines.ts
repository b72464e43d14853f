/** A node's fact as a line of the log, and the choice among lines. Pure. Checked by: log-lines.test.ts. */
import { toHex } from "../../base/bytes.ts";
import type { NodeId } from "../../types/ids.ts";
import { principalText } from "../../types/principal.ts";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { faultWords } from "../shared/fault-words.ts";
import { type Family, familyOf } from "../shared/marks.ts";
import { reasonSentence } from "../shared/reasons.ts";

export const TOPICS = {
  messages: "messages and execution",
  blocks: "blocks",
  artifacts: "artifacts made",
  traffic: "artifacts received and validated",
  states: "states",
  waits: "waiting",
  trouble: "refused and stopped",
  faults: "faults begun and ended",
  prints: "printed by canisters",
} as const;
export type Topic = keyof typeof TOPICS;

export function topicOf(fact: Fact): Topic {
  switch (fact.kind) {
    case "ingress-accepted":
    case "message-executed":
      return "messages";
    case "block-made":
    case "finalized":
      return "blocks";
    case "artifact-made":
      return "artifacts";
    case "artifact-received":
    case "artifact-validated":
      return "traffic";
    case "round-executed":
    case "certified":
    case "checkpoint":
    case "state-adopted":
    case "registry-version":
    case "members":
      return "states";
    case "waits":
      return "waits";
    case "artifact-refused":
    case "peer-misbehaves":
    case "state-diverged":
    case "left-subnet":
    case "stopped":
      return "trouble";
    case "debug-print":
      return "prints";
    case "fault-begins":
    case "fault-ends":
      return "faults";
  }
}

export const heightOf = (fact: Fact): number | undefined => ("height" in fact ? fact.height : undefined);

export function familyOfFact(fact: Fact): Family {
  if ("artifact" in fact && fact.kind !== "ingress-accepted") return familyOf(fact.artifact);
  switch (topicOf(fact)) {
    case "blocks":
      return fact.kind === "finalized" ? "finalize" : "block";
    case "states":
      return fact.kind === "certified" ? "certify" : "tape";
    case "messages":
      return "ingress";
    default:
      return "request";
  }
}

const canisterText = (id: string): string => (id === "" ? "aaaaa-aa" : principalText(id));
const short = (id: string): string => `${id.slice(0, 8)}…`;
const spaced = (words: string): string => words.replaceAll("-", " ");
const counted = (n: number | bigint, one: string): string =>
  `${n.toLocaleString("en")} ${one}${n === 1 || n === 1n ? "" : "s"}`;

/** `name`: of a node, n1, n2, … */
export function wordsOf(fact: Fact, name: (node: NodeId) => string): string {
  switch (fact.kind) {
    case "artifact-made":
      return `makes a ${spaced(fact.artifact)} ${short(fact.id)}`;
    case "artifact-received":
      return `receives a ${spaced(fact.artifact)} ${short(fact.id)} from ${name(fact.from)}${fact.signer === undefined || fact.signer === fact.from ? "" : `, signed by ${name(fact.signer)}`}`;
    case "artifact-validated": {
      const by = fact.signer === undefined ? (fact.signers ?? []) : [fact.signer];
      const signed = by.length === 0 ? "" : `, signed by ${by.map(name).join(", ")}`;
      return `finds the ${spaced(fact.artifact)} ${short(fact.id)} valid${signed}`;
    }
    case "artifact-refused":
      return `refuses a ${spaced(fact.artifact)} ${short(fact.id)}: ${reasonSentence(fact.because)}`;
    case "block-made":
      return `makes a block of rank ${fact.rank} with ${counted(fact.ingress.length, "message")}, ${short(fact.block)}`;
    case "waits":
      return `${spaced(fact.component)} waits: ${reasonSentence(fact.because)}`;
    case "finalized":
      return `block ${short(fact.block)} of ${name(fact.maker)} is final, ${counted(fact.ingress.length, "message")}`;
    case "round-executed":
      return `has executed ${counted(fact.messages, "message")}, ${counted(fact.instructions, "instruction")}; root ${short(fact.root)}`;
    case "message-executed": {
      const sent = fact.call?.sent.length ?? 0;
      const calls = sent === 0 ? "" : `, calls ${fact.call!.sent.map((c) => c.method).join(", ")}`;
      return `runs ${fact.method} of ${canisterText(fact.canister)}: ${fact.outcome}, ${counted(fact.instructions, "instruction")}${calls}`;
    }
    case "checkpoint":
      return `has written down the state after the summary, ${short(fact.state)}`;
    case "state-adopted":
      return `takes the state ${short(fact.state)} that a catch-up package names, and goes on from there`;
    case "state-diverged":
      return `has another state than the subnet, ${short(fact.mine)} and not ${short(fact.theirs)}: it drops its own, and begins again from the last catch-up package`;
    case "certified":
      return `state certified, root ${short(fact.root)}`;
    case "ingress-accepted":
      return `accepts message ${short(fact.message)}, ${fact.method} of ${canisterText(fact.canister)}`;
    case "debug-print":
      return `${canisterText(fact.canister)} prints: ${fact.text}`;
    case "peer-misbehaves":
      return `finds fault with ${name(fact.peer)}: ${reasonSentence(fact.because)}${fact.times > 1 ? `, ${fact.times} times` : ""}`;
    case "registry-version":
      return `knows registry version ${fact.version}: ${counted(fact.nodes, "node")}`;
    case "members":
      return `has the nodes of registry version ${fact.version} from here on`;
    case "left-subnet":
      return `is not in the subnet any more: registry version ${fact.version} does without it`;
    case "stopped":
      return `stopped: ${fact.because}`;
    case "fault-begins":
      return `begins: ${faultWords(fact.fault, name)}`;
    case "fault-ends":
      return `over: ${faultWords(fact.fault, name)}`;
  }
}

export interface Filter {
  readonly topics: ReadonlySet<Topic>;
  /** Undefined: all. */
  readonly node: NodeId | undefined;
  readonly height: number | undefined;
  /** In any case of letters; empty: all. Ids are found whole or by their beginning. */
  readonly text: string;
}

export function fits(entry: TraceEntry, filter: Filter, name: (node: NodeId) => string): boolean {
  const { fact, node } = entry;
  if (!filter.topics.has(topicOf(fact))) return false;
  if (filter.node !== undefined && node !== filter.node) return false;
  if (filter.height !== undefined && heightOf(fact) !== filter.height) return false;
  if (filter.text === "") return true;
  const wanted = filter.text.toLowerCase();
  if (wordsOf(fact, name).toLowerCase().includes(wanted)) return true;
  return Object.values(fact).some((value) => typeof value === "string" && value.startsWith(wanted));
}

/** JSON with numbers that JSON has not as strings. */
export const exported = (entries: readonly TraceEntry[]): string =>
  JSON.stringify(
    entries,
    (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value instanceof Uint8Array ? toHex(value) : value,
    1,
  );
