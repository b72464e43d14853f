/** Answers who asks for parts of a state with bytes that are not theirs. */
import { encodeParts } from "../../replica/gossip/wire.ts";
import type { ReplicaEffect } from "../../replica/interfaces/events.ts";
import type { LieMaker } from "./liar.ts";

export const changesParts: LieMaker =
  ({ draw, lied, read }) =>
  (_event, effects) =>
    effects.map((effect): ReplicaEffect => {
      if (effect.kind !== "send") return effect;
      const message = read(effect.bytes);
      if (!message.ok || message.value.kind !== "parts") return effect;
      lied();
      const parts = message.value.parts.map((part) => {
        const at = draw.below(part.length);
        return part.with(at, part[at]! ^ (1 + draw.below(255)));
      });
      return { ...effect, bytes: encodeParts(parts) };
    });
