import { describe, expect, test } from "vitest";
import { WasmStop } from "../replica/interfaces/wasm-host.ts";
import { PAGE, pageAt } from "../replica/state/pages.ts";
import { bytesOf, type Doing, freshImage, type Image, rewritten, runOn } from "./testing/wat.ts";
import { createWasmHost } from "./wasm-host.ts";

const query = (name: string, body: string): string => `(func (export "canister_query ${name}") ${body})`;
const TRAPPING = rewritten(`(module
  (import "ic0" "msg_reply" (func $stop)) (import "ic0" "time" (func $time (result i64)))
  (memory 2 6) (table 4 funcref) (global $g (mut i64) (i64.const 5)) (global $f (mut f64) (f64.const 1.5))
  (type $callback (func (param i32)))
  (func $cb (param i32) (global.set $g (i64.extend_i32_u (local.get 0))))
  (func $wrong (result i32) (i32.const 1))
  (func $cbTrap (param i32) (call_indirect (type $callback) (i32.const 0) (i32.const 3)))
  (elem (i32.const 0) $cb $wrong $cbTrap)
  ${query("unreachable", "(i32.store (i32.const 0) (i32.const 1)) (global.set $g (i64.const 9)) unreachable")}
  ${query("heap", "(drop (i32.load (i32.const 131070)))")}
  ${query("store", "(i32.store offset=4294967295 (i32.const -1) (i32.const 1))")}
  ${query("fill", "(memory.fill (i32.const 131000) (i32.const 1) (i32.const 500))")}
  ${query("zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))")}
  ${query("rem", "(drop (i64.rem_s (i64.const 1) (i64.const 0)))")}
  ${query("overflow", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))")}
  ${query("convert", "(drop (i32.trunc_f64_s (f64.const nan)))")}
  ${query("table", "(call_indirect (type $callback) (i32.const 0) (i32.const 9))")}
  ${query("tableGet", "(drop (table.get 0 (i32.const 9)))")}
  ${query("null", "(call_indirect (type $callback) (i32.const 0) (i32.const 3))")}
  ${query("signature", "(call_indirect (type $callback) (i32.const 0) (i32.const 1))")}
  ${query("stop", "(i32.store (i32.const 8000) (i32.const 1)) (call $stop)")}
  ${query("grow", "(global.set $g (i64.extend_i32_s (memory.grow (i32.const 2)))) (i32.store (i32.const 140000) (i32.const 7))")}
  ${query("growMuch", "(global.set $g (i64.extend_i32_s (memory.grow (i32.const 5))))")}
  ${query("growAndTrap", "(drop (memory.grow (i32.const 1))) (i32.store (i32.const 140000) (i32.const 7)) unreachable")}
  ${query("size", "(global.set $g (i64.extend_i32_s (memory.size)))")}
  ${query("nan", "(global.set $f (f64.reinterpret_i64 (i64.const 0x7ff4000000000123)))")}
)`);

