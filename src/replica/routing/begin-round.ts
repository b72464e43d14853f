/**
 * One round: a finalized block's batch and the state before it become the state after it, one message at a time, so
 * that a node can serve consensus in between.
 *
 *   O1  Same state, same batch, same result, however the steps are spread over time.
 *   O2  First time passes: expired calls are answered, old entries of the history go, waiting randomness is handed out.
 *       Then users' calls enter, and tasks are scheduled. Then messages are executed until none is left or the round's
 *       instructions are used up. Last, stops are completed and canisters pay for what they occupy.
 *   O3  A message between canisters is executed in the round that sent it, if there is room; else in a later one. What
 *       nobody takes is rejected in the next round.
 *   O4  What a round costs depends on what happens in it and on the canisters that wait for something, not on how many
 *       there are.
 *
 * Source: replica B.1, D.1.
 */
import type { BeginRound, MessageExecutor } from "../interfaces/execution.ts";
import { draftOf, lastChargedBy, stateOf, type Draft } from "../state/draft.ts";
import type { Batch } from "../../types/batch.ts";
import type { QueryStatsSection } from "../../types/query-stats.ts";
import { combined, delivered } from "../state/query-stats.ts";
import { expireWaiting, induct, prune } from "./ingress-history.ts";
import { managementRng } from "./raw-rand.ts";
import { executeMessages, type Pause } from "./schedule.ts";

export const createBeginRound =
  (executor: MessageExecutor): BeginRound =>
  (previous, batch, subnet) => {
    const draft = draftOf(previous, batch, subnet);
    const work = roundOf(draft, batch, executor);
    return {
      step() {
        const { done, value } = work.next();
        const facts = draft.facts.splice(0);
        return done === true
          ? { done, state: stateOf(draft, previous), facts }
          : { done: false, waits: value === "wait", facts };
      },
    };
  };

function* roundOf(draft: Draft, batch: Batch, executor: MessageExecutor): Generator<Pause, void> {
  prepare(draft, batch, executor);
  yield* executeMessages(draft, executor);
  executor.settleStopping(draft);
  yield* charge(draft, executor);
}

function prepare(draft: Draft, batch: Batch, executor: MessageExecutor): void {
  executor.expireCalls(draft);
  executor.exchangeHeld(draft);
  expireWaiting(draft);
  prune(draft);
  const postponed = draft.postponedRawRand;
  draft.postponedRawRand = [];
  if (postponed.length > 0) {
    const rng = managementRng(batch.randomness);
    for (const { request } of postponed) executor.answerRawRand(draft, request, rng.bytes(32));
  }
  for (const signed of batch.ingress) induct(draft, executor, signed);
  if (batch.queryStats !== undefined) hearOfQueries(draft, batch.queryStats);
}

/** What is summed up of canisters that exist no more is lost. */
function hearOfQueries(draft: Draft, section: QueryStatsSection): void {
  const { raw, sums } = delivered(draft.queryStats, section, draft.subnet.nodes.length);
  draft.queryStats = raw;
  for (const [id, sum] of sums) {
    const canister = draft.canisters.get(id);
    if (canister === undefined) continue;
    const queryStats = combined(canister.queryStats, sum, (a, b) => a + b);
    draft.canisters.set(id, { ...canister, queryStats });
  }
}

const CHARGING_PERIOD = 10_000_000_000n;
const CHARGES_A_TURN = 256;

function* charge(draft: Draft, executor: MessageExecutor): Generator<Pause, void> {
  const due = lastChargedBy(draft, draft.time - CHARGING_PERIOD);
  for (const [i, id] of due.entries()) {
    executor.chargeForResources(draft, id);
    if ((i + 1) % CHARGES_A_TURN === 0) yield "turn";
  }
}
