/** The same rules on true modules: created, installed and called through management, routing, rewriter and host. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { expect, test } from "vitest";
import { createWasmHost } from "../../../src/shell/wasm-host.ts";
import { wat as watToWasm } from "../../../src/shell/testing/wat.ts";
import { idOf, told, USER, World } from "./world.ts";

const COUNTER = `(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (memory 1)
  (data (i32.const 100) "hello")
  (global $n (mut i32) (i32.const 48))
  (func (export "canister_init") (i32.store8 (i32.const 0) (i32.const 48)))
  (func (export "canister_update add")
    (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (call $append (i32.const 0) (i32.const 1)) (call $reply))
  (func (export "canister_update trap")
    (i32.store8 (i32.const 0) (i32.const 90)) (global.set $n (i32.const 90))
    (call $print (i32.const 100) (i32.const 5))
    (drop (call $grow (i64.const 1))) (drop (memory.grow (i32.const 1))) unreachable)
  (func (export "canister_query get")
    (i32.store8 (i32.const 1) (global.get $n))
    (call $append (i32.const 0) (i32.const 2)) (call $reply))
  (func (export "canister_update loop") (loop (br 0)))
  (func (export "canister_update recurse") (call $deep))
  (func $deep (call $deep))
  (func (export "canister_update big") (drop (memory.grow (i32.const 65536))) (call $reply)))`;

const CALLER = `(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg (param i32 i32 i32)))
  (import "ic0" "call_new" (func $new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory 1)
  (data (i32.const 0) "\\00\\00\\00\\00\\00\\00\\00\\00\\01\\01add")
  (table funcref (elem $answered))
  (func $answered (param i32)
    (call $arg (i32.const 200) (i32.const 0) (i32.const 1))
    (i32.store8 (i32.const 201) (local.get 0))
    (call $append (i32.const 200) (i32.const 2)) (call $reply))
  (func (export "canister_update go")
    (call $new (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 3)
      (i32.const 0) (i32.const 65) (i32.const 0) (i32.const 66))
    (drop (call $perform))))`;

const create = IDL.encode(
  [IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) })],
  [{ amount: [], settings: [] }],
);
const install = (index: number, wasm: Uint8Array, mode = "install") =>
  IDL.encode(
    [
      IDL.Record({
        mode: IDL.Variant({ install: IDL.Null, reinstall: IDL.Null, upgrade: IDL.Null }),
        canister_id: IDL.Principal,
        wasm_module: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8),
      }),
    ],
    [{ mode: { [mode]: null }, canister_id: Principal.fromHex(idOf(index)), wasm_module: wasm, arg: [] }],
  );

const manage = (world: World, method: string, arg: Uint8Array): string => {
  const call = world.ingress("", method, arg);
  world.round([{ ...call, effectiveCanister: idOf(0) }]);
  return told(world.status(call));
};

test("create, install, call, trap, loop, recurse, upgrade", () => {
  const world = new World([], { host: createWasmHost() });
  for (const [i, wat] of [COUNTER, CALLER].entries()) {
    expect(manage(world, "provisional_create_canister_with_cycles", create)).toMatch(/^DIDL/);
    expect(manage(world, "install_code", install(i, watToWasm(wat)))).toBe("DIDL\0\0");
  }
  expect(world.canister(0).settings.controllers).toEqual([USER]);
  expect(world.ask(0, "add")).toBe("1");
  expect(world.ask(1, "go")).toBe("2A");
  expect(world.query(0, "get")).toBe("22");
  expect(world.ask(0, "trap")).toMatch(/^5 IC0502: .*unreachable/);
  expect(world.query(0, "get")).toBe("22");
  expect(world.canister(0).stable.length).toBe(0);
  expect(world.canister(0).heap.length).toBe(65_536);
  expect(world.canister(0).logs.map((l) => new TextDecoder().decode(l.content))).toEqual([
    "hello",
    "[TRAP]: unreachable",
  ]);
  expect(world.ask(0, "recurse")).toMatch(/^5 IC0502: .*stack overflow/);
  expect(world.ask(0, "big")).toBe("");
  expect(world.ask(0, "add")).toBe("3");
  expect(manage(world, "install_code", install(0, watToWasm(COUNTER), "upgrade"))).toBe("DIDL\0\0");
  expect(world.query(0, "get")).toBe("\u00000");
  expect(world.missingCycles()).toBe(0n);
});

test("an endless loop stops at the limit", () => {
  const world = new World([], { host: createWasmHost() });
  const small = { ...world.subnet, limits: { ...world.subnet.limits, update: 50_000_000n } };
  Object.assign(world, { subnet: small });
  manage(world, "provisional_create_canister_with_cycles", create);
  manage(world, "install_code", install(0, watToWasm(COUNTER)));
  expect(world.ask(0, "loop")).toMatch(/^5 IC0522: .*50000000/);
  expect(world.ask(0, "add")).toBe("1");
});

/** Source: replica D.8, the case with stable memory: 205 with its function's 1, and two pages accessed and written. */
test("stable memory and heap are charged to the letter", () => {
  const world = new World([], { host: createWasmHost() });
  const wat = `(module
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
    (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
    (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
    (import "ic0" "stable64_read" (func $read (param i64 i64 i64)))
    (memory 1) (global $g (mut i64) (i64.const 0))
    (func (export "canister_update go") (local $before i64) (local $after i64)
      (block (local.set $before (call $counter (i32.const 0))))
      (block
        (drop (call $grow (i64.const 1)))
        (i64.store (i32.const 0) (i64.const 1)) (i64.store (i32.const 4096) (i64.const 2))
        (call $write (i64.const 0) (i64.const 0) (i64.const 1))
        (call $write (i64.const 4096) (i64.const 0) (i64.const 1))
        (call $read (i64.const 0) (i64.const 4096) (i64.const 1))
        (global.set $g (i64.load (i32.const 0))))
      (block (local.set $after (call $counter (i32.const 0))))
      (i64.store (i32.const 8) (i64.sub (local.get $after) (local.get $before)))
      (call $append (i32.const 8) (i32.const 8)) (call $reply)))`;
  manage(world, "provisional_create_canister_with_cycles", create);
  manage(world, "install_code", install(0, watToWasm(wat)));
  const status = world.call(0, "go");
  if (status.kind !== "replied") throw new Error(told(status));
  const spent = status.reply.reduceRight((n, byte) => n * 256 + byte, 0);
  const secondCounter = 1 + 5 + 200 + 1;
  expect(spent).toBe(204 + 320_000 + secondCounter);
});
