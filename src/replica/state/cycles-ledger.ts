/**
 * Where all cycles of a state are: what came into being is held by canisters, in flight between them, or gone.
 *
 * In flight are cycles on calls (waiting, or accepted by nobody yet), refunds on their way, and what was prepaid for
 * answers. Source: replica I.1's invariants; interface M1–M9.
 */
import type { CallContext, CanisterInput, StopRequest } from "./messages.ts";
import type { CanisterState } from "./canister.ts";
import type { ReplicatedState } from "./state.ts";

export interface CyclesLedger {
  readonly minted: bigint;
  /** Balances and reserved balances. */
  readonly held: bigint;
  readonly inFlight: bigint;
  readonly burned: bigint;
}

export function cyclesLedger(state: ReplicatedState): CyclesLedger {
  let held = 0n;
  let inFlight = 0n;
  for (const canister of state.canisters.values()) {
    held += canister.cycles + canister.reservedCycles;
    inFlight += inFlightAt(canister);
  }
  for (const message of state.held) inFlight += onMessage(message);
  for (const { cycles } of state.subnetQueue) inFlight += cycles;
  for (const { request } of state.postponedRawRand) inFlight += request.cycles;
  inFlight += state.scheduler.install?.request.cycles ?? 0n;
  return { minted: state.totals.cyclesMinted, held, inFlight, burned: state.totals.cyclesBurned };
}

/** Zero where cycles are conserved; otherwise how many appeared (negative) or vanished. */
export const missingCycles = ({ minted, held, inFlight, burned }: CyclesLedger): bigint =>
  minted - held - inFlight - burned;

function inFlightAt({ inputs, contexts, callbacks, status }: CanisterState): bigint {
  const stops: readonly StopRequest[] = status.kind === "stopping" ? status.waiting : [];
  return (
    sum(inputs, onMessage) +
    sum([...contexts.values()], (context: CallContext) => context.availableCycles) +
    sum([...callbacks.values()], (callback) => callback.prepaidCycles) +
    sum(stops, (asked) => asked.cycles)
  );
}

function onMessage(input: CanisterInput): bigint {
  if (input.kind === "request") return input.cycles;
  return input.kind === "response" ? input.refund : 0n;
}

const sum = <T>(items: readonly T[], of: (item: T) => bigint): bigint =>
  items.reduce((total, item) => total + of(item), 0n);
