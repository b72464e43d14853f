/**
 * What follows every execution, whatever kind: pay for it, take its calls away, answer, and keep or close the call
 * context.
 *
 *   E1  An execution is prepaid to its limit; unused instructions come back, the base fee stays (replica E.1).
 *   E2  Whoever cannot prepay and keep the freezing limit is not executed (interface M32, M36).
 *   E3  A context answers once. When it has neither answered nor anything left to wait for, the system answers for it:
 *       with the trap of its last execution, or with IC0506 (M2, M4, M5).
 *   E4  What was not accepted of a call's cycles returns with the answer (M3).
 *   E5  A context ends when nothing is outstanding and nobody waits (M7).
 *   E6  Cycles are conserved: what leaves a canister and reaches nobody is in `draft.cyclesBurned`.
 */
import { IC, rejectOf } from "../../types/errors.ts";
import type { Nanos, PrincipalId } from "../../types/ids.ts";
import { RejectCode, type Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CallTrace, Fact } from "../../types/trace.ts";
import type { CanisterState } from "../state/canister.ts";
import { withConsumed } from "../state/consumed.ts";
import type { Draft } from "../state/draft.ts";
import type { CallContext, CallOrigin, CanisterRequest, CanisterResponse } from "../state/messages.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import { executionFee, freezingLimit, isWasm64, unusedInstructionsRefund } from "./cycles.ts";
import { deliver } from "./deliver.ts";
import { ellipsized, outOfCyclesText, rejectFrom, toldTo } from "./failure.ts";
import { withLowMemoryHook } from "./low-memory-hook.ts";
import { respondFrom, type Answer } from "./response.ts";
import type { Run } from "./run-canister.ts";
import type { Answer as CanisterAnswer, CallView } from "./system-api/sandbox.ts";

export type Prepayment =
  | { readonly kind: "paid"; readonly canister: CanisterState; readonly cycles: bigint }
  | { readonly kind: "refused"; readonly reject: Reject };

/** E2. `asker` learns how much is missing only as a controller. */
export function prepay(
  canister: CanisterState,
  limit: bigint,
  subnet: SubnetRecord,
  asker: PrincipalId,
): Prepayment {
  const cycles = executionFee(limit, isWasm64(canister), subnet);
  const missing = cycles + freezingLimit(canister, subnet) - canister.cycles;
  if (missing <= 0n)
    return { kind: "paid", canister: { ...canister, cycles: canister.cycles - cycles }, cycles };
  const reveal = canister.settings.controllers.includes(asker);
  return {
    kind: "refused",
    reject: rejectOf(IC.CanisterOutOfCycles, outOfCyclesText(canister.id, missing, reveal)),
  };
}

/** E1: gives back what was prepaid for instructions that did not run. */
export function settle(
  draft: Draft,
  canister: CanisterState,
  prepaid: bigint,
  limit: bigint,
  used: bigint,
): CanisterState {
  const unused = unusedInstructionsRefund(limit - used, isWasm64(canister), draft.subnet);
  const refund = unused < prepaid ? unused : prepaid;
  const cost = prepaid - refund;
  draft.cyclesBurned += cost;
  return {
    ...canister,
    cycles: saturated(draft, canister.cycles + refund),
    consumed: withConsumed(canister, "instructions", cost),
  };
}

/** An execution sees one time throughout: that of the round in which it began. */
export const startOf = (draft: Draft, canister: CanisterState): Nanos =>
  canister.standing?.long?.time ?? draft.time;

const MOST_CYCLES = 2n ** 128n - 1n;

/** Nobody holds more: the surplus is lost. Source: interface M53. */
export function saturated(draft: Draft, cycles: bigint): bigint {
  if (cycles <= MOST_CYCLES) return cycles;
  draft.cyclesBurned += cycles - MOST_CYCLES;
  return MOST_CYCLES;
}

export const viewOf = (context: CallContext): CallView => ({
  id: context.id,
  responded: context.responded || context.origin.kind === "system",
  availableCycles: context.availableCycles,
  instructions: context.instructions,
  deadline: context.origin.kind === "canister" ? context.origin.deadline : 0n,
});

/** The answer as its receiver gets it: canisters are spared long rejects. */
function answerTo(origin: CallOrigin, answer: CanisterAnswer): Answer {
  const short = origin.kind === "canister" && answer.kind === "reject";
  return answerOf(short ? { ...answer, message: ellipsized(answer.message) } : answer);
}