describe("how runs end", () => {
  const host = createWasmHost();
  const image = freshImage(TRAPPING);
  const go = (method: string, doing?: Doing) => runOn(host, TRAPPING.module, image, method, doing);

  test.each([
    ["unreachable", "unreachable"],
    ["heap", "heap-out-of-bounds"],
    ["store", "heap-out-of-bounds"],
    ["fill", "heap-out-of-bounds"],
    ["zero", "integer-division-by-zero"],
    ["rem", "integer-division-by-zero"],
    ["overflow", "integer-overflow"],
    ["convert", "invalid-conversion"],
    ["table", "table-out-of-bounds"],
    ["tableGet", "table-out-of-bounds"],
    ["null", "indirect-call-null"],
    ["signature", "indirect-call-null"],
  ])("%s traps as %s and leaves nothing", (method, trap) => {
    const result = go(method);
    expect(result.outcome).toEqual({ kind: "trapped", trap });
    expect([result.heap, result.globals]).toEqual([undefined, undefined]);
    const after = go("size");
    expect([after.heap, after.globals]).toEqual([image.heap, [2n, image.globals[1]]]);
  });

  test("a host function stops a run with its reason; any other error of it passes through", () => {
    const stop = (error: Error): Doing => ({
      imports: () => ({
        msg_reply() {
          throw error;
        },
      }),
    });
    expect(go("stop", stop(new WasmStop("why"))).outcome).toEqual({ kind: "stopped", reason: "why" });
    expect(() => go("stop", stop(new TypeError("a bug")))).toThrow("a bug");
    expect(go("size").heap).toBe(image.heap);
  });

  test("missing methods and callbacks are not found", () => {
    expect(go("nothing").outcome.kind).toBe("function-not-found");
    const callback = (slot: bigint) => go("", { callback: { slot, environment: 77n } });
    expect(callback(0n).globals?.[0]).toBe(77n);
    for (const slot of [1n, 3n, 4n, 2n ** 31n]) {
      expect([slot, callback(slot).outcome.kind]).toEqual([slot, "function-not-found"]);
    }
    // A callback that begins, and then itself calls a null entry, has trapped.
    expect(callback(2n).outcome).toEqual({ kind: "trapped", trap: "indirect-call-null" });
  });

  test("growing asks, and stays below the declared maximum", () => {
    const grown = go("grow");
    expect(grown.heap?.length).toBe(4 * 65_536);
    expect(grown.globals?.[0]).toBe(2n);
    expect(bytesOf(grown.heap!)[140_000]).toBe(7);
    expect(go("growMuch").globals?.[0]).toBe(-1n);
    const asked: number[][] = [];
    const refused = go("growAndTrap", { allowGrow: (...a) => asked.push(a) < 0 });
    expect([asked, refused.outcome]).toEqual([[[2, 1]], { kind: "trapped", trap: "heap-out-of-bounds" }]);
  });

  test("a trap after growing leaves the size that was", () => {
    expect(go("growAndTrap").outcome).toEqual({ kind: "trapped", trap: "unreachable" });
    const after = go("size");
    expect([after.globals?.[0], after.heap]).toEqual([2n, image.heap]);
  });

  test("the bits of a NaN in a global outlive the run", () => {
    expect(TRAPPING.module.globals[1]).toEqual({ type: "f64", initial: 0x3ff8000000000000n });
    expect(go("nan").globals?.[1]).toBe(0x7ff4000000000123n);
  });

  test("a host function sees the memory, says what it wrote, and reads and sets the counter", () => {
    const result = go("stop", {
      imports: (instance) => ({
        msg_reply() {
          expect(instance.memory()[8000]).toBe(1);
          instance.memory().set([1, 2, 3], 2 * PAGE - 2);
          instance.touch(2 * PAGE - 2, 3, true);
          instance.setCounter(instance.counter() - 1000n);
        },
      }),
    });
    expect(result.writtenBytes).toBe(65_536);
    expect(pageAt(result.heap!, 2)?.[0]).toBe(3);
    expect(result.instructions).toBe(1n + 3n + 5n + 1000n + 160_000n);
  });
});

describe("written pages", () => {
  test("a store across two pages, a store that changes nothing, and pages shared with before", () => {
    const r = rewritten(`(module (memory 1) (data (i32.const 100) "abc")
      ${query("cross", "(i64.store (i32.const 4092) (i64.const -1))")}
      ${query("same", "(i32.store8 (i32.const 100) (i32.const 97))")}
      ${query("offset", "(i32.store offset=5000 (i32.const 4000) (i32.const 1))")}
      ${query("copy", "(memory.copy (i32.const 8190) (i32.const 100) (i32.const 3))")}
      ${query(
        "loop",
        `(local $i i32) (loop $l
          (i32.store (i32.const 4) (local.get $i))
          (i32.store offset=8188 (i32.mul (local.get $i) (i32.const 12288)) (i32.const 1))
          (i32.store (i32.const 12) (local.tee $i (i32.add (local.get $i) (i32.const 1))))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))
        (i32.store (i32.const 60000) (i32.const 1))`,
      )}
      ${query("first", "(loop (i32.store (i32.const 4) (i32.const 1)))")}
      ${query("none", "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 0))")})`);
    const host = createWasmHost();
    const image = freshImage(r);
    const pages = (method: string) => {
      const { heap, writtenBytes } = runOn(host, r.module, image, method);
      const differing = Array.from({ length: 16 }, (_, p) => p).filter(
        (p) => pageAt(heap!, p) !== pageAt(image.heap, p),
      );
      return { differing, writtenBytes };
    };
    expect(pages("cross")).toEqual({ differing: [0, 1], writtenBytes: 65_536 });
    expect(pages("same")).toEqual({ differing: [], writtenBytes: 65_536 });
    expect(pages("offset")).toEqual({ differing: [2], writtenBytes: 65_536 });
    expect(pages("copy")).toEqual({ differing: [1, 2], writtenBytes: 65_536 });
    expect(pages("loop")).toEqual({ differing: [0, 1, 4, 7, 14], writtenBytes: 65_536 });
    expect(pages("first")).toEqual({ differing: [0], writtenBytes: 65_536 });
    expect(pages("none")).toEqual({ differing: [], writtenBytes: 0 });
  });
});

