/**
 * What one execution may see, and what it has done so far. System API functions read the first and write the second;
 * nothing reaches the canister until `run-canister.ts` commits it, so that forgetting the sandbox is the rollback.
 */
import { assert } from "../../../base/assert.ts";
import { utf8 } from "../../../base/bytes.ts";
import type { SubnetRecord } from "../../../registry/registry.ts";
import type { CanisterId, Nanos, PrincipalId } from "../../../types/ids.ts";
import type { CallerInfo, Reject } from "../../../types/messages.ts";
import type { RunningInstance } from "../../interfaces/wasm-host.ts";
import type { CanisterState } from "../../state/canister.ts";
import { callMemory, messageMemory } from "../../state/message-memory.ts";
import type { CanisterTask, Closure } from "../../state/messages.ts";
import { freezingLimitWith, memoryUsed } from "../cycles.ts";
import { fail, instructionLimitExceeded, outOfBounds, toolchainViolation } from "../failure.ts";
import type { Context } from "./contexts.ts";
import { stableDraft, type StableDraft } from "./stable-draft.ts";

/** The situation that an entry point runs in. */
export interface Situation {
  readonly context: Context;
  /** Which task, in context T. */
  readonly task?: CanisterTask;
  /** Call argument, init argument, or the reply that a callback receives. */
  readonly arg: Uint8Array;
  readonly caller: PrincipalId;
  readonly callerInfo?: CallerInfo | undefined;
  readonly time: Nanos;
  readonly subnet: SubnetRecord;
  readonly instructionLimit: bigint;
  /** What the message may use in all its executions, where this is not its only one: errors name this limit. */
  readonly messageLimit?: bigint;
  /** What an answer may hold, in bytes. */
  readonly maxReplyBytes: number;
  /** In `inspect_message`: the method called. */
  readonly method?: string;
  /** In callbacks and cleanup: the reject received, undefined for a reply. */
  readonly reject?: Reject | undefined;
  readonly refunded?: bigint;
  /** Offered in the outermost non-replicated query only. */
  readonly certificate?: Uint8Array | undefined;
  readonly call: CallView;
}

/** What the entry point may know of its call context. */
export interface CallView {
  /** Recorded in callbacks that are made here. */
  readonly id: number;
  readonly responded: boolean;
  readonly availableCycles: bigint;
  /** Instructions of the context before this execution. */
  readonly instructions: bigint;
  /** 0: the caller waits for ever. */
  readonly deadline: Nanos;
}

export const NO_CALL: CallView = {
  id: 0,
  responded: true,
  availableCycles: 0n,
  instructions: 0n,
  deadline: 0n,
};

export type Answer =
  | { readonly kind: "reply"; readonly data: Uint8Array }
  | { readonly kind: "reject"; readonly message: string };

/** A call between `call_new` and `call_perform`. */
export interface CallInPreparation {
  readonly callee: CanisterId;
  readonly method: string;
  readonly methodBytes: number;
  readonly onReply: Closure;
  readonly onReject: Closure;
  onCleanup: Closure | undefined;
  timeoutSeconds: number | undefined;
  cycles: bigint;
  readonly payload: Uint8Array[];
  payloadBytes: number;
}

export interface OutgoingCall {
  readonly callback: number;
  readonly callee: CanisterId;
  readonly method: string;
  readonly payload: Uint8Array;
  readonly cycles: bigint;
  readonly prepaid: bigint;
  /** The fee for sending it: burnt when the execution commits. */
  readonly fee: bigint;
  readonly deadline: Nanos;
  readonly onReply: Closure;
  readonly onReject: Closure;
  readonly onCleanup: Closure | undefined;
}

export interface Sandbox {
  readonly canister: CanisterState;
  readonly situation: Situation;
  instance: RunningInstance;
  readonly stable: StableDraft;
  /** Heap growth so far, bytes. */
  heapGrown: number;
  balance: bigint;
  available: bigint;
  burned: bigint;
  certifiedData: Uint8Array;
  globalTimer: Nanos;
  replyData: Uint8Array[];
  replyBytes: number;
  answer: Answer | undefined;
  preparing: CallInPreparation | undefined;
  readonly calls: OutgoingCall[];
  /** Open calls by callee, counted when first needed. */
  openCalls: Map<CanisterId, number> | undefined;
  nextCallback: number;
  acceptedMessage: boolean;
  readonly prints: Uint8Array[];
}

const NO_INSTANCE: RunningInstance = {
  memory: () => new Uint8Array(0),
  touch: () => assert(false, "nothing is touched before the instance exists"),
  counter: () => 0n,
  setCounter: () => assert(false, "nothing is charged before the instance exists"),
};

