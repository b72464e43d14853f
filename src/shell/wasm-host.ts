/**
 * Runs rewritten modules on the host's own `WebAssembly`, synchronously, in Node and in browsers alike.
 *
 *   W1  A run starts as if in a fresh instance of (module, heap, globals). A warm instance is used again only when no
 *       operator that changes tables or drops segments has run in it; its globals are set before every run.
 *   W2  Every memory in the cache knows which heap it mirrors. Before a run the pages in which that heap differs from
 *       the wanted one are copied, none when it is the heap that was last committed from it. So a query needs no undoing.
 *   W3  After a run that returned, marked pages that differ from the committed ones are copied out. After any other end,
 *       the committed bytes of marked pages are copied back.
 *   W4  A memory is never larger than what the canister sees: only those no larger than the wanted heap are lent.
 *   W5  The host decides nothing: its own stack, memory or compiler failing is `HostShortage`. Trap sentences of
 *       engines are mapped so that every engine gives the same kind; V8 had one sentence for a call of a null entry and of a
 *       wrong type (Node 24; Chromium 156 has two), so both are "indirect-call-null" everywhere.
 *
 * Memories are scarce (one renderer gave 125 with 32-bit or 62 with 64-bit pointers, over all workers), so they are
 * counted in units and the least recently used one is lent on. Source: DESIGN §6; measurements "Wasm", "Limits of the host".
 */
import { assert } from "../base/assert.ts";
import { STACK_LIMIT } from "../replica/execution/wasm/stack-use.ts";
import {
  ACCESSED,
  CHARGED_PAGE,
  MARKS_PAGES,
  NO_PAGE,
  TOUCH_INSTRUCTIONS,
  WRITTEN,
  WRITTEN_MARKS_AT,
} from "../replica/execution/wasm/touched-pages.ts";
import {
  BACKTRACE_FRAMES,
  type GlobalValue,
  HostShortage,
  type ImportTable,
  type RewrittenModule,
  type RunningInstance,
  type RunOutcome,
  type RunRequest,
  type RunResult,
  type TrapKind,
  type WasmHost,
  WasmStop,
} from "../replica/interfaces/wasm-host.ts";
import { grownPages, NO_PAGES, PAGE, pageAt, type Pages, withPages } from "../replica/state/pages.ts";
import { copyDifferences, sameAsPage, sharedPages } from "./heap-mirror.ts";

export interface WasmHostOptions {
  /** Memories to keep at most: 1 for each with 32-bit pointers, 2 with 64-bit. Read when one is needed. */
  readonly memoryUnits?: number;
  /** Never reuse an instance or a memory: the yardstick for W1. */
  readonly alwaysFresh?: boolean;
  /** Hands out instructions of pausable modules in parts of this size, and is told what was used when another begins. */
  readonly slices?: { readonly instructions: bigint; readonly onSlice: (used: bigint) => void };
  readonly elsewhere?: WasmHost["elsewhere"];
}

const WASM_PAGE = 65_536;
const MAX_COMPILED = 128;
/** Tries to get a memory from the host. */
const ATTEMPTS = 3;
/** One of four nodes of a tab in which about 120 units can be had. */
const DEFAULT_UNITS = 30;

interface Instance {
  readonly exports: WebAssembly.Exports;
  readonly globals: readonly WebAssembly.Global[];
  readonly counter: WebAssembly.Global;
  readonly stack: WebAssembly.Global;
  readonly tainted: WebAssembly.Global;
  readonly accessedPage: WebAssembly.Global;
  readonly writtenPage: WebAssembly.Global;
  readonly writePrice: WebAssembly.Global;
}

/** A memory, what it holds, and perhaps an instance over it. Modules without memory have a slot of their own. */
interface Slot {
  readonly address: "i32" | "i64" | undefined;
  readonly memory: WebAssembly.Memory | undefined;
  mirrors: Pages;
  key: string;
  instance: Instance | undefined;
  lastUsed: number;
}

