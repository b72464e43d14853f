/**
 * Runs one lifecycle hook of a canister that the canister manager prepared: code, heap and globals already in place.
 *
 *   K1  A hook that the module does not export succeeds, uses no instructions and changes nothing.
 *   K2  On reject the canister is as given, save for its log.
 *   K3  No cycles are charged for instructions here: the caller adds up `instructions` over the hooks of one install
 *       and charges once, because an install is one message.
 *
 * Source: interface §4.2, S25.
 */
import type { SubnetRecord } from "../../registry/registry.ts";
import type { Nanos, PrincipalId } from "../../types/ids.ts";
import type { Reject } from "../../types/messages.ts";
import type { CanisterHook, CanisterState } from "../state/canister.ts";
import { rejectFrom } from "./failure.ts";
import type { RunCanister } from "./long-runs.ts";
import type { Context } from "./system-api/contexts.ts";
import { NO_CALL } from "./system-api/sandbox.ts";

export interface HookCall {
  /** Init and post_upgrade see it; empty otherwise. */
  readonly arg: Uint8Array;
  /** Who asked for the install: `msg_caller`. */
  readonly caller: PrincipalId;
  readonly time: Nanos;
  readonly subnet: SubnetRecord;
  /** What is left of the install's limit. */
  readonly instructionLimit: bigint;
  /** The whole install's. */
  readonly messageLimit?: bigint;
}

export interface HookResult {
  readonly canister: CanisterState;
  readonly instructions: bigint;
  /** By `cycles_burn128`; already gone from the balance. Zero on reject. */
  readonly burned: bigint;
  readonly reject: Reject | undefined;
  /** Debug prints, for the trace. */
  readonly prints: readonly string[];
}

const CONTEXTS: Partial<Record<CanisterHook, Context>> = {
  canister_start: "s",
  canister_init: "I",
  canister_post_upgrade: "I",
  canister_pre_upgrade: "G",
};

export function runHook(
  runs: RunCanister,
  canister: CanisterState,
  hook: CanisterHook,
  call: HookCall,
): HookResult {
  if (!canister.code?.exports.hooks.includes(hook))
    return { canister, instructions: 0n, burned: 0n, reject: undefined, prints: [] };
  const run = runs(
    canister,
    { kind: "export", name: hook },
    { context: CONTEXTS[hook] ?? "I", maxReplyBytes: 0, call: NO_CALL, ...call },
  );
  return {
    canister: run.canister,
    instructions: run.instructions,
    burned: run.burned,
    reject: run.failure === undefined ? undefined : rejectFrom(canister.id, run.failure),
    prints: run.prints,
  };
}
