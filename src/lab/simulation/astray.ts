/**
 * A state that is not the one this node computed: what a cosmic ray, or a bug on one machine, would leave behind. Drawn
 * between what the root covers and what only the state hash of a catch-up package does.
 */
import type { Prng } from "../../base/prng.ts";
import type { ReplicaSnapshot } from "../../replica/replica.ts";
import { PAGE, pageAt, withPages } from "../../replica/state/pages.ts";
import { type ReplicatedState, sortedEntries } from "../../replica/state/state.ts";

export function astray(snapshot: ReplicaSnapshot, draw: Prng): ReplicaSnapshot {
  const { states, certifications } = snapshot.states;
  const latest = states.at(-1)!;
  const isCertified = certifications.some(({ height }) => height === latest.height);
  const change = isCertified || draw.chance(0.5) ? besideTheTree : inTheTree;
  const changed = [...states.slice(0, -1), change(latest, draw)];
  return { ...snapshot, states: { ...snapshot.states, states: changed } };
}

const inTheTree = (state: ReplicatedState): ReplicatedState => ({
  ...state,
  totals: { ...state.totals, updates: state.totals.updates + 1n },
});

/** A byte of a heap; where there is none, the number of the next canister. */
function besideTheTree(state: ReplicatedState, draw: Prng): ReplicatedState {
  const withHeap = sortedEntries(state.canisters).filter(([, { heap }]) => heap.length > 0);
  if (withHeap.length === 0) return { ...state, nextCanisterIndex: state.nextCanisterIndex + 1n };
  const [id, canister] = withHeap[draw.below(withHeap.length)]!;
  const page = pageAt(canister.heap, 0)?.slice() ?? new Uint8Array(PAGE);
  const at = draw.below(PAGE);
  page[at] = page[at]! ^ 1;
  const heap = withPages(canister.heap, new Map([[0, page]]));
  return { ...state, canisters: new Map(state.canisters).set(id, { ...canister, heap }) };
}
