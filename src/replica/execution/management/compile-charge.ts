/**
 * What it costs to make a module ready to run, in instructions of the call that asks for it: an install, or the loading
 * of a snapshot.
 *
 *   CC1  20 M, and 6,000 for each instruction of the module as mainnet instruments it (wasm/instrumented.ts).
 *   CC2  A hundredth of the latter for a module that the subnet has installed since the last checkpoint height: it is
 *        expected to be compiled on every node. What was installed is part of the state, so all nodes agree.
 *   CC3  Bytes that are refused cost 6,000 each, counted as inflated: a gzip file is believed about its size.
 *
 * Source: [ic] rs/execution_environment/src/hypervisor.rs (create_execution_state), execution_environment.rs
 * (adjusted_compilation_cost), rs/config/src/embedders.rs, rs/embedders/src/wasm_utils/decoding.rs; pull request 10065.
 */
import { toHex } from "../../../base/bytes.ts";
import type { Decoded } from "../../../base/decoded.ts";
import type { SchedulerState } from "../../state/standing.ts";
import type { LoadedModule } from "./load-module.ts";

const BASE = 20_000_000n;
const EACH = 6_000n;
const SPEED_UP = 100n;

export function compileCharge(
  uploaded: Uint8Array,
  module: Decoded<LoadedModule>,
  compiled: SchedulerState["compiled"],
): bigint {
  if (!module.ok) return BASE + EACH * BigInt(inflatedSize(uploaded));
  const { code, instrumentedSize } = module.value;
  const whole = EACH * BigInt(instrumentedSize);
  return BASE + (compiled.has(toHex(code.moduleHash)) ? whole / SPEED_UP : whole);
}

/** CC2. */
export const withCompiled = (scheduler: SchedulerState, moduleHash: Uint8Array): SchedulerState => ({
  ...scheduler,
  compiled: new Set([...scheduler.compiled, toHex(moduleHash)]),
});

const GZIP = [0x1f, 0x8b, 0x08];

/** CC3: a gzip file ends with its inflated size, modulo 2^32. */
function inflatedSize(uploaded: Uint8Array): number {
  const { length } = uploaded;
  if (length < 4 || GZIP.some((byte, i) => uploaded[i] !== byte)) return length;
  const told = new DataView(uploaded.buffer, uploaded.byteOffset + length - 4, 4).getUint32(0, true);
  return Math.max(told, length);
}
