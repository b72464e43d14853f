/**
 * What leaves a node that lies in the place of what honest code makes of an event. Lies are made outside of the shell,
 * which knows none, and fetched when the first is asked for.
 */
import type { Prng } from "../base/prng.ts";
import type { SubnetRecord } from "../registry/registry.ts";
import type { readMessage } from "../replica/gossip/wire.ts";
import type { ReplicaCrypto } from "../replica/interfaces/crypto.ts";
import type { ReplicaEffect, ReplicaEvent } from "../replica/interfaces/events.ts";
import type { LieName } from "../types/fault.ts";
import type { NodeId } from "../types/ids.ts";

export type Lie = (event: ReplicaEvent, effects: readonly ReplicaEffect[]) => readonly ReplicaEffect[];

/** What is known of the node that is to lie. It signs with its own keys alone. */
export interface LiarSeat {
  readonly me: NodeId;
  readonly subnet: SubnetRecord;
  readonly crypto: ReplicaCrypto;
  readonly draw: Prng;
  readonly read: typeof readMessage;
}
/** Gives the lie that tells all of some. */
export type Liar = (lies: readonly LieName[]) => Lie;
export type LoadLiar = () => Promise<(seat: LiarSeat) => Liar>;
