/** What a node hands over of itself, so that any of its moments can be had again. Plain data: it crosses to a worker. */
import type { Part } from "../../replica/interfaces/storage.ts";
import type { ReplicaEvent, Stamped } from "../../replica/interfaces/events.ts";
import type { Hash, Height, LabTime } from "../../types/ids.ts";

export type Recorded =
  /** How the node is at that time, before the steps that come next. */
  | {
      readonly kind: "snapshot";
      readonly at: LabTime;
      /** Names a `toStoredSnapshot`; the parts are those that this node has not handed over before. */
      readonly name: Hash;
      readonly parts: readonly Part[];
      readonly memoryLostAt: LabTime | undefined;
      /** Nothing is known of what was before: the node begins, or comes back. */
      readonly isFirst: boolean;
    }
  | { readonly kind: "steps"; readonly steps: readonly RecordedStep[] };

/** An event, and what the node was told while it worked it off. */
export interface RecordedStep {
  readonly event: Stamped<ReplicaEvent>;
  /** Signatures made and combined, by what was asked; undefined: there is none. */
  readonly signatures: readonly (readonly [question: string, answer: Uint8Array | undefined])[];
  /** Signatures that were found wrong, by what was asked. Whatever else was asked is right. */
  readonly refused: readonly string[];
  /** Of jobs on another thread: the instructions used so far, undefined at its end. */
  readonly progress: readonly (readonly [job: string, instructions: bigint | undefined])[];
  /** States that rounds ended with: what a replay must come to. */
  readonly roots: readonly (readonly [Height, Hash])[];
}
