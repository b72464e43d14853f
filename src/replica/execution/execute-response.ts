/**
 * Executes the callback of a call whose answer has come.
 *
 *   B1  The refund and what was prepaid beyond need are credited first and stay, whatever the callback does (interface
 *       M9).
 *   B2  A callback runs on a frozen or stopping canister, and after its context has answered (M8, M56).
 *   B3  When it traps, cleanup runs on the state before it; when that traps too, both are told (M9).
 *   B4  Under a deleted context nothing runs (M11, M13); the base fee is paid all the same.
 *   B5  An answer to a call that was answered before, by its deadline, is dropped and its refund lost (M62).
 *
 * Source: interface §5.1, §5.5; replica E.1.
 */
import { defined } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import type { CanisterState } from "../state/canister.ts";
import { withConsumed } from "../state/consumed.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import type { CallContext, Callback, CanisterResponse, Closure } from "../state/messages.ts";
import type { Entry } from "../interfaces/wasm-host.ts";
import { MAX_RESPONSE_BYTES, responseFee } from "./cycles.ts";
import { cleanupFailed } from "./failure.ts";
import type { RunCanister } from "./long-runs.ts";
import type { Run } from "./run-canister.ts";
import { afterRun, conclude, saturated, settle, startOf, tell, viewOf } from "./settle.ts";
import type { Situation } from "./system-api/sandbox.ts";

/** Returns the instructions used. */
export function executeResponse(runs: RunCanister, draft: Draft, response: CanisterResponse): bigint {
  const before = canisterOf(draft, response.receiver);
  const callback = before.callbacks.get(response.callback);
  if (callback === undefined) {
    draft.cyclesBurned += response.refund;
    return 0n;
  }
  const open = defined(before.contexts.get(callback.context), "a callback's context is open");
  const context: CallContext = { ...open, outstandingCalls: open.outstandingCalls - 1 };
  const { canister, prepaid } = credited(draft, before, callback, response);
  const limit = draft.subnet.limits.update;

  if (context.deleted || canister.code === undefined) {
    conclude(draft, settle(draft, canister, prepaid, limit, 0n), context, undefined);
    return 0n;
  }

  const run = runCallback(runs, draft, canister, callback, context, response);
  const settled = settle(draft, run.canister, prepaid, limit, run.instructions);
  const succeeded = run.failure === undefined;
  const answer = conclude(
    draft,
    { ...settled, version: settled.version + (succeeded || run.cleanedUp ? 1n : 0n) },
    afterRun(context, run),
    run,
  );
  const name = response.payload.kind === "reply" ? "(reply callback)" : "(reject callback)";
  tell(draft, canister, name, run, context, answer, response);
  return run.instructions;
}

/** B1. `prepaid` is what remains for the execution. */
function credited(
  draft: Draft,
  before: CanisterState,
  callback: Callback,
  response: CanisterResponse,
): { readonly canister: CanisterState; readonly prepaid: bigint } {
  const { payload, refund } = response;
  const bytes = payload.kind === "reply" ? payload.data.length : utf8(payload.reject.message).length;
  const reserved = responseFee(MAX_RESPONSE_BYTES, draft.subnet);
  const fee = responseFee(Math.min(bytes, MAX_RESPONSE_BYTES), draft.subnet);
  draft.cyclesBurned += fee;
  const callbacks = new Map(before.callbacks);
  callbacks.delete(callback.id);
  return {
    canister: {
      ...before,
      callbacks,
      cycles: saturated(draft, before.cycles + refund + reserved - fee),
      consumed: withConsumed(before, "request_and_response_transmission", fee),
    },
    prepaid: callback.prepaidCycles - reserved,
  };
}

/** A twentieth of the limit is kept for cleanup, even where none is set: a callback that runs for ever can be cleaned up. */
const cleanupShare = (limit: bigint): bigint => limit / 20n;

function runCallback(
  runs: RunCanister,
  draft: Draft,
  canister: CanisterState,
  callback: Callback,
  context: CallContext,
  response: CanisterResponse,
): Run & { readonly cleanedUp: boolean } {
  const { payload } = response;
  const limit = draft.subnet.limits.update;
  const situation: Situation = {
    context: payload.kind === "reply" ? "Ry" : "Rt",
    arg: payload.kind === "reply" ? payload.data : new Uint8Array(0),
    reject: payload.kind === "reject" ? payload.reject : undefined,
    refunded: response.refund,
    caller: context.caller,
    callerInfo: context.callerInfo,
    time: startOf(draft, canister),
    subnet: draft.subnet,
    instructionLimit: limit - cleanupShare(limit),
    messageLimit: limit,
    maxReplyBytes: MAX_RESPONSE_BYTES,
    call: viewOf(context),
  };
  const closure = payload.kind === "reply" ? callback.onReply : callback.onReject;
  const run = runs(canister, entryOf(closure), situation);
  if (run.failure === undefined || callback.onCleanup === undefined) return { ...run, cleanedUp: false };

  const cleanup = runs(run.canister, entryOf(callback.onCleanup), {
    ...situation,
    context: "C",
    instructionLimit: limit - run.instructions,
    call: { ...situation.call, instructions: situation.call.instructions + run.instructions },
  });
  const failure = cleanup.failure === undefined ? run.failure : cleanupFailed(run.failure, cleanup.failure);
  return {
    ...cleanup,
    failure,
    answer: undefined,
    instructions: run.instructions + cleanup.instructions,
    prints: [...run.prints, ...cleanup.prints],
    cleanedUp: cleanup.failure === undefined,
  };
}

const entryOf = (closure: Closure): Entry => ({
  kind: "table",
  slot: closure.slot,
  environment: closure.environment,
});
