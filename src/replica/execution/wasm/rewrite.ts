/**
 * Turns an uploaded module into one that the replica can run: metered, bounded in stack, its memory lent from outside,
 * its written pages marked, its state in reach. The result is a function of the bytes alone.
 *
 *   R1  Instructions are counted exactly as mainnet counts them (body.ts, opcodes.ts), in the exported i64 global
 *       `canister counter_instructions`.
 *   R2  Functions that could recurse count their stack use and trap at a depth that every host holds (stack-use.ts).
 *   R3  Memory is imported (`terrarium.memory`), with a second one of a byte per 4 KiB page for the marks
 *       (`terrarium.marks`); growing it goes through the host.
 *   R4  Nothing happens at instantiation that a canister could see twice: the start function becomes the export
 *       `canister_start`, active data segments are lifted out and leave empty ones in their places.
 *   R5  Mutable globals are exported as `__persistent_mutable_global_<n>`; those of floats are kept as integers of the
 *       same bits, because JavaScript does not keep the bits of a NaN.
 *   R6  Only `canister_…` functions are exported besides; callbacks enter through `terrarium callback`.
 *
 * Source: replica D.3, D.7; interface S1–S9; DESIGN §6.
 */
import { toHex } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import type { RewrittenModule } from "../../interfaces/wasm-host.ts";
import type { CanisterExports } from "../../state/canister.ts";
import { type Body, type BodyContext, rewriteBody } from "./body.ts";
import {
  type Decoded,
  decodeModule,
  type ElementSegment,
  F32,
  F64,
  type FunctionType,
  I32,
  I64,
} from "./decode.ts";
import { InvalidWasm, invalid, Reader, undecodable } from "./reader.ts";
import {
  checkExports,
  checkImports,
  checkLimits,
  MAX_PAGES_32,
  MAX_PAGES_64,
  MAX_TABLE_ELEMENTS,
  type Metadata,
  readMetadata,
  typeOfFunction,
} from "./requirements.ts";
import { countingFunctions, frameBytes } from "./stack-use.ts";
import { putSigned, putU32, sizeOfU32, Writer } from "./writer.ts";

export type Rewritten =
  | {
      readonly ok: true;
      readonly module: RewrittenModule;
      readonly exports: CanisterExports;
      readonly metadata: Metadata;
      /** What the active data segments held: to be written into a fresh heap in this order. Views of the upload. */
      readonly segments: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
      /** Functions that the module defines. */
      readonly functionCount: number;
      /** Operators in them. */
      readonly instructionCount: number;
    }
  /** The sentence of IC0505 without its frame. */
  | { readonly ok: false; readonly message: string };

/** `wasm` is raw (see gunzip.ts). `implemented` names the System API functions that there is code for. */
export function rewrite(wasm: Uint8Array, implemented: ReadonlySet<string>): Rewritten {
  try {
    return rewriteModule(wasm, implemented);
  } catch (error) {
    if (!(error instanceof InvalidWasm)) throw error;
    return { ok: false, message: `Canister's Wasm module is not valid: ${error.message}` };
  }
}

const WASM_PAGE = 65_536;
/** Engines refuse longer function bodies. Source: WebAssembly JavaScript interface, implementation limits. */
const MAX_BODY_BYTES = 7_654_321;

/** Imports that we add behind the module's own. */
const ADDED_IMPORTS = ["out_of_instructions", "stack_overflow", "grow"] as const;
const INIT_HELPERS_FROM = 5;

interface Plan {
  readonly m: Decoded;
  readonly wide: boolean;
  readonly importCount: number;
  /** Index of the first helper function behind the module's own. */
  readonly helpers: number;
  readonly counter: number;
  readonly stack: number;
  readonly tainted: number;
  /** Types that we add, by their text. */
  readonly addedTypes: Map<string, number>;
  readonly added: FunctionType[];
  readonly initSegments: number[];
}

