/** The round's mutable draft, under the name by which this room's folders know it. It lives in `state/`, where routing finds it too. */
export { canisterIds, canisterOf, type Draft } from "../state/draft.ts";
