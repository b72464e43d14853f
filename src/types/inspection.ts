/** Read-only questions that the page asks a node; answers are plain data, bytes included. */
import type { Artifact } from "./consensus.ts";
import type { ArtifactId, CanisterId, Hash, Height, NodeId } from "./ids.ts";

export type Inspection =
  | { readonly kind: "node" }
  | { readonly kind: "artifact"; readonly id: ArtifactId }
  | { readonly kind: "block-at"; readonly height: Height }
  | { readonly kind: "canisters" }
  /** Of the latest certified state; pages of 4 KiB. */
  | {
      readonly kind: "memory";
      readonly canister: CanisterId;
      readonly memory: "heap" | "stable";
      readonly page: number;
    }
  /** The state tree, of a height that is still kept or the latest certified one: what is right below a path, or all values. */
  | {
      readonly kind: "state";
      readonly height?: Height;
      readonly path: readonly string[];
      readonly leaves: boolean;
    };

/** A labeled node of the state tree. */
export interface StateEntry {
  /** Labels from the root, hex. */
  readonly path: readonly string[];
  /** Of what the label names. */
  readonly hash: Hash;
  /** Of a leaf: its size, and its beginning. */
  readonly leaf?: { readonly bytes: number; readonly start: Uint8Array };
  /** How many labels are right below. */
  readonly children: number;
}

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
      readonly artifact: Artifact;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "state";
      readonly height: Height;
      readonly certified: boolean;
      readonly root: Hash;
      /** Lowest and highest height that this node could be asked about. */
      readonly kept: readonly [Height, Height];
      readonly entries: readonly StateEntry[];
      /** How many entries were left out. */
      readonly more: number;
    }
  | { readonly kind: "canisters"; readonly canisters: readonly CanisterSummary[] }
  | {
      readonly kind: "memory";
      readonly height: Height;
      /** Pages are compared with those of this height, the oldest that the node keeps. */
      readonly since: Height;
      readonly length: number;
      /** For each page: 0 all zeros, 1 it holds something, 2 it was written since. */
      readonly marks: Uint8Array;
      readonly page: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "not-here"; readonly sentence: string };
