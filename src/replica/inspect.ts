/** Read-only answers to the page's questions: decoded values and their bytes. Changes nothing, decides nothing. */
import { toHex, utf8Lossy } from "../base/bytes.ts";
import { encoded } from "../types/artifact.ts";
import type { ArtifactId, NodeId } from "../types/ids.ts";
import type { CanisterSummary, Inspection, InspectionReply } from "../types/inspection.ts";
import type { PoolReader } from "./interfaces/pool-reader.ts";
import type { StateReader } from "./interfaces/state-reader.ts";
import type { CertificationPoolReader } from "./pools/certification-pool.ts";
import type { IngressPoolReader } from "./pools/ingress-pool.ts";
import type { CanisterState } from "./state/canister.ts";
import { sortedEntries } from "./state/state.ts";

export interface InspectionView {
  readonly me: NodeId;
  readonly pool: PoolReader;
  readonly certifications: CertificationPoolReader;
  readonly ingress: IngressPoolReader;
  readonly states: StateReader;
  readonly stateTree: (what: Extract<Inspection, { kind: "state" }>) => InspectionReply;
  readonly memory: (what: Extract<Inspection, { kind: "memory" }>) => InspectionReply;
}

export function inspect(view: InspectionView, what: Inspection): InspectionReply {
  switch (what.kind) {
    case "node":
      return node(view);
    case "artifact":
      return artifact(view, what.id);
    case "block-at": {
      const found = view.pool.finalizedBlock(what.height);
      const proposal = view.pool.proposals(what.height).find((p) => p.hash === found?.hash);
      if (proposal === undefined)
        return notHere(`There is no finalized block at height ${what.height} here.`);
      return { kind: "artifact", artifact: proposal, bytes: encoded(proposal).bytes };
    }
    case "canisters":
      return canisters(view);
    case "state":
      return view.stateTree(what);
    case "memory":
      return view.memory(what);
  }
}

const notHere = (sentence: string): InspectionReply => ({ kind: "not-here", sentence });

const node = ({ me, pool, certifications, ingress, states }: InspectionView): InspectionReply => ({
  kind: "node",
  node: me,
  finalized: pool.finalizedHeight(),
  notarized: pool.notarizedHeight(),
  executed: states.latestHeight(),
  certified: states.latestCertifiedHeight(),
  pools: { ...pool.sizes(), ingress: ingress.size, certifications: certifications.validated().length },
});

function artifact({ pool, certifications, ingress }: InspectionView, id: ArtifactId): InspectionReply {
  const found =
    pool.find(id) ??
    certifications
      .validated()
      .map(encoded)
      .find((a) => a.id === id) ??
    [...ingress.validated()].map(({ bytes }) => encoded({ kind: "ingress", bytes })).find((a) => a.id === id);
  return found === undefined
    ? notHere("This node does not hold it any more: it was purged, or it never arrived here.")
    : { kind: "artifact", artifact: found.artifact, bytes: found.bytes };
}

function canisters({ states }: InspectionView): InspectionReply {
  const state = states.stateAt(states.latestCertifiedHeight());
  return {
    kind: "canisters",
    canisters: sortedEntries(state?.canisters ?? new Map()).map(([, c]) => summary(c)),
  };
}

function summary(canister: CanisterState): CanisterSummary {
  const { id, status, settings, cycles, heap, stable, code, logs } = canister;
  const candid = code?.metadata.get("candid:service");
  return {
    id,
    status: status.kind,
    controllers: settings.controllers,
    cycles,
    heapBytes: heap.length,
    stableBytes: stable.length,
    moduleHash: code && toHex(code.moduleHash),
    candid: candid?.visibility === "public" ? utf8Lossy(candid.content) : undefined,
    logs: logs.map(({ at, content }) => ({ at, text: utf8Lossy(content) })),
  };
}
