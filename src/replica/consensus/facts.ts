/** What changes of the pool mean to whoever watches: one fact each, with ids and hashes, never bytes. */
import { type EncodedArtifact, heightOf } from "../../types/artifact.ts";
import type { ConsensusArtifact } from "../../types/consensus.ts";
import { type Height, heightsAfter } from "../../types/ids.ts";
import type { Fact } from "../../types/trace.ts";
import type { KnownBlock, PoolReader, Unvalidated } from "../interfaces/pool-reader.ts";
import type { Applied } from "../pools/consensus-pool.ts";
import { ingressOf } from "./batch-delivery.ts";
import type { ConsensusDeps } from "./component.ts";

type Entry = EncodedArtifact<ConsensusArtifact>;
type DecodeIngress = ConsensusDeps["decodeIngress"];

export function factsOf({ action, entries }: Applied, decodeIngress: DecodeIngress): Fact[] {
  switch (action.kind) {
    case "add-to-validated":
      return entries.flatMap((e) => [made(e), validatedFact(e), ...blockMade(e, decodeIngress)]);
    case "move-to-validated":
      return entries.map(validatedFact);
    case "handle-invalid": {
      const because = action.details === undefined ? action.because : `${action.because}: ${action.details}`;
      return entries.map((e) => ({
        kind: "artifact-refused",
        ...named(e),
        because,
        ...("from" in e ? { from: (e as Unvalidated).from } : {}),
      }));
    }
    default:
      return [];
  }
}

export const finalizedFacts = (pool: PoolReader, before: Height, decodeIngress: DecodeIngress): Fact[] =>
  [...heightsAfter(before, pool.finalizedHeight())].flatMap((height): Fact[] => {
    const found = pool.finalizedBlock(height);
    if (found?.maker === undefined) return []; // a catch-up package passed it over
    const { rank } = found.block;
    const ingress = idsOf(found, decodeIngress);
    return [{ kind: "finalized", height, block: found.hash, rank, maker: found.maker, ingress }];
  });

export function received(e: Entry, from: string): Fact {
  const block = blockOf(e.artifact);
  return {
    kind: "artifact-received",
    ...named(e),
    from,
    ...("signer" in e.artifact ? { signer: e.artifact.signer } : {}),
    ...(block === undefined ? {} : { block }),
  };
}

const named = ({ id, artifact }: Entry) => ({ artifact: artifact.kind, id, height: heightOf(artifact) });

function made(e: Entry): Fact {
  const block = blockOf(e.artifact);
  return { kind: "artifact-made", ...named(e), ...(block === undefined ? {} : { block }) };
}

export function validatedFact(e: Entry): Fact {
  const { artifact } = e;
  const block = blockOf(artifact);
  return {
    kind: "artifact-validated",
    ...named(e),
    ...("signer" in artifact ? { signer: artifact.signer } : {}),
    ...("signers" in artifact ? { signers: artifact.signers } : {}),
    ...(block === undefined ? {} : { block }),
    ...(artifact.kind === "block-proposal" ? { rank: artifact.block.rank } : {}),
  };
}

function blockMade({ artifact }: Entry, decodeIngress: DecodeIngress): Fact[] {
  if (artifact.kind !== "block-proposal") return [];
  const { block, hash, signer } = artifact;
  const ingress = idsOf({ block, hash, maker: signer }, decodeIngress);
  return [{ kind: "block-made", height: block.height, block: hash, rank: block.rank, ingress }];
}

function blockOf(artifact: ConsensusArtifact): string | undefined {
  if (artifact.kind === "block-proposal") return artifact.hash;
  return "content" in artifact && "block" in artifact.content ? artifact.content.block : undefined;
}

const idsOf = (block: KnownBlock, decodeIngress: DecodeIngress) =>
  ingressOf(block, decodeIngress).map(({ content }) => content.id);
