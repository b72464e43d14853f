/**
 * The `ic` library of AssemblyScript canisters, as sources for its compiler: `import { caller, trap } from "ic"`.
 *
 * Three modules. `ic/system` binds the System API and is all that names `ic0`; unused bindings leave no import behind.
 * `ic/candid` reads arguments and writes replies; the glue that `glue.ts` writes calls it, and so may a method whose
 * types go beyond the glue. `ic` is what authors see.
 *
 * Source: interface §4 (System API), Candid specification "Binary format".
 */

const SYSTEM = `
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

let answered = false;
/** A fresh message has not been answered; the heap outlives messages, so the glue says when one begins. */
export function beginMessage(): void { answered = false; }
export function isAnswered(): bool { return answered; }

/** Answers with bytes as they are. */
export function replyBytes(bytes: Uint8Array): void {
  answered = true;
  msg_reply_data_append(bytes.dataStart, bytes.length);
  msg_reply();
}

/** Answers with an error, but keeps what the message changed. What the method returns afterwards is not sent. */
export function reject(message: string): void {
  answered = true;
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

function low64(bytes: Uint8Array): u64 {
  if (load<u64>(bytes.dataStart, 8) != 0) return u64.MAX_VALUE;
  return load<u64>(bytes.dataStart);
}

/** Cycles of this canister; u64.MAX_VALUE stands for more than fits. */
export function cycleBalance(): u64 {
  const bytes = new Uint8Array(16);
  canister_cycle_balance128(bytes.dataStart);
  return low64(bytes);
}

/** Cycles the caller attached and nobody took yet. */
export function cyclesAvailable(): u64 {
  const bytes = new Uint8Array(16);
  msg_cycles_available128(bytes.dataStart);
  return low64(bytes);
}

/** Takes up to \`max\` of the attached cycles; gives what it took. */
export function acceptCycles(max: u64): u64 {
  const bytes = new Uint8Array(16);
  msg_cycles_accept128(0, max, bytes.dataStart);
  return low64(bytes);
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

/** Calls the exported \`onTimer\` once, at this time (nanoseconds) or soon after. 0 cancels. Gives the time set before. */
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

const PRINCIPAL = `
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

function crc32(bytes: Uint8Array): u32 {
  let crc: u32 = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= <u32>bytes[i];
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? <u32>0xedb88320 : 0);
  }
  return ~crc;
}

/** The name of a user or a canister: at most 29 bytes. */
export class Principal {
  constructor(public bytes: Uint8Array) {}

  static anonymous(): Principal {
    const bytes = new Uint8Array(1);
    bytes[0] = 4;
    return new Principal(bytes);
  }

  get isAnonymous(): bool { return this.bytes.length == 1 && this.bytes[0] == 4; }

  /** As people write it: checksum and bytes in base 32, five letters a group. */
  toString(): string {
    const crc = crc32(this.bytes);
    let text = "";
    let letters = 0;
    let held: u32 = 0;
    let bits = 0;
    for (let i = -4; i < this.bytes.length; i++) {
      const byte: u32 = i < 0 ? (crc >> (-8 * (i + 1))) & 0xff : <u32>this.bytes[i];
      held = (held << 8) | byte;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        if (letters > 0 && letters % 5 == 0) text += "-";
        text += ALPHABET.charAt((held >> bits) & 31);
        letters++;
      }
      held &= (1 << bits) - 1;
    }
    if (bits > 0) {
      if (letters % 5 == 0) text += "-";
      text += ALPHABET.charAt((held << (5 - bits)) & 31);
    }
    return text;
  }

  @operator("==") static equal(a: Principal, b: Principal): bool {
    if (a.bytes.length != b.bytes.length) return false;
    return memory.compare(a.bytes.dataStart, b.bytes.dataStart, a.bytes.length) == 0;
  }

  @operator("!=") static unequal(a: Principal, b: Principal): bool { return !(a == b); }
}
`;

const CANDID = `
import { argBytes, isAnswered, replyBytes, trap } from "./system";
import { Principal } from "./principal";

