/** The lies there are, by name: what a seed chooses from. Those that make blocks come before those that vote for them. */
import { certifiesAnotherState } from "./certifies-another-state.ts";
import { changesParts } from "./changes-parts.ts";
import { equivocates } from "./equivocates.ts";
import { floods } from "./floods.ts";
import { forgesCatchUp } from "./forges-catch-up.ts";
import { garbles } from "./garbles.ts";
import { ignoresSome } from "./ignores-some.ts";
import type { LieMaker } from "./liar.ts";
import { misleadsUsers } from "./misleads-users.ts";
import { repeatsIngress } from "./repeats-ingress.ts";
import { votesForAll } from "./votes-for-all.ts";
import { withholds } from "./withholds.ts";

export const LIE = {
  "repeats-ingress": repeatsIngress,
  equivocates,
  "votes-for-all": votesForAll,
  garbles,
  withholds,
  "certifies-another-state": certifiesAnotherState,
  floods,
  "misleads-users": misleadsUsers,
  "ignores-some": ignoresSome,
  "forges-catch-up": forgesCatchUp,
  "changes-parts": changesParts,
} satisfies Readonly<Record<string, LieMaker>>;
export type LieName = keyof typeof LIE;
export const LIES = Object.keys(LIE) as readonly LieName[];