/** What the imports of all instances reach: the run in hand. */
interface CurrentRun {
  readonly request: RunRequest;
  readonly slot: Slot;
  table: ImportTable;
  /** Instructions of the run that its counter does not hold yet. */
  reserve: bigint;
}

const OUT_OF_INSTRUCTIONS = Symbol("out of instructions");
const LONG = Symbol("long");
const STACK_OVERFLOW = Symbol("stack overflow");
/** Thrown through Wasm frames and recognised by identity. */
class Unwind extends Error {
  readonly why: symbol;
  constructor(why: symbol) {
    super("unwind");
    this.why = why;
  }
}

export function createWasmHost(options: WasmHostOptions = {}): WasmHost {
  const units = (): number => options.memoryUnits ?? DEFAULT_UNITS;
  const compiled = new Map<string, WebAssembly.Module>();
  const slots: Slot[] = [];
  const marks = new WebAssembly.Memory({ initial: MARKS_PAGES, maximum: MARKS_PAGES });
  const markBytes = new Uint8Array(marks.buffer);
  /** Units of memories that were made and not collected yet, those in slots included. */
  let uncollected = 0;
  const collected = new FinalizationRegistry<number>((freed) => {
    uncollected -= freed;
  });
  let turn = 0;
  let current: CurrentRun | undefined;

  return { run, validate, ...(options.elsewhere && { elsewhere: options.elsewhere }) };

  function validate(wasm: Uint8Array): string | undefined {
    return WebAssembly.validate(wasm as Uint8Array<ArrayBuffer>)
      ? undefined
      : "Canister's Wasm module is not valid: Wasmtime failed to validate wasm module: the module is malformed or ill-typed.";
  }

  function run(request: RunRequest): RunResult {
    assert(current === undefined, "one run at a time");
    const { module, entry } = request;
    assert(request.globals.length === module.globals.length, "globals fit their module");
    const slot = lend(module, request.heap ?? NO_PAGES);
    let broken = true;
    const traced = Error.stackTraceLimit;
    Error.stackTraceLimit = TRACED_FRAMES;
    try {
      const part = min(request.instructionLimit, request.giveUpAfter ?? options.slices?.instructions);
      current = { request, slot, table: {}, reserve: request.instructionLimit - part };
      const instance = instantiate(module, slot);
      if (instance === undefined) {
        broken = false;
        return failed({ kind: "trapped", trap: "table-out-of-bounds" }, 0n);
      }
      instance.globals.forEach((g, i) => {
        g.value = request.globals[i];
      });
      instance.counter.value = part;
      instance.stack.value = STACK_LIMIT;
      instance.tainted.value = 0;
      instance.accessedPage.value = NO_PAGE;
      instance.writtenPage.value = NO_PAGE;
      instance.writePrice.value = request.keepsWrites ? TOUCH_INSTRUCTIONS : 0n;
      current.table = request.imports(runningInstance(slot, instance));
      const { outcome, backtrace } = enter(instance, entry, module, part);
      const result = outcome.kind === "returned" ? commit(instance, slot, request) : undefined;
      if (result === undefined) undo(slot, request);
      if (instance.tainted.value !== 0) slot.instance = undefined;
      broken = false;
      return result ?? { ...failed(outcome, used(instance, request, outcome, current.reserve)), backtrace };
    } finally {
      Error.stackTraceLimit = traced;
      current = undefined;
      if (broken) {
        markBytes.fill(0);
        slots.splice(slots.indexOf(slot), 1);
      } else if (options.alwaysFresh) slots.splice(slots.indexOf(slot), 1);
    }
  }

  // ---------------------------------------------------------------------------------------- memories and instances

  /** A slot whose memory holds exactly `heap`. */
  function lend(module: RewrittenModule, heap: Pages): Slot {
    const address = module.memory?.address;
    assert(module.memory !== undefined || heap.length === 0, "a module without memory has no heap");
    assert(heap.length >= (module.memory?.minPages ?? 0) * WASM_PAGE, "a heap is never below its minimum");
    const slot = findSlot(module, heap) ?? makeSlot(module, heap);
    slot.lastUsed = ++turn;
    if (slot.key !== module.key) {
      slot.key = module.key;
      slot.instance = undefined;
    }
    if (slot.mirrors !== heap && slot.memory !== undefined) {
      growMemory(slot.memory, address, (heap.length - slot.memory.buffer.byteLength) / WASM_PAGE);
      copyDifferences(slot.mirrors, heap, new Uint8Array(slot.memory.buffer));
    }
    slot.mirrors = heap;
    return slot;
  }

  function findSlot(module: RewrittenModule, heap: Pages): Slot | undefined {
    const address = module.memory?.address;
    const fitting = slots.filter((s) => s.address === address && s.mirrors.length <= heap.length);
    if (address === undefined) return fitting.find((s) => s.key === module.key);
    const exact = fitting.find((s) => s.mirrors === heap);
    if (exact !== undefined) return exact;
    let best: Slot | undefined;
    let bestShared = 0;
    for (const slot of fitting) {
      const { shared, stored } = sharedPages(slot.mirrors, heap);
      if (shared * 2 >= stored && shared > bestShared) [best, bestShared] = [slot, shared];
    }
    if (best !== undefined || unitsUsed() + unitsOf(address) <= units()) return best;
    return leastRecent(fitting);
  }

  function makeSlot(module: RewrittenModule, heap: Pages): Slot {
    const address = module.memory?.address;
    while (slots.length > 0 && unitsUsed() + unitsOf(address) > units()) {
      slots.splice(slots.indexOf(leastRecent(slots)!), 1);
    }
    const memory = address === undefined ? undefined : newMemory(address, heap.length / WASM_PAGE);
    const slot: Slot = {
      address,
      memory,
      mirrors: { length: heap.length, chunks: [] },
      key: module.key,
      instance: undefined,
      lastUsed: turn,
    };
    slots.push(slot);
    return slot;
  }

  function newMemory(address: "i32" | "i64", pages: number): WebAssembly.Memory {
    const wide = address === "i64";
    const descriptor = wide
      ? { address, initial: BigInt(pages), maximum: 98_304n }
      : { initial: pages, maximum: 65_536 };
    if (uncollected + unitsOf(address) > units()) collectGarbage();
    for (let attempt = 1; ; attempt++) {
      try {
        const memory = new WebAssembly.Memory(descriptor as unknown as WebAssembly.MemoryDescriptor);
        uncollected += unitsOf(address);
        collected.register(memory, unitsOf(address));
        return memory;
      } catch (error) {
        if (attempt === ATTEMPTS) {
          throw new HostShortage(`this host gave no Wasm memory of ${pages} pages: ${String(error)}`);
        }
        slots.length = 0;
        collectGarbage();
      }
    }
  }

  function unitsUsed(): number {
    return slots.reduce((n, s) => n + unitsOf(s.address), 0);
  }

  function compile(module: RewrittenModule): WebAssembly.Module {
    const known = compiled.get(module.key);
    if (known !== undefined) return known;
    if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value!);
    let fresh: WebAssembly.Module;
    try {
      fresh = new WebAssembly.Module(module.bytes as Uint8Array<ArrayBuffer>);
    } catch (error) {
      throw new HostShortage(`this host did not compile a module that is valid: ${String(error)}`);
    }
    compiled.set(module.key, fresh);
    return fresh;
  }

  /** Undefined when an element segment does not fit into its table. */
  function instantiate(module: RewrittenModule, slot: Slot): Instance | undefined {
    if (slot.instance !== undefined) return slot.instance;
    const code = compile(module);
    const ic0: Record<string, (...args: never[]) => unknown> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(code)) {
      if (from === "ic0") ic0[name] = (...args) => current!.table[name]!(...args);
    }
    const terrarium: Record<string, unknown> = {
      out_of_instructions,
      stack_overflow() {
        throw new Unwind(STACK_OVERFLOW);
      },
      grow,
      memory: slot.memory,
      marks,
    };
    let exports: WebAssembly.Exports;
    try {
      exports = new WebAssembly.Instance(code, { ic0, terrarium } as WebAssembly.Imports).exports;
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return undefined;
      throw new HostShortage(`this host did not instantiate a module: ${String(error)}`);
    }
    const global = (name: string): WebAssembly.Global => exports[name] as WebAssembly.Global;
    slot.instance = {
      exports,
      globals: module.globals.map((_, i) => global(`__persistent_mutable_global_${i}`)),
      counter: global("canister counter_instructions"),
      stack: global("terrarium stack"),
      tainted: global("terrarium tainted"),
      accessedPage: global("terrarium accessed page"),
      writtenPage: global("terrarium written page"),
      writePrice: global("terrarium write price"),
    };
    return slot.instance;
  }

  /** Hands out more, or ends the run. */
  function out_of_instructions(): void {
    const run = current!;
    const counter = run.slot.instance!.counter;
    if (run.reserve > 0n && options.slices === undefined) throw new Unwind(LONG);
    while ((counter.value as bigint) < 0n) {
      if (run.reserve === 0n) throw new Unwind(OUT_OF_INSTRUCTIONS);
      options.slices!.onSlice(run.request.instructionLimit - run.reserve);
      const part = min(run.reserve, options.slices!.instructions);
      run.reserve -= part;
      counter.value = (counter.value as bigint) + part;
    }
  }

  /** `memory.grow` of the run in hand. Wasm passes signed numbers. */
  function grow(delta: number | bigint): number | bigint {
    const { request, slot } = current!;
    const { memory, address } = slot;
    const declared = request.module.memory!;
    const asked = typeof delta === "bigint" ? Number(BigInt.asUintN(64, delta)) : delta >>> 0;
    const pages = memory!.buffer.byteLength / WASM_PAGE;
    const refused = pages + asked > declared.maxPages || !request.allowGrow(pages, asked);
    if (!refused) growMemory(memory!, address, asked);
    const answer = refused ? -1 : pages;
    return address === "i64" ? BigInt(answer) : answer;
  }

  function runningInstance(slot: Slot, instance: Instance): RunningInstance {
    let view = new Uint8Array(0);
    return {
      memory() {
        if (slot.memory !== undefined && view.buffer !== slot.memory.buffer) {
          view = new Uint8Array(slot.memory.buffer);
        }
        return view;
      },
      touch(offset, length, writes) {
        if (length === 0) return;
        const last = offset + length - 1;
        let price = 0n;
        for (let page = Math.floor(offset / CHARGED_PAGE); page <= Math.floor(last / CHARGED_PAGE); page++) {
          const mark = markBytes[page]!;
          if ((mark & ACCESSED) === 0) price += TOUCH_INSTRUCTIONS;
          if (writes && (mark & WRITTEN) === 0) price += instance.writePrice.value as bigint;
          markBytes[page] = mark | ACCESSED | (writes ? WRITTEN : 0);
        }
        if (price > 0n) instance.counter.value = (instance.counter.value as bigint) - price;
        if (!writes) return;
        const first = WRITTEN_MARKS_AT + Math.floor(offset / PAGE);
        markBytes.fill(1, first, WRITTEN_MARKS_AT + Math.floor(last / PAGE) + 1);
      },
      counter: () => (instance.counter.value as bigint) + current!.reserve,
      setCounter(left) {
        instance.counter.value = left - current!.reserve;
      },
    };
  }

  // -------------------------------------------------------------------------------------------------- how runs end

  /** The 4 KiB pages that were written, in order, and how many 64 KiB pages they lie in. Clears the marks. */
  function takeMarks(bytes: number): { readonly pages: readonly number[]; readonly large: number } {
    const pages: number[] = [];
    let large = 0;
    for (let l = 0; l < bytes / CHARGED_PAGE; l++) {
      if (markBytes[l] === 0) continue;
      if ((markBytes[l]! & WRITTEN) !== 0) {
        large++;
        const first = (l * CHARGED_PAGE) / PAGE;
        for (let p = first; p < first + CHARGED_PAGE / PAGE; p++) {
          if (markBytes[WRITTEN_MARKS_AT + p] !== 0) pages.push(p);
        }
        markBytes.fill(0, WRITTEN_MARKS_AT + first, WRITTEN_MARKS_AT + first + CHARGED_PAGE / PAGE);
      }
      markBytes[l] = 0;
    }
    return { pages, large };
  }

  function commit(instance: Instance, slot: Slot, request: RunRequest): RunResult {
    const globals = instance.globals.map((g) => g.value as GlobalValue);
    const instructions = used(instance, request, { kind: "returned" }, current!.reserve);
    const outcome: RunOutcome = { kind: "returned" };
    if (slot.memory === undefined || request.heap === undefined) {
      return { outcome, instructions, heap: request.heap, globals, writtenBytes: 0 };
    }
    const memory = new Uint8Array(slot.memory.buffer);
    const before = request.heap;
    const changed = new Map<number, Uint8Array>();
    const { pages, large } = takeMarks(memory.length);
    for (const page of pages) {
      const same = sameAsPage(pageAt(before, page), memory, page * PAGE);
      if (!same) changed.set(page, memory.slice(page * PAGE, (page + 1) * PAGE));
    }
    const heap = withPages(
      memory.length === before.length ? before : grownPages(before, memory.length),
      changed,
    );
    slot.mirrors = heap;
    return { outcome, instructions, heap, globals, writtenBytes: large * CHARGED_PAGE };
  }

  function undo(slot: Slot, request: RunRequest): void {
    if (slot.memory === undefined || request.heap === undefined) return;
    const memory = new Uint8Array(slot.memory.buffer);
    const before = request.heap;
    for (const page of takeMarks(memory.length).pages) {
      const committed = pageAt(before, page);
      if (committed === undefined) memory.fill(0, page * PAGE, (page + 1) * PAGE);
      else memory.set(committed, page * PAGE);
    }
    if (memory.length === before.length) return;
    slot.instance = undefined;
    slot.mirrors = grownPages(before, memory.length);
  }
}