// Candid's type codes, as the signed numbers that travel.
const NULL = -1, BOOL = -2, NAT = -3, INT = -4, TEXT = -15, RESERVED = -16, EMPTY = -17, PRINCIPAL = -24;
const NAT8 = -5, NAT64 = -8, INT8 = -9, INT64 = -12, FLOAT32 = -13, FLOAT64 = -14;
const OPT = -18, VEC = -19, RECORD = -20, VARIANT = -21, FUNC = -22, SERVICE = -23;

/** Nobody sends so many types; without a bound a small message could ask for a large table. */
const TYPES_MAX = 10000;

/** A table entry: opt and vec keep what they hold, all other types are only refused in words. */
class Entry {
  constructor(public code: i32, public held: i32) {}
}

/** Reads the arguments of a message one by one, in order. The method's interface says which to ask for. */
export class Arguments {
  private bytes: Uint8Array = argBytes();
  private at: i32 = 0;
  private table: Entry[] = [];
  private types: i32[] = [];
  private next: i32 = 0;

  constructor() {
    if (this.bytes.length < 4 || load<u32>(this.bytes.dataStart) != 0x4c444944) this.fail("they do not begin with DIDL");
    this.at = 4;
    const entries = this.count();
    for (let i = 0; i < entries; i++) this.table.push(this.entry());
    const args = this.count();
    for (let i = 0; i < args; i++) this.types.push(this.code());
  }

  private fail(why: string): void { trap("cannot read the arguments: " + why); }

  private byte(): u8 {
    if (this.at >= this.bytes.length) this.fail("they end early");
    return this.bytes[this.at++];
  }