function rewriteModule(wasm: Uint8Array, implemented: ReadonlySet<string>): Rewritten & { ok: true } {
  const m = decodeModule(wasm);
  checkLimits(m);
  checkImports(m, implemented);
  const exports = checkExports(m);
  const metadata = readMetadata(m);
  if (m.start !== undefined) {
    const type = typeOfFunction(m, m.start);
    if (type.params.length + type.results.length > 0) undecodable("invalid start function type", 0);
  }
  const plan: Plan = {
    m,
    wide: m.memory?.wide ?? false,
    importCount: m.imports.length,
    helpers: m.imports.length + ADDED_IMPORTS.length + m.functions.length,
    counter: m.globals.length,
    stack: m.globals.length + 1,
    tainted: m.globals.length + 2,
    addedTypes: new Map(),
    added: [],
    initSegments: [],
  };
  const code = codeSection(plan, wasm);
  const bytes = encode(plan, code.section);
  const mutable = m.globals.filter((g) => g.mutable);
  return {
    ok: true,
    module: {
      key: toHex(sha256(bytes)),
      bytes,
      memory:
        m.memory === undefined
          ? undefined
          : {
              address: plan.wide ? "i64" : "i32",
              minPages: m.memory.min,
              maxPages: Math.min(m.memory.max ?? Infinity, plan.wide ? MAX_PAGES_64 : MAX_PAGES_32),
            },
      globals: mutable.map((g) => ({
        type: GLOBAL_TYPES[g.type]!,
        initial: g.type === I32 || g.type === F32 ? Number(g.bits) : g.bits,
      })),
      hasTable: m.tables.length > 0,
      freshEachTime: code.writesTables,
    },
    exports,
    metadata,
    segments: liftedSegments(m),
    functionCount: m.functions.length,
    instructionCount: code.operators,
  };
}

const GLOBAL_TYPES: Readonly<Record<number, "i32" | "i64" | "f32" | "f64">> = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
};

function liftedSegments(m: Decoded): { offset: number; bytes: Uint8Array }[] {
  const out: { offset: number; bytes: Uint8Array }[] = [];
  for (const { offset, bytes } of m.data) {
    if (offset === undefined) continue;
    if (offset + bytes.length > (m.memory?.min ?? 0) * WASM_PAGE) {
      invalid(`Wasm module has invalid data segment of ${bytes.length} bytes at ${offset}`);
    }
    if (bytes.length > 0) out.push({ offset, bytes });
  }
  return out;
}

/** Index of a type that we need, added behind the module's own. */
function typeFor(plan: Plan, params: readonly number[], results: readonly number[]): number {
  const key = `${params.join()}>${results.join()}`;
  const known = plan.addedTypes.get(key);
  if (known !== undefined) return known;
  const index = plan.m.types.length + plan.added.length;
  plan.addedTypes.set(key, index);
  plan.added.push({ params, results });
  return index;
}

// ---------------------------------------------------------------------------------------------------------- code

