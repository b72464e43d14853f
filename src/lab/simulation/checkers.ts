/**
 * Checkers outside the replica. They know what honest nodes say they did, every message that was sent, and every state
 * before it was hashed; they believe no liar.
 *
 *   K1  One finalized block a height, one state root a height, and nothing but that root is certified.
 *   K2  Ingress is in one finalized block at most, and executed once at most.
 *   K3  A node's certified height rises.
 *   K4  No honest node signs twice (`double-signing.ts`).
 *   K5  Every state keeps its promises (`promises.ts`).
 */
import type { Hash, Height, MessageId, NodeId } from "../../types/ids.ts";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { readMessage } from "../../replica/gossip/wire.ts";
import type { ReplicatedState } from "../../replica/state/state.ts";
import { createAgreement } from "../agreement.ts";
import { createDoubleSigning } from "./double-signing.ts";
import { brokenPromises } from "./promises.ts";

export interface Checkers {
  /** Sentences about what is broken; none: all promises held. */
  readonly broken: readonly string[];
  /** Highest height whose state a node has certified; 0 at first. */
  certified(node: NodeId): Height;
  executed(node: NodeId): Height;
  /** Highest finalized height of all. */
  readonly finalized: Height;
  /** Named by honest nodes for sending what no honest node sends. */
  readonly accused: ReadonlySet<NodeId>;
  /** How often a node found its state wrong. */
  readonly noticed: number;
  root(height: Height): Hash | undefined;
  /** Whether honest nodes computed it at some height. */
  isAgreed(root: Hash): boolean;
  /** Of one node: how many users' messages it executed. */
  messages(node: NodeId): number;
  report(sentence: string): void;
  fact(entry: TraceEntry): void;
  /** What it did since its last checkpoint it does again, and nothing else. */
  crashed(node: NodeId): void;
  sent(from: NodeId, bytes: Uint8Array): void;
  /** Its state changed under its hands: until it says that it noticed, what it says of states binds nobody. */
  goesAstray(node: NodeId): void;
  state(node: NodeId, state: ReplicatedState): void;
}

export function createCheckers(honest: ReadonlySet<NodeId>, read = readMessage): Checkers {
  const broken: string[] = [];
  const report = (sentence: string): void => {
    if (!broken.includes(sentence)) broken.push(sentence);
  };
  const agreed = (what: string) =>
    createAgreement((height, first, then) =>
      report(
        `two ${what} at height ${height}: ${first.value} at ${first.node}, ${then.value} at ${then.node}`,
      ),
    );
  const blocks = agreed("finalized blocks");
  const roots = agreed("state roots");
  const allRoots = new Set<Hash>();
  const includedAt = new Map<MessageId, Height>();
  const executedAt = new Map<MessageId, Height>();
  const thisRound = new Map<NodeId, Set<MessageId>>();
  const messages = new Map<NodeId, number>();
  const certified = new Map<NodeId, Height>();
  const executed = new Map<NodeId, Height>();
  /** Now, and ever. */
  const isAstray = new Set<NodeId>();
  const wasAstray = new Set<NodeId>();
  const doubleSigning = createDoubleSigning(report, read, wasAstray);
  let finalized = 0;
  let noticed = 0;
  const accused = new Set<NodeId>();
  let judged = 0;

  function once(where: Map<MessageId, Height>, message: MessageId, height: Height, what: string): void {
    const before = where.get(message);
    if (before !== undefined && before !== height)
      report(`ingress ${message} is ${what} at heights ${before} and ${height}`);
    where.set(message, height);
  }

  function executes(node: NodeId, fact: Extract<Fact, { kind: "message-executed" }>): void {
    // Callbacks name the user's call for which they run, too.
    if (fact.message === undefined || fact.method.startsWith("(")) return;
    once(executedAt, fact.message, fact.height, "executed");
    const mine = thisRound.get(node) ?? new Set();
    thisRound.set(node, mine);
    if (mine.has(fact.message)) report(`ingress ${fact.message} is executed twice at height ${fact.height}`);
    mine.add(fact.message);
    messages.set(node, (messages.get(node) ?? 0) + 1);
  }

  return {
    broken,
    certified: (node) => certified.get(node) ?? 0,
    executed: (node) => executed.get(node) ?? 0,
    get finalized() {
      return finalized;
    },
    accused,
    get noticed() {
      return noticed;
    },
    root: (height) => roots.at(height),
    isAgreed: (root) => allRoots.has(root),
    messages: (node) => messages.get(node) ?? 0,
    report,
    sent: (from, bytes) => {
      if (honest.has(from)) doubleSigning(from, bytes);
    },
    goesAstray(node) {
      isAstray.add(node);
      wasAstray.add(node);
    },
    crashed(node) {
      thisRound.delete(node);
      certified.delete(node);
    },
    fact({ node, fact }) {
      if (!honest.has(node)) return;
      switch (fact.kind) {
        case "finalized":
          blocks.add(node, fact.height, fact.block);
          finalized = Math.max(finalized, fact.height);
          for (const message of fact.ingress) once(includedAt, message, fact.height, "finalized");
          if (new Set(fact.ingress).size < fact.ingress.length)
            report(`the block at height ${fact.height} holds a message twice`);
          break;
        case "peer-misbehaves":
          accused.add(fact.peer);
          break;
        case "state-diverged":
          noticed++;
          if (!isAstray.delete(node)) report(`${node} finds its state wrong, and nobody touched it`);
          thisRound.delete(node);
          certified.delete(node);
          break;
        case "round-executed":
          if (isAstray.has(node)) break;
          roots.add(node, fact.height, fact.root);
          allRoots.add(fact.root);
          executed.set(node, fact.height);
          thisRound.delete(node);
          break;
        case "message-executed":
          if (!isAstray.has(node)) executes(node, fact);
          break;
        case "certified":
          if (isAstray.has(node)) {
            certified.set(node, fact.height);
            break;
          }
          roots.add(node, fact.height, fact.root);
          if (fact.height <= (certified.get(node) ?? 0))
            report(`${node} certifies height ${fact.height} after ${certified.get(node)}`);
          certified.set(node, fact.height);
          break;
        case "stopped":
          report(`${node} stopped: ${fact.because}`);
          break;
        default:
      }
    },
    state(node, state) {
      if (!honest.has(node) || isAstray.has(node) || state.height <= judged) return;
      judged = state.height;
      for (const sentence of brokenPromises(state)) report(sentence);
    },
  };
}
