/**
 * What a person may do to a network, as values: they begin, are in force, and end. Closed union: every kind is worded in
 * the page and applied by `lab/faults.ts`, and neither compiles without it.
 */
import type { Height, NodeId } from "./ids.ts";

/** Each is a file of `lab/liars`. Those about making blocks come before those about voting for them. */
export const LIES = [
  "repeats-ingress",
  "equivocates",
  "votes-for-all",
  "garbles",
  "withholds",
  "certifies-another-state",
  "floods",
  "misleads-users",
  "ignores-some",
  "forges-catch-up",
  "changes-parts",
] as const;
export type LieName = (typeof LIES)[number];

export type NodeFault =
  /** Gates closed both ways, the clock withheld, memory kept. */
  | { readonly kind: "freeze"; readonly node: NodeId }
  /** Gone, with all that it held in memory; it comes back from what it had written down, where it has a disk. */
  | { readonly kind: "kill"; readonly node: NodeId }
  /** Every event keeps it busy for so long. */
  | { readonly kind: "slow"; readonly node: NodeId; readonly ms: number }
  | { readonly kind: "lie"; readonly node: NodeId; readonly lie: LieName };

/** Every link from one of these to one of those, or both ways. */
export interface Links {
  readonly from: readonly NodeId[];
  readonly to: readonly NodeId[];
  readonly bothWays: boolean;
}
export type LinkFault =
  | { readonly kind: "cut"; readonly links: Links }
  /** Instead of what links take otherwise. */
  | { readonly kind: "latency"; readonly links: Links; readonly ms: number }
  | { readonly kind: "loss"; readonly links: Links; readonly percent: number };

/** A message on its link. */
export interface MessageInFlight {
  /** Counts the messages of a network. */
  readonly id: number;
  /** Its number at the receiver's gate. */
  readonly held: number;
  readonly from: NodeId;
  readonly to: NodeId;
  /** The first artifact's kind, or "status", "want", "parts". */
  readonly what: string;
  readonly height?: Height;
}
export type MessageFault =
  /** Taken off its link, until undone. */
  | { readonly kind: "drop"; readonly message: MessageInFlight }
  /** It arrives that much later. */
  | { readonly kind: "delay"; readonly message: MessageInFlight; readonly ms: number }
  /** It arrives, and once more right after. */
  | { readonly kind: "duplicate"; readonly message: MessageInFlight }
  /** One of its bits is turned. */
  | { readonly kind: "corrupt"; readonly message: MessageInFlight }
  /** It arrives, and once more that much later. */
  | { readonly kind: "replay"; readonly message: MessageInFlight; readonly ms: number };

export type Fault = NodeFault | LinkFault | MessageFault;

/** A fault that has begun and not ended. */
export interface FaultInForce {
  /** Counts the faults of a network. */
  readonly number: number;
  readonly fault: Fault;
}
