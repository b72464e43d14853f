/** The core's border: what goes in, what comes out. See DESIGN §4. */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { LabTime, NodeId, RegistryVersion } from "../../types/ids.ts";
import type { StorageBatch } from "./storage.ts";
import type { HttpReply, HttpRequest, Ticket } from "../../types/http.ts";
import type { TraceEntry } from "../../types/trace.ts";
import type { Inspection, InspectionReply } from "../../types/inspection.ts";

export type ReplicaEvent =
  | { readonly kind: "clock" }
  | { readonly kind: "continue" }
  | { readonly kind: "peer-bytes"; readonly from: NodeId; readonly bytes: Uint8Array }
  /** The node's copy of the registry has a new version. Its keys for it are there before. */
  | { readonly kind: "registry"; readonly version: RegistryVersion; readonly subnet: SubnetRecord }
  | { readonly kind: "http"; readonly ticket: Ticket; readonly request: HttpRequest }
  | { readonly kind: "inspect"; readonly ticket: Ticket; readonly what: Inspection };

/** Every event carries the network's time; it never goes backwards. */
export type Stamped<E> = E & { readonly at: LabTime };

export type ReplicaEffect =
  /** Comes before everything else of its step, and is done when it is on the disk. */
  | { readonly kind: "persist"; readonly batch: StorageBatch }
  | { readonly kind: "send"; readonly to: NodeId; readonly bytes: Uint8Array }
  | { readonly kind: "http-reply"; readonly ticket: Ticket; readonly reply: HttpReply }
  | { readonly kind: "inspect-reply"; readonly ticket: Ticket; readonly reply: InspectionReply }
  /** Send a "clock" event at this time, or earlier. Replaces the previous wish. */
  | { readonly kind: "wake"; readonly at: LabTime }
  /** A round is in hand: send "continue" after whatever waits in the queue. */
  | { readonly kind: "continue" }
  /** This node does nothing from now on. */
  | { readonly kind: "stop"; readonly because: string }
  | { readonly kind: "trace"; readonly entry: TraceEntry };

/** One node. `step` drains everything that the event caused; effects are in the order in which they must be done. */
export interface Replica {
  step(event: Stamped<ReplicaEvent>): ReplicaEffect[];
  /** The whole node as plain data. A node restored from it changes no later byte. */
  snapshot(): unknown;
}