function codeSection(
  plan: Plan,
  wasm: Uint8Array,
): { readonly section: Writer; readonly operators: number; readonly writesTables: boolean } {
  const { m, importCount } = plan;
  const first = importCount; // our imports follow the module's own
  const context: BodyContext = {
    source: wasm,
    types: m.types,
    functionTypes: [...m.imports.map((i) => i.type), ...m.functions],
    importCount,
    shift: ADDED_IMPORTS.length,
    wide: plan.wide,
    tableWide: m.tables.map((t) => t.limits.wide),
    globalFloat: Uint8Array.from(m.globals, (g) =>
      g.mutable && (g.type === F32 || g.type === F64) ? g.type : 0,
    ),
    counterGlobal: plan.counter,
    taintedGlobal: plan.tainted,
    stackGlobal: plan.stack,
    outOfInstructions: first,
    grow: first + 2,
    charge32: plan.helpers,
    charge64: plan.helpers + 1,
    fill: plan.helpers + 3,
    copy: plan.helpers + 4,
    memoryInit(segment) {
      const known = plan.initSegments.indexOf(segment);
      if (known >= 0) return plan.helpers + INIT_HELPERS_FROM + known;
      plan.initSegments.push(segment);
      return plan.helpers + INIT_HELPERS_FROM + plan.initSegments.length - 1;
    },
    out: new Uint8Array(Math.max(4096, (m.code.end - m.code.start) * 2)),
    edges: new Int32Array(1024),
    edgeCount: 0,
    addressTaken: new Set(m.elements.flatMap((e) => e.items.filter((f) => f !== null))),
  };

  const bodies: Body[] = [];
  const froms: number[] = [];
  const starts = new Int32Array(m.functions.length + 1);
  const reader = new Reader(wasm, m.code.start, m.code.end);
  let end = 0;
  for (let f = 0; f < m.functions.length; f++) {
    const { at: from, end: to } = reader.sub(reader.u32());
    froms.push(from, to);
    const body = rewriteBody(context, f, from, to, end);
    bodies.push(body);
    end = body.end;
    starts[f + 1] = context.edgeCount;
  }
  if (!reader.done) undecodable("section size mismatch", reader.at);

  const frames = bodies.map((b, f) => {
    const type = m.types[m.functions[f]!]!;
    return frameBytes({
      params: type.params.length,
      results: type.results.length,
      locals: b.localCount + b.temporaries.length,
      height: b.height,
      simd: b.simd,
    });
  });
  const counting = countingFunctions(callGraph(plan, context, frames, starts));
  bodies.forEach((b, f) => {
    if (counting[f] !== 1 || !b.tailCalls) return;
    bodies[f] = rewriteBody(context, f, froms[2 * f]!, froms[2 * f + 1]!, end, frames[f]!);
    end = bodies[f]!.end;
  });

  const section = new Writer(end + bodies.length * 24 + 4096);
  section.u32(bodies.length + helperCount(plan));
  bodies.forEach((b, f) => {
    const results = m.types[m.functions[f]!]!.results;
    writeBody(plan, context, section, b, f, counting[f] === 1 ? frames[f]! : 0, results);
  });
  writeHelpers(plan, section);
  return {
    section,
    operators: bodies.reduce((n, b) => n + b.operators, 0),
    writesTables: bodies.some((b) => b.writesTables),
  };
}

/** Calls among the module's own functions; indirect ones by class of equal types. */
function callGraph(
  plan: Plan,
  context: BodyContext,
  frames: readonly number[],
  starts: Int32Array,
): Parameters<typeof countingFunctions>[0] {
  const { m, importCount } = plan;
  const classes = new Map<string, number>();
  const classOfType = m.types.map((t) => {
    const key = `${t.params.join()}>${t.results.join()}`;
    const known = classes.get(key) ?? classes.size;
    classes.set(key, known);
    return known;
  });
  const members: number[][] = Array.from(classes, () => []);
  for (const f of [...context.addressTaken].sort((a, b) => a - b)) {
    if (f >= importCount) members[classOfType[context.functionTypes[f]!]!]!.push(f - importCount);
  }
  // Calls of imported functions leave no edge: they point to a class without members.
  members.push([]);
  const edges = context.edges.subarray(0, starts[m.functions.length]!);
  for (let e = 0; e < edges.length; e++) {
    const target = edges[e]!;
    if (target < 0) edges[e] = -1 - classOfType[-1 - target]!;
    else edges[e] = target >= importCount ? target - importCount : -members.length;
  }
  return { frames, starts, edges, classes: members };
}

