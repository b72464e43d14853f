/**
 * Executes a call to a canister's update or query method, in replicated mode.
 *
 *   Q1  The guards are asked in this order: cycles, status, code, method, the developer's memory limit (interface
 *       M31–M36). Refused calls get all their cycles back; from the second guard on, the base fee is paid.
 *   Q2  A query called as an update keeps nothing but its log and its balance (S29, X2).
 *   Q3  A composite query cannot be called so: IC0527 (H44).
 */
import { IC, rejectOf } from "../../types/errors.ts";
import { RejectCode, type Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import type { CallContext, CanisterRequest } from "../state/messages.ts";
import { MAX_RESPONSE_BYTES } from "./cycles.ts";
import { methodNotFound, noWasmModule, rejectFrom, toldTo, wasmMemoryLimitExceeded } from "./failure.ts";
import { respondFrom } from "./response.ts";
import type { RunCanister } from "./long-runs.ts";
import { afterRun, conclude, prepay, settle, startOf, tell, viewOf } from "./settle.ts";

/** Returns the instructions used. */
export function executeRequest(runs: RunCanister, draft: Draft, request: CanisterRequest): bigint {
  const canister = canisterOf(draft, request.receiver);
  markProcessing(draft, request);
  const refuse = (reject: Reject): bigint => {
    const told = toldTo(request.origin, reject);
    respondFrom(draft, request.origin, canister.id, { kind: "reject", reject: told }, request.cycles);
    return 0n;
  };

  const tooFew = minimumRefusal(canister, request);
  if (tooFew !== undefined) return refuse(tooFew);

  const context = contextOf(canister, request);
  // What its answer may take is kept while it runs, as it was while the call waited.
  const owing =
    request.origin.kind === "canister"
      ? { ...canister, contexts: new Map(canister.contexts).set(context.id, context) }
      : canister;
  const kind = canister.code?.exports.queries.includes(request.method) ? "query" : "update";
  const { limits } = draft.subnet;
  const limit = kind === "query" ? limits.query : limits.update;
  const prepayment = prepay(owing, limit, draft.subnet, request.caller);
  if (prepayment.kind === "refused") return refuse(prepayment.reject);

  const closed =
    notRunning(canister) ?? methodRefusal(canister, request.method) ?? memoryRefusal(canister, kind);
  if (closed !== undefined) {
    const settled = settle(draft, prepayment.canister, prepayment.cycles, limit, 0n);
    draft.canisters.set(canister.id, { ...settled, contexts: canister.contexts });
    return refuse(closed);
  }

  const run = runs(
    prepayment.canister,
    { kind: "export", name: `canister_${kind} ${request.method}` },
    {
      context: kind === "query" ? "RQ" : "U",
      arg: request.payload,
      caller: request.caller,
      callerInfo: request.callerInfo,
      time: startOf(draft, canister),
      subnet: draft.subnet,
      instructionLimit: limit,
      maxReplyBytes: MAX_RESPONSE_BYTES,
      call: viewOf(context),
    },
  );
  const changed = kind === "query" ? keptOfQuery(prepayment.canister, run.canister) : run.canister;
  const settled = settle(draft, changed, prepayment.cycles, limit, run.instructions);
  const version = kind === "update" && run.failure === undefined ? 1n : 0n;
  draft.updates += 1n;
  const answer = conclude(
    draft,
    { ...settled, nextContext: canister.nextContext + 1, version: settled.version + version },
    afterRun(context, run),
    run,
  );
  tell(draft, canister, request.method, run, context, answer);
  return run.instructions;
}

const contextOf = (canister: CanisterState, request: CanisterRequest): CallContext => ({
  id: canister.nextContext,
  origin: request.origin,
  caller: request.caller,
  callerInfo: request.callerInfo,
  responded: false,
  deleted: false,
  availableCycles: request.cycles,
  outstandingCalls: 0,
  instructions: 0n,
});

export function markProcessing(draft: Draft, { origin }: CanisterRequest): void {
  const record = origin.kind === "ingress" ? draft.ingressHistory.get(origin.message) : undefined;
  if (origin.kind === "ingress" && record !== undefined)
    draft.ingressHistory.set(origin.message, {
      ...record,
      status: { kind: "processing" },
      changedAt: draft.time,
    });
}

/** Q2. */
const keptOfQuery = (before: CanisterState, after: CanisterState): CanisterState => ({
  ...before,
  cycles: after.cycles,
  logs: after.logs,
  nextLogIndex: after.nextLogIndex,
});

/** It stopped while the call was waiting. */
export function notRunning(canister: CanisterState): Reject | undefined {
  if (canister.status.kind === "running") return undefined;
  const error = canister.status.kind === "stopping" ? IC.CanisterStopping : IC.CanisterStopped;
  return rejectOf(error, `Canister ${principalText(canister.id)} is not running`);
}

/** Memory that has outgrown the developer's limit closes the canister to updates. Source: interface S40. */
function memoryRefusal(canister: CanisterState, kind: "query" | "update"): Reject | undefined {
  const { wasmMemoryLimit } = canister.settings;
  const bytes = canister.heap.length;
  if (kind === "query" || wasmMemoryLimit === 0n || BigInt(bytes) <= wasmMemoryLimit) return undefined;
  return rejectFrom(canister.id, wasmMemoryLimitExceeded(bytes, wasmMemoryLimit));
}

/** Source: interface M35. */
function minimumRefusal(canister: CanisterState, request: CanisterRequest): Reject | undefined {
  const minimum = canister.settings.minimumIncomingCallCycles;
  const asked = request.origin.kind === "canister" && request.caller !== canister.id;
  if (!asked || request.cycles >= minimum) return undefined;
  return {
    code: RejectCode.CanisterError,
    message: `Canister ${principalText(canister.id)} requires at least ${minimum} cycles for an incoming call`,
  };
}

/** Whether the method may be called in replicated mode. Also asked before induction. */
export function methodRefusal(canister: CanisterState, method: string): Reject | undefined {
  if (canister.code === undefined) return rejectFrom(canister.id, noWasmModule);
  const { updates, queries, compositeQueries } = canister.code.exports;
  if (updates.includes(method) || queries.includes(method)) return undefined;
  if (compositeQueries.includes(method))
    return rejectOf(IC.CompositeQueryInReplicatedMode, "Composite query cannot be called in replicated mode");
  return rejectFrom(canister.id, methodNotFound("update", method));
}
