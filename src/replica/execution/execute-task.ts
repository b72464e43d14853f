/**
 * System tasks: heartbeat, global timer, low-memory hook. Nobody waits for them, so a trap leaves a line in the log and no more.
 *
 *   T1  A task is scheduled only on a running, installed canister that exports it and is not frozen (interface S32), and
 *        that no message or install in slices holds.
 *   T2  A timer that is due is switched off when it is scheduled, not when it has run (S33).
 *   T3  Tasks go before messages, and a task that still waits is not scheduled twice.
 *   T4  Timer, heartbeat and messages take turns in being first in a round; when it is the turn of messages and there
 *       are some, no task is scheduled.
 */
import { EMPTY } from "../../base/bytes.ts";
import { MANAGEMENT_CANISTER } from "../../types/ids.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterOf, watchedIds, type Draft } from "../state/draft.ts";
import type { CallContext, CanisterTask } from "../state/messages.ts";
import { NO_STANDING } from "../state/standing.ts";
import { isFrozen } from "./cycles.ts";
import type { RunCanister } from "./long-runs.ts";
import { withReadyHook } from "./low-memory-hook.ts";
import { afterRun, conclude, prepay, settle, startOf, tell, viewOf } from "./settle.ts";

export function scheduleTasks(draft: Draft): void {
  for (const id of watchedIds(draft)) {
    if (draft.scheduler.install?.canister === id) continue;
    const before = canisterOf(draft, id);
    const canister = unfrozenHook(before, draft);
    if (canister !== before) draft.canisters.set(id, canister);
    const due = dueTasks(canister, draft);
    if (due.length === 0) continue;
    const { tasks, nextTask } = inTurn(canister, due);
    const globalTimer = tasks.includes("canister_global_timer") ? 0n : canister.globalTimer;
    const waits = (task: CanisterTask): boolean =>
      canister.inputs.some((i) => i.kind === "task" && i.task === task);
    const added = tasks.filter((task) => !waits(task)).map((task) => ({ kind: "task", task }) as const);
    draft.canisters.set(id, {
      ...canister,
      inputs: [...added, ...canister.inputs],
      globalTimer,
      standing: { ...(canister.standing ?? NO_STANDING), nextTask },
    });
  }
}

/** A hook that could not run before, because its canister was stopped or frozen. */
const unfrozenHook = (canister: CanisterState, draft: Draft): CanisterState =>
  canister.lowMemoryHook === "ready" &&
  canister.standing?.long === undefined &&
  !isFrozen(canister, draft.subnet)
    ? withReadyHook(canister)
    : canister;

function dueTasks(canister: CanisterState, draft: Draft): CanisterTask[] {
  const hooks = canister.code?.exports.hooks;
  if (hooks === undefined || canister.status.kind !== "running" || canister.standing?.long !== undefined)
    return [];
  const timer = canister.globalTimer !== 0n && canister.globalTimer <= draft.time;
  const wanted: CanisterTask[] = [];
  if (timer && hooks.includes("canister_global_timer")) wanted.push("canister_global_timer");
  if (hooks.includes("canister_heartbeat")) wanted.push("canister_heartbeat");
  return wanted.length === 0 || isFrozen(canister, draft.subnet) ? [] : wanted;
}

const TURNS = ["canister_global_timer", "canister_heartbeat", "message"] as const;

/** T4: the first in turn that there is; with one task, the other that is due. Nothing when messages are in turn. */
function inTurn(
  canister: CanisterState,
  due: readonly CanisterTask[],
): { readonly tasks: readonly CanisterTask[]; readonly nextTask: (typeof TURNS)[number] } {
  const start = TURNS.indexOf((canister.standing ?? NO_STANDING).nextTask);
  for (let k = 0; k < TURNS.length; k++) {
    const turn = TURNS[(start + k) % TURNS.length]!;
    const nextTask = TURNS[(start + k + 1) % TURNS.length]!;
    if (turn === "message" && canister.inputs.length > 0) return { tasks: [], nextTask };
    if (turn !== "message" && due.includes(turn))
      return { tasks: [turn, ...due.filter((task) => task !== turn)], nextTask };
  }
  return { tasks: due, nextTask: TURNS[start]! };
}

/** Returns the instructions used. */
export function executeTask(runs: RunCanister, draft: Draft, id: string, task: CanisterTask): bigint {
  const canister = canisterOf(draft, id);
  const limit = draft.subnet.limits.update;
  const runnable =
    canister.status.kind === "running" && (canister.code?.exports.hooks.includes(task) ?? false);
  const prepayment = prepay(canister, limit, draft.subnet, id);
  if (!runnable || prepayment.kind === "refused") return 0n;
  const paid: CanisterState =
    task === "canister_on_low_wasm_memory"
      ? { ...prepayment.canister, lowMemoryHook: "executed" }
      : prepayment.canister;

  const context: CallContext = {
    id: canister.nextContext,
    origin: { kind: "system" },
    caller: MANAGEMENT_CANISTER,
    responded: false,
    deleted: false,
    availableCycles: 0n,
    outstandingCalls: 0,
    instructions: 0n,
  };
  const run = runs(
    paid,
    { kind: "export", name: task },
    {
      context: "T",
      task,
      arg: EMPTY,
      caller: MANAGEMENT_CANISTER,
      time: startOf(draft, canister),
      subnet: draft.subnet,
      instructionLimit: limit,
      maxReplyBytes: 0,
      call: viewOf(context),
    },
  );
  const settled = settle(draft, run.canister, prepayment.cycles, limit, run.instructions);
  const version = run.failure === undefined ? 1n : 0n;
  const answer = conclude(
    draft,
    { ...settled, nextContext: canister.nextContext + 1, version: settled.version + version },
    afterRun(context, run),
    run,
  );
  tell(draft, canister, task, run, context, answer);
  return run.instructions;
}
