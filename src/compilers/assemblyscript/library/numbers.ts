/**
 * `ic/numbers`: Candid's nat and int, as large as they come. Limbs of 32 bits, the lowest first, none zero at the top.
 * Schoolbook arithmetic: balances have four limbs, not four thousand.
 */
export const NUMBERS = `
import { trap } from "./system";
import { accepts, Bytes, INT, NAT, Reader, Types } from "./candid";

function trimmed(limbs: u32[]): u32[] {
  while (limbs.length > 0 && limbs[limbs.length - 1] == 0) limbs.pop();
  return limbs;
}

/** Bits of a LEB128 number, seven a byte, into limbs. */
function limbsOf(from: usize, end: usize, flip: u8): u32[] {
  const limbs: u32[] = [];
  let held: u64 = 0;
  let bits: u64 = 0;
  for (; from < end; from++) {
    held |= <u64>((load<u8>(from) ^ flip) & 0x7f) << bits;
    bits += 7;
    if (bits < 32) continue;
    limbs.push(<u32>held);
    held >>= 32;
    bits -= 32;
  }
  if (held != 0) limbs.push(<u32>held);
  return trimmed(limbs);
}

/** A whole number from zero up, of any size. */
export class Nat {
  constructor(public limbs: u32[] = []) {}

  static from(value: u64): Nat { return new Nat(trimmed([<u32>value, <u32>(value >> 32)])); }
  static get zero(): Nat { return new Nat(); }

  /** From decimal digits; underscores are ignored. */
  static fromString(text: string): Nat {
    let value = new Nat();
    let digits = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code == 95) continue;
      if (code < 48 || code > 57) trap('"' + text + '" is no number');
      value = value.timesPlus(10, code - 48);
      digits++;
    }
    if (digits == 0) trap('"' + text + '" is no number');
    return value;
  }

  get isZero(): bool { return this.limbs.length == 0; }
  get fitsU64(): bool { return this.limbs.length <= 2; }

  /** Traps when it is larger than 64 bits. */
  toU64(): u64 {
    if (!this.fitsU64) trap(this.toString() + " is larger than 64 bits");
    const low = this.limbs.length > 0 ? <u64>this.limbs[0] : 0;
    return this.limbs.length > 1 ? low | (<u64>this.limbs[1] << 32) : low;
  }

  toString(): string {
    if (this.isZero) return "0";
    let text = "";
    const rest = this.limbs.slice();
    while (rest.length > 0) {
      let carry: u64 = 0;
      for (let i = rest.length - 1; i >= 0; i--) {
        const value = (carry << 32) | <u64>rest[i];
        rest[i] = <u32>(value / 1000000000);
        carry = value % 1000000000;
      }
      trimmed(rest);
      const part = carry.toString();
      text = (rest.length > 0 ? part.padStart(9, "0") : part) + text;
    }
    return text;
  }

  private timesPlus(by: u32, more: u32): Nat {
    const limbs: u32[] = [];
    let carry: u64 = more;
    for (let i = 0; i < this.limbs.length; i++) {
      carry += <u64>this.limbs[i] * by;
      limbs.push(<u32>carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push(<u32>carry);
    return new Nat(limbs);
  }

  compare(other: Nat): i32 {
    const a = this.limbs, b = other.limbs;
    if (a.length != b.length) return a.length < b.length ? -1 : 1;
    for (let i = a.length - 1; i >= 0; i--) if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
  }

  plus(other: Nat): Nat {
    const a = this.limbs, b = other.limbs, limbs: u32[] = [];
    let carry: u64 = 0;
    for (let i = 0; i < max(a.length, b.length); i++) {
      carry += (i < a.length ? <u64>a[i] : 0) + (i < b.length ? <u64>b[i] : 0);
      limbs.push(<u32>carry);
      carry >>= 32;
    }
    if (carry != 0) limbs.push(<u32>carry);
    return new Nat(limbs);
  }

  minus(other: Nat): Nat {
    if (this.compare(other) < 0) trap(this.toString() + " - " + other.toString() + " is below zero");
    const a = this.limbs, b = other.limbs, limbs: u32[] = [];
    let borrow: i64 = 0;
    for (let i = 0; i < a.length; i++) {
      let value = <i64>a[i] - (i < b.length ? <i64>b[i] : 0) - borrow;
      borrow = value < 0 ? 1 : 0;
      limbs.push(<u32>value);
    }
    return new Nat(trimmed(limbs));
  }

  times(other: Nat): Nat {
    const a = this.limbs, b = other.limbs;
    const limbs = new Array<u32>(a.length + b.length);
    for (let i = 0; i < a.length; i++) {
      let carry: u64 = 0;
      for (let j = 0; j < b.length; j++) {
        carry += <u64>limbs[i + j] + <u64>a[i] * b[j];
        limbs[i + j] = <u32>carry;
        carry >>= 32;
      }
      limbs[i + b.length] = <u32>carry;
    }
    return new Nat(trimmed(limbs));
  }

  /** Quotient, or the rest: bit by bit, or by limbs when the divisor has only one. */
  private divided(by: Nat, rest: bool): Nat {
    if (by.isZero) trap("division by zero");
    const a = this.limbs;
    const quotient = new Array<u32>(a.length);
    if (by.limbs.length == 1) {
      const divisor = <u64>by.limbs[0];
      let left: u64 = 0;
      for (let i = a.length - 1; i >= 0; i--) {
        const value = (left << 32) | <u64>a[i];
        quotient[i] = <u32>(value / divisor);
        left = value % divisor;
      }
      return rest ? Nat.from(left) : new Nat(trimmed(quotient));
    }
    let left = new Nat();
    for (let i = a.length * 32 - 1; i >= 0; i--) {
      left = left.timesPlus(2, (a[i >> 5] >> (i & 31)) & 1);
      if (left.compare(by) < 0) continue;
      left = left.minus(by);
      quotient[i >> 5] |= 1 << (i & 31);
    }
    return rest ? left : new Nat(trimmed(quotient));
  }

  @operator("+") static add(a: Nat, b: Nat): Nat { return a.plus(b); }
  @operator("-") static sub(a: Nat, b: Nat): Nat { return a.minus(b); }
  @operator("*") static mul(a: Nat, b: Nat): Nat { return a.times(b); }
  @operator("/") static div(a: Nat, b: Nat): Nat { return a.divided(b, false); }
  @operator("%") static rem(a: Nat, b: Nat): Nat { return a.divided(b, true); }
  @operator("==") static eq(a: Nat, b: Nat): bool { return a.compare(b) == 0; }
  @operator("!=") static ne(a: Nat, b: Nat): bool { return a.compare(b) != 0; }
  @operator("<") static lt(a: Nat, b: Nat): bool { return a.compare(b) < 0; }
  @operator(">") static gt(a: Nat, b: Nat): bool { return a.compare(b) > 0; }
  @operator("<=") static le(a: Nat, b: Nat): bool { return a.compare(b) <= 0; }
  @operator(">=") static ge(a: Nat, b: Nat): bool { return a.compare(b) >= 0; }

  __icType(types: Types): i32 { return NAT; }
  __icEncode(out: Bytes): void { sevens(out, this.limbs, 0, false); }
  __icAccepts(from: Reader, type: i32): bool { return from.is(type, NAT); }
  __icDecode(from: Reader, type: i32): Nat {
    const at = from.lebEnd();
    return new Nat(limbsOf(at, from.position(), 0));
  }
}

/** Limbs as LEB128. Signed, the last byte's second highest bit must tell the sign; \`flip\` turns bits for a negative. */
function sevens(out: Bytes, limbs: u32[], flip: u8, signed: bool): void {
  let bits = limbs.length * 32;
  if (limbs.length > 0) bits -= clz(limbs[limbs.length - 1]);
  const bytes = signed ? bits / 7 + 1 : max(1, (bits + 6) / 7);
  for (let i = 0; i < bytes; i++) {
    const bit = i * 7;
    const limb = bit >> 5;
    let window: u64 = limb < limbs.length ? <u64>limbs[limb] : 0;
    if (limb + 1 < limbs.length) window |= <u64>limbs[limb + 1] << 32;
    const value = (<u8>(window >> (bit & 31)) ^ flip) & 0x7f;
    out.byte(i + 1 < bytes ? value | 0x80 : value);
  }
}

/** A whole number of any size, below zero too. */
export class Int {
  constructor(public size: Nat = new Nat(), public negative: bool = false) {
    if (size.isZero) this.negative = false;
  }

  static from(value: i64): Int { return new Int(Nat.from(value < 0 ? <u64>0 - <u64>value : value), value < 0); }
  static fromNat(value: Nat): Int { return new Int(value, false); }
  static get zero(): Int { return new Int(); }
  static fromString(text: string): Int {
    const negative = text.startsWith("-");
    return new Int(Nat.fromString(negative ? text.slice(1) : text), negative);
  }

  toString(): string { return (this.negative ? "-" : "") + this.size.toString(); }

  /** Traps when it does not fit. */
  toI64(): i64 {
    const edge: u64 = 1 << 63;
    if (!this.size.fitsU64 || this.size.toU64() > (this.negative ? edge : edge - 1)) {
      trap(this.toString() + " does not fit into 64 bits");
    }
    const size = this.size.toU64();
    return <i64>(this.negative ? 0 - size : size);
  }

  /** Traps when it is below zero. */
  toNat(): Nat {
    if (this.negative) trap(this.toString() + " is below zero");
    return this.size;
  }

  plus(other: Int): Int {
    if (this.negative == other.negative) return new Int(this.size + other.size, this.negative);
    return this.size >= other.size
      ? new Int(this.size - other.size, this.negative)
      : new Int(other.size - this.size, other.negative);
  }
  negated(): Int { return new Int(this.size, !this.negative); }
  compare(other: Int): i32 {
    if (this.negative != other.negative) return this.negative ? -1 : 1;
    return this.negative ? other.size.compare(this.size) : this.size.compare(other.size);
  }

  @operator("+") static add(a: Int, b: Int): Int { return a.plus(b); }
  @operator("-") static sub(a: Int, b: Int): Int { return a.plus(b.negated()); }
  @operator("*") static mul(a: Int, b: Int): Int { return new Int(a.size * b.size, a.negative != b.negative); }
  /** Towards zero, as i64 does. */
  @operator("/") static div(a: Int, b: Int): Int { return new Int(a.size / b.size, a.negative != b.negative); }
  @operator("%") static rem(a: Int, b: Int): Int { return new Int(a.size % b.size, a.negative); }
  @operator("==") static eq(a: Int, b: Int): bool { return a.compare(b) == 0; }
  @operator("!=") static ne(a: Int, b: Int): bool { return a.compare(b) != 0; }
  @operator("<") static lt(a: Int, b: Int): bool { return a.compare(b) < 0; }
  @operator(">") static gt(a: Int, b: Int): bool { return a.compare(b) > 0; }
  @operator("<=") static le(a: Int, b: Int): bool { return a.compare(b) <= 0; }
  @operator(">=") static ge(a: Int, b: Int): bool { return a.compare(b) >= 0; }

  __icType(types: Types): i32 { return INT; }
  __icEncode(out: Bytes): void {
    // -n travels as the turned bits of n - 1.
    if (this.negative) sevens(out, (this.size - Nat.from(1)).limbs, 0xff, true);
    else sevens(out, this.size.limbs, 0, true);
  }
  /** A nat is an int. */
  __icAccepts(from: Reader, type: i32): bool { return type == NAT || from.is(type, INT); }
  __icDecode(from: Reader, type: i32): Int {
    const at = from.lebEnd();
    const end = from.position();
    if (type == NAT || (load<u8>(end - 1) & 0x40) == 0) return new Int(new Nat(limbsOf(at, end, 0)), false);
    return new Int(new Nat(limbsOf(at, end, 0xff)) + Nat.from(1), true);
  }
}
`;
