/** Proposes two blocks of one height: to each peer the one, the other, or both. */
import { hashBlock, signedBytes } from "../../types/artifact.ts";
import type { BlockProposal } from "../../types/consensus.ts";
import type { BlockHash } from "../../types/ids.ts";
import { type LieMaker, retelling } from "./liar.ts";

export const equivocates: LieMaker = ({ me, subnet, crypto, draw, lied, read }) => {
  const twins = new Map<BlockHash, BlockProposal>();
  function twinOf(proposal: BlockProposal): BlockProposal {
    const known = twins.get(proposal.hash);
    if (known !== undefined) return known;
    const { context } = proposal.block;
    const block = { ...proposal.block, context: { ...context, time: context.time + 1n } };
    const hash = hashBlock(block);
    const signature = crypto.sign(signedBytes.proposal(block.height, hash, subnet.id));
    const twin = { ...proposal, block, hash, signature };
    twins.set(proposal.hash, twin);
    lied();
    return twin;
  }
  return retelling({ read }, (artifact) => {
    if (artifact.kind !== "block-proposal" || artifact.signer !== me) return [artifact];
    const both = [artifact, twinOf(artifact)];
    const choice = draw.below(3);
    return choice === 2 ? both : [both[choice]!];
  });
};
