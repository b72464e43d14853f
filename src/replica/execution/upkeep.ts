/**
 * What a round does for canisters besides executing their messages.
 *
 *   U1  A bounded-wait call past its deadline is answered with SYS_UNKNOWN and no refund; the call itself, if it has
 *       not started, is dropped (interface M61, M66).
 *   U2  A stopping canister with no open context is stopped, and everyone who asked is answered (L40, L45).
 *   U3  Whoever has waited five minutes for that is rejected; the canister goes on stopping (L41).
 *   U4  Storage and compute allocation are charged every ten seconds, from reserved cycles first, never below zero
 *       (replica E.1, interface L77).
 */
import { utf8 } from "../../base/bytes.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import type { Nanos } from "../../types/ids.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterIds, canisterOf, type Draft } from "../state/draft.ts";
import type { CanisterInput, CanisterRequest, CanisterResponse, StopRequest } from "../state/messages.ts";
import { idleFee } from "./cycles.ts";
import { respond } from "./response.ts";

const SECOND: Nanos = 1_000_000_000n;
const STOP_TIMEOUT = 300n * SECOND;
const CHARGING_PERIOD = 10n * SECOND;
/** Candid for `()`. */
const UNIT = utf8("DIDL\0\0");

/** U1. */
export function expireCalls(draft: Draft): void {
  const late = (deadline: Nanos): boolean => deadline !== 0n && deadline <= draft.time;
  const lateRequest = (input: CanisterInput): input is CanisterRequest =>
    input.kind === "request" && input.origin.kind === "canister" && late(input.origin.deadline);

  for (const id of canisterIds(draft)) {
    const canister = canisterOf(draft, id);
    const dropped = canister.inputs.filter(lateRequest);
    const answered = new Set(canister.inputs.flatMap((i) => (i.kind === "response" ? [i.callback] : [])));
    const expired = [...canister.callbacks.values()].filter((c) => late(c.deadline) && !answered.has(c.id));
    if (dropped.length === 0 && expired.length === 0) continue;
    for (const request of dropped) draft.cyclesBurned += request.cycles;
    const answers = expired.map((callback): CanisterResponse => ({
      kind: "response",
      receiver: id,
      respondent: callback.callee,
      callback: callback.id,
      refund: 0n,
      payload: {
        kind: "reject",
        reject: rejectOf(IC.DeadlineExpired, "Call deadline has expired."),
      },
    }));
    const kept = canister.inputs.filter((i) => !lateRequest(i));
    draft.canisters.set(id, { ...canister, inputs: [...kept, ...answers] });
  }

  const waiting = draft.subnetQueue.splice(0);
  for (const request of waiting) {
    if (lateRequest(request)) draft.cyclesBurned += request.cycles;
    else draft.subnetQueue.push(request);
  }
}

/** U2, U3. */
export function completeStops(draft: Draft): void {
  for (const id of canisterIds(draft)) {
    const canister = canisterOf(draft, id);
    if (canister.status.kind !== "stopping") continue;
    const { waiting } = canister.status;
    if (canister.contexts.size === 0) {
      draft.canisters.set(id, {
        ...canister,
        status: { kind: "stopped" },
        version: canister.version + 1n,
      });
      for (const asked of waiting)
        respond(draft, asked.origin, "", { kind: "reply", data: UNIT }, asked.cycles);
      continue;
    }
    const patient = (asked: StopRequest): boolean => asked.askedAt + STOP_TIMEOUT > draft.time;
    if (waiting.every(patient)) continue;
    draft.canisters.set(id, {
      ...canister,
      status: { kind: "stopping", waiting: waiting.filter(patient) },
    });
    const reject = rejectOf(IC.StopCanisterRequestTimeout, "Stop canister request timed out");
    for (const asked of waiting)
      if (!patient(asked)) respond(draft, asked.origin, "", { kind: "reject", reject }, asked.cycles);
  }
}

/** U4. Returns the canisters that have nothing left: they lose their code (interface L49). */
export function chargeForResources(draft: Draft): CanisterState[] {
  const ruined: CanisterState[] = [];
  for (const id of canisterIds(draft)) {
    const canister = canisterOf(draft, id);
    const elapsed = draft.time - canister.chargedUntil;
    if (elapsed < CHARGING_PERIOD) continue;
    const fee = idleFee(canister, elapsed, draft.subnet);
    const reserved = fee < canister.reservedCycles ? fee : canister.reservedCycles;
    const rest = fee - reserved < canister.cycles ? fee - reserved : canister.cycles;
    draft.cyclesBurned += reserved + rest;
    const charged: CanisterState = {
      ...canister,
      chargedUntil: draft.time,
      reservedCycles: canister.reservedCycles - reserved,
      cycles: canister.cycles - rest,
      consumedCycles: canister.consumedCycles + reserved + rest,
    };
    draft.canisters.set(id, charged);
    if (reserved + rest < fee && charged.code !== undefined) ruined.push(charged);
  }
  return ruined;
}
