/**
 * Whether a memory may grow: heap by `memory.grow`, stable memory by its own functions.
 *
 *   W1  A heap beyond 4 GiB (6 GiB with 64-bit memory) is refused: `memory.grow` returns −1.
 *   W2  The developer's `wasm_memory_limit` traps, in init, post_upgrade and update only; 0 is no limit.
 *   W3  Growth that the canister could not pay to keep traps, in updates and tasks.
 *
 * Source: interface S40, [ic] rs/system_api (try_grow_wasm_memory).
 */
import { freezingLimitWith } from "../cycles.ts";
import { fail, memoryGrowTooDear, wasmMemoryLimitExceeded } from "../failure.ts";
import { GROWTH_CHECKED, MEMORY_LIMITED } from "./contexts.ts";
import { memoryNow, messagesNow, revealsCycles, type Sandbox } from "./sandbox.ts";
import { WASM_PAGE } from "./stable-draft.ts";

const GIB = 2 ** 30;

/** W3. */
export function checkGrowth(s: Sandbox, bytes: number): void {
  const { context, subnet } = s.situation;
  if (bytes === 0 || !GROWTH_CHECKED.has(context)) return;
  const keep = freezingLimitWith(s.canister, memoryNow(s) + bytes, subnet, messagesNow(s));
  if (s.balance < keep) fail(memoryGrowTooDear(bytes, keep - s.balance, revealsCycles(s)));
}

export function allowHeapGrowth(s: Sandbox, currentPages: number, deltaPages: number): boolean {
  const total = (currentPages + deltaPages) * WASM_PAGE;
  const wide = s.canister.code?.module.memory?.address === "i64";
  if (total > (wide ? 6 : 4) * GIB) return false;
  const limit = s.canister.settings.wasmMemoryLimit;
  if (MEMORY_LIMITED.has(s.situation.context) && limit !== 0n && BigInt(total) > limit)
    fail(wasmMemoryLimitExceeded(total, limit));
  checkGrowth(s, deltaPages * WASM_PAGE);
  s.heapGrown += deltaPages * WASM_PAGE;
  return true;
}
