/** Read-only questions that the page asks a node; answers are plain data, bytes included. */
import type { ConsensusArtifact, CertificationArtifact } from "./consensus.ts";
import type { ArtifactId, CanisterId, Height, NodeId } from "./ids.ts";

export type Inspection =
  | { readonly kind: "node" }
  | { readonly kind: "artifact"; readonly id: ArtifactId }
  | { readonly kind: "block-at"; readonly height: Height }
  | { readonly kind: "canisters" };

export interface CanisterSummary {
  readonly id: CanisterId;
  readonly status: "running" | "stopping" | "stopped";
  readonly controllers: readonly string[];
  readonly cycles: bigint;
  readonly heapBytes: number;
  readonly stableBytes: number;
  /** Hex. */
  readonly moduleHash: string | undefined;
  readonly candid: string | undefined;
  readonly logs: readonly { readonly at: bigint; readonly text: string }[];
}

export type InspectionReply =
  | {
      readonly kind: "node";
      readonly node: NodeId;
      readonly finalized: Height;
      readonly notarized: Height;
      readonly executed: Height;
      readonly certified: Height;
      readonly pools: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: "artifact";
      readonly artifact: ConsensusArtifact | CertificationArtifact;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "canisters"; readonly canisters: readonly CanisterSummary[] }
  | { readonly kind: "not-here"; readonly sentence: string };
