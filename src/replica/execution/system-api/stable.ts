/**
 * `ic0.stable_*` and `ic0.stable64_*`. Charges are those of mainnet's native stable memory: grow 100, read and write
 * 20 and one a byte, and 1,000 for every 4 KiB page that a message writes for the first time.
 *
 * Source: interface §4.4, S38, S39, X13; replica D.5, D.6 ("2025").
 */
import { PAGE } from "../../state/pages.ts";
import { fail, memoryAccessLimit, trapped } from "../failure.ts";
import { ANYWHERE_OR_START } from "./contexts.ts";
import { define, type ApiFunction, type Param } from "./define.ts";
import { checkGrowth } from "./memory-growth.ts";
import { charge, heap, type Sandbox } from "./sandbox.ts";
import { WASM_PAGE } from "./stable-draft.ts";

const MAX_PAGES = 8_192_000;
const MAX_PAGES_32 = 65_536;
const DIRTY_PAGE_INSTRUCTIONS = 1_000n;

const GIB = 2 ** 30;
/** Bytes of stable memory that one message may write. */
const DIRTY_LIMITS = { message: 2 * GIB, upgrade: 8 * GIB, query: GIB };

function dirtyLimit(s: Sandbox): number {
  switch (s.situation.context) {
    case "I":
    case "G":
      return DIRTY_LIMITS.upgrade;
    case "U":
    case "s":
    case "T":
    case "Ry":
    case "Rt":
    case "C":
      return DIRTY_LIMITS.message;
    default:
      return DIRTY_LIMITS.query;
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

function write(s: Sandbox, offset: number, src: number, size: number): void {
  requireStable(s, offset, size);
  requireHeap(s, src, size);
  const fresh = s.stable.freshPages(offset, size);
  charge(s, BigInt(fresh) * DIRTY_PAGE_INSTRUCTIONS);
  if ((s.stable.dirtyPages() + fresh) * PAGE > dirtyLimit(s)) {
    const kb = (bytes: number): number => bytes / 1024;
    fail(
      memoryAccessLimit(
        "Exceeded the limit for the number of modified pages in the stable memory in a single message execution: " +
          `limit ${kb(DIRTY_LIMITS.message)} KB for regular messages, ${kb(DIRTY_LIMITS.upgrade)} KB for upgrade messages ` +
          `and ${kb(DIRTY_LIMITS.query)} KB for queries.`,
      ),
    );
  }
  s.stable.write(offset, heap(s, "stable_write", src, size));
}

function read(s: Sandbox, dst: number, offset: number, size: number): void {
  requireStable(s, offset, size);
  requireHeap(s, dst, size);
  if (size === 0) return;
  s.stable.read(offset, heap(s, "stable_read", dst, size));
  s.instance.wrote(dst, size);
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

export const stableFunctions: Readonly<Record<string, ApiFunction>> = {
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
