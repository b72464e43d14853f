/**
 * The lab as the page and the CLI see it: a network of nodes with a clock, links, a trace, and a `fetch` that an
 * official agent can use. Two homes implement it: `lab/worker-network.ts` (a worker per node, in the page or in Node)
 * and `lab/virtual-network.ts` (all nodes in one thread on a virtual clock).
 */
import type { Inspection, InspectionReply } from "../types/inspection.ts";
import type { ArtifactId, Height, LabTime, NodeId, SubnetId } from "../types/ids.ts";
import type { Fault, FaultInForce, MessageInFlight } from "../types/fault.ts";
import type { NetworkHistory } from "./recorder.ts";
import type { TraceEntry } from "../types/trace.ts";

export interface NetworkSettings {
  readonly nodes: 1 | 4 | 7 | 13;
  readonly notaryDelayMs: number;
  readonly unitDelayMs: number;
  /** How long each link holds a message. */
  readonly latencyMs: number;
}

export const PAGE_SETTINGS: NetworkSettings = {
  nodes: 4,
  notaryDelayMs: 300,
  unitDelayMs: 1000,
  latencyMs: 40,
};

/** Blocked: it waits with what it could not write down, and the network is paused. Left: the subnet does without it. */
export type NodeStatus = "starting" | "running" | "frozen" | "blocked" | "killed" | "stopped" | "left";

/** A message on a link, as the ring draws it. */
export interface Flight extends MessageInFlight {
  /** Its first artifact; `height` is what that speaks of. */
  readonly artifact?: ArtifactId;
  /** How many artifacts travel together. */
  readonly count: number;
  readonly departed: LabTime;
  readonly arrives: LabTime;
}

export interface NetworkInfo {
  readonly subnetId: SubnetId;
  /** DER, 133 bytes: what the agent is given as root key. */
  readonly rootKey: Uint8Array;
  /** Everybody who was ever in the subnet, in the order in which they came; shown as n1, n2, … */
  readonly nodes: readonly NodeId[];
  /** Hex of the first id of the subnet's canister range. */
  readonly defaultEffectiveCanisterId: string;
  /** Hex of the last id of that range. */
  readonly lastCanisterId: string;
}

/** Who agrees, and how long they wait for a better block. */
export interface SubnetNow {
  readonly nodes: readonly NodeId[];
  readonly notaryDelayMs: number;
}
export interface SubnetChange {
  readonly nodes: number;
  readonly notaryDelayMs: number;
}

export interface Network {
  readonly info: NetworkInfo;
  readonly subnet: SubnetNow;
  /** What the registry says, where that is something else. `from`: the height from which it counts, at the latest. */
  readonly nextSubnet: (SubnetNow & { readonly from: Height }) | undefined;
  /**
   * The registry says so from now on; it counts from the second summary on. Newcomers begin, and those who go stay as
   * long as they are needed. Rejects with a sentence, and then nothing has changed.
   */
  change(to: SubnetChange): Promise<void>;
  readonly settings: NetworkSettings;
  now(): LabTime;
  /** Batches of facts and of departures as they come. Returns the unsubscriber. */
  subscribe(listener: (batch: NetworkBatch) => void): () => void;
  /** Sends a request to a node (by default the first that runs) and resolves with its reply. */
  fetch(input: RequestInfo | URL, init?: RequestInit, node?: NodeId): Promise<Response>;
  inspect(node: NodeId, what: Inspection): Promise<InspectionReply>;
  /** From the first time on everything is recorded that nodes are told. Undefined where nobody would hold it. */
  record(): Promise<NetworkHistory> | undefined;
  status(node: NodeId): NodeStatus;
  /** What a person has done to it and not undone, oldest first. */
  readonly faults: readonly FaultInForce[];
  /** Its number, to undo it by. The beginning and the end of each are facts of the trace. */
  inject(fault: Fault): number;
  undo(number: number): void;
  /** Undoes all. */
  heal(): void;
  /** Whether nodes write themselves down, so that one that is gone can come back. */
  readonly canRestart: boolean;
  /** A node that stopped by itself begins anew from what it had written down. */
  restart(node: NodeId): void;
  pause(): void;
  /** Nodes that wait because they could not write something down try again. */
  resume(): void;
  readonly paused: boolean;
  /** While paused: deliver the earliest message in flight, or let the clock run to the next wake. */
  step(): void;
  setRate(rate: number): void;
  readonly latencyMs: number;
  setLatency(ms: number): void;
  /** Whether the page is out of sight. Hidden, or without a call for a minute, the network dozes. */
  setHidden(hidden: boolean): void;
  /** Links hold messages for seconds, so that empty rounds stretch. A call wakes the network. */
  readonly dozing: boolean;
  /** What its nodes have written down, but for those that are gone: their files lie where the network lives. */
  copy(): Promise<readonly NetworkFile[]>;
  close(): Promise<void>;
}

export interface NetworkFile {
  /** From 0. */
  readonly node: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface NetworkBatch {
  readonly entries: readonly TraceEntry[];
  /** New ones; and with the number of an earlier one, what has become of that. */
  readonly flights: readonly Flight[];
  readonly statuses: readonly {
    readonly node: NodeId;
    readonly status: NodeStatus;
    readonly because?: string;
  }[];
}
