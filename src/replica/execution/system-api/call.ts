/**
 * `ic0.call_*`: making a call. One call at a time is in preparation; it leaves only when the function that performed
 * it returns.
 *
 *   C1  A new call drops the one in preparation and gives its cycles back (interface S26).
 *   C2  Attached cycles leave the balance at once, and never below the freezing limit: that traps (M50, M54).
 *   C3  A call that cannot be paid or queued costs nothing and returns 2 (SYS_TRANSIENT); no callback will run.
 *   C4  What the answer will cost at most (its bytes and the callback's execution) is paid in advance (S27).
 *
 * Source: interface §4.4, §5.4–5.6; replica E.1.
 */
import { concat, toHex, utf8Lossy } from "../../../base/bytes.ts";
import type { Nanos } from "../../../types/ids.ts";
import { principalText } from "../../../types/principal.ts";
import { callPrepayment, isWasm64, requestFee } from "../cycles.ts";
import { cyclesAddTooMuch, fail, invalidPrincipal, toolchainViolation, userViolation } from "../failure.ts";
import { callMemory } from "../../state/message-memory.ts";
import { CALLING, SENDING_CYCLES } from "./contexts.ts";
import { define, type ApiFunction } from "./define.ts";
import { fromHeap, keep, liquid, revealsCycles, type CallInPreparation, type Sandbox } from "./sandbox.ts";

export const QUEUE_CAPACITY = 500;
export const MAX_CALL_TIMEOUT_SECONDS = 300;
const MAX_METHOD_NAME_BYTES = 20_000;
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;
const SYS_TRANSIENT = 2;

function preparing(s: Sandbox, name: string): CallInPreparation {
  if (s.preparing === undefined)
    fail(toolchainViolation(`ic0.${name} called when no call is under construction.`));
  return s.preparing;
}

/** C1. Also at the end of an execution that never performed its last call. */
export function dropPreparation(s: Sandbox): void {
  s.balance += s.preparing?.cycles ?? 0n;
  s.preparing = undefined;
}

function addCycles(s: Sandbox, name: string, amount: bigint): void {
  const call = preparing(s, name);
  if (amount > liquid(s)) {
    const missing = keep(s) + amount - s.balance;
    fail(cyclesAddTooMuch(s.canister.id, missing, revealsCycles(s)));
  }
  s.balance -= amount;
  call.cycles += amount;
}

/** Every open call holds a place for its answer in the queue from its callee. Source: replica B.5. */
function hasRoom(s: Sandbox, callee: string): boolean {
  if (s.openCalls === undefined) {
    s.openCalls = new Map();
    for (const { callee: open } of s.canister.callbacks.values())
      s.openCalls.set(open, (s.openCalls.get(open) ?? 0) + 1);
  }
  return (s.openCalls.get(callee) ?? 0) < QUEUE_CAPACITY;
}

const SECOND: Nanos = 1_000_000_000n;

/** Deadlines are whole seconds. */
const deadlineOf = (time: Nanos, seconds: number): Nanos => (time / SECOND + BigInt(seconds)) * SECOND;

function perform(s: Sandbox): number {
  const call = preparing(s, "call_perform");
  const { subnet, time, context } = s.situation;
  const free = context === "CQ" || context === "CRy" || context === "CRt";
  const fee = free ? 0n : requestFee(BigInt(call.methodBytes + call.payloadBytes), subnet);
  const prepaid = free ? 0n : callPrepayment(isWasm64(s.canister), subnet);
  const memory = callMemory(call.methodBytes + call.payloadBytes, call.timeoutSeconds === undefined);
  if (!hasRoom(s, call.callee) || (!free && liquid(s, memory) < fee + prepaid)) {
    dropPreparation(s);
    return SYS_TRANSIENT;
  }
  s.preparing = undefined;
  s.balance -= fee + prepaid;
  s.openCalls?.set(call.callee, (s.openCalls.get(call.callee) ?? 0) + 1);
  s.calls.push({
    callback: s.nextCallback++,
    callee: call.callee,
    method: call.method,
    payload: concat(...call.payload),
    cycles: call.cycles,
    prepaid,
    fee,
    deadline: call.timeoutSeconds === undefined ? 0n : deadlineOf(time, call.timeoutSeconds),
    onReply: call.onReply,
    onReject: call.onReject,
    onCleanup: call.onCleanup,
  });
  return 0;
}

