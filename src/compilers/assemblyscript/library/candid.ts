/**
 * `ic/candid`: values in and out of Candid's bytes, for any type of the author's.
 *
 * Five generic functions ask the compiler what T is and end in numbers, texts, arrays, or in a class that carries the
 * same five as methods: Principal, Nat, Int and Some by hand, the author's own by `transform.ts`.
 *
 *   D1  `accepts` compares types alone, before a value is read: a wrong argument is refused whole, with its place.
 *   D2  Records match by field; what is sent beyond is skipped, an absent option is null (Candid's subtyping).
 *   D3  An option takes anything: what does not fit is null, as Candid has it.
 *   D4  Work is bounded by the message's length, nesting by DEPTH_MAX: elements without bytes are counted as well.
 *
 * Source: Candid specification, "Binary format", "Coercion".
 */
export const CANDID = `
import { trap } from "./system";

// Candid's type codes, as the signed numbers that travel.
export const NULL = -1, BOOL = -2, NAT = -3, INT = -4, TEXT = -15, RESERVED = -16, EMPTY = -17, PRINCIPAL = -24;
const NAT8 = -5, INT8 = -9, FLOAT32 = -13, FLOAT64 = -14;
const OPT = -18, VEC = -19, RECORD = -20, VARIANT = -21, FUNC = -22, SERVICE = -23;
const ABSENT = -100;
const DEPTH_MAX = 500;

const NAMES: string[] = [
  "null", "bool", "nat", "int", "nat8", "nat16", "nat32", "nat64", "int8", "int16", "int32", "int64", "float32",
  "float64", "text", "reserved", "empty", "opt", "vec", "record", "variant", "func", "service", "principal",
];

/** The code of a number type: nat8 to nat64, int8 to int64, the floats. */
function numberCode<T>(): i32 {
  if (isFloat<T>()) return sizeof<T>() == 4 ? FLOAT32 : FLOAT64;
  const step = sizeof<T>() == 1 ? 0 : sizeof<T>() == 2 ? 1 : sizeof<T>() == 4 ? 2 : 3;
  return (isSigned<T>() ? INT8 : NAT8) - step;
}

/** Bytes that grow. */
export class Bytes {
  private buffer: ArrayBuffer = new ArrayBuffer(64);
  length: i32 = 0;

  private room(more: i32): usize {
    const at = this.length;
    this.length = at + more;
    if (this.length > this.buffer.byteLength) {
      const larger = new ArrayBuffer(max(this.length, this.buffer.byteLength * 2));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.buffer), at);
      this.buffer = larger;
    }
    return changetype<usize>(this.buffer) + at;
  }
  byte(value: u8): void { store<u8>(this.room(1), value); }
  fixed<T>(value: T): void { store<T>(this.room(<i32>sizeof<T>()), value); }
  copy(from: usize, length: i32): void { memory.copy(this.room(length), from, length); }
  leb(value: u64): void {
    while (value >= 0x80) { this.byte(<u8>(value & 0x7f) | 0x80); value >>= 7; }
    this.byte(<u8>value);
  }
  sleb(value: i64): void {
    while (value < -0x40 || value >= 0x40) { this.byte(<u8>(value & 0x7f) | 0x80); value >>= 7; }
    this.byte(<u8>(value & 0x7f));
  }
  sized(bytes: Uint8Array): void { this.leb(bytes.length); this.copy(bytes.dataStart, bytes.length); }
  append(other: Bytes): void { this.copy(changetype<usize>(other.buffer), other.length); }
  toArray(): Uint8Array {
    const array = new Uint8Array(this.length);
    memory.copy(array.dataStart, changetype<usize>(this.buffer), this.length);
    return array;
  }
}

class TypeEntry {
  held: i32 = 0;
  ids: u32[] = [];
  types: i32[] = [];
  constructor(public code: i32) {}
}

/** The table of types before the values. A class has one entry, which may name itself. */
export class Types {
  private entries: TypeEntry[] = [];
  private known: Map<u64, i32> = new Map();
  private values: i32[] = [];

  find(key: u64): i32 { return this.known.has(key) ? this.known.get(key) : -1; }
  private reserve(key: u64, code: i32): i32 {
    this.known.set(key, this.entries.length);
    return this.entries.push(new TypeEntry(code)) - 1;
  }
  reserveOpt(key: u64): i32 { return this.reserve(key, OPT); }
  reserveVec(key: u64): i32 { return this.reserve(key, VEC); }
  reserveRecord(key: u64): i32 { return this.reserve(key, RECORD); }
  hold(at: i32, held: i32): i32 { this.entries[at].held = held; return at; }
  field(at: i32, id: u32, type: i32): void {
    this.entries[at].ids.push(id);
    this.entries[at].types.push(type);
  }
  add(type: i32): void { this.values.push(type); }

  write(out: Bytes): void {
    out.fixed<u32>(0x4c444944);
    out.leb(this.entries.length);
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i];
      out.sleb(entry.code);
      if (entry.code != RECORD) { out.sleb(entry.held); continue; }
      out.leb(entry.ids.length);
      for (let f = 0; f < entry.ids.length; f++) { out.leb(entry.ids[f]); out.sleb(entry.types[f]); }
    }
    out.leb(this.values.length);
    for (let i = 0; i < this.values.length; i++) out.sleb(this.values[i]);
  }
}

/** Several values of any types, one after another. */
export class Writer {
  private types: Types = new Types();
  private values: Bytes = new Bytes();
  add<T>(value: T): void {
    this.types.add(typeOf<T>(this.types));
    encode<T>(this.values, value);
  }
  toBytes(): Uint8Array {
    const out = new Bytes();
    this.types.write(out);
    out.append(this.values);
    return out.toArray();
  }
}

export class Reader {
  private at: usize;
  private end: usize;
  private budget: i64;
  private depth: i32 = 0;
  private codes: i32[] = [];
  /** What an opt or vec holds; where a record's or variant's fields begin. */
  private held: i32[] = [];
  private counts: i32[] = [];
  private ids: u32[] = [];
  private types: i32[] = [];
  private args: i32[] = [];
  private next: i32 = 0;
  private judged: Map<u64, bool> = new Map();
  /** Why the last type was not accepted. */
  private fault: string = "";

  constructor(private bytes: Uint8Array, private what: string) {
    this.at = bytes.dataStart;
    this.end = this.at + bytes.length;
    this.budget = <i64>bytes.length * 8 + 10000;
    if (bytes.length < 4 || load<u32>(this.at) != 0x4c444944) this.fail("Candid begins with DIDL");
    this.at += 4;
    const entries = this.count();
    for (let i = 0; i < entries; i++) this.entry();
    for (let i = 0; i < this.types.length; i++) this.valid(this.types[i]);
    for (let i = 0; i < entries; i++) if (this.codes[i] == OPT || this.codes[i] == VEC) this.valid(this.held[i]);
    const args = this.count();
    for (let i = 0; i < args; i++) this.args.push(this.valid(this.small()));
  }

  fail(why: string): void { trap("cannot read " + this.what + ": " + why); }

  private valid(type: i32): i32 {
    const known = type >= 0 ? type < this.codes.length : (type <= NULL && type >= EMPTY) || type == PRINCIPAL;
    if (!known) this.fail("type " + type.toString() + " is not known");
    return type;
  }
  private entry(): void {
    const code = this.small();
    let held = 0, count = 0;
    if (code == OPT || code == VEC) held = this.small();
    else if (code == RECORD || code == VARIANT) {
      held = this.ids.length;
      count = this.count();
      let least: u64 = 0;
      for (let i = 0; i < count; i++) {
        const id = this.leb();
        if (id < least || id > <u64>u32.MAX_VALUE) this.fail("the fields of a record are not in order");
        least = id + 1;
        this.ids.push(<u32>id);
        this.types.push(this.small());
      }
    } else if (code == FUNC) {
      for (let list = 0; list < 2; list++) for (let n = this.count(); n > 0; n--) this.small();
      for (let n = this.count(); n > 0; n--) this.byte();
    } else if (code == SERVICE) {
      for (let n = this.count(); n > 0; n--) { this.take(this.count()); this.small(); }
    } else this.fail("type " + code.toString() + " cannot be in the table");
    this.codes.push(code);
    this.held.push(held);
    this.counts.push(count);
  }

  byte(): u8 { return load<u8>(this.take(1)); }
  take(length: i32): usize {
    const at = this.at;
    if (<u32>length > <u32>(this.end - at)) this.fail("the message ends early");
    this.at = at + length;
    return at;
  }
  leb(): u64 {
    let value: u64 = 0;
    let shift: u64 = 0;
    while (true) {
      const byte = this.byte();
      const low = <u64>(byte & 0x7f);
      if (shift > 63 ? low != 0 : shift == 63 && low > 1) this.fail("a number is larger than 64 bits");
      if (shift <= 63) value |= low << shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  }
  private small(): i32 {
    let value: i64 = 0;
    for (let shift: i64 = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= <i64>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if ((byte & 0x40) != 0) value |= <i64>-1 << (shift + 7);
      if (value > <i64>i32.MAX_VALUE || value < <i64>i32.MIN_VALUE) break;
      return <i32>value;
    }
    this.fail("a type's number is too large");
    return 0;
  }
  /** A count of what takes at least a byte each. */
  count(): i32 {
    const n = this.leb();
    if (n > <u64>(this.end - this.at)) this.fail("a length is larger than the message");
    return <i32>n;
  }
  /** How many elements; they may take no bytes at all, so they are counted against the budget. */
  elements(): i32 {
    const n = this.leb();
    if (n > <u64>this.budget) this.fail("it holds too many values for its length");
    return <i32>n;
  }
  spend(): void { if (--this.budget < 0) this.fail("it holds too many values for its length"); }
  enter(): void { if (++this.depth > DEPTH_MAX) this.fail("it is nested deeper than " + DEPTH_MAX.toString()); }
  leave(): void { this.depth--; }

  /** No value has the type empty, though it fits everywhere. */
  none(type: i32): void { if (type == EMPTY) this.fail("a value of the type empty"); }

  codeOf(type: i32): i32 { return type < 0 ? type : this.codes[type]; }
  isOpt(type: i32): bool { return this.codeOf(type) == OPT; }
  isRecord(type: i32): bool { return this.codeOf(type) == RECORD; }
  heldBy(type: i32): i32 { return this.held[type]; }
  fieldCount(type: i32): i32 { return this.counts[type]; }
  fieldId(type: i32, i: i32): u32 { return this.ids[this.held[type] + i]; }
  fieldType(type: i32, i: i32): i32 { return this.types[this.held[type] + i]; }
  /** The type of the record's field, by binary search: ids are in order. */
  private fieldOf(type: i32, id: u32): i32 {
    let low = this.held[type], high = low + this.counts[type];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ids[middle] < id) low = middle + 1;
      else high = middle;
    }
    return low < this.held[type] + this.counts[type] && this.ids[low] == id ? this.types[low] : ABSENT;
  }
  /** Says that a type does not fit. */
  not(type: i32, wanted: string): bool {
    this.fault = NAMES[-1 - this.codeOf(type)] + " where " + wanted + " is expected";
    return false;
  }
  is(type: i32, code: i32): bool {
    return type == code || type == EMPTY || this.not(type, NAMES[-1 - code]);
  }
  /** Whether a record has this field, in a type that fits. */
  has<T>(type: i32, id: u32, name: string): bool {
    const found = this.fieldOf(type, id);
    if (found == ABSENT) {
      if (isNullable<T>()) return true;
      this.fault = 'the field "' + name + '" is missing';
      return false;
    }
    if (accepts<T>(this, found)) return true;
    this.fault = 'in the field "' + name + '", ' + this.fault;
    return false;
  }
  verdict(key: u64): i32 { return this.judged.has(key) ? i32(this.judged.get(key)) : -1; }
  judge(key: u64, verdict: bool): bool { this.judged.set(key, verdict); return verdict; }

  bool(): bool {
    const byte = this.byte();
    if (byte > 1) this.fail("a bool is 0 or 1");
    return byte == 1;
  }
  text(): string {
    const length = this.count();
    const at = this.take(length);
    this.utf8(at, at + length);
    return String.UTF8.decodeUnsafe(at, length);
  }
  blob(): Uint8Array {
    const length = this.count();
    const at = this.take(length);
    const bytes = new Uint8Array(length);
    memory.copy(bytes.dataStart, at, length);
    return bytes;
  }
  principal(): Uint8Array {
    if (this.byte() != 1) this.fail("a principal is an opaque reference");
    const bytes = this.blob();
    if (bytes.length > 29) this.fail("a principal is longer than 29 bytes");
    return bytes;
  }
  /** Where the bytes of a nat or int end: with the first below 128. */
  lebEnd(): usize {
    const from = this.at;
    while (this.byte() >= 0x80) {}
    return from;
  }
  position(): usize { return this.at; }

  private utf8(at: usize, end: usize): void {
    while (at < end) {
      const first = <u32>load<u8>(at++);
      if (first < 0x80) continue;
      let more: i32 = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
      let code = first & (<u32>0x3f >> more);
      const least: u32 = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
      let good = first >= 0xc2 && first < 0xf5 && <usize>more <= end - at;
      for (; good && more > 0; more--) {
        const next = <u32>load<u8>(at++);
        good = (next & 0xc0) == 0x80;
        code = (code << 6) | (next & 0x3f);
      }
      if (!good || code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        this.fail("a text is not UTF-8");
      }
    }
  }

  /** Goes over a value nobody asked for. It must be well-formed all the same. */
  skip(type: i32): void {
    this.spend();
    const code = this.codeOf(type);
    if (code == NULL || code == RESERVED) return;
    if (code == BOOL) { this.bool(); return; }
    if (code == NAT || code == INT) { this.lebEnd(); return; }
    if (code <= NAT8 && code >= FLOAT64) {
      const step = code <= FLOAT32 ? 15 + code : code <= INT8 ? INT8 - code : NAT8 - code;
      this.take(code == FLOAT32 ? 4 : code == FLOAT64 ? 8 : 1 << step);
      return;
    }
    if (code == TEXT) { this.text(); return; }
    if (code == PRINCIPAL || code == SERVICE) { this.principal(); return; }
    if (code == FUNC) { if (this.byte() != 1) this.fail("a func is an opaque reference"); this.principal(); this.text(); return; }
    this.enter();
    if (code == OPT) { if (this.bool()) this.skip(this.held[type]); }
    else if (code == VEC) {
      const held = this.held[type];
      if (held == NAT8) this.take(this.count());
      else for (let n = this.elements(); n > 0; n--) this.skip(held);
    } else if (code == RECORD) {
      for (let i = 0; i < this.counts[type]; i++) this.skip(this.fieldType(type, i));
    } else if (code == VARIANT) {
      const tag = this.leb();
      if (tag >= <u64>this.counts[type]) this.fail("a variant has no such case");
      this.skip(this.fieldType(type, <i32>tag));
    } else this.fail("a value of the type empty");
    this.leave();
  }

  /** The next value; one that may be null may be left out at the end. */
  read<T>(): T {
    if (this.next >= this.args.length) {
      if (isNullable<T>()) return changetype<T>(0);
      this.fail("value " + (this.next + 1).toString() + " is missing, there are " + this.args.length.toString());
    }
    const type = this.args[this.next++];
    if (!accepts<T>(this, type)) this.fail("value " + this.next.toString() + ": " + this.fault);
    return decode<T>(this, type);
  }
  /** Goes over the rest: who sends more than is asked for may. */
  finish(): void {
    while (this.next < this.args.length) this.skip(this.args[this.next++]);
    if (this.at != this.end) this.fail((this.end - this.at).toString() + " bytes are left over");
  }
}

export function typeOf<T>(types: Types): i32 {
  if (isNullable<T>()) {
    const key = <u64>idof<NonNullable<T>>() | 0x100000000;
    const known = types.find(key);
    if (known >= 0) return known;
    const at = types.reserveOpt(key);
    return types.hold(at, typeOf<NonNullable<T>>(types));
  } else if (isString<T>()) return TEXT;
  else if (isBoolean<T>()) return BOOL;
  else if (isInteger<T>() || isFloat<T>()) return numberCode<T>();
  else if (isArrayLike<T>()) {
    const known = types.find(idof<T>());
    if (known >= 0) return known;
    const at = types.reserveVec(idof<T>());
    return types.hold(at, typeOf<valueof<T>>(types));
  } else return changetype<T>(0).__icType(types);
}

export function encode<T>(out: Bytes, value: T): void {
  if (isNullable<T>()) {
    if (changetype<usize>(value) == 0) out.byte(0);
    else {
      out.byte(1);
      encode<NonNullable<T>>(out, changetype<NonNullable<T>>(changetype<usize>(value)));
    }
  } else if (isString<T>()) out.sized(Uint8Array.wrap(String.UTF8.encode(changetype<string>(changetype<usize>(value)))));
  else if (isBoolean<T>()) out.byte(value ? <u8>1 : <u8>0);
  else if (isInteger<T>() || isFloat<T>()) out.fixed<T>(value);
  else if (isArrayLike<T>()) {
    const length = value.length;
    out.leb(length);
    for (let i = 0; i < length; i++) encode<valueof<T>>(out, value[i]);
  } else value.__icEncode(out);
}

export function accepts<T>(from: Reader, type: i32): bool {
  if (isNullable<T>()) return true;
  else if (isString<T>()) return from.is(type, TEXT);
  else if (isBoolean<T>()) return from.is(type, BOOL);
  else if (isInteger<T>() || isFloat<T>()) return from.is(type, numberCode<T>());
  else if (isArrayLike<T>()) {
    if (type == EMPTY) return true;
    if (from.codeOf(type) != VEC) return from.not(type, "vec");
    return accepts<valueof<T>>(from, from.heldBy(type));
  } else {
    if (type == EMPTY) return true;
    // A class that holds itself is asked for while it is judged: then the question is taken as answered.
    const key = (<u64>idof<T>() << 32) | <u64><u32>type;
    const known = from.verdict(key);
    if (known >= 0) return known == 1;
    from.judge(key, true);
    return from.judge(key, changetype<T>(0).__icAccepts(from, type));
  }
}

export function decode<T>(from: Reader, type: i32): T {
  if (isNullable<T>()) {
    from.spend();
    if (type == NULL || type == RESERVED) return changetype<T>(0);
    let held = type;
    if (from.isOpt(type)) {
      if (!from.bool()) return changetype<T>(0);
      held = from.heldBy(type);
    }
    from.enter();
    if (!accepts<NonNullable<T>>(from, held)) {
      from.skip(held);
      from.leave();
      return changetype<T>(0);
    }
    const value = decode<NonNullable<T>>(from, held);
    from.leave();
    return changetype<T>(changetype<usize>(value));
  } else if (isString<T>()) {
    from.none(type);
    return changetype<T>(changetype<usize>(from.text()));
  } else if (isBoolean<T>()) {
    from.none(type);
    return <T>from.bool();
  } else if (isInteger<T>() || isFloat<T>()) {
    from.none(type);
    return load<T>(from.take(<i32>sizeof<T>()));
  } else if (isArrayLike<T>()) {
    from.none(type);
    return decodeArray<T>(from, from.heldBy(type));
  } else {
    from.none(type);
    from.spend();
    from.enter();
    const value = changetype<T>(0).__icDecode(from, type);
    from.leave();
    return changetype<T>(changetype<usize>(value));
  }
}

function decodeArray<T>(from: Reader, held: i32): T {
  from.enter();
  if (!isReference<valueof<T>>() && !isBoolean<valueof<T>>()) {
    // Numbers lie as they travel.
    const length = from.elements();
    const size = <i32>sizeof<valueof<T>>();
    if (<u64>length * size > <u64>i32.MAX_VALUE) from.fail("the message ends early");
    const at = from.take(length * size);
    from.leave();
    if (idof<T>() == idof<StaticArray<valueof<T>>>()) {
      const fixed = new StaticArray<valueof<T>>(length);
      memory.copy(changetype<usize>(fixed), at, length * size);
      return changetype<T>(changetype<usize>(fixed));
    } else {
      const array = instantiate<T>(length);
      memory.copy(array.dataStart, at, length * size);
      return array;
    }
  } else {
    const array: Array<valueof<T>> = [];
    for (let n = from.elements(); n > 0; n--) {
      from.spend();
      array.push(decode<valueof<T>>(from, held));
    }
    from.leave();
    if (idof<T>() == idof<StaticArray<valueof<T>>>()) {
      return changetype<T>(changetype<usize>(StaticArray.fromArray<valueof<T>>(array)));
    } else return changetype<T>(changetype<usize>(array));
  }
}

/** A value with a place of its own, so that a number can be optional: \`Some<u64> | null\` is \`opt nat64\`. */
export class Some<T> {
  constructor(public value: T) {}
  __icType(types: Types): i32 { return typeOf<T>(types); }
  __icEncode(out: Bytes): void { encode<T>(out, this.value); }
  __icAccepts(from: Reader, type: i32): bool { return accepts<T>(from, type); }
  __icDecode(from: Reader, type: i32): Some<T> { return new Some<T>(decode<T>(from, type)); }
}
`;
