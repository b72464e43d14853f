/**
 * What a module is made of, read from its bytes alone: sections with their sizes, imports and exports with their types,
 * memories, how many functions. For whoever wants to see what a compiler made; nothing here judges it.
 *
 * Source: WebAssembly core specification, "Binary Format", Modules; memory64's limits.
 */
import { utf8Lossy } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { CUSTOM_SECTION, readSections, readU32, readVector, type Section } from "./wasm-sections.ts";

export interface SectionSize {
  readonly name: string;
  readonly bytes: number;
}
export interface Extern {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** As WAT writes it: `(param i32 i32) (result i32)`, `i64 1`, `mut i32`. */
  readonly type: string;
  /** For a function, its index: imports come first. */
  readonly index: number;
}
export interface Import extends Extern {
  readonly module: string;
}
export interface ModuleFacts {
  readonly sections: readonly SectionSize[];
  readonly imports: readonly Import[];
  readonly exports: readonly Extern[];
  /** Functions of the module's own. */
  readonly functions: number;
  readonly memories: readonly string[];
}

const KINDS = ["func", "table", "memory", "global", "tag"] as const;
const NAMES = "custom type import function table memory global export start element code data".split(" ");
const LATER: Readonly<Record<number, string>> = { 12: "data count", 13: "tag" };
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const TABLE = 4;
const MEMORY = 5;
const GLOBAL = 6;
const EXPORT = 7;
const FUNCTION_TYPE = 0x60;
const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x70, "funcref"],
  [0x6f, "externref"],
]);

/** Undecodable with a sentence: bytes may come from anybody. */
export function readModuleFacts(wasm: Uint8Array): Decoded<ModuleFacts> {
  const sections = readSections(wasm);
  if (!sections.ok) return sections;
  const of = (id: number): Uint8Array => sections.value.find((s) => s.id === id)?.payload ?? Uint8Array.of(0);
  try {
    const types = new Reader(of(TYPE)).list((r) => r.functionType());
    const imports = readImports(new Reader(of(IMPORT)), types);
    const own = new Reader(of(FUNCTION)).list((r) => types[r.u32()] ?? "?");
    const tables = new Reader(of(TABLE)).list((r) => r.table());
    const memories = new Reader(of(MEMORY)).list((r) => r.limits());
    const imported = (kind: Extern["kind"]) => imports.filter((i) => i.kind === kind).map((i) => i.type);
    const spaces: Readonly<Record<Extern["kind"], readonly string[]>> = {
      func: [...imported("func"), ...own],
      table: [...imported("table"), ...tables],
      memory: [...imported("memory"), ...memories],
      global: [...imported("global"), ...globalTypes(of(GLOBAL))],
      tag: [],
    };
    const exports = new Reader(of(EXPORT)).list((r): Extern => {
      const name = r.text();
      const kind = r.kind();
      const index = r.u32();
      return { name, kind, type: spaces[kind][index] ?? "", index };
    });
    const sizes = sections.value.map((s) => ({ name: nameOf(s), bytes: s.payload.length }));
    return decoded({ sections: sizes, imports, exports, functions: own.length, memories: spaces.memory });
  } catch (error) {
    return undecodable(error instanceof Error ? error.message : String(error));
  }
}

function nameOf({ id, payload }: Section): string {
  const known = NAMES[id] ?? LATER[id] ?? `section ${id}`;
  if (id !== CUSTOM_SECTION) return known;
  const name = readVector(payload, 0);
  return name.ok ? utf8Lossy(name.value.value) : known;
}

function readImports(reader: Reader, types: readonly string[]): Import[] {
  let functions = 0;
  return reader.list((r) => {
    const module = r.text();
    const name = r.text();
    const kind = r.kind();
    const index = kind === "func" ? functions++ : 0;
    if (kind === "func") return { module, name, kind, index, type: types[r.u32()] ?? "?" };
    if (kind === "table") return { module, name, kind, index, type: r.table() };
    if (kind === "memory") return { module, name, kind, index, type: r.limits() };
    return { module, name, kind, index, type: r.global() };
  });
}

/** Their first values are expressions of any length: only a module's first globals of plain constants are told. */
function globalTypes(payload: Uint8Array): string[] {
  const reader = new Reader(payload);
  const found: string[] = [];
  try {
    for (let left = reader.u32(); left > 0; left--) {
      found.push(reader.global());
      reader.constant();
    }
  } catch {
    // The rest stays untold; an exported global then shows without its type.
  }
  return found;
}

class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error("a section ends in the middle of an entry");
    return byte;
  }
  u32(): number {
    const read = readU32(this.#bytes, this.#at);
    if (!read.ok) throw new Error(read.because);
    this.#at = read.value.next;
    return read.value.value;
  }
  text(): string {
    const read = readVector(this.#bytes, this.#at);
    if (!read.ok) throw new Error(read.because);
    this.#at = read.value.next;
    return utf8Lossy(read.value.value);
  }
  /** A promised number of entries costs at least a byte each, so that a lie ends soon. */
  list<T>(entry: (reader: Reader) => T): T[] {
    const found: T[] = [];
    for (let left = this.u32(); left > 0; left--) found.push(entry(this));
    return found;
  }
  kind(): Extern["kind"] {
    const kind = KINDS[this.byte()];
    if (kind === undefined) throw new Error("an import or export is of a kind that nobody knows");
    return kind;
  }
  valueType(): string {
    const byte = this.byte();
    const known = VALUE_TYPES.get(byte);
    if (known === undefined) throw new Error(`0x${byte.toString(16)} is no type of a value`);
    return known;
  }
  functionType(): string {
    if (this.byte() !== FUNCTION_TYPE) throw new Error("a type is not one of a function");
    const params = this.list((r) => r.valueType());
    const results = this.list((r) => r.valueType());
    const part = (word: string, of: readonly string[]) =>
      of.length === 0 ? [] : [`(${word} ${of.join(" ")})`];
    return [...part("param", params), ...part("result", results)].join(" ");
  }
  /** Of a memory or a table: pages or slots, from and at most. */
  limits(): string {
    const flags = this.byte();
    const width = (flags & 4) === 0 ? [] : ["i64"];
    const from = this.u64();
    return [...width, from, ...((flags & 1) === 0 ? [] : [this.u64()])].join(" ");
  }
  table(): string {
    const of = this.valueType();
    return `${this.limits()} ${of}`;
  }
  global(): string {
    const type = this.valueType();
    return this.byte() === 1 ? `(mut ${type})` : type;
  }
  u64(): string {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80 || shift > 63n) return value.toString();
    }
  }
  /** One constant and the end of its expression. */
  constant(): void {
    const opcode = this.byte();
    if (opcode === 0x43) this.#at += 4;
    else if (opcode === 0x44) this.#at += 8;
    else if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23 || opcode === 0xd2) this.u64();
    else if (opcode === 0xd0) this.byte();
    else throw new Error("no plain constant");
    if (this.byte() !== 0x0b) throw new Error("no plain constant");
  }
}