const U32_MAX = 2n ** 32n - 1n;
/** A slot that no table has is still no slot of a table when its upper half is lost. Source: [ic] embedders linker.rs. */
const slotOf = (fun: bigint): bigint => (fun < U32_MAX ? fun : U32_MAX);

export const callFunctions: Readonly<Record<string, ApiFunction>> = {
  call_new: define({
    params: ["P", "P", "P", "P", "V", "V", "V", "V"],
    contexts: CALLING,
    cost: 1_500,
    bytes: [1, 3],
    run: (s, calleeSrc, calleeSize, nameSrc, nameSize, replyFun, replyEnv, rejectFun, rejectEnv) => {
      dropPreparation(s);
      if (nameSize > MAX_METHOD_NAME_BYTES)
        fail(
          userViolation(
            `Size of method_name ${nameSize} exceeds the allowed limit of ${MAX_METHOD_NAME_BYTES}.`,
          ),
        );
      const name = fromHeap(s, "ic0.call_new method_name", nameSrc, nameSize);
      const callee = fromHeap(s, "ic0.call_new callee_src", calleeSrc, calleeSize);
      if (callee.length > 29) fail(invalidPrincipal);
      s.preparing = {
        callee: toHex(callee),
        method: utf8Lossy(name),
        methodBytes: nameSize,
        onReply: { slot: slotOf(replyFun), environment: replyEnv },
        onReject: { slot: slotOf(rejectFun), environment: rejectEnv },
        onCleanup: undefined,
        timeoutSeconds: undefined,
        cycles: 0n,
        payload: [],
        payloadBytes: 0,
      };
    },
  }),
  call_on_cleanup: define({
    params: ["V", "V"],
    contexts: CALLING,
    run: (s, slot, environment) => {
      const call = preparing(s, "call_on_cleanup");
      if (call.onCleanup !== undefined)
        fail(
          toolchainViolation(
            "ic0.call_on_cleanup can be called at most once between `ic0.call_new` and `ic0.call_perform`",
          ),
        );
      call.onCleanup = { slot: slotOf(slot), environment };
    },
  }),
  call_data_append: define({
    params: ["P", "P"],
    contexts: CALLING,
    bytes: [1],
    run: (s, src, size) => {
      const call = preparing(s, "call_data_append");
      const total = call.methodBytes + call.payloadBytes + size;
      if (total > MAX_PAYLOAD_BYTES)
        fail(
          userViolation(
            `Request to ${principalText(call.callee)}:${call.method} has a payload size of ${total}, which exceeds the allowed limit of ${MAX_PAYLOAD_BYTES}.`,
            "Try using multiple calls to send smaller chunks of data.",
            "call-payload-too-large",
          ),
        );
      call.payload.push(fromHeap(s, "ic0.call_data_append", src, size));
      call.payloadBytes += size;
    },
  }),
  call_with_best_effort_response: define({
    params: ["i32"],
    contexts: CALLING,
    run: (s, seconds) => {
      const call = preparing(s, "call_with_best_effort_response");
      if (call.timeoutSeconds !== undefined)
        fail(
          toolchainViolation("ic0_call_with_best_effort_response failed because a timeout is already set."),
        );
      call.timeoutSeconds = Math.min(seconds, MAX_CALL_TIMEOUT_SECONDS);
    },
  }),
  call_cycles_add: define({
    params: ["i64"],
    contexts: SENDING_CYCLES,
    only32: true,
    run: (s, amount) => addCycles(s, "call_cycles_add", amount),
  }),
  call_cycles_add128: define({
    params: ["i64", "i64"],
    contexts: SENDING_CYCLES,
    run: (s, high, low) => addCycles(s, "call_cycles_add128", (high << 64n) | low),
  }),
  call_perform: define({ params: [], result: "i32", contexts: CALLING, cost: 5_000, run: perform }),
};
