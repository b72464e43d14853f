/** How components change the consensus pool: a closed list of actions, applied by `consensus.ts` in order. */
import type { ConsensusArtifact } from "../../types/consensus.ts";
import type { ArtifactId, Height } from "../../types/ids.ts";
import type { ConsensusKind } from "./pool-reader.ts";

/** Why something that is not wrong is dropped. */
export type RemovalReason = "not-finalized" | "superseded";

/** Why something is wrong for ever. Whoever brought it is blamed. */
export type InvalidReason =
  | "bad-signature"
  | "wrong-subnet"
  | "wrong-rank"
  | "not-a-block-maker"
  | "not-in-committee"
  | "repeated-signer"
  | "too-few-signers"
  | "wrong-previous-beacon"
  | "no-equivocation"
  | "unknown-registry-version"
  | "not-a-summary-height"
  | "wrong-summary"
  | "context-not-increasing"
  | "invalid-payload";

export type ChangeAction =
  /** Made here, or combined from shares here: it is announced to peers. */
  | { readonly kind: "add-to-validated"; readonly artifact: ConsensusArtifact }
  | { readonly kind: "move-to-validated"; readonly id: ArtifactId }
  | { readonly kind: "remove-from-validated"; readonly id: ArtifactId; readonly because: RemovalReason }
  | { readonly kind: "remove-from-unvalidated"; readonly id: ArtifactId; readonly because: RemovalReason }
  /** `details`: the payload builder's sentence, when it has one. */
  | {
      readonly kind: "handle-invalid";
      readonly id: ArtifactId;
      readonly because: InvalidReason;
      readonly details?: string;
    }
  /** Everything of this kind at this height and below. */
  | {
      readonly kind: "purge";
      readonly section: "validated" | "unvalidated";
      readonly of: ConsensusKind;
      readonly upTo: Height;
    };
