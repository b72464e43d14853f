/**
 * How many instructions a module has once mainnet has instrumented it: what its compilation is charged by. Nothing is
 * emitted; the rewriter, which meters at the same places, counts as it goes.
 *
 *   IS1  Every operator of every function counts, its last `end` included, and so does all that mainnet writes around it:
 *        a charge in front of each metered block, a test behind that of a function's entry or a loop's, a call around
 *        each length, and around memory.grow.
 *   IS2  So do two functions that mainnet adds to every module, one in the place of each stable memory function that the
 *        module imports, and two for each global, three of which mainnet adds.
 *
 * Source: [ic] rs/embedders/src/wasm_utils/instrumentation.rs, system_api_replacements.rs; the release of 2026 that
 * charges for pages as touched-pages.ts does, whose stable writes no longer charge for them (pull request 10789).
 */
import type { Decoded } from "./decode.ts";

/** global.get, i64.const, i64.sub, global.set. */
export const CHARGE_SIZE = 4;
/** global.get, i64.const, i64.lt_s, if, call, end. */
export const TEST_SIZE = 6;
/** local.tee, local.get, call. */
export const GROW_SIZE = 3;
/** i64.extend_i32_u, call, i32.wrap_i64: around a length of 32 bits. */
export const LENGTH_SIZE = 3;
/** call: in front of a length of 64 bits. */
export const WIDE_LENGTH_SIZE = 1;

/** What takes from the counter, and what counts pages of stable memory. */
const ADDED_FUNCTIONS = 20 + 46;
const ADDED_GLOBALS = 3;
const GLOBAL_SIZE = 2;

const STABLE_SIZES: Readonly<Record<string, number>> = {
  stable_size: 10,
  stable_grow: 24,
  stable_read: 106,
  stable_write: 85,
  stable64_size: 2,
  stable64_grow: 21,
  stable64_read: 119,
  stable64_write: 101,
};

/** IS2; `bodies`: IS1 of all functions. */
export function instrumentedSize(m: Decoded, bodies: number): number {
  const stable = new Set(m.imports.map((i) => i.name).filter((name) => Object.hasOwn(STABLE_SIZES, name)));
  let size = bodies + ADDED_FUNCTIONS + GLOBAL_SIZE * (m.globals.length + ADDED_GLOBALS);
  for (const name of stable) size += STABLE_SIZES[name]!;
  return size;
}
