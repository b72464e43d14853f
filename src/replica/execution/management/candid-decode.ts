/**
 * Typed values out of Candid bytes that anybody may have made.
 *
 * The official library stays the judge (the tests compare with it) but does not decode here: whoever sends a call
 * chooses its bytes, and every node decodes them inside the round. A decoder whose work is not bounded by the length
 * of the message would let one call stop the subnet.
 *
 *   CD1  Work and memory are linear in the message: at most 64 nested values, a bounded number of values that take no
 *        bytes, numbers of at most 37 bytes.
 *   CD2  Subtyping as in Candid: extra fields and arguments are ignored, an absent field is the absent value of its
 *        `opt` type, `nat` serves as `int`, a value serves as its own option, and an option that holds something of
 *        another type is absent.
 *   CD3  Nothing of the message is kept by reference.
 *   CD4  What is returned is plain data: principals are ids in hex, numbers bigints.
 *
 * Source: the Candid specification, "Deserialisation"; interface MC4.
 */
import { compareText, toHex, utf8Strict } from "../../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../../base/decoded.ts";
import { decodeLeb, decodeSleb, type Leb } from "../../../codec/leb128.ts";
import type { PrincipalId } from "../../../types/ids.ts";
import { type Field, OP, type Shape, type Type } from "./candid-types.ts";

/** The first argument of a message, as `type`. */
export function decodeArgument<V>(type: Type<V>, bytes: Uint8Array): Decoded<V> {
  return reading(() => {
    const [first] = new WireReader(bytes).message();
    if (first === undefined) throw new Malformed("the message holds no argument");
    return coerce(first, type, "argument") as V;
  });
}

/** For methods of no argument: any well-formed message will do. */
export function decodeNothing(bytes: Uint8Array): Decoded<null> {
  return reading(() => {
    new WireReader(bytes).message();
    return null;
  });
}

class Malformed extends Error {}

function reading<V>(read: () => V): Decoded<V> {
  try {
    return decoded(read());
  } catch (error) {
    if (error instanceof Malformed) return undecodable(error.message);
    throw error;
  }
}

type Number = "nat" | "int" | "nat64" | "nat32" | "int32" | "int64" | "float32" | "float64";
type Wire =
  | { readonly kind: "null" | "reserved" | "other" }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: Number; readonly value: bigint }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "principal"; readonly value: PrincipalId }
  | { readonly kind: "blob"; readonly value: Uint8Array }
  | { readonly kind: "opt"; readonly value: Wire | undefined }
  | { readonly kind: "vec"; readonly values: readonly Wire[] }
  | { readonly kind: "record"; readonly fields: ReadonlyMap<number, Wire> }
  | { readonly kind: "variant"; readonly hash: number; readonly value: Wire };

/** An entry of a message's type table. References are indices into it, or negative opcodes. */
type Entry =
  | { readonly kind: "opt" | "vec"; readonly of: number }
  | { readonly kind: "record" | "variant"; readonly fields: readonly { hash: number; type: number }[] }
  | { readonly kind: "func" | "service" };

const MAX_DEPTH = 64;
const MAX_NUMBER_BYTES = 37;

