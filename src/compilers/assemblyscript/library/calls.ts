/**
 * `ic/calls`: calls to other canisters, and answers that are given later.
 *
 * AssemblyScript has no `await` and no closures: a call names the functions that go on when the answer is here. What
 * they need from before is kept with the call. A method that answers later returns `later()`; its callback `reply`s.
 *
 *   C1  Calls leave when the message ends, in the order in which they were made; a trap takes them back.
 *   C2  A call that cannot leave is a reject like any other.
 *   C3  A reject that nobody handles is passed on to whoever still waits for an answer.
 *
 * Source: interface §4 (call_new … call_perform).
 */
export const CALLS = `
import {
  argBytes, beginMessage, Context, context, endMessage, isAnswered, reject, replyBytes, resume, setAtEnd, take128, trap,
} from "./system";
import { Bytes, Reader, Writer } from "./candid";
import { Principal } from "./principal";

@external("ic0", "call_new") declare function call_new(
  callee: usize, calleeSize: i32, name: usize, nameSize: i32, onReply: u32, replyEnv: u32, onReject: u32, rejectEnv: u32,
): void;
@external("ic0", "call_data_append") declare function call_data_append(src: usize, size: i32): void;
@external("ic0", "call_cycles_add128") declare function call_cycles_add128(high: u64, low: u64): void;
@external("ic0", "call_perform") declare function call_perform(): u32;
@external("ic0", "msg_reject_code") declare function msg_reject_code(): i32;
@external("ic0", "msg_reject_msg_size") declare function msg_reject_msg_size(): i32;
@external("ic0", "msg_reject_msg_copy") declare function msg_reject_msg_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "msg_cycles_refunded128") declare function msg_cycles_refunded128(dst: usize): void;

/** What a class instance of any kind is held as; its header tells the class. */
function keptAs<T>(kept: Object | null): T {
  const at = changetype<usize>(kept);
  if (at == 0) trap("nothing was kept with this call");
  if (load<u32>(at - 8) != idof<NonNullable<T>>()) trap("what was kept with this call is no " + nameof<T>());
  return changetype<T>(at);
}

/** What the other canister answered. */
export class Answer {
  private reader: Reader | null = null;
  constructor(private call: Call) {}

  /** The answer's next value. Traps when it is of another type. */
  value<T>(): T {
    let reader = this.reader;
    if (reader === null) {
      reader = new Reader(argBytes(), "the answer of " + this.call.method);
      this.reader = reader;
    }
    return reader.read<T>();
  }
  /** The answer's Candid bytes. */
  get bytes(): Uint8Array { return argBytes(); }
  /** What the call kept. */
  kept<T>(): T { return keptAs<T>(this.call.keeping); }
  /** Attached cycles that came back. */
  get refunded(): u64 {
    const bytes = new Uint8Array(16);
    msg_cycles_refunded128(bytes.dataStart);
    return take128(bytes);
  }
}

/** Why a call failed. Codes: 1 and 2 the system, 3 no such canister, 4 refused, 5 trapped or has no such method, 6 unknown. */
export class Reject {
  constructor(public code: i32, public message: string, private call: Call) {}
  kept<T>(): T { return keptAs<T>(this.call.keeping); }
}

export class Call {
  private args: Writer = new Writer();
  private sent: Uint8Array | null = null;
  private attached: u64 = 0;
  private then: ((answer: Answer) => void) | null = null;
  private otherwise: ((reject: Reject) => void) | null = null;
  keeping: Object | null = null;
  private context: Context = context();

  constructor(public canister: Principal, public method: string) {}

  /** One more argument: \`.arg("Ada").arg<u64>(5)\`. */
  arg<T>(value: T): Call { this.args.add<T>(value); return this; }
  /** Candid bytes instead of arguments. */
  raw(bytes: Uint8Array): Call { this.sent = bytes; return this; }
  /** Cycles that go with the call; what the other does not take comes back. */
  cycles(amount: u64): Call { this.attached = amount; return this; }
  /** An object for the callbacks, which cannot see this function's variables. */
  keep<T>(object: T): Call { this.keeping = changetype<Object>(object); return this; }
  onReply(then: (answer: Answer) => void): Call { this.then = then; return this; }
  onReject(otherwise: (reject: Reject) => void): Call { this.otherwise = otherwise; return this; }

  leave(env: u32): void {
    const to = this.canister.bytes;
    const name = Uint8Array.wrap(String.UTF8.encode(this.method));
    const replied: (env: u32) => void = onReply;
    const rejected: (env: u32) => void = onReject;
    call_new(
      to.dataStart, to.length, name.dataStart, name.length, <u32>replied.index, env, <u32>rejected.index, env,
    );
    const sent = this.sent;
    const bytes = sent === null ? this.args.toBytes() : sent;
    call_data_append(bytes.dataStart, bytes.length);
    if (this.attached > 0) call_cycles_add128(0, this.attached);
    const failure = call_perform();
    if (failure == 0) return;
    waiting.delete(env);
    this.reject(2, "the call could not be sent: the queue is full or cycles are short (" + failure.toString() + ")");
  }
  reply(): void {
    resume(this.context);
    const then = this.then;
    if (then !== null) then(new Answer(this));
  }
  reject(code: i32, message: string): void {
    resume(this.context);
    const otherwise = this.otherwise;
    if (otherwise !== null) otherwise(new Reject(code, message, this));
    else if (!isAnswered()) reject("the call of " + this.method + " failed: " + message);
  }
}

const waiting: Map<u32, Call> = new Map();
let nextCall: u32 = 1;
let leaving: Call[] = [];

/** Calls another canister when this message ends. */
export function call(canister: Principal, method: string): Call {
  const made = new Call(canister, method);
  leaving.push(made);
  setAtEnd(sendCalls);
  return made;
}

function sendCalls(): void {
  while (leaving.length > 0) {
    const batch = leaving;
    leaving = [];
    for (let i = 0; i < batch.length; i++) {
      const env = nextCall++;
      waiting.set(env, batch[i]);
      batch[i].leave(env);
    }
  }
}

function take(env: u32): Call {
  const made = waiting.get(env);
  waiting.delete(env);
  return made;
}
function onReply(env: u32): void {
  beginMessage();
  take(env).reply();
  endMessage();
  __collect();
}
function onReject(env: u32): void {
  beginMessage();
  const code = msg_reject_code();
  const bytes = new Uint8Array(msg_reject_msg_size());
  msg_reject_msg_copy(bytes.dataStart, 0, bytes.length);
  take(env).reject(code, String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length));
  endMessage();
  __collect();
}

/** Answers the caller, from a callback of a method that returned \`later()\`. */
export function reply<T>(value: T): void {
  if (isAnswered()) trap("this message has been answered already");
  const writer = new Writer();
  writer.add<T>(value);
  replyBytes(writer.toBytes());
}

/** What a method returns that answers later, from a callback. */
export function later<T>(): T {
  context().later = true;
  if (isReference<T>()) return changetype<T>(0);
  else return <T>0;
}

/** 32 random bytes that nobody could know before. */
export function randomness(then: (answer: Answer) => void): Call {
  return call(Principal.management(), "raw_rand").onReply(then);
}
`;
