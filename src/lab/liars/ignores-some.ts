/** Says nothing at all to some of its peers. */
import type { LieMaker } from "./liar.ts";

export const ignoresSome: LieMaker = ({ peers, draw, lied }) => {
  const ignored = new Set(peers.filter(() => draw.chance(0.5)));
  return (_event, effects) =>
    effects.filter((effect) => {
      const kept = effect.kind !== "send" || !ignored.has(effect.to);
      if (!kept) lied();
      return kept;
    });
};