class WireReader {
  private readonly bytes: Uint8Array;
  private at = 0;
  private values = 0;
  private table: Entry[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  message(): Wire[] {
    const header = this.bytes.subarray(0, 4);
    if (toHex(header) !== "4449444c") throw new Malformed(`Cannot parse header ${toHex(header)}`);
    this.at = 4;
    const entries = this.count();
    for (let i = 0; i < entries; i++) this.table.push(this.entry());
    const types: number[] = [];
    const n = this.count();
    for (let i = 0; i < n; i++) types.push(this.reference());
    const args = types.map((t) => this.value(t, 0));
    if (this.at !== this.bytes.length) this.fail("bytes are left over");
    return args;
  }

  private entry(): Entry {
    const op = this.reference();
    switch (op) {
      case OP.opt:
        return { kind: "opt", of: this.reference() };
      case OP.vec:
        return { kind: "vec", of: this.reference() };
      case OP.record:
      case OP.variant: {
        const fields = [];
        let last = -1;
        for (let n = this.count(); n > 0; n--) {
          const hash = this.size(0xffff_ffff);
          if (hash <= last) this.fail("field ids are not in order");
          last = hash;
          fields.push({ hash, type: this.reference() });
        }
        return { kind: op === OP.record ? "record" : "variant", fields };
      }
      case OP.func:
        for (let n = this.count(); n > 0; n--) this.reference();
        for (let n = this.count(); n > 0; n--) this.reference();
        this.take(this.count());
        return { kind: "func" };
      case OP.service:
        for (let n = this.count(); n > 0; n--) {
          this.text();
          this.reference();
        }
        return { kind: "service" };
      default:
        return this.fail(`type constructor ${op} is not known`);
    }
  }

  private value(type: number, depth: number): Wire {
    this.values++;
    if (depth > MAX_DEPTH) this.fail(`values are nested deeper than ${MAX_DEPTH}`);
    if (this.values > this.bytes.length + 1024) this.fail("too many values that take no bytes");
    if (type < 0) return this.primitive(type);
    const entry = this.table[type] ?? this.fail(`type ${type} is not in the table`);
    switch (entry.kind) {
      case "opt":
        return { kind: "opt", value: this.flag() ? this.value(entry.of, depth + 1) : undefined };
      case "vec": {
        const n = this.size(Number.MAX_SAFE_INTEGER);
        if (entry.of === -5) return { kind: "blob", value: this.take(n) };
        const values: Wire[] = [];
        for (let i = 0; i < n; i++) values.push(this.value(entry.of, depth + 1));
        return { kind: "vec", values };
      }
      case "record": {
        const fields = new Map<number, Wire>();
        for (const f of entry.fields) fields.set(f.hash, this.value(f.type, depth + 1));
        return { kind: "record", fields };
      }
      case "variant": {
        const field = entry.fields[this.size(0xffff_ffff)] ?? this.fail("no such variant");
        return { kind: "variant", hash: field.hash, value: this.value(field.type, depth + 1) };
      }
      case "func":
        if (!this.flag()) this.fail("opaque references are not allowed");
        this.principal();
        this.text();
        return { kind: "other" };
      case "service":
        this.principal();
        return { kind: "other" };
    }
  }

  private primitive(op: number): Wire {
    switch (op) {
      case -1:
        return { kind: "null" };
      case -2:
        return { kind: "bool", value: this.flag() };
      case -3:
        return { kind: "nat", value: this.leb() };
      case -4:
        return { kind: "int", value: this.sleb() };
      case -7:
        return { kind: "nat32", value: this.fixed(4) };
      case -8:
        return { kind: "nat64", value: this.fixed(8) };
      case -15:
        return { kind: "text", value: this.text() };
      case -16:
        return { kind: "reserved" };
      case OP.principal:
        return { kind: "principal", value: this.principal() };
      case -11:
        return { kind: "int32", value: BigInt.asIntN(32, this.fixed(4)) };
      case -12:
        return { kind: "int64", value: BigInt.asIntN(64, this.fixed(8)) };
      case -13:
        return { kind: "float32", value: this.fixed(4) };
      case -14:
        return { kind: "float64", value: this.fixed(8) };
      // nat8, nat16, int8, int16: nothing here takes them, so their bytes are passed over.
      case -5:
      case -9:
        return this.skip(1);
      case -6:
      case -10:
        return this.skip(2);
      default:
        return this.fail(`type ${op} has no values`);
    }
  }

  private fail(what: string): never {
    throw new Malformed(`${what} (at byte ${this.at})`);
  }

  private take(n: number): Uint8Array {
    if (n > this.bytes.length - this.at) this.fail("the message ends too early");
    this.at += n;
    return this.bytes.slice(this.at - n, this.at);
  }

  private skip(n: number): Wire {
    this.take(n);
    return { kind: "other" };
  }

  private byte(): number {
    return this.bytes[this.at++] ?? this.fail("the message ends too early");
  }

  private flag(): boolean {
    const byte = this.byte();
    if (byte > 1) this.fail(`${byte} is neither 0 nor 1`);
    return byte === 1;
  }

  private number(read: Decoded<Leb>): bigint {
    if (!read.ok) return this.fail(read.because);
    this.at = read.value.next;
    return read.value.value;
  }

  private leb(): bigint {
    return this.number(decodeLeb(this.bytes, this.at, MAX_NUMBER_BYTES));
  }

  private sleb(): bigint {
    return this.number(decodeSleb(this.bytes, this.at, MAX_NUMBER_BYTES));
  }

  private size(max: number): number {
    const n = this.leb();
    if (n > BigInt(max)) this.fail(`${n} is out of range`);
    return Number(n);
  }

  /** A length of things that take at least a byte each. */
  private count(): number {
    return this.size(this.bytes.length);
  }

  private reference(): number {
    const n = this.sleb();
    if (n < -24n || n > BigInt(this.bytes.length)) this.fail(`type ${n} is out of range`);
    return Number(n);
  }

  private fixed(size: number): bigint {
    return this.take(size).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  private text(): string {
    return utf8Strict(this.take(this.count())) ?? this.fail("a text is not UTF-8");
  }

  private principal(): PrincipalId {
    if (!this.flag()) this.fail("opaque references are not allowed");
    const length = this.count();
    if (length > 29) this.fail(`a principal of ${length} bytes`);
    return toHex(this.take(length));
  }
}

/** `where` is the path to the value, for the sentence that a user reads. */
function coerce(wire: Wire, type: Shape, where: string): unknown {
  switch (type.kind) {
    case "opt": {
      if (wire.kind === "null" || wire.kind === "reserved") return undefined;
      const inner = wire.kind === "opt" ? wire.value : wire;
      if (inner === undefined) return undefined;
      try {
        return coerce(inner, type.of, where);
      } catch (error) {
        if (error instanceof Malformed) return undefined;
        throw error;
      }
    }
    case "reserved":
      return null;
    case "null":
      if (wire.kind === "null") return null;
      break;
    case "int":
      if (wire.kind === "int" || wire.kind === "nat") return wire.value;
      break;
    case "blob":
      if (wire.kind === "blob") return wire.value;
      break;
    case "vec":
      if (wire.kind === "vec") return wire.values.map((v, i) => coerce(v, type.of, `${where}[${i}]`));
      break;
    case "record":
      if (wire.kind === "record") return coerceFields(wire.fields, type.fields, where);
      break;
    case "variant": {
      if (wire.kind !== "variant") break;
      const field = type.fields.find((f) => f.hash === wire.hash);
      if (field === undefined) throw new Malformed(`${where} is none of ${names(type.fields)}`);
      return { tag: field.name, value: coerce(wire.value, field.type, `${where}.${field.name}`) };
    }
    default:
      if (wire.kind === type.kind && "value" in wire) return wire.value;
  }
  throw new Malformed(`Subtyping error: ${where} is not of type ${type.kind}`);
}

function coerceFields(wire: ReadonlyMap<number, Wire>, fields: readonly Field[], where: string): object {
  const out: { [name: string]: unknown } = {};
  for (const { name, hash, type } of fields) {
    const found = wire.get(hash);
    if (found !== undefined) out[name] = coerce(found, type, `${where}.${name}`);
    else if (type.kind === "opt") out[name] = undefined;
    else if (type.kind === "null" || type.kind === "reserved") out[name] = null;
    else throw new Malformed(`Subtyping error: ${where} has no field ${name}`);
  }
  return out;
}

const names = (fields: readonly Field[]): string =>
  fields
    .map((f) => f.name)
    .sort(compareText)
    .join(", ");
