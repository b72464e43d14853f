/** Changes what users are told: a byte of every answer, whatever was certified or signed. */
import type { LieMaker } from "./liar.ts";

export const misleadsUsers: LieMaker =
  ({ draw, lied }) =>
  (_event, effects) =>
    effects.map((effect) => {
      if (effect.kind !== "http-reply" || effect.reply.body.length === 0) return effect;
      lied();
      const body = effect.reply.body.slice();
      const at = draw.below(body.length);
      body[at] = body[at]! ^ (1 << draw.below(8));
      return { ...effect, reply: { ...effect.reply, body } };
    });
