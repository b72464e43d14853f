/**
 * Who goes first, and on which core.
 *
 *   P1  Of those with something to do, long executions with a core of their own come first, then by priority, then by id.
 *   P2  A round of one's own costs 100 percent of priority, a compute allocation of a percent earns a percent a round:
 *       so whoever has waited or has paid comes first.
 *   P3  Idleness saves nothing: who comes from it has at best the priority of the best among the others.
 *   P4  Long executions get as many cores as their share of the subnet is worth, rounded up, and never all.
 *
 * Mainnet gives the capacity that nobody has allocated to all canisters alike, which changes no order and is left out,
 * and takes from idle canisters in front what P3 takes when they wake. Source: replica D.1 (round_schedule.rs).
 */
import { compareText } from "../../base/bytes.ts";
import type { CanisterId } from "../../types/ids.ts";
import { canisterOf, watchedIds, type Draft } from "../state/draft.ts";
import { NO_STANDING, type LongExecution, type Standing } from "../state/standing.ts";

export const CORES = 4;
const ROUND_PERCENT = 100;
const RESET_ROUNDS = 86_400;

export const standingOf = (draft: Draft, id: CanisterId): Standing =>
  canisterOf(draft, id).standing ?? NO_STANDING;

export function changeStanding(draft: Draft, id: CanisterId, changes: Partial<Standing>): void {
  const canister = canisterOf(draft, id);
  draft.canisters.set(id, { ...canister, standing: { ...(canister.standing ?? NO_STANDING), ...changes } });
}

/** Whether a canister has a message, a task, or slices of a long one to execute, and no install holds it. */
export const isActive = (draft: Draft, id: CanisterId): boolean =>
  (canisterOf(draft, id).inputs.length > 0 || longOf(draft, id) !== undefined) &&
  draft.scheduler.install?.canister !== id;

export const longOf = (draft: Draft, id: CanisterId): LongExecution | undefined => standingOf(draft, id).long;

/** P2's daily reset. */
export function resetPriorities(draft: Draft): void {
  if (draft.height % RESET_ROUNDS !== 0) return;
  for (const [id, { standing }] of draft.canisters)
    if (standing !== undefined && standing.priority !== 0) changeStanding(draft, id, { priority: 0 });
  draft.scheduler = { ...draft.scheduler, ceiling: 0 };
}

/** P3, for those who have something to do. */
export function wake(draft: Draft, active: readonly CanisterId[]): void {
  const { ceiling } = draft.scheduler;
  for (const id of active) {
    const { priority, activeAt } = standingOf(draft, id);
    if (activeAt === draft.height) continue;
    const woken = activeAt < draft.height - 1 ? Math.min(priority, ceiling) : priority;
    changeStanding(draft, id, { priority: woken, activeAt: draft.height });
  }
}

/** P1: the given canisters on their cores, each core's in the order of execution. */
export function partition(draft: Draft, active: readonly CanisterId[]): CanisterId[][] {
  const rank = (id: CanisterId): readonly number[] => {
    const { long, priority } = standingOf(draft, id);
    return [long?.prioritized === true ? 0 : 1, long === undefined ? 1 : 0, -priority];
  };
  const ranked = active.map((id) => ({ id, rank: rank(id) }));
  ranked.sort((a, b) => {
    const k = a.rank.findIndex((n, i) => n !== b.rank[i]);
    return k < 0 ? compareText(a.id, b.id) : a.rank[k]! - b.rank[k]!;
  });
  const ids = ranked.map(({ id }) => id);
  const long = ids.filter((id) => longOf(draft, id) !== undefined);
  if (ids.length === 0) return [];
  const own = long.slice(0, longCores(draft, long));
  const cores: CanisterId[][] = Array.from({ length: CORES }, () => []);
  own.forEach((id, i) => {
    cores[i]!.push(id);
    setLong(draft, id, { prioritized: true });
  });
  const others = CORES - own.length;
  const fresh = ids.filter((id) => longOf(draft, id) === undefined);
  for (const [i, id] of fresh.entries()) cores[own.length + (i % others)]!.push(id);
  const next = own.length + (fresh.length % others);
  for (const [i, id] of long.slice(own.length).entries()) cores[(next + i) % CORES]!.push(id);
  return cores;
}

export function setLong(draft: Draft, id: CanisterId, changes: Partial<LongExecution>): void {
  const long = longOf(draft, id);
  if (long !== undefined) changeStanding(draft, id, { long: { ...long, ...changes } });
}

/** P4. */
function longCores(draft: Draft, long: readonly CanisterId[]): number {
  const allocated = (ids: readonly CanisterId[]): number =>
    ids.reduce((sum, id) => sum + Number(canisterOf(draft, id).settings.computeAllocation), 0);
  const free = Math.max(0, (CORES - 1) * ROUND_PERCENT - allocated(watchedIds(draft)));
  const n = draft.canisters.size;
  const share = allocated(long) * n + free * long.length;
  return Math.min(CORES - 1, long.length, Math.ceil(share / (ROUND_PERCENT * n)));
}

/** P2, after a round: `full` had a round of their own. */
export function settlePriorities(draft: Draft, full: ReadonlySet<CanisterId>): void {
  let best: number | undefined;
  for (const id of new Set([...full, ...watchedIds(draft)])) {
    const canister = draft.canisters.get(id);
    if (canister?.standing?.activeAt !== draft.height) continue;
    const { long, priority } = canister.standing;
    const change = Number(canister.settings.computeAllocation) - (full.has(id) ? ROUND_PERCENT : 0);
    const after = long === undefined ? priority + change : priority;
    best = Math.max(best ?? after, after);
    if (change === 0) continue;
    if (long === undefined) changeStanding(draft, id, { priority: after });
    else setLong(draft, id, { credit: long.credit + change });
  }
  if (best !== undefined) draft.scheduler = { ...draft.scheduler, ceiling: best };
}
