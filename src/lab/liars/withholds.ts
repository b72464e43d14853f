/** Keeps most of its shares to itself, or tells some peers of them only. */
import { type LieMaker, retelling } from "./liar.ts";

export const withholds: LieMaker = ({ draw, lied, read }) =>
  retelling({ read }, (artifact) => {
    if (!artifact.kind.endsWith("-share") || draw.chance(0.2)) return [artifact];
    lied();
    return [];
  });
