/**
 * What nodes say they did: facts with ids and hashes, never bytes. All that the page draws is a fold of these and of
 * inspections (DESIGN §2.4). Closed union: a new fact needs a new line here, and the views will not compile without it.
 */
import type { ArtifactKind } from "./consensus.ts";
import type { Fault } from "./fault.ts";
import type {
  ArtifactId,
  BlockHash,
  CanisterId,
  Hash,
  Height,
  LabTime,
  MessageId,
  NodeId,
  Rank,
  RegistryVersion,
} from "./ids.ts";

/** Where an execution stands in a tree of calls: callbacks are numbered by the canister that waits for them. */
export interface CallTrace {
  /** The call context that it belongs to, counted by its canister; `aaaaa-aa` has none. */
  readonly context?: number;
  /** Of a canister's call: who waits for the answer, under which callback. */
  readonly from?: { readonly canister: CanisterId; readonly callback: number };
  /** Of a callback: the call that has been answered, and how. */
  readonly ends?: { readonly callback: number; readonly refund: bigint; readonly reject?: string };
  readonly sent: readonly {
    readonly callback: number;
    readonly canister: CanisterId;
    readonly method: string;
    readonly cycles: bigint;
  }[];
}

export type Fact =
  /** The state after a summary height has a name. */
  | { readonly kind: "checkpoint"; readonly height: Height; readonly state: Hash }
  /** What a catch-up package names was fetched from peers, and took the place of an older state. */
  | { readonly kind: "state-adopted"; readonly height: Height; readonly state: Hash }
  /** What this node computed is not what the subnet did: it drops its state. Roots, or hashes of a summary's state. */
  | { readonly kind: "state-diverged"; readonly height: Height; readonly mine: Hash; readonly theirs: Hash }
  | {
      readonly kind: "artifact-made";
      readonly artifact: ArtifactKind;
      readonly id: ArtifactId;
      readonly height: Height;
      readonly block?: BlockHash;
    }
  | {
      readonly kind: "artifact-received";
      readonly artifact: ArtifactKind;
      readonly id: ArtifactId;
      readonly height: Height;
      readonly from: NodeId;
      /** Who signed it, of shares and proposals; shares are not validated before there are enough to combine. */
      readonly signer?: NodeId;
      readonly block?: BlockHash;
    }
  /** It entered the validated pool. `signer` for shares and proposals; `signers` for multi-signatures. */
  | {
      readonly kind: "artifact-validated";
      readonly artifact: ArtifactKind;
      readonly id: ArtifactId;
      readonly height: Height;
      readonly signer?: NodeId;
      readonly signers?: readonly NodeId[];
      readonly block?: BlockHash;
      readonly rank?: Rank;
    }
  | {
      readonly kind: "artifact-refused";
      readonly artifact: ArtifactKind;
      readonly id: ArtifactId;
      readonly height: Height;
      readonly because: string;
      /** Who brought it, of what is wrong for ever. */
      readonly from?: NodeId;
    }
  /** A peer sends what no honest node sends: so often since it was last said. */
  | {
      readonly kind: "peer-misbehaves";
      readonly peer: NodeId;
      readonly because: string;
      readonly times: number;
    }
  | {
      readonly kind: "block-made";
      readonly height: Height;
      readonly block: BlockHash;
      readonly rank: Rank;
      readonly ingress: readonly MessageId[];
    }
  /** Why this node does not act, as a word of a closed union of its component; said when it changes. */
  | { readonly kind: "waits"; readonly component: string; readonly height: Height; readonly because: string }
  | {
      readonly kind: "finalized";
      readonly height: Height;
      readonly block: BlockHash;
      readonly rank: Rank;
      readonly maker: NodeId;
      readonly ingress: readonly MessageId[];
    }
  | {
      readonly kind: "round-executed";
      readonly height: Height;
      readonly messages: number;
      readonly instructions: bigint;
      readonly root: Hash;
    }
  | {
      readonly kind: "message-executed";
      readonly height: Height;
      readonly canister: CanisterId;
      readonly method: string;
      readonly message?: MessageId;
      readonly instructions: bigint;
      readonly outcome: "ok" | "trapped" | "rejected";
      readonly call?: CallTrace;
    }
  | { readonly kind: "certified"; readonly height: Height; readonly root: Hash }
  | {
      readonly kind: "ingress-accepted";
      readonly message: MessageId;
      /** Under which it travels to the other nodes. */
      readonly artifact: ArtifactId;
      readonly canister: CanisterId;
      readonly method: string;
    }
  | { readonly kind: "debug-print"; readonly canister: CanisterId; readonly text: string }
  /** A registry version became known here; blocks must agree on it before it counts. */
  | { readonly kind: "registry-version"; readonly version: RegistryVersion; readonly nodes: number }
  /** From this height on, the first of an interval but for when it is first told, the subnet's nodes are those of that version. */
  | { readonly kind: "members"; readonly height: Height; readonly version: RegistryVersion }
  /** From this summary height on, whose package it has seen, the subnet does without this node. */
  | { readonly kind: "left-subnet"; readonly height: Height; readonly version: RegistryVersion }
  | { readonly kind: "stopped"; readonly because: string }
  /** What a person did to the network, and that it is over: said by the lab, counted over the network. */
  | { readonly kind: "fault-begins"; readonly number: number; readonly fault: Fault }
  | { readonly kind: "fault-ends"; readonly number: number; readonly fault: Fault };

/** In the place of a node, in what no node says. */
export const THE_LAB: NodeId = "";

/** A fact, stamped by the node that states it. `sequence` counts per node from 0. */
export interface TraceEntry {
  readonly node: NodeId;
  readonly at: LabTime;
  readonly sequence: number;
  readonly fact: Fact;
}