function writeBody(
  plan: Plan,
  context: BodyContext,
  section: Writer,
  body: Body,
  index: number,
  frame: number,
  results: readonly number[],
): void {
  const head = new Uint8Array(80 + body.temporaries.length * 2);
  let h = 0;
  for (const t of body.temporaries) {
    head[h++] = 1;
    head[h++] = t;
  }
  const tail: number[] = [];
  if (frame > 0) {
    const put = (...bytes: number[]): void => {
      for (const b of bytes) head[h++] = b;
    };
    put(0x23);
    h = putU32(head, h, plan.stack);
    put(0x41);
    h = putSigned(head, h, frame);
    put(0x6b, 0x24);
    h = putU32(head, h, plan.stack);
    put(0x23);
    h = putU32(head, h, plan.stack);
    put(0x41, 0x00, 0x48, 0x04, 0x40, 0x10);
    h = putU32(head, h, plan.importCount + 1);
    put(0x0b, 0x02);
    if (results.length === 0) put(0x40);
    else if (results.length === 1) put(results[0]!);
    else h = putSigned(head, h, typeFor(plan, [], results));
    const back = new Writer(32).raw(0x0b, 0x23).u32(plan.stack).raw(0x41).signed(frame);
    tail.push(...back.raw(0x6a, 0x24).u32(plan.stack).written());
  }
  tail.push(0x0b);
  const groups = body.localGroups + body.temporaries.length;
  const locals = body.localsEnd - body.localsStart;
  const size = sizeOfU32(groups) + locals + h + (body.end - body.start) + tail.length;
  if (size > MAX_BODY_BYTES) {
    invalid(
      `Wasm module contains a function at index ${index} of ${size} bytes once metered that exceeds the maximum allowed size of ${MAX_BODY_BYTES}.`,
    );
  }
  section.u32(size).u32(groups).all(context.source.subarray(body.localsStart, body.localsEnd));
  section
    .all(head.subarray(0, h))
    .all(context.out.subarray(body.start, body.end))
    .raw(...tail);
}

// ------------------------------------------------------------------------------------------------------- helpers

const helperCount = (plan: Plan): number => INIT_HELPERS_FROM + plan.initSegments.length;

/** Types of the helper functions, in order. A helper that a module cannot need is there all the same, empty. */
function helperTypes(plan: Plan): number[] {
  const A = plan.wide ? I64 : I32;
  return [
    typeFor(plan, [I32], [I32]),
    typeFor(plan, [I64], [I64]),
    typeFor(plan, [I64, I64], []),
    typeFor(plan, [A, I32, A], []),
    typeFor(plan, [A, A, A], []),
    ...plan.initSegments.map(() => typeFor(plan, [A, I32, I32], [])),
  ];
}

function writeHelpers(plan: Plan, section: Writer): void {
  const { m, wide, counter } = plan;
  const charge32 = plan.helpers;
  const charge64 = plan.helpers + 1;
  const add = (build: (w: Writer) => void, ...locals: number[]): void => {
    const w = new Writer(128).u32(locals.length);
    for (const t of locals) w.raw(1, t);
    build(w);
    section.sized(w.raw(0x0b).written());
  };
  // charge32: the length as it is, after charging it unsigned.
  add((w) => w.raw(0x20, 0, 0xad, 0x10).u32(charge64).raw(0x1a, 0x20, 0));
  // charge64: counter − length, and the smallest number when that overflows.
  add((w) => {
    w.raw(0x23).u32(counter).raw(0x20, 0, 0x7d, 0x21, 1);
    w.raw(0x20, 0, 0x42, 0, 0x53, 0x20, 1, 0x23).u32(counter).raw(0x55, 0x72, 0x04, 0x40);
    w.raw(0x42)
      .signed(-(1n << 63n))
      .raw(0x21, 1, 0x0b);
    w.raw(0x20, 1, 0x24).u32(counter);
    w.raw(0x20, 1, 0x42, 0, 0x53, 0x04, 0x40, 0x10).u32(plan.importCount).raw(0x0b, 0x20, 0);
  }, I64);
  // callback: slot and environment as i64, whatever the widths.
  add((w) => {
    if (m.tables[0] === undefined) return w.raw(0x00);
    const A = wide ? I64 : I32;
    w.raw(0x20, 1);
    if (!wide) w.raw(0xa7);
    w.raw(0x20, 0);
    if (!m.tables[0].limits.wide) w.raw(0xa7);
    return w
      .raw(0x11)
      .u32(typeFor(plan, [A], []))
      .u32(0);
  });
  const charge = wide ? charge64 : charge32;
  const mark = (w: Writer, length32: boolean): Writer => markRange(w, wide, length32);
  const memory = (build: (w: Writer) => Writer, ...locals: number[]): void =>
    add((w) => (m.memory === undefined ? w.raw(0x00) : build(w)), ...locals);
  memory(
    (w) => mark(w.raw(0x20, 2, 0x10).u32(charge).raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0b, 0), false),
    I32,
  );
  memory(
    (w) =>
      mark(w.raw(0x20, 2, 0x10).u32(charge).raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x0a, 0, 0), false),
    I32,
  );
  for (const segment of plan.initSegments) {
    memory(
      (w) =>
        mark(
          w
            .raw(0x20, 2, 0x10)
            .u32(charge32)
            .raw(0x1a, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 0x08)
            .u32(segment)
            .raw(0),
          true,
        ),
      I32,
    );
  }
}

