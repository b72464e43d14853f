/**
 * `ic/system`: binds the System API and is, with `ic/calls`, all that names `ic0`. Unused bindings leave no import behind.
 * Source: interface §4 (System API).
 */
export const SYSTEM = `
@external("ic0", "msg_arg_data_size") declare function msg_arg_data_size(): i32;
@external("ic0", "msg_arg_data_copy") declare function msg_arg_data_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "msg_caller_size") declare function msg_caller_size(): i32;
@external("ic0", "msg_caller_copy") declare function msg_caller_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "msg_reply_data_append") declare function msg_reply_data_append(src: usize, size: i32): void;
@external("ic0", "msg_reply") declare function msg_reply(): void;
@external("ic0", "msg_reject") declare function msg_reject(src: usize, size: i32): void;
@external("ic0", "msg_cycles_available128") declare function msg_cycles_available128(dst: usize): void;
@external("ic0", "msg_cycles_accept128") declare function msg_cycles_accept128(high: i64, low: i64, dst: usize): void;
@external("ic0", "canister_self_size") declare function canister_self_size(): i32;
@external("ic0", "canister_self_copy") declare function canister_self_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "canister_cycle_balance128") declare function canister_cycle_balance128(dst: usize): void;
@external("ic0", "canister_version") declare function canister_version(): u64;
@external("ic0", "certified_data_set") declare function certified_data_set(src: usize, size: i32): void;
@external("ic0", "data_certificate_present") declare function data_certificate_present(): i32;
@external("ic0", "data_certificate_size") declare function data_certificate_size(): i32;
@external("ic0", "data_certificate_copy") declare function data_certificate_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "is_controller") declare function is_controller(src: usize, size: i32): i32;
@external("ic0", "accept_message") declare function accept_message(): void;
@external("ic0", "msg_method_name_size") declare function msg_method_name_size(): i32;
@external("ic0", "msg_method_name_copy") declare function msg_method_name_copy(dst: usize, offset: i32, size: i32): void;
@external("ic0", "time") declare function ic0_time(): u64;
@external("ic0", "global_timer_set") declare function global_timer_set(at: u64): u64;
@external("ic0", "performance_counter") declare function ic0_performance_counter(kind: i32): u64;
@external("ic0", "stable64_size") declare function stable64_size(): u64;
@external("ic0", "stable64_grow") declare function stable64_grow(pages: u64): u64;
@external("ic0", "stable64_read") declare function stable64_read(dst: u64, offset: u64, size: u64): void;
@external("ic0", "stable64_write") declare function stable64_write(offset: u64, src: u64, size: u64): void;
@external("ic0", "debug_print") declare function debug_print(src: usize, size: i32): void;
@external("ic0", "trap") declare function ic0_trap(src: usize, size: i32): void;

/** Ends the message with an error: every change it made is undone, and the caller reads these words. */
export function trap(message: string): void {
  const bytes = Uint8Array.wrap(String.UTF8.encode(message));
  ic0_trap(bytes.dataStart, bytes.length);
}

/** What the language itself calls when an assertion fails. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const words = message === null ? "abort" : message;
  const place = file === null ? "" : " at " + file + ":" + line.toString() + ":" + column.toString();
  trap(words + place);
  unreachable();
}

/** A line in the canister's log. */
export function print(message: string): void {
  const bytes = Uint8Array.wrap(String.UTF8.encode(message));
  debug_print(bytes.dataStart, bytes.length);
}

/** The raw Candid bytes of the arguments. */
export function argBytes(): Uint8Array {
  const bytes = new Uint8Array(msg_arg_data_size());
  msg_arg_data_copy(bytes.dataStart, 0, bytes.length);
  return bytes;
}

/** Who waits for an answer: messages that belong to one call from outside share it, callbacks too. */
export class Context {
  answered: bool = false;
  later: bool = false;
}
let now: Context = new Context();
export function context(): Context { return now; }
export function resume(earlier: Context): void { now = earlier; }
/** The heap outlives messages, so each says that it begins. */
export function beginMessage(): void { now = new Context(); }
export function isAnswered(): bool { return now.answered; }

let atEnd: (() => void) | null = null;
export function setAtEnd(run: () => void): void { atEnd = run; }
/** What was put off until the message's end. */
export function endMessage(): void {
  const run = atEnd;
  atEnd = null;
  if (run !== null) run();
}

/** Answers with bytes as they are. */
export function replyBytes(bytes: Uint8Array): void {
  now.answered = true;
  msg_reply_data_append(bytes.dataStart, bytes.length);
  msg_reply();
}

/** Answers with an error, but keeps what the message changed. What the method returns afterwards is not sent. */
export function reject(message: string): void {
  if (now.answered) trap("this message has been answered already");
  now.answered = true;
  const bytes = Uint8Array.wrap(String.UTF8.encode(message));
  msg_reject(bytes.dataStart, bytes.length);
}

export function callerBytes(): Uint8Array {
  const bytes = new Uint8Array(msg_caller_size());
  msg_caller_copy(bytes.dataStart, 0, bytes.length);
  return bytes;
}

export function selfBytes(): Uint8Array {
  const bytes = new Uint8Array(canister_self_size());
  canister_self_copy(bytes.dataStart, 0, bytes.length);
  return bytes;
}

export function isControllerBytes(id: Uint8Array): bool { return is_controller(id.dataStart, id.length) == 1; }

/** In canister_inspect_message: let the call in. */
export function acceptMessage(): void { accept_message(); }

/** In canister_inspect_message: which method is called. */
export function methodName(): string {
  const bytes = new Uint8Array(msg_method_name_size());
  msg_method_name_copy(bytes.dataStart, 0, bytes.length);
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

/** Nanoseconds since 1970, as the subnet agreed for this round. */
export function time(): u64 { return ic0_time(); }

/** Instructions this message has used. */
export function performanceCounter(): u64 { return ic0_performance_counter(0); }

/** Counts up with every change to the canister's code or settings. */
export function canisterVersion(): u64 { return canister_version(); }

export function take128(bytes: Uint8Array): u64 {
  if (load<u64>(bytes.dataStart, 8) != 0) return u64.MAX_VALUE;
  return load<u64>(bytes.dataStart);
}

/** Cycles of this canister; u64.MAX_VALUE stands for more than fits. */
export function cycleBalance(): u64 {
  const bytes = new Uint8Array(16);
  canister_cycle_balance128(bytes.dataStart);
  return take128(bytes);
}

/** Cycles the caller attached and nobody took yet. */
export function cyclesAvailable(): u64 {
  const bytes = new Uint8Array(16);
  msg_cycles_available128(bytes.dataStart);
  return take128(bytes);
}

/** Takes up to \`max\` of the attached cycles; gives what it took. */
export function acceptCycles(max: u64): u64 {
  const bytes = new Uint8Array(16);
  msg_cycles_accept128(0, max, bytes.dataStart);
  return take128(bytes);
}

/** At most 32 bytes, which the subnet signs with its state from the next height on. */
export function setCertifiedData(bytes: Uint8Array): void { certified_data_set(bytes.dataStart, bytes.length); }

/** In a query: the certificate of the certified data, or null. */
export function dataCertificate(): Uint8Array | null {
  if (data_certificate_present() == 0) return null;
  const bytes = new Uint8Array(data_certificate_size());
  data_certificate_copy(bytes.dataStart, 0, bytes.length);
  return bytes;
}

/** The canister's one timer, at this time or soon after; 0 for none. Gives the time set before. */
export function setTimerAt(at: u64): u64 { return global_timer_set(at); }

/** Stable memory: pages of 64 KiB that survive upgrades, while all variables are lost. */
export function stableSize(): u64 { return stable64_size(); }

/** Gives the size before, or -1 when there is no room. */
export function stableGrow(pages: u64): i64 { return <i64>stable64_grow(pages); }

export function stableRead(offset: u64, length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  stable64_read(<u64>bytes.dataStart, offset, <u64>length);
  return bytes;
}

/** Grows as needed. */
export function stableWrite(offset: u64, bytes: Uint8Array): void {
  const end = offset + <u64>bytes.length;
  const pages = (end + 0xffff) >> 16;
  const have = stable64_size();
  if (pages > have && stable64_grow(pages - have) == u64.MAX_VALUE) trap("stable memory cannot grow");
  stable64_write(offset, <u64>bytes.dataStart, <u64>bytes.length);
}
`;