describe("memories", () => {
  const counter = rewritten(`(module (memory 1 3) (global $g (mut i32) (i32.const 0))
    ${query("inc", "(i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0)))) (global.set $g (memory.size))")}
    ${query("grow", "(drop (memory.grow (i32.const 1)))")})`);
  const value = (image: Image): number => new DataView(bytesOf(image.heap).buffer).getUint32(0, true);
  const next = (host: ReturnType<typeof createWasmHost>, image: Image, method = "inc"): Image => {
    const { outcome, heap, globals } = runOn(host, counter.module, image, method);
    expect(outcome.kind).toBe("returned");
    return { heap: heap!, globals: globals! };
  };

  test.each([1, 2, 3, 30])("many canisters share %i memories, old versions stay what they were", (units) => {
    const host = createWasmHost({ memoryUnits: units });
    const versions = Array.from({ length: 5 }, () => [freshImage(counter)]);
    for (let round = 0; round < 6; round++) {
      for (const [k, canister] of versions.entries()) {
        if (round === 2 && k % 2 === 0) canister.push(next(host, canister.at(-1)!, "grow"));
        canister.push(next(host, canister.at(-1)!));
        next(host, canister[0]!); // a query on an old state, discarded
      }
    }
    for (const [k, canister] of versions.entries()) {
      expect(value(canister.at(-1)!)).toBe(6);
      expect(value(canister[0]!)).toBe(0);
      expect(canister.at(-1)!.globals[0]).toBe(k % 2 === 0 ? 2 : 1);
    }
  });

  test("a 64-bit memory and table", () => {
    const r = rewritten(`(module (import "ic0" "msg_arg_data_size" (func $size (result i64)))
      (memory i64 1) (table i64 3 funcref) (elem (i64.const 1) $cb) (data (i64.const 9000) "x")
      (global $g (mut i64) (i64.const 0))
      (func $cb (param i64) (global.set $g (local.get 0)))
      ${query(
        "work",
        `(i64.store offset=4097 (i64.const 3) (call $size))
        (memory.fill (i64.const 20000) (i32.const 7) (i64.const 5000))
        (global.set $g (i64.add (i64.load8_u (i64.const 9000)) (memory.grow (i64.const 2))))
        (i64.store32 (i64.const 190000) (i64.const 1))`,
      )}
      ${query("far", "(i64.store offset=0xffffffffff (i64.const 0xffffffffffffff00) (i64.const 1))")})`);
    expect(r.module.memory).toEqual({ address: "i64", minPages: 1, maxPages: 98_304 });
    const host = createWasmHost();
    const image = freshImage(r);
    const done = runOn(host, r.module, image, "work", {
      imports: () => ({ msg_arg_data_size: () => 513n }),
    });
    expect(done.outcome.kind).toBe("returned");
    expect(done.globals).toEqual([121n]);
    const bytes = bytesOf(done.heap!);
    expect([bytes.length, bytes[4100], bytes[4101], bytes[20_000], bytes[190_000]]).toEqual([
      3 * 65_536,
      1,
      2,
      7,
      1,
    ]);
    expect(done.writtenBytes).toBe(2 * 65_536);
    expect(runOn(host, r.module, image, "far").outcome).toEqual({
      kind: "trapped",
      trap: "heap-out-of-bounds",
    });
    const callback = (slot: bigint) =>
      runOn(host, r.module, image, "", { callback: { slot, environment: 2n ** 40n } });
    expect(callback(1n).globals).toEqual([2n ** 40n]);
    expect(callback(2n ** 33n).outcome.kind).toBe("function-not-found");
  });

  test("what a run did to its table or segments is gone in the next", () => {
    const r = rewritten(`(module (memory 1) (table 2 funcref) (type $t (func (result i32)))
      (global $g (mut i32) (i32.const 0)) (data $d "\\05") (elem declare func $one)
      (func $one (result i32) (i32.const 1))
      ${query("set", "(table.set 0 (i32.const 0) (ref.func $one)) (data.drop $d)")}
      ${query("get", "(global.set $g (ref.is_null (table.get 0 (i32.const 0)))) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))")})`);
    expect(r.module.freshEachTime).toBe(true);
    const host = createWasmHost();
    const image = freshImage(r);
    expect(runOn(host, r.module, image, "set").outcome.kind).toBe("returned");
    const after = runOn(host, r.module, image, "get");
    expect([after.outcome.kind, after.globals, bytesOf(after.heap!)[0]]).toEqual(["returned", [1], 5]);
  });

  test("an element segment that does not fit traps", () => {
    const r = rewritten(`(module (table 1 funcref) (elem (i32.const 1) $f) (func $f) ${query("go", "")})`);
    expect(runOn(createWasmHost(), r.module, freshImage(r), "go").outcome).toEqual({
      kind: "trapped",
      trap: "table-out-of-bounds",
    });
  });

  test("validity is the engine's word in our sentence", () => {
    const host = createWasmHost();
    expect(host.validate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toBeUndefined();
    const illTyped = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 5, 1, 3, 0, 0x6a, 0x0b];
    expect(host.validate(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...illTyped]))).toMatch(
      "Wasmtime failed to validate wasm module",
    );
  });
});

