/**
 * Which messages a round executes, and in what order.
 *
 *   H1  The choice depends on the draft alone.
 *   H2  A round goes through iterations. Each executes calls to `aaaaa-aa`, within a budget of their own; then canisters,
 *       on four cores with a budget each, one after the other, every one with all that waited for it when the iteration
 *       began. What they send each other meanwhile waits for the next iteration.
 *   H3  A core ends when its budget is used up; the message that uses it up is finished. The round goes on with what the
 *       busiest core left, and ends when that is nothing, when nothing was executed, or when 200 MB were written.
 *   H4  A message of more than a slice holds its canister for a round each slice, on a core of its own where the subnet
 *       can spare one; an install, in place of other management calls.
 *   H5  What canisters send one another is handed over when the iteration ends; a canister's inputs take turns
 *       (input-order.ts).
 *   H6  A canister that writes faster than 75 MiB a round waits until its debit is worked off (replica E.2).
 *
 * Cores take turns in one thread here; the budgets are those of cores that run side by side, so that a round holds the
 * same messages. Source: replica D.1, D.2 (scheduler.rs).
 */
import { max } from "../../base/bigints.ts";
import { isSummaryHeight, type SubnetRecord } from "../../registry/registry.ts";
import type { CanisterId, Height } from "../../types/ids.ts";
import type { Attempt, MessageExecutor, SubnetAttempt } from "../interfaces/execution.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterOf, watchedIds, type Draft } from "../state/draft.ts";
import { changedBytes } from "../state/pages.ts";
import type { SubnetMessage } from "../state/messages.ts";
import { HEAP_DELTA_RATE, type LongExecution, type LongInstall, NO_STANDING } from "../state/standing.ts";
import { withNextFirst } from "./input-order.ts";
import { withInstallDone, withLongDone } from "./long-done.ts";
import {
  changeStanding,
  isActive,
  longOf,
  partition,
  resetPriorities,
  setLong,
  settlePriorities,
  standingOf,
  wake,
} from "./priority.ts";

/** Why a round interrupts itself: another turn may come, or nothing is to be done until another thread has got further. */
export type Pause = "turn" | "wait";

/** Instructions charged to the round beside those executed. */
const MESSAGE_OVERHEAD = 2_000_000n;
const CANISTER_OVERHEAD = 8_000_000n;
const FINALIZATION_OVERHEAD = 12_000n;
const SUBNET_SHARE = 16n;
const ITERATION_BYTES = 200_000_000;

/** Subnet-wide bytes between checkpoints: 140 GiB, of which 32 may be written at once and the rest evenly. */
const GIB = 1024 ** 3;
const HEAP_DELTA_CAPACITY = 140 * GIB;
const HEAP_DELTA_RESERVE = 32 * GIB;

/** Executes a round's messages; yields after each. */
export function* executeMessages(draft: Draft, executor: MessageExecutor): Generator<Pause, void> {
  if (isSummaryHeight(draft.height, draft.subnet))
    draft.scheduler = { ...draft.scheduler, heapDelta: 0, compiled: new Set() };
  if (draft.scheduler.heapDelta >= heapDeltaLimit(draft.height, draft.subnet)) return;
  const { round, slice } = draft.subnet.limits;
  let budget = round - slice + 1n;
  let subnetBudget = round / SUBNET_SHARE;
  let written = 0;
  const full = new Set<CanisterId>();
  resetPriorities(draft);
  subnetBudget = yield* continueInstall(draft, executor, subnetBudget);
  for (let isFirst = true; budget > 0n && written < ITERATION_BYTES; isFirst = false) {
    subnetBudget = yield* executeSubnetMessages(draft, executor, subnetBudget);
    if (isFirst) executor.scheduleTasks(draft);
    const used = yield* executeIteration(draft, executor, budget, isFirst, full);
    executor.exchange(draft);
    if (used.instructions === 0n) break;
    budget -= used.instructions + FINALIZATION_OVERHEAD * BigInt(draft.canisters.size);
    written += used.bytes;
  }
  settlePriorities(draft, full);
  settleDebits(draft);
}

interface Used {
  readonly instructions: bigint;
  readonly bytes: number;
}

