/**
 * What the subnet can do with the nodes that are up, in one sentence. With n = 3f + 1 nodes, notarization,
 * finalization and certification need n − f of them, the beacon and the tape f + 1. Source: replica A.2.
 */
import type { NodeStatus } from "../../lab/lab.ts";

export interface Thresholds {
  readonly nodes: number;
  readonly faulty: number;
  /** n − f */
  readonly high: number;
  /** f + 1 */
  readonly low: number;
}
export function thresholdsOf(nodes: number): Thresholds {
  const faulty = Math.floor((nodes - 1) / 3);
  return { nodes, faulty, high: nodes - faulty, low: faulty + 1 };
}

export interface Health {
  readonly tone: "good" | "bad" | "waiting";
  readonly headline: string;
  readonly rest: string;
}

const NUMBERS = ["none", "one", "two", "three", "four"];
const inWords = (n: number): string => NUMBERS[n] ?? String(n);

/** `speak`: how many of those that run hear enough of each other. */
export function healthOf(
  statuses: readonly NodeStatus[],
  paused: boolean,
  finalized: number,
  speak = Number.POSITIVE_INFINITY,
): Health {
  const { nodes, high } = thresholdsOf(statuses.length);
  const up = Math.min(speak, statuses.filter((s) => s === "running").length);
  const starting = statuses.filter((s) => s === "starting").length;
  if (nodes === 0 || (starting > 0 && up < high)) {
    return { tone: "waiting", headline: "Starting.", rest: `${up} of ${nodes} nodes are up` };
  }
  if (statuses.includes("blocked")) {
    return { tone: "bad", headline: "Paused.", rest: "It could not be written down" };
  }
  if (up < high) {
    return { tone: "bad", headline: "Halted.", rest: `${up} of ${nodes} nodes speak, ${high} are needed` };
  }
  const of = `${up} of ${nodes} nodes.`;
  if (paused) return { tone: "waiting", headline: of, rest: "Paused: no message moves" };
  if (finalized === 0) return { tone: "waiting", headline: of, rest: "Making the first block" };
  return { tone: "good", headline: of, rest: `Safe and live, ${inWords(up - high)} to spare` };
}

/** Below the ring: which nodes are out, and what follows. */
export function consequence(
  names: readonly string[],
  statuses: readonly NodeStatus[],
  reasons: readonly (string | undefined)[],
  canRestart: boolean,
): string {
  const { nodes, high } = thresholdsOf(statuses.length);
  const up = statuses.filter((s) => s === "running").length;
  const out: Out[] = names
    .map((name, i) => ({ name, status: statuses[i]!, because: reasons[i] }))
    .filter((n) => n.status !== "running" && n.status !== "starting");
  if (out.length === 0) {
    if (nodes === 1) return "One node agrees with itself. Take four to see agreement.";
    const spare = nodes - high;
    return `All nodes speak. ${spare === 1 ? "One may fail" : `${spare} may fail`} and calls still finish.`;
  }
  const list = grouped(out);
  if (up >= high) {
    const spare = up - high;
    return `${list}. ${spare === 0 ? "One more failure and the subnet waits." : `${spare} more may fail.`}`;
  }
  const alone = up === 0 ? "Nobody is left to decide" : `${up} of ${nodes} nodes refuse to decide alone`;
  const has = (...statuses: NodeStatus[]): boolean => out.some((n) => statuses.includes(n.status));
  const cure = has("frozen")
    ? " Thaw one to go on."
    : canRestart && has("killed", "stopped")
      ? " Restart one to go on."
      : "";
  const needed = high === 1 ? "1 signature is" : `${high} signatures are`;
  return `${list}. ${alone}: ${needed} needed. That is how forks are prevented.${cure}`;
}

interface Out {
  readonly name: string;
  readonly status: NodeStatus;
  readonly because: string | undefined;
}
/** "n3 and n4 are frozen, n2 is stopped (its reason)". */
function grouped(out: readonly Out[]): string {
  const groups = new Map<string, string[]>();
  for (const { name, status, because } of out) {
    const words = because === undefined ? status : `${status} (${because})`;
    groups.set(words, [...(groups.get(words) ?? []), name]);
  }
  return [...groups]
    .map(([words, names]) => `${listed(names)} ${names.length === 1 ? "is" : "are"} ${words}`)
    .join(", ");
}

/** "n1, n2 and n3" */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