  private leb(): u64 {
    let value: u64 = 0;
    let shift: u64 = 0;
    while (true) {
      const byte = this.byte();
      const low = <u64>(byte & 0x7f);
      if (shift > 63 ? low != 0 : shift == 63 && low > 1) this.fail("the number does not fit into 64 bits");
      if (shift <= 63) value |= low << shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  }

  private sleb(): i64 {
    let value: i64 = 0;
    let shift: u64 = 0;
    while (true) {
      const byte = this.byte();
      const low = <i64>(byte & 0x7f);
      if (shift < 63) value |= low << shift;
      else {
        // Beyond bit 63 there may only be copies of the sign.
        if (shift == 63) value |= low << 63;
        if (low != (value < 0 ? 0x7f : 0)) this.fail("the number does not fit into 64 bits");
      }
      if (byte < 0x80) {
        if (shift < 57 && (byte & 0x40) != 0) value |= <i64>-1 << (shift + 7);
        return value;
      }
      shift += 7;
    }
  }

  /** A length or count: no more than there are bytes, or than anyone needs. */
  private count(): i32 {
    const n = this.leb();
    if (n > <u64>TYPES_MAX && n > <u64>this.bytes.length) this.fail("a length is larger than the message");
    return <i32>n;
  }

  private code(): i32 {
    const code = this.sleb();
    if (code >= <i64>this.table.length || code < -24) this.fail("an unknown type");
    return <i32>code;
  }

  /** Inside the table a type may name an entry that comes later. */
  private entry(): Entry {
    const code = <i32>this.sleb();
    let held = 0;
    if (code == OPT || code == VEC) held = <i32>this.sleb();
    else if (code == RECORD || code == VARIANT) {
      for (let n = this.count(); n > 0; n--) { this.leb(); this.sleb(); }
    } else if (code == FUNC) {
      for (let list = 0; list < 2; list++) for (let n = this.count(); n > 0; n--) this.sleb();
      for (let n = this.count(); n > 0; n--) this.byte();
    } else if (code == SERVICE) {
      for (let n = this.count(); n > 0; n--) { this.at += this.count(); this.sleb(); }
    } else this.fail("an unknown type in the table");
    return new Entry(code, held);
  }

  private wire: i32 = 0;

  /** Goes on to the next argument. Those beyond what the method asks for are ignored, as Candid wants it. */
  advance(): void {
    if (this.next >= this.types.length) this.fail("there are only " + this.types.length.toString());
    this.wire = this.types[this.next++];
  }

  /** For an opt that may be left out at the end. */
  advanceOptional(): void {
    if (this.next < this.types.length) this.wire = this.types[this.next++];
    else this.wire = NULL;
  }

  private want(code: i32, name: string): void {
    if (this.wire != code) this.fail("argument " + this.next.toString() + " is not a " + name);
  }

  bool(): bool {
    this.want(BOOL, "bool");
    const byte = this.byte();
    if (byte > 1) this.fail("a bool is 0 or 1");
    return byte == 1;
  }
  nat(): u64 { this.want(NAT, "nat"); return this.leb(); }
  int(): i64 {
    if (this.wire != NAT) { this.want(INT, "int"); return this.sleb(); }
    const value = this.leb();
    if (value > <u64>i64.MAX_VALUE) this.fail("the number does not fit into 64 bits");
    return <i64>value;
  }
  @inline private fixed<T>(code: i32, name: string): T {
    this.want(code, name);
    if (this.at + <i32>sizeof<T>() > this.bytes.length) this.fail("they end early");
    const value = load<T>(this.bytes.dataStart + this.at);
    this.at += <i32>sizeof<T>();
    return value;
  }
  nat8(): u8 { return this.fixed<u8>(NAT8, "nat8"); }
  nat16(): u16 { return this.fixed<u16>(NAT8 - 1, "nat16"); }
  nat32(): u32 { return this.fixed<u32>(NAT8 - 2, "nat32"); }
  nat64(): u64 { return this.fixed<u64>(NAT64, "nat64"); }
  int8(): i8 { return this.fixed<i8>(INT8, "int8"); }
  int16(): i16 { return this.fixed<i16>(INT8 - 1, "int16"); }
  int32(): i32 { return this.fixed<i32>(INT8 - 2, "int32"); }
  int64(): i64 { return this.fixed<i64>(INT64, "int64"); }
  float32(): f32 { return this.fixed<f32>(FLOAT32, "float32"); }
  float64(): f64 { return this.fixed<f64>(FLOAT64, "float64"); }

  private raw(): Uint8Array {
    const length = this.count();
    if (length > this.bytes.length - this.at) this.fail("they end early");
    const bytes = this.bytes.slice(this.at, this.at + length);
    this.at += length;
    return bytes;
  }
  text(): string {
    this.want(TEXT, "text");
    const bytes = this.raw();
    return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
  }
  principal(): Principal {
    this.want(PRINCIPAL, "principal");
    if (this.byte() != 1) this.fail("an opaque reference");
    return new Principal(this.raw());
  }
  /** Steps into a vec: gives its length. */
  private open(name: string): i32 {
    const wire = this.wire;
    if (wire < 0 || this.table[wire].code != VEC) this.fail("argument " + this.next.toString() + " is not a " + name);
    this.wire = this.table[wire].held;
    return this.count();
  }
  blob(): Uint8Array {
    const wire = this.wire;
    if (wire < 0 || this.table[wire].code != VEC || this.table[wire].held != NAT8) {
      this.fail("argument " + this.next.toString() + " is not a blob");
    }
    return this.raw();
  }
  vec<T>(item: (args: Arguments) => T): T[] {
    const length = this.open("vec");
    const held = this.wire;
    const items: T[] = [];
    for (let i = 0; i < length; i++) {
      this.wire = held;
      items.push(item(this));
    }
    return items;
  }
  /** A value that is no opt counts as present, as Candid wants it. */
  opt<T>(item: (args: Arguments) => T): T | null {
    if (this.wire == NULL || this.wire == RESERVED) return null;
    if (this.wire >= 0 && this.table[this.wire].code == OPT) {
      if (this.byte() == 0) return null;
      this.wire = this.table[this.wire].held;
    }
    return item(this);
  }
}

/** Collects a reply. Its header, which says the types, is known when the canister is compiled. */
export class Reply {
  private bytes: u8[] = [];

