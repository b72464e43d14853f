/**
 * A canister after a long message or install, put together from what that made of the canister that it found, and from what
 * happened to that canister meanwhile: messages came, storage was charged, cycles were given, calls expired, stops timed
 * out. Management calls that would change more wait until it is over (schedule.ts).
 *
 *   LD1  Cycles are conserved. Where storage was charged out of what was prepaid, the balance ends at zero and
 *        less counts as burned.
 *
 * Source: replica D.1; [ic] rs/execution_environment (call_or_task, clean and current canister).
 */
import type { CanisterState, ConsumedCycles } from "../state/canister.ts";
import type { Draft } from "../state/draft.ts";
import { NO_STANDING, type LongExecution, type LongInstall } from "../state/standing.ts";

export function withLongDone(
  now: CanisterState,
  { start, credit }: LongExecution,
  done: CanisterState,
  draft: Draft,
): CanisterState {
  const { long: _over, ...standing } = now.standing ?? NO_STANDING;
  const cycles = done.cycles + now.cycles - start.cycles;
  if (cycles < 0n) draft.cyclesBurned += cycles;
  const added = done.inputs.filter((input) => !start.inputs.includes(input));
  const [first, last] = [added.filter((i) => i.kind === "task"), added.filter((i) => i.kind !== "task")];
  return {
    ...done,
    status: now.status,
    settings: now.settings,
    cycles: cycles < 0n ? 0n : cycles,
    reservedCycles: done.reservedCycles + now.reservedCycles - start.reservedCycles,
    consumed: sumOf(done.consumed, now.consumed, start.consumed),
    chargedUntil: now.chargedUntil,
    inputs: [...first, ...now.inputs.slice(1), ...last],
    standing: { ...standing, priority: standing.priority + credit },
  };
}

/** What an install did not change is as it is now. */
export function withInstallDone(
  now: CanisterState,
  { start }: LongInstall,
  done: CanisterState,
  draft: Draft,
): CanisterState {
  const before: Readonly<Record<string, unknown>> = { ...start };
  const changes = Object.entries(done).filter(([key, value]) => value !== before[key]);
  const cycles = done.cycles + now.cycles - start.cycles;
  if (cycles < 0n) draft.cyclesBurned += cycles;
  return {
    ...now,
    ...Object.fromEntries(changes),
    cycles: cycles < 0n ? 0n : cycles,
    reservedCycles: done.reservedCycles + now.reservedCycles - start.reservedCycles,
    consumed: sumOf(done.consumed, now.consumed, start.consumed),
    inputs: [...now.inputs, ...done.inputs.filter((input) => !start.inputs.includes(input))],
    standing: { ...(now.standing ?? NO_STANDING), installDebit: done.standing?.installDebit ?? 0n },
  };
}

/** a + b − c, use by use. */
function sumOf(a: ConsumedCycles, b: ConsumedCycles, c: ConsumedCycles): ConsumedCycles {
  const uses = Object.keys(a) as (keyof ConsumedCycles)[];
  return Object.fromEntries(uses.map((use) => [use, a[use] + b[use] - c[use]])) as unknown as ConsumedCycles;
}
