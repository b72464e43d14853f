/** Notarizes and finalizes every block it hears of, at once: no rank, no delay, no promise about the past. */
import type { ReplicaEffect } from "../../replica/interfaces/events.ts";
import { signedBytes } from "../../types/artifact.ts";
import type { FinalizationShare, NotarizationShare } from "../../types/consensus.ts";
import type { BlockHash } from "../../types/ids.ts";
import { artifactsIn, type LieMaker, sendTo } from "./liar.ts";

export const votesForAll: LieMaker = ({ me, peers, crypto, lied, read }) => {
  const voted = new Set<BlockHash>();
  function vote(bytes: Uint8Array): ReplicaEffect[] {
    return artifactsIn(read(bytes)).flatMap(({ artifact }) => {
      if (artifact.kind !== "block-proposal" || voted.has(artifact.hash)) return [];
      voted.add(artifact.hash);
      lied();
      const content = { height: artifact.block.height, block: artifact.hash };
      const notarization: NotarizationShare = {
        kind: "notarization-share",
        content,
        signer: me,
        signature: crypto.signMulti(signedBytes.notarization(content)),
      };
      const finalization: FinalizationShare = {
        kind: "finalization-share",
        content,
        signer: me,
        signature: crypto.signMulti(signedBytes.finalization(content)),
      };
      return sendTo(peers, [notarization, finalization]);
    });
  }
  return (event, effects) => [
    ...effects.flatMap((effect) => (effect.kind === "send" ? [effect, ...vote(effect.bytes)] : [effect])),
    ...(event.kind === "peer-bytes" ? vote(event.bytes) : []),
  ];
};
