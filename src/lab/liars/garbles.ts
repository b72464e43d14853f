/** Signs nothing: its shares carry random bytes, of the right length and of others, some in another node's name. */
import { EMPTY } from "../../base/bytes.ts";
import { type LieMaker, retelling } from "./liar.ts";

export const garbles: LieMaker = ({ me, peers, draw, lied, read }) =>
  retelling({ read }, (artifact) => {
    if (!("signer" in artifact) || artifact.kind === "equivocation-proof" || artifact.signer !== me)
      return [artifact];
    if (artifact.kind === "block-proposal" || draw.chance(0.3)) return [artifact];
    lied();
    const signer = draw.chance(0.2) ? peers[draw.below(peers.length)]! : me;
    const length = draw.chance(0.8) ? artifact.signature.length : draw.below(100);
    const random = draw.bytes(length);
    // A scalar or a point of its field: the stand-in's begin with zeros.
    if (draw.chance(0.5)) random.fill(0, 0, Math.min(length, 17));
    const signature = draw.chance(0.05) ? EMPTY : random;
    return [{ ...artifact, signer, signature }];
  });