describe("the stack", () => {
  const deep =
    rewritten(`(module (global $depth (mut i32) (i32.const 0)) (global $want (mut i32) (i32.const 0))
    (type $r (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $indirect)
    (func $down (param i32) (result i32)
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
    (func $indirect (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call_indirect (type $r) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
        (else (i32.const 0))))
    (func $tail (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 3))))
      (return_call $tail (i32.sub (local.get 0) (i32.const 1))))
    ${query("fine", "(drop (call $down (i32.const 3000))) (drop (call $down (i32.const 3000)))")}
    ${query("endless", "(drop (call $down (i32.const 1000000)))")}
    ${query("indirect", "(drop (call_indirect (type $r) (i32.const 1000000) (i32.const 0)))")}
    ${query("tail", "(global.set $want (call $tail (i32.const 1000000)))")})`);
  const host = createWasmHost();
  const image = freshImage(deep);
  const go = (method: string, warmth = 1) => {
    for (let i = 1; i < warmth; i++) runOn(host, deep.module, image, "fine");
    return runOn(host, deep.module, image, method);
  };

  test("recursion is bounded at a depth that does not depend on tier-up", () => {
    expect(go("fine").outcome.kind).toBe("returned");
    const cold = runOn(createWasmHost(), deep.module, image, "endless");
    const warm = go("endless", 300);
    expect(cold.outcome).toEqual({ kind: "trapped", trap: "stack-overflow" });
    expect(warm).toEqual(cold);
    expect(go("indirect").outcome).toEqual({ kind: "trapped", trap: "stack-overflow" });
  });

  test("counting functions leave by every door with what they took", () => {
    const r = rewritten(`(module (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0))
      (func $two (param i32) (result i32 i64)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1) (i64.const 2))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (br 1 (i32.const 3) (i64.const 4))))
        (call $two (i32.sub (local.get 0) (i32.const 1)))
        (br_if 0 (i32.eq (local.get 0) (i32.const 5)))
        (i64.const 1) i64.add
        (br_table 0 0 (local.get 0)))
      ${query(
        "go",
        `(local $n i32) (loop $l (call $two (i32.const 9)) (global.set $b) (global.set $a)
        (br_if $l (i32.lt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5000))))`,
      )})`);
    const image = freshImage(r);
    const ran = runOn(host, r.module, image, "go");
    expect([ran.outcome.kind, ran.globals]).toEqual(["returned", [3, 9n]]);
  });

  test("tail calls give their stack back", () => {
    expect(go("tail").globals?.[1]).toBe(3);
  });
});