/**
 * Makes the engine collect what was dropped, which it would otherwise do much later: a dropped memory counts against the
 * whole tab until then. Nothing asks for a collection outright; allocating and dropping much outside the heap brings it
 * about (seen in Chromium: about 5 ms, and 1,200 memories made and dropped by four workers without a failure, where one in
 * 1,000 failed before).
 */
function collectGarbage(): void {
  try {
    for (let i = 0; i < 6; i++) new ArrayBuffer(48 * 1024 * 1024);
  } catch {
    // So little is left that the engine has collected already, before it refused.
  }
}

const min = (a: bigint, b: bigint | undefined): bigint => (b === undefined || a < b ? a : b);

const unitsOf = (address: "i32" | "i64" | undefined): number => (address === "i64" ? 2 : 1);

const leastRecent = (slots: readonly Slot[]): Slot | undefined =>
  slots.reduce<Slot | undefined>(
    (least, s) => (least === undefined || s.lastUsed < least.lastUsed ? s : least),
    undefined,
  );

function growMemory(memory: WebAssembly.Memory, address: "i32" | "i64" | undefined, pages: number): void {
  if (pages === 0) return;
  try {
    memory.grow((address === "i64" ? BigInt(pages) : pages) as number);
  } catch (error) {
    throw new HostShortage(`this host did not grow a Wasm memory by ${pages} pages: ${String(error)}`);
  }
}

