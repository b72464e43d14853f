/**
 * `ic0.stable_*` and `ic0.stable64_*`. Charges are those of mainnet's native stable memory: grow 100, read and write
 * 20 and one a byte, and what touching 64 KiB pages costs (touched-pages.ts).
 *
 * Source: interface §4.4, S38, S39, X13; replica D.5, D.6.
 */
import { WasmStop } from "../../interfaces/wasm-host.ts";
import { fail, isFailure, memoryAccessLimit, trapped } from "../failure.ts";
import { TOUCH_INSTRUCTIONS } from "../wasm/touched-pages.ts";
import { ANYWHERE_OR_START, KEEPING_WRITES } from "./contexts.ts";
import { define, type ApiFunction, type Param } from "./define.ts";
import { checkGrowth } from "./memory-growth.ts";
import { heap, heapToWrite, type Sandbox } from "./sandbox.ts";
import { WASM_PAGE } from "./stable-draft.ts";

const MAX_PAGES = 8_192_000;
const MAX_PAGES_32 = 65_536;

const GIB = 2 ** 30;
/** Bytes of stable memory that one message may access, and write. */
const TOUCH_LIMITS = { message: 2 * GIB, upgrade: 8 * GIB, query: GIB };

function touchLimit(s: Sandbox): number {
  switch (s.situation.context) {
    case "I":
    case "G":
      return TOUCH_LIMITS.upgrade;
    case "U":
    case "s":
    case "T":
    case "Ry":
    case "Rt":
    case "C":
      return TOUCH_LIMITS.message;
    default:
      return TOUCH_LIMITS.query;
  }
}

const pages = (s: Sandbox): number => s.stable.length() / WASM_PAGE;

function requireSmall(s: Sandbox): void {
  if (pages(s) > MAX_PAGES_32) fail(trapped("32 bit stable memory api used on a memory larger than 4GB"));
}

/** −1 or the old size. Too few cycles trap, because −1 would not tell the developer why. */
function grow(s: Sandbox, delta: number, max: number): number {
  const old = pages(s);
  if (old + delta > max) return -1;
  checkGrowth(s, delta * WASM_PAGE);
  s.stable.grow(delta * WASM_PAGE);
  return old;
}

function requireStable(s: Sandbox, offset: number, size: number): void {
  if (offset + size > s.stable.length()) fail(trapped("stable memory out of bounds"));
}

function requireHeap(s: Sandbox, offset: number, size: number): void {
  if (offset + size > s.instance.memory().length) fail(trapped("heap out of bounds"));
}

/** Charges for the pages; the message ends where it touches more than one may. */
function touch(s: Sandbox, offset: number, size: number, writes: boolean): void {
  const { accessed, written } = s.stable.touch(offset, size, writes);
  const first = KEEPING_WRITES.has(s.situation.context) ? accessed + written : accessed;
  s.instance.setCounter(s.instance.counter() - BigInt(first) * TOUCH_INSTRUCTIONS);
  if (s.stable.writtenBytes() > touchLimit(s)) fail(touchedTooMuch("modified"));
  if (s.stable.accessedBytes() > touchLimit(s)) fail(touchedTooMuch("accessed"));
}

function touchedTooMuch(how: "modified" | "accessed"): ReturnType<typeof memoryAccessLimit> {
  const kb = (bytes: number): number => bytes / 1024;
  return memoryAccessLimit(
    `Exceeded the limit for the number of ${how} pages in the stable memory in a single message execution: ` +
      `limit ${kb(TOUCH_LIMITS.message)} KB for regular messages, ${kb(TOUCH_LIMITS.upgrade)} KB for upgrade messages ` +
      `and ${kb(TOUCH_LIMITS.query)} KB for queries.`,
  );
}

function write(s: Sandbox, offset: number, src: number, size: number): void {
  requireStable(s, offset, size);
  requireHeap(s, src, size);
  touch(s, offset, size, true);
  s.stable.write(offset, heap(s, "stable_write", src, size));
}

function read(s: Sandbox, dst: number, offset: number, size: number): void {
  requireStable(s, offset, size);
  requireHeap(s, dst, size);
  touch(s, offset, size, false);
  s.stable.read(offset, heapToWrite(s, dst, size));
}

const copying = (
  params: readonly [Param, Param, Param],
  only32: boolean,
  copy: (s: Sandbox, a: number, b: number, size: number) => void,
): ApiFunction => ({
  params,
  result: undefined,
  contexts: ANYWHERE_OR_START,
  cost: 20,
  bytes: [2],
  only32,
  run: (s, [a, b, size]) => {
    if (only32) requireSmall(s);
    copy(s, pointer(a), pointer(b), pointer(size));
  },
});

/** stable64 offsets are i64 whatever the memory; no memory is as long as a saturated one. */
const pointer = (value: number | bigint | undefined): number =>
  Math.min(Number(value ?? 0), Number.MAX_SAFE_INTEGER);

const WIDE = ["i64", "i64", "i64"] as const;
const NARROW = ["i32", "i32", "i32"] as const;

const functions: Readonly<Record<string, ApiFunction>> = {
  stable64_size: define({
    params: [],
    result: "i64",
    contexts: ANYWHERE_OR_START,
    cost: 0,
    run: (s) => pages(s),
  }),
  stable64_grow: define({
    params: ["i64"],
    result: "i64",
    contexts: ANYWHERE_OR_START,
    cost: 100,
    run: (s, delta) => grow(s, pointer(delta), MAX_PAGES),
  }),
  stable64_write: copying(WIDE, false, write),
  stable64_read: copying(WIDE, false, read),
  stable_size: define({
    params: [],
    result: "i32",
    contexts: ANYWHERE_OR_START,
    cost: 0,
    only32: true,
    run: (s) => {
      requireSmall(s);
      return pages(s);
    },
  }),
  stable_grow: define({
    params: ["i32"],
    result: "i32",
    contexts: ANYWHERE_OR_START,
    cost: 100,
    only32: true,
    run: (s, delta) => {
      requireSmall(s);
      return grow(s, delta, MAX_PAGES_32);
    },
  }),
  stable_write: copying(NARROW, true, write),
  stable_read: copying(NARROW, true, read),
};

/** Mainnet writes these into the module, so a backtrace tells of them as of the module's own. */
export const stableFunctions: Readonly<Record<string, ApiFunction>> = Object.fromEntries(
  Object.entries(functions).map(([name, f]) => [name, { ...f, run: tellingWhere(name, f.run) }]),
);

function tellingWhere(name: string, run: ApiFunction["run"]): ApiFunction["run"] {
  return (s, args) => {
    try {
      return run(s, args);
    } catch (error) {
      if (error instanceof WasmStop && isFailure(error.reason)) fail({ ...error.reason, inside: name });
      throw error;
    }
  };
}
