/** The round's mutable draft, under the name by which this room's folders know it. It lives in `state/`, where routing finds it too. */
export { canisterOf, type Draft, watchedIds } from "../state/draft.ts";