/** Marks the pages of [local 0, local 0 + local 2), which was just written and so lies inside. Local 3 is free. */
function markRange(w: Writer, wide: boolean, length32: boolean): Writer {
  const length = (): Writer => (wide && length32 ? w.raw(0x20, 2, 0xad) : w.raw(0x20, 2));
  const page = (): Writer => (wide ? w.raw(0x42, 12, 0x88, 0xa7) : w.raw(0x41, 12, 0x76));
  const [one, add, sub, isZero] = wide
    ? ([0x42, 0x7c, 0x7d, 0x50] as const)
    : ([0x41, 0x6a, 0x6b, 0x45] as const);
  length().raw(isZero, 0x04, 0x40, 0x0f, 0x0b);
  w.raw(0x20, 0);
  page().raw(0x22, 3, 0x41, 1);
  w.raw(0x20, 0);
  length().raw(add, one, 1, sub);
  return page().raw(0x20, 3, 0x6b, 0x41, 1, 0x6a, 0xfc, 0x0b, 1);
}

// ------------------------------------------------------------------------------------------------------- encoding

function encode(plan: Plan, code: Writer): Uint8Array {
  const { m, wide, importCount } = plan;
  const A = wide ? I64 : I32;
  const helperTypeIndices = helperTypes(plan);
  const importTypes = [typeFor(plan, [], []), typeFor(plan, [], []), typeFor(plan, [A], [A])];

  const types = new Writer().u32(m.types.length + plan.added.length).all(m.typeBytes);
  for (const t of plan.added) {
    types
      .raw(0x60)
      .u32(t.params.length)
      .raw(...t.params)
      .u32(t.results.length)
      .raw(...t.results);
  }

  const imports = new Writer().u32(importCount + ADDED_IMPORTS.length + (m.memory === undefined ? 0 : 2));
  for (const i of m.imports) imports.name(i.module).name(i.name).raw(0).u32(i.type);
  ADDED_IMPORTS.forEach((name, k) => {
    imports.name("terrarium").name(name).raw(0).u32(importTypes[k]!);
  });
  if (m.memory !== undefined) {
    imports.name("terrarium").name("memory").raw(2);
    imports
      .raw(wide ? 5 : 1)
      .u32(m.memory.min)
      .u32(wide ? MAX_PAGES_64 : MAX_PAGES_32);
    imports.name("terrarium").name("marks").raw(2, 0).u32(MARKS_PAGES);
  }

  const functions = new Writer().u32(m.functions.length + helperTypeIndices.length);
  for (const t of [...m.functions, ...helperTypeIndices]) functions.u32(t);

  const out = new Writer(code.at + 65_536).raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  out.section(1, types).section(2, imports).section(3, functions);
  if (m.tables.length > 0) out.section(4, tableSection(m));
  out.section(6, globalSection(plan)).section(7, exportSection(plan));
  if (m.elements.length > 0) out.section(9, elementSection(m, importCount));
  if (m.dataCount !== undefined) out.section(12, new Writer().u32(m.dataCount));
  out.section(10, code);
  if (m.data.length > 0) {
    const data = new Writer().u32(m.data.length);
    for (const d of m.data) data.raw(1).sized(d.offset === undefined ? d.bytes : new Uint8Array(0));
    out.section(11, data);
  }
  return out.written().slice();
}

