/**
 * Turns an uploaded module into one that the replica can run: metered, bounded in stack, its memory lent from outside,
 * its written pages marked, its state in reach. The result is a function of the bytes alone.
 *
 *   R1  Instructions are counted exactly as mainnet counts them (body.ts, opcodes.ts), in the exported i64 global
 *       `canister counter_instructions`.
 *   R2  Functions that could recurse count their stack use and trap at a depth that every host holds (stack-use.ts).
 *   R3  Memory is imported (`terrarium.memory`), with a second one for the marks of touched pages (`terrarium.marks`,
 *       touched-pages.ts); growing it goes through the host.
 *   R4  Nothing happens at instantiation that a canister could see twice: the start function becomes the export
 *       `canister_start`, active data segments are lifted out and leave empty ones in their places.
 *   R5  Mutable globals are exported as `__persistent_mutable_global_<n>`; those of floats are kept as integers of the
 *       same bits, because JavaScript does not keep the bits of a NaN.
 *   R6  Only `canister_…` functions are exported besides; callbacks enter through `terrarium callback`.
 *
 * Source: replica D.3, D.7; interface S1–S9; DESIGN §6.
 */
import type { Hash } from "../../../types/ids.ts";
import type { RewrittenModule } from "../../interfaces/wasm-host.ts";
import type { CanisterExports } from "../../state/canister.ts";
import type { BodyContext, Flavour } from "./body-emitter.ts";
import { type Body, BodyRewriter } from "./body.ts";
import { type Decoded, decodeModule, F32, F64, I32, I64 } from "./decode.ts";
import { CodeSection } from "./code-section.ts";
import { encode } from "./encode.ts";
import { instrumentedSize } from "./instrumented.ts";
import { ADDED_IMPORTS, INIT_HELPERS_FROM, type Plan, TOUCH_HELPERS_FROM } from "./plan.ts";
import { InvalidWasm, invalid, Reader, undecodable } from "./reader.ts";
import {
  checkExports,
  checkImports,
  checkLimits,
  MAX_PAGES_32,
  MAX_PAGES_64,
  type Metadata,
  readMetadata,
  typeOfFunction,
} from "./requirements.ts";
import { countingFunctions, frameBytes } from "./stack-use.ts";

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
      /** What its compilation is charged by (instrumented.ts). */
      readonly instrumentedSize: number;
    }
  /** The sentence of IC0505 without its frame. */
  | { readonly ok: false; readonly message: string };

/**
 * `wasm` is raw (see gunzip.ts). `key` becomes the module's. `implemented` names the System API functions that there is
 * code for. `flavour`: see there.
 */
export function rewrite(
  wasm: Uint8Array,
  key: Hash,
  implemented: ReadonlySet<string>,
  flavour: Flavour = "plain",
): Rewritten {
  try {
    return rewriteModule(wasm, key, implemented, flavour);
  } catch (error) {
    if (!(error instanceof InvalidWasm)) throw error;
    return { ok: false, message: `Canister's Wasm module is not valid: ${error.message}` };
  }
}

const WASM_PAGE = 65_536;
function rewriteModule(
  wasm: Uint8Array,
  key: Hash,
  implemented: ReadonlySet<string>,
  flavour: Flavour,
): Rewritten & { ok: true } {
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
    accessedPage: m.globals.length + 3,
    writtenPage: m.globals.length + 4,
    writePrice: m.globals.length + 5,
    addedTypes: new Map(),
    added: [],
    initSegments: [],
  };
  const code = codeSection(plan, wasm, flavour);
  const bytes = encode(plan, code.code);
  const mutable = m.globals.filter((g) => g.mutable);
  return {
    ok: true,
    module: {
      key,
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
      exportedGlobals: exportedGlobals(m),
      hasTable: m.tables.length > 0,
      ownFunctions: { from: m.imports.length, count: m.functions.length, shift: ADDED_IMPORTS.length },
      freshEachTime: code.writesTables,
    },
    exports,
    metadata,
    segments: liftedSegments(m),
    functionCount: m.functions.length,
    instrumentedSize: instrumentedSize(m, code.instrumented),
  };
}

const GLOBAL_TYPES: Readonly<Record<number, "i32" | "i64" | "f32" | "f64">> = {
  [I32]: "i32",
  [I64]: "i64",
  [F32]: "f32",
  [F64]: "f64",
};

