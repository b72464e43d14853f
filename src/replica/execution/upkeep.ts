/**
 * What a round does for canisters besides executing their messages.
 *
 *   U1  A bounded-wait call past its deadline is answered with SYS_UNKNOWN and no refund; the call itself, if it has
 *       not started, is dropped (interface M61, M66).
 *   U2  Storage and compute allocation are charged every ten seconds, from reserved cycles first, never below zero
 *       (replica E.1, interface L77).
 *   U3  A canister that cannot pay loses its code, its snapshots, its allocations and its history (L49).
 */
import { min } from "../../base/bigints.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import type { CanisterId, Nanos } from "../../types/ids.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterOf, watchedIds, type Draft } from "../state/draft.ts";
import type { CanisterInput, CanisterRequest, CanisterResponse } from "../state/messages.ts";
import { withConsumed } from "../state/consumed.ts";
import { computeFee, occupancyFee } from "./cycles.ts";
import { uninstall } from "./management/uninstall-code.ts";

const SECOND: Nanos = 1_000_000_000n;

/** U1. */
export function expireCalls(draft: Draft): void {
  const late = (deadline: Nanos): boolean => deadline !== 0n && deadline <= draft.time;
  const lateRequest = (input: CanisterInput): input is CanisterRequest =>
    input.kind === "request" && input.origin.kind === "canister" && late(input.origin.deadline);

  for (const id of watchedIds(draft)) {
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
export function chargeForResources(draft: Draft, id: CanisterId): void {
  const canister = canisterOf(draft, id);
  const seconds = (draft.time - canister.chargedUntil) / SECOND;
  const fee = occupancyFee(canister, seconds, draft.subnet);
  const reserved = min(fee, canister.reservedCycles);
  const rest = min(fee - reserved, canister.cycles);
  draft.cyclesBurned += reserved + rest;
  const ruined = reserved + rest < fee;
  const compute = ruined ? 0n : computeFee(canister, seconds, draft.subnet);
  const forCompute = withConsumed(canister, "compute_allocation", compute);
  const charged: CanisterState = {
    ...canister,
    chargedUntil: draft.time,
    reservedCycles: canister.reservedCycles - reserved,
    cycles: canister.cycles - rest,
    consumed: withConsumed(
      { consumed: forCompute },
      ruined ? "uninstall" : "memory",
      reserved + rest - compute,
    ),
  };
  draft.canisters.set(id, charged);
  if (ruined) ruin(draft, charged);
}

/** U3. */
function ruin(draft: Draft, { snapshots: _gone, ...canister }: CanisterState): void {
  uninstall(draft, {
    ...canister,
    version: canister.version + 1n,
    settings: { ...canister.settings, computeAllocation: 0n, memoryAllocation: 0n },
    history: [],
  });
}