/** Pages of the marks memory: one byte for each 4 KiB of the largest heap, and for any 32-bit address and offset. */
export const MARKS_PAGES = 32;

function tableSection(m: Decoded): Writer {
  const w = new Writer().u32(m.tables.length);
  for (const { element, limits } of m.tables) {
    w.raw(element, limits.wide ? 5 : 1).u32(limits.min);
    w.u32(Math.max(limits.min, Math.min(limits.max ?? Infinity, MAX_TABLE_ELEMENTS)));
  }
  return w;
}

function globalSection(plan: Plan): Writer {
  const { m } = plan;
  const w = new Writer().u32(m.globals.length + 3);
  for (const g of m.globals) {
    if (!g.mutable && (g.type === F32 || g.type === F64)) {
      w.raw(g.type, 0, g.type === F32 ? 0x43 : 0x44);
      for (let k = 0; k < (g.type === F32 ? 4 : 8); k++) w.raw(Number((g.bits >> BigInt(8 * k)) & 0xffn));
      w.raw(0x0b);
      continue;
    }
    const wide = g.type === I64 || g.type === F64;
    w.raw(wide ? I64 : I32, g.mutable ? 1 : 0, wide ? 0x42 : 0x41)
      .signed(g.bits)
      .raw(0x0b);
  }
  return w.raw(I64, 1, 0x42, 0, 0x0b).raw(I32, 1, 0x41, 0, 0x0b).raw(I32, 1, 0x41, 0, 0x0b);
}

function exportSection(plan: Plan): Writer {
  const { m, importCount } = plan;
  const functionAt = (f: number): number => (f < importCount ? f : f + ADDED_IMPORTS.length);
  const entries: { name: string; kind: number; index: number }[] = m.exports
    .filter((e) => e.kind === 0 && e.name.startsWith("canister_"))
    .map((e) => ({ name: e.name, kind: 0, index: functionAt(e.index) }));
  if (m.start !== undefined) entries.push({ name: "canister_start", kind: 0, index: functionAt(m.start) });
  entries.push({ name: "terrarium callback", kind: 0, index: plan.helpers + 2 });
  entries.push({ name: "canister counter_instructions", kind: 3, index: plan.counter });
  entries.push({ name: "terrarium stack", kind: 3, index: plan.stack });
  entries.push({ name: "terrarium tainted", kind: 3, index: plan.tainted });
  let n = 0;
  m.globals.forEach((g, index) => {
    if (g.mutable) entries.push({ name: `__persistent_mutable_global_${n++}`, kind: 3, index });
  });
  const w = new Writer().u32(entries.length);
  for (const e of entries) w.name(e.name).raw(e.kind).u32(e.index);
  return w;
}

function elementSection(m: Decoded, importCount: number): Writer {
  const functionAt = (f: number): number => (f < importCount ? f : f + ADDED_IMPORTS.length);
  const w = new Writer().u32(m.elements.length);
  for (const e of m.elements) writeElements(w, e, functionAt);
  return w;
}

function writeElements(w: Writer, e: ElementSegment, functionAt: (f: number) => number): void {
  const active = (e.flags & 1) === 0;
  w.u32(e.flags);
  if (active && e.flags & 2) w.u32(e.table);
  if (e.offset !== undefined) w.all(e.offset);
  if (e.flags & 3) w.raw(e.flags & 4 ? e.type : 0);
  w.u32(e.items.length);
  for (const item of e.items) {
    if ((e.flags & 4) === 0) w.u32(functionAt(item!));
    else if (item === null) w.raw(0xd0, e.type, 0x0b);
    else w.raw(0xd2).u32(functionAt(item)).raw(0x0b);
  }
}