export const answerOf = (answer: CanisterAnswer): Answer =>
  answer.kind === "reply"
    ? { kind: "reply", data: answer.data }
    : { kind: "reject", reject: rejectOf(IC.CanisterRejectedMessage, answer.message) };

export const didNotReply = (canister: CanisterState): Reject =>
  rejectOf(IC.CanisterDidNotReply, `Canister ${principalText(canister.id)} did not reply to the call`);

const NO_RESPONSE: Reject = { code: RejectCode.CanisterError, message: "No response" };

/** What a run adds to its context. */
export const afterRun = (context: CallContext, run: Run): CallContext => ({
  ...context,
  availableCycles: run.available,
  outstandingCalls: context.outstandingCalls + run.calls.length,
  instructions: context.instructions + run.instructions,
});

/** E3–E6. `canister` is settled; `context` counts the run's own calls already. Returns the answer given, if any. */
export function conclude(
  draft: Draft,
  canister: CanisterState,
  context: CallContext,
  run: Pick<Run, "answer" | "calls" | "burned" | "failure"> | undefined,
): Answer | undefined {
  const answer = decideAnswer(canister, context, run);
  const next: CallContext =
    answer === undefined ? context : { ...context, responded: true, availableCycles: 0n };
  const contexts = new Map(canister.contexts);
  if (next.outstandingCalls === 0) contexts.delete(next.id);
  else contexts.set(next.id, next);

  const fees = (run?.calls ?? []).reduce((sum, call) => sum + call.fee, 0n);
  const burned = run?.burned ?? 0n;
  draft.cyclesBurned += fees + burned;
  const transmitted = withConsumed(canister, "request_and_response_transmission", fees);
  const consumed = withConsumed({ consumed: transmitted }, "burned_cycles", burned);
  draft.canisters.set(canister.id, withLowMemoryHook({ ...canister, contexts, consumed }));

  for (const call of run?.calls ?? []) {
    const request: CanisterRequest = {
      kind: "request",
      origin: {
        kind: "canister",
        canister: canister.id,
        callback: call.callback,
        deadline: call.deadline,
      },
      caller: canister.id,
      receiver: call.callee,
      method: call.method,
      payload: call.payload,
      cycles: call.cycles,
    };
    deliver(draft, request);
  }
  if (answer !== undefined) respondFrom(draft, context.origin, canister.id, answer, context.availableCycles);
  return answer;
}

function decideAnswer(
  canister: CanisterState,
  context: CallContext,
  run: Pick<Run, "answer" | "failure"> | undefined,
): Answer | undefined {
  const { origin } = context;
  if (run?.answer !== undefined) return answerTo(origin, run.answer);
  const starved = !context.responded && context.outstandingCalls === 0 && origin.kind !== "system";
  if (!starved) return undefined;
  if (run?.failure !== undefined)
    return { kind: "reject", reject: toldTo(origin, rejectFrom(canister.id, run.failure)) };
  return { kind: "reject", reject: origin.kind === "canister" ? NO_RESPONSE : didNotReply(canister) };
}

/** One line of the trace for an execution, and one for each print. */
export function tell(
  draft: Draft,
  canister: CanisterState,
  method: string,
  run: Run,
  context: CallContext,
  answer: Answer | undefined,
  ends?: CanisterResponse,
): void {
  for (const text of run.prints) draft.facts.push({ kind: "debug-print", canister: canister.id, text });
  const fact: Fact = {
    kind: "message-executed",
    height: draft.height,
    canister: canister.id,
    method,
    instructions: run.instructions,
    outcome: run.failure !== undefined ? "trapped" : answer?.kind === "reject" ? "rejected" : "ok",
    call: callTrace(context, run, ends),
  };
  draft.facts.push(context.origin.kind === "ingress" ? { ...fact, message: context.origin.message } : fact);
}

const callTrace = (
  { id, origin }: CallContext,
  run: Run,
  response: CanisterResponse | undefined,
): CallTrace => ({
  context: id,
  ...(origin.kind === "canister" && response === undefined ? { from: waiterOf(origin) } : {}),
  ...(response === undefined ? {} : { ends: endOf(response) }),
  sent: run.calls.map(({ callback, callee, method, cycles }) => ({
    callback,
    canister: callee,
    method,
    cycles,
  })),
});

export const waiterOf = ({ canister, callback }: Extract<CallOrigin, { kind: "canister" }>) => ({
  canister,
  callback,
});

const endOf = ({ callback, refund, payload }: CanisterResponse): NonNullable<CallTrace["ends"]> =>
  payload.kind === "reply" ? { callback, refund } : { callback, refund, reject: payload.reject.message };