const GLOBAL_KIND = 3;

/** Names in which mainnet exports what it adds come after the module's own exports. */
function exportedGlobals(m: Decoded): RewrittenModule["exportedGlobals"] {
  const places: number[] = [];
  let mutables = 0;
  for (const { mutable } of m.globals) places.push(mutable ? mutables++ : -1);
  // An export of a global that is not there is left to the engine's validation.
  const exported = m.exports.filter((e) => e.kind === GLOBAL_KIND && e.index < places.length);
  const shown = new Set(exported.map((e) => e.index));
  const hidden = [...places.keys()].filter((i) => places[i]! >= 0 && !shown.has(i));
  return [...exported.map((e) => e.index), ...hidden].map((index) => {
    const { mutable, type, bits } = m.globals[index]!;
    const name = GLOBAL_TYPES[type]!;
    return mutable
      ? { mutable: places[index]! }
      : { type: name, bits: BigInt.asUintN(Number(name.slice(1)), bits) };
  });
}

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

function codeSection(
  plan: Plan,
  wasm: Uint8Array,
  flavour: Flavour,
): {
  readonly code: CodeSection;
  readonly instrumented: number;
  readonly writesTables: boolean;
} {
  const { m, importCount } = plan;
  const first = importCount; // our imports follow the module's own
  const context: BodyContext = {
    source: wasm,
    types: m.types,
    functionTypes: [...m.imports.map((i) => i.type), ...m.functions],
    importCount,
    shift: ADDED_IMPORTS.length,
    wide: plan.wide,
    flavour,
    tableWide: m.tables.map((t) => t.limits.wide),
    globalFloat: Uint8Array.from(m.globals, (g) =>
      g.mutable && (g.type === F32 || g.type === F64) ? g.type : 0,
    ),
    counterGlobal: plan.counter,
    taintedGlobal: plan.tainted,
    stackGlobal: plan.stack,
    outOfInstructions: first,
    grow: first + 2,
    accessedGlobal: plan.accessedPage,
    writtenGlobal: plan.writtenPage,
    charge32: plan.helpers,
    charge64: plan.helpers + 1,
    fill: plan.helpers + 3,
    copy: plan.helpers + 4,
    touch: plan.helpers + TOUCH_HELPERS_FROM,
    memoryInit(segment) {
      const known = plan.initSegments.indexOf(segment);
      if (known >= 0) return plan.helpers + INIT_HELPERS_FROM + known;
      plan.initSegments.push(segment);
      return plan.helpers + INIT_HELPERS_FROM + plan.initSegments.length - 1;
    },
    out: new Uint8Array(Math.max(4096, (m.code.end - m.code.start) * 3)),
    seldom: new Int32Array(1024),
    seldomCount: 0,
    edges: new Int32Array(1024),
    edgeCount: 0,
    addressTaken: new Set(m.elements.flatMap((e) => e.items.filter((f) => f !== null))),
  };

  const rewriter = new BodyRewriter(context);
  const bodies: Body[] = [];
  const froms: number[] = [];
  const starts = new Int32Array(m.functions.length + 1);
  const reader = new Reader(wasm, m.code.start, m.code.end);
  let end = 0;
  for (let f = 0; f < m.functions.length; f++) {
    const { at: from, end: to } = reader.sub(reader.u32());
    froms.push(from, to);
    const body = rewriter.rewrite(f, from, to, end);
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
      locals: b.localCount + b.temporaries.length + 1,
      height: b.height,
      simd: b.simd,
    });
  });
  const counting = countingFunctions(callGraph(plan, context, frames, starts));
  bodies.forEach((b, f) => {
    if (counting[f] !== 1 || !b.tailCalls) return;
    bodies[f] = rewriter.rewrite(f, froms[2 * f]!, froms[2 * f + 1]!, end, frames[f]!);
    end = bodies[f]!.end;
  });

  const code = new CodeSection(plan, context, bodies.length);
  bodies.forEach((b, f) => {
    code.add(b, f, counting[f] === 1 ? frames[f]! : 0);
  });
  return {
    code,
    instrumented: bodies.reduce((n, b) => n + b.instrumented, 0),
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
