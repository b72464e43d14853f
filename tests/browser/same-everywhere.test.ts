/**
 * The same modules and the same history give the same bytes in Node and in Chromium, before and after tier-up, warm or
 * always fresh; and a message of more than a slice ends as it should in a tab.
 */
import { execFileSync } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { launch } from "../../src/cli/chromium.ts";
import { STORM_WAT } from "../../src/lab/simulation/storm-canister.ts";
import { historyHash, trapsOf } from "../../src/shell/testing/history.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { goldenRun } from "./golden-run.ts";

/** Requests, faults of links and nodes, and a liar. */
const GOLDEN_SEED = 8;

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await launch();
  page = await (await browser.newContext()).newPage();
  await page.route("**/blank", (r) => r.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
  await page.goto(new URL("blank", inject("dev")).href);
});
afterAll(() => browser.close());

const call = (file: string, name: string, ...args: unknown[]): Promise<unknown> =>
  page.evaluate(`import("${file}").then((m) => m.${name}(...${JSON.stringify(args)}))`);

/** Every way to trap: whatever an engine calls it, the kind is the same. */
const TRAPS = `(module (memory 1) (type $v (func)) (type $p (func (param i32)))
  (table 4 funcref) (elem (i32.const 0) $f) (func $f)
  (func (export "canister_query null") (call_indirect (type $v) (i32.const 2)))
  (func (export "canister_query signature") (call_indirect (type $p) (i32.const 1) (i32.const 0)))
  (func (export "canister_query tail") (return_call_indirect (type $v) (i32.const 2)))
  (func (export "canister_query entry") (call_indirect (type $v) (i32.const 9)))
  (func (export "canister_query table") (drop (table.get 0 (i32.const 9))))
  (func (export "canister_query unreachable") unreachable)
  (func (export "canister_query heap") (drop (i32.load (i32.const 70000))))
  (func (export "canister_query fill") (memory.fill (i32.const 65000) (i32.const 1) (i32.const 9999)))
  (func (export "canister_query zero") (drop (i32.div_s (i32.const 1) (i32.const 0))))
  (func (export "canister_query rest") (drop (i64.rem_s (i64.const 1) (i64.const 0))))
  (func (export "canister_query overflow") (drop (i32.div_s (i32.const -2147483648) (i32.const -1))))
  (func (export "canister_query convert") (drop (i32.trunc_f64_s (f64.const 1e30))))
  (func $deep (export "canister_query deep") (call $deep) (drop (i32.load (i32.const 0)))))`;

test("every trap has one name everywhere", async () => {
  const wasm = [...wat(TRAPS)];
  const here = trapsOf(wasm);
  expect(Object.values(here)).not.toContain("returned");
  expect(await call("/src/shell/testing/history.ts", "trapsOf", wasm)).toEqual(here);
});

/** Direct, indirect and recursive calls, small enough to be inlined, which trap at the deepest only when told to. */
const DEEP = `(module (memory 1) (type $t (func (param i32) (result i32)))
  (table 2 funcref) (elem (i32.const 0) $leaf $twice)
  (func $leaf (type $t)
    (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (drop (i32.load (i32.const 70000)))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (memory.fill (i32.const 65000) (i32.const 1) (i32.const 9999))))
    (drop (i32.div_u (i32.const 1) (i32.sub (i32.const 4) (local.get 0))))
    (i32.store (i32.const 8) (local.get 0)) (i32.load (i32.const 8)))
  (func $twice (type $t) (i32.add (call $leaf (i32.const 0)) (call $leaf (local.get 0))))
  (func $through (type $t) (i32.add (call_indirect (type $t) (local.get 0) (i32.const 1)) (i32.const 1)))
  (func $down (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1)) (local.get 1)) (i32.const 1)))
      (else (call $through (local.get 1)))))
  (func $all (param i32)
    (drop (call $through (local.get 0))) (drop (call $down (i32.const 40) (local.get 0))))
  (func (export "canister_query warm") (local i32)
    (loop $l (call $all (i32.const 0))
      (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20000)))))
  ${[1, 2, 3, 4].map((k) => `(func (export "canister_query short ${k}") (call $all (i32.const ${k})))`).join("\n")}
  ${[1, 2, 3, 4].map((k) => `(func (export "canister_query long ${k}") (drop (call $down (i32.const 40) (i32.const ${k}))))`).join("\n")})`;

test("a trap is found in the same functions everywhere, before and after tier-up", async () => {
  const wasm = [...wat(DEEP)];
  const cold = trapsOf(wasm);
  expect(cold["short 1"]).toBe("unreachable 0,1,2,4,6");
  expect(cold["long 2"]).toBe(`heap-out-of-bounds 0,1,2,${new Array(17).fill(3).join()}`);
  expect(cold["short 3"]).toBe("heap-out-of-bounds 0,1,2,4,8");
  for (const warmings of [0, 40]) {
    expect(trapsOf(wasm, warmings)).toEqual(cold);
    expect(await call("/src/shell/testing/history.ts", "trapsOf", wasm, warmings)).toEqual(cold);
  }
});

test("random modules leave the same bytes everywhere", async () => {
  const history = { seeds: Array.from({ length: 12 }, (_, k) => 1000 + k), runs: 8, limit: 2_000_000 };
  const expected = historyHash(history, {});
  expect(historyHash(history, { alwaysFresh: true })).toBe(expected);
  for (const flag of ["--liftoff-only", "--no-liftoff"]) {
    const printed = execFileSync(
      process.execPath,
      [flag, "--no-warnings", "src/shell/testing/print-history.ts", JSON.stringify(history), "{}"],
      { encoding: "utf8" },
    );
    expect([flag, printed.trim()]).toEqual([flag, expected]);
  }
  for (const options of [{}, { alwaysFresh: true }]) {
    expect(await call("/src/shell/testing/history.ts", "historyHash", history, options)).toBe(expected);
  }
});

test("a seed of the simulator gives the same states and the same messages everywhere", async () => {
  const storm = [...wat(STORM_WAT)];
  const here = goldenRun(GOLDEN_SEED, storm);
  expect(here.broken).toEqual([]);
  expect(here.messages).toBeGreaterThan(10);
  expect(Object.keys(here.happened).length).toBeGreaterThan(4);
  expect(await call("/tests/browser/golden-run.ts", "goldenRun", GOLDEN_SEED, storm)).toEqual(here);
});

/** Both answer with the instructions that they used: `long` about 2.7 billion. */
const COUNTDOWN = `(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
  (memory 1)
  (data (i32.const 1) "DIDL\\00\\01\\78")
  (func $count (param $n i64)
    (loop $l (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0)))))
  (func $tell
    (i64.store (i32.const 8) (call $counter (i32.const 0)))
    (call $append (i32.const 1) (i32.const 15)) (call $reply))
  (func (export "canister_update quick") (call $tell))
  (func (export "canister_update long") (call $count (i64.const 300000000)) (call $tell)))`;

test("a message of more than a slice runs beside consensus", { timeout: 120_000 }, async () => {
  const result = (await call("/tests/browser/long-message.ts", "longMessage", [...wat(COUNTDOWN)])) as {
    readonly instructions: string;
    readonly heights: number;
    readonly quick: string;
    readonly statuses: string[];
  };
  expect(BigInt(result.instructions)).toBeGreaterThan(2_000_000_000n);
  expect(BigInt(result.quick)).toBeLessThan(1_000_000n);
  expect(result.heights).toBeGreaterThanOrEqual(2);
  expect(result.statuses).toEqual(["running"]);
});
