/**
 * `canister_on_low_wasm_memory`: a task that a canister gets when its memory becomes scarce.
 *
 *   LM1  Memory is scarce while the limit is less than what is used and the threshold together. A canister's limit of 0
 *        counts as it stands, though it limits nothing.
 *   LM2  After each execution, and after management calls, this is asked again. When memory has become scarce the hook is
 *        ready; when it is no longer, a hook that has not run yet is forgotten, and one that has may run again.
 *   LM3  A hook that is ready goes before all else in the canister's queue, as soon as the canister runs and is not
 *        frozen. It runs once.
 *
 * Source: interface S34; abstract behaviour, "Scheduling on low wasm memory hook"; [ic] task_queue.rs.
 */
import type { CanisterState } from "../state/canister.ts";
import type { CanisterInput } from "../state/messages.ts";

const TASK = "canister_on_low_wasm_memory";
const READY: CanisterInput = { kind: "task", task: TASK };

/** LM1. */
export const memoryIsLow = ({ heap, settings }: CanisterState): boolean =>
  settings.wasmMemoryLimit < BigInt(heap.length) + settings.wasmMemoryThreshold;

/** LM2. */
export function withLowMemoryHook(canister: CanisterState): CanisterState {
  const isLow = memoryIsLow(canister);
  const { lowMemoryHook: was } = canister;
  if (isLow === (was !== "condition_not_satisfied")) return canister;
  if (isLow) return withReadyHook({ ...canister, lowMemoryHook: "ready" });
  const inputs = isWaiting(canister) ? canister.inputs.filter((input) => !isHook(input)) : canister.inputs;
  return { ...canister, lowMemoryHook: "condition_not_satisfied", inputs };
}

/** LM3, but for what freezes: the task itself asks for that. */
export function withReadyHook(canister: CanisterState): CanisterState {
  if (canister.lowMemoryHook !== "ready" || canister.status.kind !== "running") return canister;
  if (isWaiting(canister) || canister.code === undefined) return canister;
  // A message that is being executed in slices comes to its end first.
  if (canister.standing?.long !== undefined) return canister;
  if (!canister.code.exports.hooks.includes(TASK)) return { ...canister, lowMemoryHook: "executed" };
  return { ...canister, inputs: [READY, ...canister.inputs] };
}

const isHook = (input: CanisterInput): boolean => input.kind === "task" && input.task === TASK;
const isWaiting = ({ inputs }: CanisterState): boolean => inputs.some(isHook);
