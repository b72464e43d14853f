/**
 * Runs one entry point of one canister, all or nothing.
 *
 *   X1  When the entry returns, the canister given back holds every change: heap, globals, stable memory, certified
 *       data, timer, balance, and a callback for every call performed.
 *   X2  When it does not, the canister is as given save for its log, and neither calls nor an answer leave it. The
 *       instructions are counted all the same (interface S24).
 *   X3  A call that was prepared and never performed leaves nothing behind (S26).
 *   X4  A management call that names another version of its caller than it has makes the message trap (interface L2).
 *   X5  The log tells where the canister trapped, and so does the answer to whoever may read the log.
 *
 * Whoever runs a query forgets the canister given back, log included (S37). Cycles for instructions are not touched
 * here: the caller prepays and settles.
 */
import { utf8, utf8Lossy } from "../../base/bytes.ts";
import { backtraceText, withBacktrace } from "./backtrace.ts";
import { defined, unreachable } from "../../base/assert.ts";
import type { Entry, RunOutcome, WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import type { Callback } from "../state/messages.ts";
import {
  functionNotFound,
  instructionLimitExceeded,
  isFailure,
  noWasmModule,
  toolchainViolation,
  wasmTrap,
  type Failure,
} from "./failure.ts";
import { withLogs } from "./logs.ts";
import { hasAccess } from "./management/permissions.ts";
import { senderVersionFault } from "./management/sender-version.ts";
import { dropPreparation } from "./system-api/call.ts";
import { KEEPING_WRITES } from "./system-api/contexts.ts";
import { allowHeapGrowth } from "./system-api/memory-growth.ts";
import {
  limitToTell,
  openSandbox,
  type Answer,
  type OutgoingCall,
  type Sandbox,
  type Situation,
} from "./system-api/sandbox.ts";
import { importsFor } from "./system-api/table.ts";

export interface Run {
  readonly canister: CanisterState;
  readonly failure: Failure | undefined;
  readonly instructions: bigint;
  readonly answer: Answer | undefined;
  /** What remains of the cycles that came with the call. */
  readonly available: bigint;
  /** By `cycles_burn128`; already gone from the balance. */
  readonly burned: bigint;
  /** Performed, paid, in order. */
  readonly calls: readonly OutgoingCall[];
  /** Whether inspect_message accepted. */
  readonly accepted: boolean;
  readonly prints: readonly string[];
}

export function runCanister(
  host: WasmHost,
  canister: CanisterState,
  entry: Entry,
  situation: Situation,
): Run {
  return defined(tryCanister(host, canister, entry, situation, undefined), "a run without such a bound ends");
}

/** Undefined when it would use more than `giveUpAfter` instructions; then nothing of it is kept. */
export function tryCanister(
  host: WasmHost,
  canister: CanisterState,
  entry: Entry,
  situation: Situation,
  giveUpAfter: bigint | undefined,
): Run | undefined {
  const sandbox = openSandbox(canister, situation);
  const { code } = canister;
  if (code === undefined) return failed(sandbox, noWasmModule, 0n);
  const result = host.run({
    module: code.module,
    heap: code.module.memory === undefined ? undefined : canister.heap,
    globals: canister.globals,
    entry,
    instructionLimit: situation.instructionLimit,
    ...(giveUpAfter === undefined ? {} : { giveUpAfter }),
    keepsWrites: KEEPING_WRITES.has(situation.context),
    imports: (instance) => importsFor(sandbox, instance),
    allowGrow: (current, delta) => allowHeapGrowth(sandbox, current, delta),
  });
  const { instructions, outcome } = result;
  if (outcome.kind === "long") return undefined;

  const failure = failureOf(outcome, entry, limitToTell(situation));
  if (failure !== undefined) {
    const trace = failure.logged === undefined ? undefined : backtraceText(code, failure, result.backtrace);
    return failed(sandbox, failure, instructions, trace);
  }

  const lie = senderVersionLie(sandbox);
  if (lie !== undefined) return failed(sandbox, toolchainViolation(lie), instructions);

  dropPreparation(sandbox);
  const changed: CanisterState = {
    ...canister,
    heap: result.heap ?? canister.heap,
    globals: result.globals ?? canister.globals,
    stable: sandbox.stable.commit(),
    certifiedData: sandbox.certifiedData,
    globalTimer: sandbox.globalTimer,
    cycles: sandbox.balance,
    callbacks: withCallbacks(canister, sandbox),
    nextCallback: sandbox.nextCallback,
  };
  return {
    canister: logged(sandbox, changed, undefined),
    failure: undefined,
    instructions,
    answer: sandbox.answer,
    available: sandbox.available,
    burned: sandbox.burned,
    calls: sandbox.calls,
    accepted: sandbox.acceptedMessage,
    prints: printed(sandbox),
  };
}

/** X4. */
function senderVersionLie({ calls, canister }: Sandbox): string | undefined {
  for (const { callee, method, payload } of calls) {
    const fault = senderVersionFault(callee, method, payload, canister.version);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** `trace`: the backtrace, if any. X5. */
function failed(sandbox: Sandbox, failure: Failure, instructions: bigint, trace?: string): Run {
  const { canister, situation } = sandbox;
  const whole = trace === undefined ? failure : withBacktrace(failure, trace);
  const shown = hasAccess(canister, canister.settings.logVisibility, situation.caller);
  return {
    canister: logged(sandbox, canister, whole),
    failure: shown ? whole : failure,
    instructions,
    answer: undefined,
    available: situation.call.availableCycles,
    burned: 0n,
    calls: [],
    accepted: false,
    prints: printed(sandbox),
  };
}

function failureOf(
  outcome: Exclude<RunOutcome, { kind: "long" }>,
  entry: Entry,
  limit: bigint,
): Failure | undefined {
  switch (outcome.kind) {
    case "returned":
      return undefined;
    case "trapped":
      return wasmTrap(outcome.trap);
    case "out-of-instructions":
      return instructionLimitExceeded(limit);
    case "function-not-found":
      return functionNotFound(entry.kind === "table" ? entry.slot : 0n);
    case "stopped":
      if (isFailure(outcome.reason)) return outcome.reason;
      throw outcome.reason;
    default:
      return unreachable(outcome);
  }
}

function withCallbacks(canister: CanisterState, sandbox: Sandbox): ReadonlyMap<number, Callback> {
  if (sandbox.calls.length === 0) return canister.callbacks;
  const callbacks = new Map(canister.callbacks);
  for (const call of sandbox.calls)
    callbacks.set(call.callback, {
      id: call.callback,
      context: sandbox.situation.call.id,
      callee: call.callee,
      onReply: call.onReply,
      onReject: call.onReject,
      onCleanup: call.onCleanup,
      cyclesSent: call.cycles,
      prepaidCycles: call.prepaid,
      deadline: call.deadline,
    });
  return callbacks;
}

function logged(sandbox: Sandbox, canister: CanisterState, failure: Failure | undefined): CanisterState {
  const trap = failure?.logged === undefined ? [] : [utf8(failure.logged)];
  return withLogs(canister, sandbox.situation.time, [...sandbox.prints, ...trap]);
}

const printed = (sandbox: Sandbox): string[] => sandbox.prints.map(utf8Lossy);