function used(instance: Instance, request: RunRequest, outcome: RunOutcome, reserve: bigint): bigint {
  const left = (instance.counter.value as bigint) + reserve;
  if (outcome.kind === "out-of-instructions" || left < 0n) return request.instructionLimit;
  return request.instructionLimit - left;
}

const failed = (outcome: RunOutcome, instructions: bigint): RunResult => ({
  outcome,
  instructions,
  heap: undefined,
  globals: undefined,
  writtenBytes: 0,
});

type Entry = RunRequest["entry"];

interface Ended {
  readonly outcome: RunOutcome;
  readonly backtrace: readonly number[];
}

const endedBy = (outcome: RunOutcome, backtrace: readonly number[] = []): Ended => ({ outcome, backtrace });

function enter(instance: Instance, entry: Entry, module: RewrittenModule, limit: bigint): Ended {
  try {
    if (entry.kind === "export") {
      const f = instance.exports[entry.name];
      if (typeof f !== "function") return endedBy({ kind: "function-not-found" });
      f();
    } else {
      if (!module.hasTable) return endedBy({ kind: "function-not-found" });
      const callback = instance.exports["terrarium callback"] as (slot: bigint, environment: bigint) => void;
      callback(entry.slot, entry.environment);
    }
    return endedBy({ kind: "returned" });
  } catch (error) {
    const outcome = outcomeOf(error);
    // Every function that begins is charged, so a callback that cost nothing never began.
    const began = (instance.counter.value as bigint) !== limit;
    if (entry.kind === "table" && outcome.kind === "trapped" && !began && CALLBACK_TRAPS.has(outcome.trap)) {
      return endedBy({ kind: "function-not-found" });
    }
    const tells = outcome.kind === "trapped" || outcome.kind === "stopped";
    return endedBy(outcome, tells ? backtraceOf(error as Error, module) : []);
  }
}

