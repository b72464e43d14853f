/**
 * What a round does for canisters besides executing their messages.
 *
 *   U1  A bounded-wait call past its deadline is answered with SYS_UNKNOWN and no refund; the call itself, if it has
 *       not started, is dropped (interface M61, M66).
 *   U2  Storage, messages' memory and compute allocation are charged every ten seconds, from reserved cycles first, never below zero
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
import { computeFee, messageFee, storageFee } from "./cycles.ts";
import { uninstall } from "./management/uninstall-code.ts";

const SECOND: Nanos = 1_000_000_000n;

/** U1. */
export function expireCalls(draft: Draft): void {
  const late = (deadline: Nanos): boolean => deadline !== 0n && deadline <= draft.time;
  const lateRequest = (input: CanisterInput): input is CanisterRequest =>
    input.kind === "request" && input.origin.kind === "canister" && late(input.origin.deadline);

  for (const id of watchedIds(draft)) {
    const canister = canisterOf(draft, id);
    const begun = canister.standing?.long === undefined ? undefined : canister.inputs[0];
    const isDropped = (input: CanisterInput): input is CanisterRequest =>
      input !== begun && lateRequest(input);
    const dropped = canister.inputs.filter(isDropped);
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
    const kept = canister.inputs.filter((i) => !isDropped(i));
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
  const due = { ...canister, chargedUntil: draft.time };
  const stored = paid(draft, due, "memory", storageFee(canister, seconds, draft.subnet));
  const kept = paid(draft, stored.canister, "memory", messageFee(canister, seconds, draft.subnet));
  const fee = computeFee(canister, seconds, draft.subnet);
  const occupied = paid(draft, kept.canister, "compute_allocation", fee);
  draft.canisters.set(id, occupied.canister);
  if (!stored.whole || !kept.whole || !occupied.whole) ruin(draft, occupied.canister);
}

/** From what is reserved first; all or nothing. */
function paid(
  draft: Draft,
  canister: CanisterState,
  use: "memory" | "compute_allocation",
  fee: bigint,
): { readonly canister: CanisterState; readonly whole: boolean } {
  if (fee === 0n) return { canister, whole: true };
  if (canister.cycles + canister.reservedCycles < fee) return { canister, whole: false };
  const reserved = min(fee, canister.reservedCycles);
  draft.cyclesBurned += fee;
  return {
    canister: {
      ...canister,
      reservedCycles: canister.reservedCycles - reserved,
      cycles: canister.cycles - (fee - reserved),
      consumed: withConsumed(canister, use, fee),
    },
    whole: true,
  };
}

/** U3. What cycles it has left are gone. */
function ruin(draft: Draft, { snapshots: _gone, ...canister }: CanisterState): void {
  const rest = canister.cycles + canister.reservedCycles;
  draft.cyclesBurned += rest;
  uninstall(draft, {
    ...canister,
    cycles: 0n,
    reservedCycles: 0n,
    consumed: withConsumed(canister, "uninstall", rest),
    version: canister.version + 1n,
    settings: { ...canister.settings, computeAllocation: 0n, memoryAllocation: 0n },
    history: [],
  });
}