  constructor(header: StaticArray<u8>) {
    for (let i = 0; i < header.length; i++) this.bytes.push(header[i]);
  }

  /** Sends it, unless the method has answered by itself. */
  send(): void {
    if (isAnswered()) return;
    const bytes = new Uint8Array(this.bytes.length);
    memory.copy(bytes.dataStart, this.bytes.dataStart, bytes.length);
    replyBytes(bytes);
  }

  bool(value: bool): void { this.bytes.push(value ? 1 : 0); }
  nat(value: u64): void {
    while (value >= 0x80) { this.bytes.push(<u8>(value & 0x7f) | 0x80); value >>= 7; }
    this.bytes.push(<u8>value);
  }
  int(value: i64): void {
    while (value < -0x40 || value >= 0x40) { this.bytes.push(<u8>(value & 0x7f) | 0x80); value >>= 7; }
    this.bytes.push(<u8>(value & 0x7f));
  }
  private fixed<T>(value: T): void {
    const at = this.bytes.length;
    this.bytes.length = at + <i32>sizeof<T>();
    store<T>(this.bytes.dataStart + at, value);
  }
  nat8(value: u8): void { this.fixed<u8>(value); }
  nat16(value: u16): void { this.fixed<u16>(value); }
  nat32(value: u32): void { this.fixed<u32>(value); }
  nat64(value: u64): void { this.fixed<u64>(value); }
  int8(value: i8): void { this.fixed<i8>(value); }
  int16(value: i16): void { this.fixed<i16>(value); }
  int32(value: i32): void { this.fixed<i32>(value); }
  int64(value: i64): void { this.fixed<i64>(value); }
  float32(value: f32): void { this.fixed<f32>(value); }
  float64(value: f64): void { this.fixed<f64>(value); }
  blob(value: Uint8Array): void {
    this.nat(value.length);
    const at = this.bytes.length;
    this.bytes.length = at + value.length;
    memory.copy(this.bytes.dataStart + at, value.dataStart, value.length);
  }
  text(value: string): void { this.blob(Uint8Array.wrap(String.UTF8.encode(value))); }
  principal(value: Principal): void { this.bytes.push(1); this.blob(value.bytes); }
  vec<T>(items: T[], item: (reply: Reply, value: T) => void): void {
    this.nat(items.length);
    for (let i = 0; i < items.length; i++) item(this, items[i]);
  }
  opt<T>(value: T | null, item: (reply: Reply, value: T) => void): void {
    if (value === null) this.bytes.push(0);
    else { this.bytes.push(1); item(this, value); }
  }
}
`;

const INDEX = `
import { callerBytes, isControllerBytes, selfBytes, setTimerAt, time } from "./system";
import { Principal } from "./principal";
export { Principal };
export {
  acceptCycles, acceptMessage, argBytes, canisterVersion, cycleBalance, cyclesAvailable, dataCertificate, methodName,
  performanceCounter, print, reject, replyBytes, setCertifiedData, setTimerAt, stableGrow, stableRead, stableSize,
  stableWrite, time, trap,
} from "./system";

/** Who sent this message. */
export function caller(): Principal { return new Principal(callerBytes()); }

/** This canister. */
export function self(): Principal { return new Principal(selfBytes()); }

export function isController(id: Principal): bool { return isControllerBytes(id.bytes); }

/** Calls the exported \`onTimer\` once, this many nanoseconds from now. */
export function setTimer(nanoseconds: u64): void { setTimerAt(time() + nanoseconds); }

export function cancelTimer(): void { setTimerAt(0); }
`;

/** By the name under which the compiler looks for a library file, without ".ts". */
export const IC_LIBRARY: Readonly<Record<string, string>> = {
  "ic/index": INDEX,
  "ic/candid": CANDID,
  "ic/principal": PRINCIPAL,
  "ic/system": SYSTEM,
};

/** The library's function that `abort` becomes: asc's own would be an import from "env". */
export const ABORT = "~lib/ic/system/abort";
