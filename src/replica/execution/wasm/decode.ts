/**
 * Reads a module's sections into plain values, all but the bodies of its functions. Refuses what the pinned feature
 * set does not know, by name; types of expressions are left to the engine's own validation.
 * Source: WebAssembly core specification, binary format; interface S2, S3; replica D.7.
 */
import { invalid, Reader, undecodable } from "./reader.ts";

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}
export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
  readonly wide: boolean;
}
export interface Table {
  readonly element: number;
  readonly limits: Limits;
}
export interface Global {
  readonly type: number;
  readonly mutable: boolean;
  /** Bits: i32 and f32 as signed 32, i64 and f64 as signed 64. */
  readonly bits: bigint;
}
export interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}
/** Function indices in a segment, or null references. `offset`: the constant expression's bytes of an active one. */
export interface ElementSegment {
  readonly flags: number;
  readonly table: number;
  readonly offset: Uint8Array | undefined;
  readonly type: number;
  readonly items: readonly (number | null)[];
}
export interface DataSegment {
  /** Undefined: passive. */
  readonly offset: number | undefined;
  readonly bytes: Uint8Array;
}
export interface CustomSection {
  readonly name: string;
  readonly content: Uint8Array;
}
export interface Decoded {
  types: FunctionType[];
  /** The type section's entries as they came. */
  typeBytes: Uint8Array;
  imports: { readonly module: string; readonly name: string; readonly type: number }[];
  functions: number[];
  tables: Table[];
  memory: Limits | undefined;
  globals: Global[];
  exports: Export[];
  start: number | undefined;
  elements: ElementSegment[];
  dataCount: number | undefined;
  data: DataSegment[];
  customs: CustomSection[];
  code: { readonly start: number; readonly end: number; readonly bodies: number };
}

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
const VALUE_TYPES = new Set([I32, I64, F32, F64, V128, FUNCREF, EXTERNREF]);
const TYPE_NAMES = new Map([
  [I32, "I32"],
  [I64, "I64"],
  [F32, "F32"],
  [F64, "F64"],
  [V128, "V128"],
  [FUNCREF, "Ref(funcref)"],
  [EXTERNREF, "Ref(externref)"],
]);
export const typeName = (code: number): string => TYPE_NAMES.get(code) ?? `0x${code.toString(16)}`;

