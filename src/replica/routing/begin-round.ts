/**
 * One round: a finalized block's batch and the state before it become the state after it, one message at a time, so
 * that a node can serve consensus in between.
 *
 *   O1  Same state, same batch, same result, however the steps are spread over time.
 *   O2  First time passes: expired calls are answered, old entries of the history go, waiting randomness is handed out.
 *       Then users' calls enter, and tasks are scheduled. Then messages are executed until none is left or the round's
 *       instructions are used up. Last, stops are completed and canisters pay for what they occupy.
 *   O3  A message between canisters is executed in the round that sent it, if there is room; else in a later one.
 *
 * Source: replica B.1, D.1.
 */
import type { BeginRound, MessageExecutor } from "../interfaces/execution.ts";
import { draftOf, stateOf, type Draft } from "../state/draft.ts";
import type { Batch } from "../../types/batch.ts";
import { expireWaiting, induct, prune } from "./ingress-history.ts";
import { managementRng } from "./raw-rand.ts";
import { schedule, type Turn } from "./schedule.ts";

export const createBeginRound =
  (executor: MessageExecutor): BeginRound =>
  (previous, batch, subnet) => {
    const draft = draftOf(previous, batch, subnet);
    const turns = schedule(batch.height, subnet.limits);
    let prepared = false;
    return {
      step() {
        if (!prepared) prepare(draft, batch, executor);
        prepared = true;
        const turn = turns.next(draft);
        if (turn !== undefined) {
          turns.used(turn, execute(draft, executor, turn));
          return { done: false, facts: draft.facts.splice(0) };
        }
        executor.settleStopping(draft);
        executor.chargeForResources(draft);
        return { done: true, state: stateOf(draft, previous), facts: draft.facts.splice(0) };
      },
    };
  };

function prepare(draft: Draft, batch: Batch, executor: MessageExecutor): void {
  executor.expireCalls(draft);
  expireWaiting(draft);
  prune(draft);
  const postponed = draft.postponedRawRand;
  draft.postponedRawRand = [];
  const rng = managementRng(batch.randomness);
  for (const { request } of postponed) executor.answerRawRand(draft, request, rng.bytes(32));
  for (const signed of batch.ingress) induct(draft, executor, signed);
  executor.scheduleTasks(draft);
}

const execute = (draft: Draft, executor: MessageExecutor, turn: Turn): bigint =>
  turn.kind === "subnet"
    ? executor.executeSubnetMessage(draft, turn.request)
    : executor.executeInput(draft, turn.canister);
