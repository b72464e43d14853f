/** Puts into its blocks what earlier blocks held. */
import { hashBlock, signedBytes } from "../../types/artifact.ts";
import type { BlockProposal } from "../../types/consensus.ts";
import type { BlockHash } from "../../types/ids.ts";
import { artifactsIn, type LieMaker, retelling } from "./liar.ts";

const REMEMBERED = 50;

export const repeatsIngress: LieMaker = ({ me, subnet, crypto, draw, lied, read }) => {
  const seen: Uint8Array[] = [];
  const stale = new Map<BlockHash, BlockProposal>();
  function remember(bytes: Uint8Array): void {
    for (const { artifact } of artifactsIn(read(bytes))) {
      if (artifact.kind !== "block-proposal") continue;
      for (const message of artifact.block.payload.ingress) seen.push(message);
      seen.splice(0, seen.length - REMEMBERED);
    }
  }
  function staleOf(proposal: BlockProposal): BlockProposal {
    const known = stale.get(proposal.hash);
    if (known !== undefined) return known;
    const { payload } = proposal.block;
    const again = Array.from({ length: 1 + draw.below(3) }, () => seen[draw.below(seen.length)]!);
    const block = { ...proposal.block, payload: { ...payload, ingress: [...payload.ingress, ...again] } };
    const hash = hashBlock(block);
    const signature = crypto.sign(signedBytes.proposal(block.height, hash, subnet.id));
    const made = { ...proposal, block, hash, signature };
    stale.set(proposal.hash, made);
    lied();
    return made;
  }
  const tell = retelling({ read }, (artifact) =>
    artifact.kind === "block-proposal" && artifact.signer === me && seen.length > 0
      ? [staleOf(artifact)]
      : [artifact],
  );
  return (event, effects) => {
    if (event.kind === "peer-bytes") remember(event.bytes);
    return tell(event, effects);
  };
};