export function openSandbox(canister: CanisterState, situation: Situation): Sandbox {
  return {
    canister,
    situation,
    instance: NO_INSTANCE,
    stable: stableDraft(canister.stable),
    heapGrown: 0,
    balance: canister.cycles,
    available: situation.call.availableCycles,
    burned: 0n,
    certifiedData: canister.certifiedData,
    globalTimer: canister.globalTimer,
    replyData: [],
    replyBytes: 0,
    answer: undefined,
    preparing: undefined,
    calls: [],
    openCalls: undefined,
    nextCallback: canister.nextCallback,
    acceptedMessage: false,
    prints: [],
  };
}

export const limitToTell = ({ messageLimit, instructionLimit }: Situation): bigint =>
  messageLimit ?? instructionLimit;

/** Takes instructions; a message that has none left ends here. */
export function charge(s: Sandbox, instructions: bigint): void {
  const left = s.instance.counter() - instructions;
  s.instance.setCounter(left);
  if (left < 0n) fail(instructionLimitExceeded(limitToTell(s.situation)));
}

/** [offset, offset+size) of the heap, live, about to be read. `what` names the function in the trap. */
export function heap(s: Sandbox, what: string, offset: number, size: number): Uint8Array {
  requireHeap(s, what, offset, size);
  s.instance.touch(offset, size, false);
  return s.instance.memory().subarray(offset, offset + size);
}

function requireHeap(s: Sandbox, what: string, offset: number, size: number): void {
  const { length } = s.instance.memory();
  if (offset + size > length) fail(outOfBounds(what, offset, size, length));
}

/** The same, inside already, about to be written. */
export function heapToWrite(s: Sandbox, offset: number, size: number): Uint8Array {
  s.instance.touch(offset, size, true);
  return s.instance.memory().subarray(offset, offset + size);
}

/** A copy that outlives the call. */
export const fromHeap = (s: Sandbox, what: string, offset: number, size: number): Uint8Array =>
  heap(s, what, offset, size).slice();

/** The `*_copy` functions: destination checked first, then the source, called `what`; also when size is 0. */
export function copyOut(
  s: Sandbox,
  name: string,
  what: string,
  source: Uint8Array,
  dst: number,
  offset: number,
  size: number,
): void {
  requireHeap(s, `ic0.${name} heap`, dst, size);
  if (offset + size > source.length) fail(outOfBounds(`ic0.${name} ${what}`, offset, size, source.length));
  heapToWrite(s, dst, size).set(source.subarray(offset, offset + size));
}

/** The oldest functions have words of their own for what `outOfBounds` says of the others. */
export function requireInside(
  name: string,
  what: string,
  at: number,
  size: number,
  length: number,
  sum = `${what} + size `,
): void {
  if (at + size > length)
    fail(
      toolchainViolation(
        `${name} failed because ${what} + size is out of bounds. Found ${what} = ${at} and size = ${size} while ${sum}must be <= ${length}`,
      ),
    );
}

/** Whether the caller may know how many cycles the canister lacks. */
export const revealsCycles = (s: Sandbox): boolean =>
  s.canister.settings.controllers.includes(s.situation.caller);

/** 16 bytes, little-endian. */
export function writeCycles(s: Sandbox, name: string, dst: number, amount: bigint): void {
  requireInside(`ic0_${name}`, "dst", dst, 16, s.instance.memory().length, "");
  const target = heapToWrite(s, dst, 16);
  for (let i = 0; i < 16; i++) target[i] = Number((amount >> BigInt(8 * i)) & 0xffn);
}

/** Memory in use now, with what this execution has grown. */
export const memoryNow = (s: Sandbox): number =>
  memoryUsed(s.canister) + s.heapGrown + s.stable.length() - s.canister.stable.length;

/** Memory of messages, with the calls that this execution makes. */
export const messagesNow = (s: Sandbox): number =>
  s.calls.reduce(
    (sum, { method, payload, deadline }) =>
      sum + callMemory(utf8(method).length + payload.length, deadline === 0n),
    messageMemory(s.canister),
  );

/** The freezing limit as memory now is, and with `more` for messages. */
export const keep = (s: Sandbox, more = 0): bigint =>
  freezingLimitWith(s.canister, memoryNow(s), s.situation.subnet, messagesNow(s) + more);

/** What may be spent without freezing. */
export function liquid(s: Sandbox, more = 0): bigint {
  const frozen = keep(s, more);
  return s.balance > frozen ? s.balance - frozen : 0n;
}