/** Section ids in the order in which they must come. Tags (13) belong to exceptions and are refused. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

export function decodeModule(bytes: Uint8Array): Decoded {
  const r = new Reader(bytes);
  const magic = r.take(Math.min(8, bytes.length));
  if ([0x00, 0x61, 0x73, 0x6d].some((b, i) => magic[i] !== b)) undecodable("magic header not detected", 0);
  if ([1, 0, 0, 0].some((b, i) => magic[4 + i] !== b)) undecodable("unknown binary version", 4);
  const module: Decoded = {
    types: [],
    typeBytes: new Uint8Array(0),
    imports: [],
    functions: [],
    tables: [],
    memory: undefined,
    globals: [],
    exports: [],
    start: undefined,
    elements: [],
    dataCount: undefined,
    data: [],
    customs: [],
    code: { start: 0, end: 0, bodies: 0 },
  };
  let last = -1;
  while (!r.done) {
    const at = r.at;
    const id = r.byte();
    const section = r.sub(r.u32());
    if (id === 0) {
      module.customs.push({ name: section.name(), content: section.take(section.end - section.at) });
      continue;
    }
    if (id === 13) undecodable("tags of the exception handling proposal are not supported", at);
    const position = ORDER.indexOf(id);
    if (position < 0) undecodable(`unknown section ${id}`, at);
    if (position <= last) undecodable("section out of order", at);
    last = position;
    readSection(module, id, section);
    if (!section.done) undecodable("section size mismatch", section.at);
  }
  if (module.code.bodies !== module.functions.length) {
    undecodable("function and code section have inconsistent lengths", r.at);
  }
  if (module.dataCount !== undefined && module.dataCount !== module.data.length) {
    undecodable("data count and data section have inconsistent lengths", r.at);
  }
  return module;
}

function readSection(m: Decoded, id: number, r: Reader): void {
  if (id === 8) {
    m.start = functionIndex(m, r);
    return;
  }
  const count = r.u32();
  switch (id) {
    case 1: {
      const start = r.at;
      for (let i = 0; i < count; i++) m.types.push(functionType(r));
      m.typeBytes = r.bytes.subarray(start, r.at);
      break;
    }
    case 2:
      for (let i = 0; i < count; i++) readImport(m, r);
      break;
    case 3:
      for (let i = 0; i < count; i++) m.functions.push(typeIndex(m, r));
      break;
    case 4:
      for (let i = 0; i < count; i++) m.tables.push(readTable(r));
      break;
    case 5:
      for (let i = 0; i < count; i++) addMemory(m, r);
      break;
    case 6:
      for (let i = 0; i < count; i++) m.globals.push(readGlobal(m, r));
      break;
    case 7:
      for (let i = 0; i < count; i++) m.exports.push(readExport(m, r));
      break;
    case 9:
      for (let i = 0; i < count; i++) m.elements.push(readElements(m, r));
      break;
    case 10:
      m.code = { start: r.at, end: r.end, bodies: count };
      r.at = r.end;
      break;
    case 11:
      for (let i = 0; i < count; i++) m.data.push(readData(m, r));
      break;
    case 12:
      m.dataCount = count;
      break;
  }
}

function functionType(r: Reader): FunctionType {
  const at = r.at;
  const form = r.byte();
  if (form !== 0x60) undecodable(`type form 0x${form.toString(16)} of the garbage collection proposal`, at);
  return { params: valueTypes(r), results: valueTypes(r) };
}

function valueTypes(r: Reader): number[] {
  const out: number[] = [];
  for (let n = r.u32(); n > 0; n--) out.push(valueType(r));
  return out;
}

function valueType(r: Reader): number {
  const at = r.at;
  const code = r.byte();
  if (!VALUE_TYPES.has(code)) undecodable(`value type 0x${code.toString(16)} is not supported`, at);
  return code;
}

function typeIndex(m: Decoded, r: Reader): number {
  const at = r.at;
  const index = r.u32();
  return index < m.types.length ? index : undecodable(`unknown type ${index}`, at);
}

function functionIndex(m: Decoded, r: Reader): number {
  const at = r.at;
  const index = r.u32();
  return index < m.imports.length + m.functions.length ? index : undecodable(`unknown function ${index}`, at);
}

function readImport(m: Decoded, r: Reader): void {
  const module = r.name();
  const name = r.name();
  const at = r.at;
  const kind = r.byte();
  if (kind === 0) m.imports.push({ module, name, type: typeIndex(m, r) });
  else if (kind === 2 && module === "env" && name === "memory") addMemory(m, r);
  else {
    const refused = REFUSED_IMPORTS[kind] ?? undecodable("malformed import kind", at);
    invalid(`Wasm module has an invalid import section. ${refused}`);
  }
}

const REFUSED_IMPORTS: Readonly<Record<number, string>> = {
  1: "Importing tables is not allowed.",
  2: "Only memory imported from env.memory is allowed.",
  3: "Importing globals is not allowed.",
  4: "Importing tags is not allowed.",
};

function readLimits(r: Reader): Limits {
  const at = r.at;
  const flags = r.byte();
  if (flags & 2) undecodable("shared memories of the threads proposal are not supported", at);
  if (flags & 8) undecodable("custom page sizes are not supported", at);
  if (flags > 7) undecodable("malformed limits flags", at);
  const wide = (flags & 4) !== 0;
  const min = wide ? r.u64() : r.u32();
  const max = flags & 1 ? (wide ? r.u64() : r.u32()) : undefined;
  return { min, max, wide };
}

function readTable(r: Reader): Table {
  const at = r.at;
  const element = r.byte();
  if (element !== FUNCREF && element !== EXTERNREF) {
    undecodable("tables of the function references proposal are not supported", at);
  }
  return { element, limits: readLimits(r) };
}

function addMemory(m: Decoded, r: Reader): void {
  if (m.memory !== undefined) undecodable("multiple memories are not supported", r.at);
  m.memory = readLimits(r);
}

function readGlobal(m: Decoded, r: Reader): Global {
  const type = valueType(r);
  const mutable = r.byte() === 1;
  if (type !== I32 && type !== I64 && type !== F32 && type !== F64) {
    invalid(`Wasm module has an invalid global section. Unsupported global type: ${typeName(type)}`);
  }
  return { type, mutable, bits: constantBits(m, r) };
}

/** Evaluates a constant expression of numbers. Floats are their bits. */
function constantBits(m: Decoded, r: Reader): bigint {
  const start = r.at;
  const stack: bigint[] = [];
  const pop = (): bigint => stack.pop() ?? undecodable("constant expression lacks an operand", start);
  for (;;) {
    const at = r.at;
    const op = r.byte();
    if (op === 0x0b) break;
    if (op === 0x41) stack.push(BigInt.asIntN(32, r.s64()));
    else if (op === 0x42) stack.push(r.s64());
    else if (op === 0x43) stack.push(BigInt.asIntN(32, littleEndian(r.take(4))));
    else if (op === 0x44) stack.push(BigInt.asIntN(64, littleEndian(r.take(8))));
    else if (op === 0x23) {
      const index = r.u32();
      const global = m.globals[index];
      if (global === undefined || global.mutable) undecodable(`unknown constant global ${index}`, at);
      else stack.push(global.bits);
    } else if ((op >= 0x6a && op <= 0x6c) || (op >= 0x7c && op <= 0x7e)) {
      const b = pop();
      const a = pop();
      const kind = op >= 0x7c ? op - 0x7c : op - 0x6a;
      const value = kind === 0 ? a + b : kind === 1 ? a - b : a * b;
      stack.push(BigInt.asIntN(op >= 0x7c ? 64 : 32, value));
    } else undecodable(`non-constant operator 0x${op.toString(16)}`, at);
  }
  const value = pop();
  if (stack.length > 0) undecodable("constant expression leaves several values", start);
  return value;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function readExport(m: Decoded, r: Reader): Export {
  const name = r.name();
  const at = r.at;
  const kind = r.byte();
  if (kind > 3) undecodable("malformed export kind", at);
  return { name, kind, index: kind === 0 ? functionIndex(m, r) : r.u32() };
}

function readElements(m: Decoded, r: Reader): ElementSegment {
  const at = r.at;
  const flags = r.u32();
  if (flags > 7) undecodable("malformed element segment", at);
  const active = (flags & 1) === 0;
  const table = active && flags & 2 ? r.u32() : 0;
  let offset: Uint8Array | undefined;
  if (active) {
    const start = r.at;
    constantBits(m, r);
    offset = r.bytes.subarray(start, r.at);
  }
  const expressions = (flags & 4) !== 0;
  let type = FUNCREF;
  if (flags & 3) {
    const kindAt = r.at;
    if (expressions) type = valueType(r);
    else if (r.byte() !== 0) undecodable("malformed element kind", kindAt);
  }
  const items: (number | null)[] = [];
  for (let n = r.u32(); n > 0; n--) items.push(expressions ? reference(m, r) : functionIndex(m, r));
  return { flags, table, offset, type, items };
}

/** `ref.func f` or `ref.null t`. */
function reference(m: Decoded, r: Reader): number | null {
  const at = r.at;
  const op = r.byte();
  let item: number | null = null;
  if (op === 0xd2) item = functionIndex(m, r);
  else if (op === 0xd0) r.byte();
  else undecodable("element expression is neither ref.func nor ref.null", at);
  if (r.byte() !== 0x0b) undecodable("element expression has several operators", at);
  return item;
}

function readData(m: Decoded, r: Reader): DataSegment {
  const at = r.at;
  const flags = r.u32();
  if (flags > 2) undecodable("malformed data segment", at);
  if (flags === 2 && r.u32() !== 0) undecodable("multiple memories are not supported", at);
  const offset = flags === 1 ? undefined : dataOffset(r, m.memory?.wide ?? false);
  return { offset, bytes: r.take(r.u32()) };
}

/** One constant alone, so that the segment can be lifted out. Source: replica D.7. */
function dataOffset(r: Reader, wide: boolean): number {
  const op = r.byte();
  const value = op === 0x41 || op === 0x42 ? r.s64() : undefined;
  if (value === undefined || r.byte() !== 0x0b) {
    return invalid("Wasm module has an invalid data section. Invalid offset expression in data segment.");
  }
  return Number(BigInt.asUintN(wide ? 64 : 32, value));
}
