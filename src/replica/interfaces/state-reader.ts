/** What consensus, ingress and endpoints may know of the states that execution produced. */
import type { Hash, Height, MessageId } from "../../types/ids.ts";
import type { ReplicatedState } from "../state/state.ts";

export interface StateReader {
  /** Highest height executed here. */
  latestHeight(): Height;
  /** Highest height with a certification seen and a state here. */
  latestCertifiedHeight(): Height;
  /** The state at a height still kept (from the finalized tip's certified height up), else undefined. */
  stateAt(height: Height): ReplicatedState | undefined;
  /** Names the checkpoint made after this summary height, with all its parts; undefined where none was made. */
  checkpointAt(height: Height): Hash | undefined;
  /** Root hash of the canonical tree at a kept height. */
  rootAt(height: Height): Hash | undefined;
  /** Whether the ingress history at that height holds the message. Undefined when the height is not kept. */
  inHistory(height: Height, message: MessageId): boolean | undefined;
}

/** Labels from the root of the state tree. */
export type StatePath = readonly Uint8Array[];

/** What endpoints and queries may know: certificates of the latest certified state. */
export interface CertifiedStates extends StateReader {
  /** Whether a certification of this kept height was seen: not so for the genesis. */
  isCertified(height: Height): boolean;
  /**
   * The encoded certificate of the latest certified height, revealing `/time` and everything at or below the paths, or
   * its absence. Undefined before the first certification.
   */
  certificate(paths: readonly StatePath[]): Uint8Array | undefined;
}

/** What the certifier may know: roots computed here above the latest certified height, lowest first. */
export interface CertifiableStates extends StateReader {
  uncertified(): readonly { readonly height: Height; readonly root: Hash }[];
}