/** One after the other what the cores do side by side. */
function* executeIteration(
  draft: Draft,
  executor: MessageExecutor,
  budget: bigint,
  isFirst: boolean,
  full: Set<CanisterId>,
): Generator<Pause, Used> {
  const isLimited = (id: CanisterId): boolean => standingOf(draft, id).heapDeltaDebit >= HEAP_DELTA_RATE;
  const active = watchedIds(draft).filter((id) => isActive(draft, id));
  wake(draft, active);
  const turns = new Map(active.map((id) => [id, canisterOf(draft, id).inputs.length]));
  let instructions = 0n;
  let bytes = 0;
  for (const core of partition(
    draft,
    active.filter((id) => !isLimited(id)),
  )) {
    const ran = yield* executeCore(draft, executor, core, turns, budget, isFirst, full);
    instructions = max(instructions, ran.instructions);
    bytes += ran.bytes;
  }
  draft.scheduler = { ...draft.scheduler, heapDelta: draft.scheduler.heapDelta + bytes };
  return { instructions, bytes };
}

/** `turns`: how many inputs of each canister belong to this iteration. */
function* executeCore(
  draft: Draft,
  executor: MessageExecutor,
  canisters: readonly CanisterId[],
  turns: ReadonlyMap<CanisterId, number>,
  budget: bigint,
  isFirst: boolean,
  full: Set<CanisterId>,
): Generator<Pause, Used> {
  const used = { instructions: 0n, bytes: 0 };
  const isOver = (): boolean => used.instructions >= budget || used.bytes >= ITERATION_BYTES;
  const add = (ran: Used): void => {
    used.instructions += ran.instructions + MESSAGE_OVERHEAD;
    used.bytes += ran.bytes;
  };
  for (const [rank, id] of canisters.entries()) {
    if (isOver()) break;
    const long = longOf(draft, id);
    const wasLong = long !== undefined;
    if (wasLong) add(yield* nextSlice(draft, executor, id, long));
    let left = wasLong ? 0 : (turns.get(id) ?? 0);
    for (; left > 0 && !isOver() && longOf(draft, id) === undefined; left--) {
      add(yield* executeOne(draft, executor, id));
      yield "turn";
    }
    if (wasLong || left === 0 || longOf(draft, id) !== undefined || (isFirst && rank === 0)) full.add(id);
    used.instructions += CANISTER_OVERHEAD;
  }
  return used;
}

function* executeOne(draft: Draft, executor: MessageExecutor, id: CanisterId): Generator<Pause, Used> {
  const start = withNextFirst(canisterOf(draft, id));
  draft.canisters.set(id, start);
  const { height, time } = draft;
  const { slice } = draft.subnet.limits;
  const attempt = yield* attemptFor(draft, executor, id, { height, paid: slice });
  if (attempt.kind === "done") return used(draft, id, start, attempt.instructions);
  changeStanding(draft, id, { long: { start, height, time, slices: 1, prioritized: false, credit: 0 } });
  return { instructions: slice, bytes: 0 };
}

/** Tries until it is known whether the first input is done for what is paid. */
function* attemptFor(
  draft: Draft,
  executor: MessageExecutor,
  id: CanisterId,
  { height, paid }: { readonly height: Height; readonly paid: bigint },
): Generator<Pause, Exclude<Attempt, { kind: "unknown" }>> {
  for (;;) {
    const attempt = executor.executeInput(draft, id, `${id}@${height}`, paid);
    if (attempt.kind !== "unknown") return attempt;
    yield "wait";
  }
}

/** H4. Whatever happened to the canister meanwhile stays. */
function* nextSlice(
  draft: Draft,
  executor: MessageExecutor,
  id: CanisterId,
  long: LongExecution,
): Generator<Pause, Used> {
  const { slice } = draft.subnet.limits;
  const now = canisterOf(draft, id);
  const { start, height } = long;
  const slices = long.slices + 1;
  draft.canisters.set(id, { ...start, standing: { ...(start.standing ?? NO_STANDING), long } });
  const attempt = yield* attemptFor(draft, executor, id, { height, paid: BigInt(slices) * slice });
  if (attempt.kind === "long") {
    draft.canisters.set(id, now);
    setLong(draft, id, { slices });
    return { instructions: slice, bytes: 0 };
  }
  const done = canisterOf(draft, id);
  draft.canisters.set(id, withLongDone(now, long, done, draft));
  return used(draft, id, start, attempt.instructions - BigInt(long.slices) * slice);
}

