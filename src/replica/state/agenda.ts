/**
 * Which canisters a round has to look at, so that a height costs what happens in it and not what exists.
 *
 *   AG1  Every canister that a rule of the round may concern (a message waits, a timer is set, a deadline runs, a stop
 *        is awaited, a debit decays, compute is allocated) is watched.
 *   AG2  Canisters stand in the order in which their storage was last charged; those that are due stand in front.
 *   AG3  It follows from the canisters alone: kept from height to height, or made anew, it says the same.
 */
import { compareText } from "../../base/bytes.ts";
import type { CanisterId, Nanos } from "../../types/ids.ts";
import type { CanisterState } from "./canister.ts";

export interface Agenda {
  readonly watched: Set<CanisterId>;
  readonly charged: Map<CanisterId, Nanos>;
}

/** A map that remembers which canisters were set or deleted since it was last asked. */
export class TrackedCanisters extends Map<CanisterId, CanisterState> {
  readonly touched = new Set<CanisterId>();

  constructor(canisters: ReadonlyMap<CanisterId, CanisterState>) {
    super();
    for (const [id, canister] of canisters) super.set(id, canister);
  }

  override set(id: CanisterId, canister: CanisterState): this {
    this.touched.add(id);
    return super.set(id, canister);
  }

  override delete(id: CanisterId): boolean {
    this.touched.add(id);
    return super.delete(id);
  }
}

export function agendaOf(canisters: ReadonlyMap<CanisterId, CanisterState>): Agenda {
  const agenda: Agenda = { watched: new Set(), charged: new Map() };
  const order = (a: CanisterState, b: CanisterState): number =>
    a.chargedUntil === b.chargedUntil ? compareText(a.id, b.id) : a.chargedUntil < b.chargedUntil ? -1 : 1;
  for (const canister of [...canisters.values()].sort(order)) note(agenda, canister.id, canister);
  return agenda;
}

/** Takes into account what was touched since the last time. */
export function refresh(agenda: Agenda, canisters: TrackedCanisters): void {
  for (const id of canisters.touched) note(agenda, id, canisters.get(id));
  canisters.touched.clear();
}

function note(agenda: Agenda, id: CanisterId, canister: CanisterState | undefined): void {
  if (canister === undefined) {
    agenda.watched.delete(id);
    agenda.charged.delete(id);
    return;
  }
  if (concerns(canister)) agenda.watched.add(id);
  else agenda.watched.delete(id);
  if (agenda.charged.get(id) === canister.chargedUntil) return;
  agenda.charged.delete(id);
  agenda.charged.set(id, canister.chargedUntil);
}

/** AG1. */
const concerns = (canister: CanisterState): boolean =>
  canister.inputs.length > 0 ||
  canister.callbacks.size > 0 ||
  canister.status.kind === "stopping" ||
  canister.globalTimer !== 0n ||
  canister.lowMemoryHook === "ready" ||
  canister.settings.computeAllocation > 0n ||
  owes(canister) ||
  (canister.code?.exports.hooks.includes("canister_heartbeat") ?? false);

const owes = ({ standing }: CanisterState): boolean =>
  standing !== undefined &&
  (standing.heapDeltaDebit > 0 || standing.installDebit > 0n || standing.long !== undefined);

/** AG2: those last charged at or before `until`, in byte order. */
export function chargedBefore({ charged }: Agenda, until: Nanos): CanisterId[] {
  const due: CanisterId[] = [];
  for (const [id, at] of charged) {
    if (at > until) break;
    due.push(id);
  }
  return due.sort(compareText);
}
