/**
 * System tasks: heartbeat and global timer. Nobody waits for them, so a trap leaves a line in the log and no more.
 *
 *   T1  A task is scheduled only on a running, installed canister that exports it and is not frozen (interface S32).
 *   T2  A timer that is due is switched off when it is scheduled, not when it has run (S33).
 *   T3  Tasks go before messages, and a task that still waits is not scheduled twice.
 */
import { EMPTY } from "../../base/bytes.ts";
import { MANAGEMENT_CANISTER } from "../../types/ids.ts";
import type { WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterIds, canisterOf, type Draft } from "../state/draft.ts";
import type { CallContext, CanisterTask } from "../state/messages.ts";
import { isFrozen } from "./cycles.ts";
import { rejectFrom } from "./failure.ts";
import { runCanister } from "./run-canister.ts";
import { afterRun, conclude, prepay, settle, tell, viewOf } from "./settle.ts";

export function scheduleTasks(draft: Draft): void {
  for (const id of canisterIds(draft)) {
    const canister = canisterOf(draft, id);
    const due = dueTasks(canister, draft);
    if (due.length === 0) continue;
    const inputs = [...due.map((task) => ({ kind: "task", task }) as const), ...canister.inputs];
    const globalTimer = due.includes("canister_global_timer") ? 0n : canister.globalTimer;
    draft.canisters.set(id, { ...canister, inputs, globalTimer });
  }
}

function dueTasks(canister: CanisterState, draft: Draft): CanisterTask[] {
  const hooks = canister.code?.exports.hooks;
  if (hooks === undefined || canister.status.kind !== "running") return [];
  const timer = canister.globalTimer !== 0n && canister.globalTimer <= draft.time;
  const wanted: CanisterTask[] = [];
  if (timer && hooks.includes("canister_global_timer")) wanted.push("canister_global_timer");
  if (hooks.includes("canister_heartbeat")) wanted.push("canister_heartbeat");
  if (wanted.length === 0 || isFrozen(canister, draft.subnet)) return [];
  return wanted.filter((task) => !canister.inputs.some((i) => i.kind === "task" && i.task === task));
}

/** Returns the instructions used. */
export function executeTask(host: WasmHost, draft: Draft, id: string, task: CanisterTask): bigint {
  const canister = canisterOf(draft, id);
  const limit = draft.subnet.limits.update;
  const runnable =
    canister.status.kind === "running" && (canister.code?.exports.hooks.includes(task) ?? false);
  const prepayment = prepay(canister, limit, draft.subnet, id);
  if (!runnable || prepayment.kind === "refused") return 0n;

  const context: CallContext = {
    id: canister.nextContext,
    origin: { kind: "system" },
    caller: MANAGEMENT_CANISTER,
    responded: false,
    deleted: false,
    availableCycles: 0n,
    outstandingCalls: 0,
    instructions: 0n,
    lastReject: undefined,
  };
  const run = runCanister(
    host,
    prepayment.canister,
    { kind: "export", name: task },
    {
      context: "T",
      task,
      arg: EMPTY,
      caller: MANAGEMENT_CANISTER,
      time: draft.time,
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
    { ...afterRun(context, run), lastReject: run.failure && rejectFrom(id, run.failure) },
    run,
  );
  tell(draft, canister, task, run, context, answer);
  return run.instructions;
}