function used(draft: Draft, id: CanisterId, before: CanisterState, instructions: bigint): Used {
  const after = canisterOf(draft, id);
  const bytes = changedBytes(before.heap, after.heap) + changedBytes(before.stable, after.stable);
  if (bytes > 0) changeStanding(draft, id, { heapDeltaDebit: standingOf(draft, id).heapDeltaDebit + bytes });
  return { instructions, bytes };
}

/** Returns what is left of the budget. */
function* executeSubnetMessages(
  draft: Draft,
  executor: MessageExecutor,
  budget: bigint,
): Generator<Pause, bigint> {
  let left = budget;
  const held = [];
  while (left > 0n) {
    const request = draft.subnetQueue.shift();
    if (request === undefined) break;
    const installs = request.method === "install_code" || request.method === "install_chunked_code";
    const resting = executor.restingCanister(request);
    const { install } = draft.scheduler;
    const disturbs =
      resting !== undefined &&
      (install?.canister === resting || draft.canisters.get(resting)?.standing?.long !== undefined);
    if (disturbs || (installs && install !== undefined)) {
      held.push(request);
      continue;
    }
    const attempt = yield* subnetAttempt(draft, executor, request);
    if (attempt.kind === "done") left -= attempt.instructions;
    else {
      left -= draft.subnet.limits.slice;
      draft.scheduler = { ...draft.scheduler, install: attempt.install };
    }
    yield "turn";
  }
  draft.subnetQueue.unshift(...held);
  return left;
}

function* subnetAttempt(
  draft: Draft,
  executor: MessageExecutor,
  request: SubnetMessage,
  long?: LongInstall,
): Generator<Pause, Exclude<SubnetAttempt, { kind: "unknown" }>> {
  for (;;) {
    const attempt = executor.executeSubnetMessage(draft, request, long);
    if (attempt.kind !== "unknown") return attempt;
    yield "wait";
  }
}

/** H4: the next slice of a long install. Returns what that leaves of the budget; something always. */
function* continueInstall(draft: Draft, executor: MessageExecutor, budget: bigint): Generator<Pause, bigint> {
  const { install, ...scheduler } = draft.scheduler;
  if (install === undefined) return budget;
  const { slice } = draft.subnet.limits;
  const now = canisterOf(draft, install.canister);
  const attempt = yield* subnetAttempt(draft, executor, install.request, install);
  if (attempt.kind === "long") {
    draft.scheduler = { ...scheduler, install: attempt.install };
    yield "turn";
    return max(1n, budget - slice);
  }
  const { install: _over, ...after } = draft.scheduler;
  draft.scheduler = after;
  const done = canisterOf(draft, install.canister);
  draft.canisters.set(install.canister, withInstallDone(now, install, done, draft));
  yield "turn";
  const used = attempt.instructions - attempt.compiling - BigInt(install.slices) * slice;
  return max(1n, budget - used);
}

/** H6, and the like for installs: a round works off what a round allows. */
function settleDebits(draft: Draft): void {
  for (const id of watchedIds(draft)) {
    const { heapDeltaDebit, installDebit } = canisterOf(draft, id).standing ?? NO_STANDING;
    if (heapDeltaDebit === 0 && installDebit === 0n) continue;
    changeStanding(draft, id, {
      heapDeltaDebit: Math.max(0, heapDeltaDebit - HEAP_DELTA_RATE),
      installDebit: max(0n, installDebit - draft.subnet.limits.slice),
    });
  }
}

function heapDeltaLimit(height: Height, { dkgIntervalLength }: SubnetRecord): number {
  const interval = dkgIntervalLength + 1;
  const remaining = interval - (height % interval);
  const spare = ((HEAP_DELTA_CAPACITY - HEAP_DELTA_RESERVE) * remaining) / interval;
  return HEAP_DELTA_CAPACITY - Math.floor(spare);
}
