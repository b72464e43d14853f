/**
 * What a node writes down, so that it is itself again after a crash. The shell writes a batch whole before anything that
 * the same step says leaves the node: persist, then speak.
 */
import type { Hash, Height } from "../../types/ids.ts";

export interface Checkpoint {
  readonly height: Height;
  /** Names the state after that height (state/stored.ts) with all its parts (codec/parts.ts). */
  readonly state: Hash;
}

export interface Part {
  readonly hash: Hash;
  readonly bytes: Uint8Array;
}

export interface StorageBatch {
  /** Artifacts that became validated, encoded, in that order. */
  readonly artifacts: readonly Uint8Array[];
  /** To be on the disk before the checkpoint that names them. */
  readonly parts: readonly Part[];
  readonly checkpoints: readonly Checkpoint[];
  /** True: this is all that is needed from now on. Older artifacts and checkpoints may go, and parts that no checkpoint here names. */
  readonly isWhole: boolean;
}

/** What was written down and not made superfluous since, in order. */
export interface StoredNode {
  readonly artifacts: readonly Uint8Array[];
  readonly checkpoints: readonly Checkpoint[];
}

/** Parts written down earlier, as they lie there: whoever reads one checks its hash. */
export interface StoredParts {
  has(hash: Hash): boolean;
  part(hash: Hash): Uint8Array | undefined;
}
