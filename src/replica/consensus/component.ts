/**
 * The contract of every sub-component: read the pool, return change actions; somebody else applies them. With an
 * empty list comes the reason, and, where only time is missing, the time at which to ask again.
 */
import type { Registry, SubnetRecord } from "../../registry/registry.ts";
import type { Decoded } from "../../base/decoded.ts";
import type { Height, LabTime, NodeId, RegistryVersion } from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";
import type { ChangeAction } from "../interfaces/consensus-actions.ts";
import type { ReplicaCrypto } from "../interfaces/crypto.ts";
import type { PayloadBuilder } from "../interfaces/ingress.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import type { StateReader } from "../interfaces/state-reader.ts";

/** Everything that consensus needs from outside. */
export interface ConsensusDeps {
  readonly me: NodeId;
  /** Grows while the node runs. */
  readonly registry: Registry;
  readonly crypto: ReplicaCrypto;
  readonly payloads: PayloadBuilder;
  readonly states: StateReader;
  /** When this node came back without what it had signed: it is silent until a catch-up package made after that. */
  readonly memoryLostAt?: LabTime;
  /** An envelope's bytes as found in a block. */
  readonly decodeIngress: (bytes: Uint8Array) => Decoded<SignedIngress>;
}

/** What one component may look at while it decides. */
export interface View {
  readonly pool: PoolReader;
  readonly me: NodeId;
  /** As the subnet began: of its name and of what never changes. Who is in it and how long notaries wait is the pool's to say. */
  readonly subnet: SubnetRecord;
  readonly crypto: ReplicaCrypto;
  readonly states: StateReader;
  readonly payloads: PayloadBuilder;
  readonly latestRegistryVersion: RegistryVersion;
  /** Highest height whose batch was handed to execution. */
  readonly deliveredHeight: Height;
  readonly now: LabTime;
}

/** Why a component does not act at a height, in its own closed union of words. `until`: ask again at that time. */
export interface Wait {
  readonly height: Height;
  readonly because: string;
  readonly until?: LabTime;
}

export interface Turn {
  readonly changes: readonly ChangeAction[];
  readonly waits: readonly Wait[];
}

export const nothing: Turn = { changes: [], waits: [] };

export type ComponentName =
  | "finalizer"
  | "purger"
  | "share-aggregator"
  | "notary"
  | "catch-up-package-maker"
  | "random-beacon-maker"
  | "random-tape-maker"
  | "block-maker"
  | "validator";

/** A refusal as a value: the reason, and the time at which it may no longer hold. */
export interface Refused<Reason extends string> {
  readonly act: false;
  readonly because: Reason;
  readonly until?: LabTime;
}

export const refuse = <Reason extends string>(because: Reason, until?: LabTime): Refused<Reason> =>
  until === undefined ? { act: false, because } : { act: false, because, until };

/** The turn of a component that decides about one height and refuses. */
export const waiting = (height: Height, { because, until }: Refused<string>): Turn => ({
  changes: [],
  waits: [until === undefined ? { height, because } : { height, because, until }],
});
