/** The lies there are, by name; and a liar that can be told at any time which of them to tell. */
import type { Prng } from "../../base/prng.ts";
import { nodeIds } from "../../registry/registry.ts";
import type { Liar, LiarSeat, Lie } from "../../shell/lie.ts";
import { LIES, type LieName } from "../../types/fault.ts";
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

const MAKERS: Readonly<Record<LieName, LieMaker>> = {
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
};

/** Gives the lie that tells all of some; each remembers what it told, and draws from a stream of its own. */
export function createLiar(seat: LiarSeat, lied: (lie: LieName) => void = () => {}): Liar {
  const peers = nodeIds(seat.subnet).filter((id) => id !== seat.me);
  const streams = new Map<LieName, Prng>(LIES.map((name) => [name, seat.draw.fork()]));
  const known = new Map<LieName, Lie>();
  const lieOf = (name: LieName): Lie => {
    const draw = streams.get(name)!;
    const lie = known.get(name) ?? MAKERS[name]({ ...seat, draw, peers, lied: () => lied(name) });
    known.set(name, lie);
    return lie;
  };
  return (names) => {
    const lies = LIES.filter((name) => names.includes(name)).map(lieOf);
    return (event, effects) => lies.reduce((told, lie) => lie(event, told), effects);
  };
}
