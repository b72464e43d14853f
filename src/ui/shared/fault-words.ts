/** Faults in words. Plain data and pure functions. */
import type { Fault, LieName, Links } from "../../types/fault.ts";
import type { NodeId } from "../../types/ids.ts";

/** What each lie does, after "n2". */
export const lieWords: Readonly<Record<LieName, string>> = {
  "repeats-ingress": "puts old messages into its blocks again",
  equivocates: "proposes two blocks of one height",
  "votes-for-all": "votes for every block it hears of",
  garbles: "signs nothing: its shares are random bytes",
  withholds: "keeps most of its shares to itself",
  "certifies-another-state": "signs another state than the one it computed",
  floods: "floods the others with rubbish",
  "misleads-users": "changes a byte of every answer to users",
  "ignores-some": "says nothing at all to some of the others",
  "forges-catch-up": "forges catch-up packages",
  "changes-parts": "changes parts of states that others fetch",
};

export const inMs = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

type NameOf = (node: NodeId) => string;
const along = ({ from, to, bothWays }: Links, name: NameOf): string =>
  `${from.map(name).join(", ")} ${bothWays ? "↔" : "→"} ${to.map(name).join(", ")}`;

export function faultWords(fault: Fault, name: NameOf): string {
  switch (fault.kind) {
    case "freeze":
      return `${name(fault.node)} is frozen`;
    case "kill":
      return `${name(fault.node)} is killed`;
    case "slow":
      return `${name(fault.node)} takes ${inMs(fault.ms)} for each step`;
    case "lie":
      return `${name(fault.node)} lies: ${lieWords[fault.lie]}`;
    case "cut":
      return `cut: ${along(fault.links, name)}`;
    case "latency":
      return `${inMs(fault.ms)} on the way: ${along(fault.links, name)}`;
    case "loss":
      return `${fault.percent} % lost: ${along(fault.links, name)}`;
    default: {
      const { from, to, what, height } = fault.message;
      const message = `${what.replaceAll("-", " ")}${height ? ` of ${height}` : ""}, ${name(from)} → ${name(to)}`;
      switch (fault.kind) {
        case "drop":
          return `dropped: ${message}`;
        case "delay":
          return `${inMs(fault.ms)} late: ${message}`;
        case "duplicate":
          return `twice: ${message}`;
        case "corrupt":
          return `one bit turned: ${message}`;
        case "replay":
          return `again after ${inMs(fault.ms)}: ${message}`;
      }
    }
  }
}