/** As many as are told, those of helpers among them, and those of System API functions above. */
const TRACED_FRAMES = BACKTRACE_FRAMES + 30;
const WASM_FRAME = /wasm-function\[(\d+)\]:0x[0-9a-f]+\)?$/gm;

/**
 * The functions of the module that an error went through. V8 finds them in every tier, inlined ones too, so that they
 * are the same before and after tier-up, and in Node and Chromium (tests/browser/same-everywhere).
 */
function backtraceOf(error: Error, { ownFunctions }: RewrittenModule): number[] {
  const { from, count, shift } = ownFunctions;
  return [...(error.stack ?? "").matchAll(WASM_FRAME)]
    .map(([, index]) => Number(index) - shift)
    .filter((f) => f >= from && f < from + count)
    .slice(0, BACKTRACE_FRAMES);
}

const CALLBACK_TRAPS: ReadonlySet<TrapKind> = new Set(["table-out-of-bounds", "indirect-call-null"]);

function outcomeOf(error: unknown): RunOutcome {
  if (error instanceof WasmStop) return { kind: "stopped", reason: error.reason };
  if (error instanceof Unwind) {
    if (error.why === LONG) return { kind: "long" };
    return error.why === OUT_OF_INSTRUCTIONS
      ? { kind: "out-of-instructions" }
      : { kind: "trapped", trap: "stack-overflow" };
  }
  if (error instanceof WebAssembly.RuntimeError) return { kind: "trapped", trap: trapOf(error.message) };
  if (error instanceof RangeError || (error as Error | undefined)?.name === "InternalError") {
    throw new HostShortage(`this host's own stack or memory ended: ${String(error)}`);
  }
  throw error;
}

/** Sentences of V8 (Chromium, Node), SpiderMonkey (Firefox) and JavaScriptCore (Safari), first match wins. */
const TRAPS: readonly (readonly [RegExp, TrapKind])[] = [
  [/unreachable/i, "unreachable"],
  [/out of bounds (table|call_indirect)/i, "table-out-of-bounds"],
  [/null function|function signature|indirect call|call_indirect/i, "indirect-call-null"],
  [/table index|table access|out of bounds table|table\.\w+|element segment/i, "table-out-of-bounds"],
  [/divide by zero|remainder by zero|division by zero/i, "integer-division-by-zero"],
  [/divide result unrepresentable|integer overflow|signed division overflow/i, "integer-overflow"],
  [/unrepresentable|invalid conversion|out of bounds trunc|truncat/i, "invalid-conversion"],
  [/out of bounds/i, "heap-out-of-bounds"],
];

function trapOf(message: string): TrapKind {
  for (const [sentence, kind] of TRAPS) if (sentence.test(message)) return kind;
  throw new HostShortage(`this host trapped with a sentence that is not known: ${message}`);
}
