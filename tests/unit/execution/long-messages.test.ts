/**
 * Messages of more than a slice: what they do has effect when their last slice is over, and is the same wherever and in
 * however many parts they run. Source: replica D.1, D.2; DESIGN §4.
 */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/crypto/hash.ts";
import { createExecution } from "../../../src/replica/execution/execution.ts";
import type { WasmHost } from "../../../src/replica/interfaces/wasm-host.ts";
import { bytesOf, wat } from "../../../src/shell/testing/wat.ts";
import { createWasmHost } from "../../../src/shell/wasm-host.ts";
import { SLICE, slowElsewhere } from "./slow-elsewhere.ts";
import { idOf, SECOND, subnetOf, told, USER, World } from "./world.ts";

/** `go` counts down its 8-byte argument, writes on the way, calls itself, and replies with the time it saw. */
const WAT = `(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg (param i32 i32 i32)))
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (import "ic0" "time" (func $time (result i64)))
  (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
  (import "ic0" "canister_self_copy" (func $self (param i32 i32 i32)))
  (import "ic0" "call_new" (func $new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory 4) (table funcref (elem $nothing))
  (data (i32.const 200900) "add")
  (global $sum (mut i64) (i64.const 0))
  (func $nothing (param i32))
  (func $work (param $n i64)
    (loop $l
      (global.set $sum (i64.add (global.get $sum) (local.get $n)))
      (i64.store (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 0x1fff8)) (local.get $n))
      (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0)))))
  (func (export "canister_update go")
    (call $arg (i32.const 201024) (i32.const 0) (i32.const 8))
    (call $print (i32.const 200900) (i32.const 3))
    (call $work (i64.load (i32.const 201024)))
    (call $self (i32.const 200800) (i32.const 0) (i32.const 10))
    (call $new (i32.const 200800) (i32.const 10) (i32.const 200900) (i32.const 3)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $perform))
    (i64.store (i32.const 201032) (call $time))
    (i64.store (i32.const 201040) (call $counter (i32.const 0)))
    (call $append (i32.const 201032) (i32.const 16)) (call $reply))
  (func (export "canister_update trap") (call $work (i64.const 200)) unreachable)
  (func (export "canister_update add")
    (global.set $sum (i64.add (global.get $sum) (i64.const 1)))
    (i64.store (i32.const 0) (global.get $sum)) (call $append (i32.const 0) (i32.const 8)) (call $reply)))`;

const limits = { update: 40_000_000n, slice: SLICE, round: 2n * SLICE };

const create = IDL.encode(
  [IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) })],
  [{ amount: [], settings: [] }],
);
const install = (text: string) =>
  IDL.encode(
    [
      IDL.Record({
        mode: IDL.Variant({ install: IDL.Null }),
        canister_id: IDL.Principal,
        wasm_module: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8),
      }),
    ],
    [{ mode: { install: null }, canister_id: Principal.fromHex(idOf(0)), wasm_module: wat(text), arg: [] }],
  );
const topUp = IDL.encode(
  [IDL.Record({ canister_id: IDL.Principal, amount: IDL.Nat })],
  [{ canister_id: Principal.fromHex(idOf(0)), amount: 1_000_000_000n }],
);
const stop = IDL.encode(
  [IDL.Record({ canister_id: IDL.Principal })],
  [{ canister_id: Principal.fromHex(idOf(0)) }],
);

function worldOn(host: WasmHost, text = WAT): World {
  const world = new World([], {
    host,
    subnet: { ...subnetOf(13), limits: { ...subnetOf(13).limits, ...limits } },
  });
  const manage = (method: string, arg: Uint8Array) => {
    world.round([{ ...world.ingress("", method, arg), effectiveCanister: idOf(0) }]);
  };
  manage("provisional_create_canister_with_cycles", create);
  manage("install_code", install(text));
  return world;
}

const bytes = (n: bigint): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
const word = (data: Uint8Array, at: number): bigint =>
  data.slice(at, at + 8).reduceRight((n, b) => n * 256n + BigInt(b), 0n);

/** 22 instructions a turn of the loop, so about five slices. */
const WORK = bytes(440_000n);

describe("a message of about five slices", () => {
  test("has its effects when the last is over, with the time and the count of one execution", () => {
    const world = worldOn(createWasmHost());
    const began = world.state.time + SECOND;
    const call = world.ingress(idOf(0), "go", WORK);
    world.round([call]);
    let rounds = 1;
    while (world.status(call).kind === "processing") {
      expect(world.canister(0).globals).toEqual([0n]);
      expect(world.missingCycles()).toBe(0n);
      world.round();
      rounds++;
    }
    const status = world.status(call);
    if (status.kind !== "replied") throw new Error(told(status));
    expect(word(status.reply, 0)).toBe(began);
    expect(BigInt(rounds)).toBe((word(status.reply, 8) + SLICE - 1n) / SLICE);
    expect(rounds).toBeGreaterThan(4);
    expect(world.canister(0).standing?.long).toBeUndefined();
    expect(world.canister(0).logs.map((l) => l.at)).toEqual([began]);
    // The self-call came after it.
    world.round();
    expect(world.canister(0).globals).toEqual([(440_000n * 440_001n) / 2n + 1n]);
    expect(world.missingCycles()).toBe(0n);
  });

  test("is not too late once it has begun", () => {
    const world = worldOn(createWasmHost());
    const call = world.ingress(idOf(0), "go", WORK, 3n);
    for (let n = 0; n < 8; n++) world.round(n === 0 ? [call] : [], 2n);
    expect(world.status(call).kind).toBe("replied");
  });

  test("messages, cycles and management calls that come meanwhile wait or stay", () => {
    const world = worldOn(createWasmHost());
    const long = world.ingress(idOf(0), "go", WORK);
    world.round([long]);
    const add = world.ingress(idOf(0), "add");
    const give = { ...world.ingress("", "provisional_top_up_canister", topUp), effectiveCanister: idOf(0) };
    const end = { ...world.ingress("", "stop_canister", stop), effectiveCanister: idOf(0) };
    const before = world.canister(0).cycles;
    world.round([add, give, end]);
    expect([world.status(add).kind, world.status(give).kind, world.status(end).kind]).toEqual([
      "received",
      "replied",
      "received",
    ]);
    expect(world.canister(0).cycles).toBeGreaterThan(before + 900_000_000n);
    for (let n = 0; n < 8; n++) world.round();
    expect(world.status(long).kind).toBe("replied");
    expect(world.canister(0).status.kind).toBe("stopped");
    expect(world.canister(0).cycles).toBeGreaterThan(before);
    expect(world.missingCycles()).toBe(0n);
  });

  test.each(["go", "trap"])("%s does the same on another thread, however that is asked", (method) => {
    const histories = [1, 2, 5].map((steps) => {
      const slow = slowElsewhere(steps);
      return { world: worldOn(slow.host), slow };
    });
    const inline = { world: worldOn(createWasmHost()), slow: undefined };
    const all = [inline, ...histories];
    const calls = all.map(({ world }) => world.ingress(idOf(0), method, WORK));
    for (let round = 0; round < 9; round++) {
      for (const [i, { world }] of all.entries()) world.round(round === 0 ? [calls[i]!] : []);
      for (const { world } of histories) expect(comparable(world)).toEqual(comparable(inline.world));
    }
    expect(inline.world.status(calls[0]!).kind).toBe(method === "go" ? "replied" : "rejected");
    if (method === "go") expect(histories[2]!.slow.waits).toBeGreaterThan(10);
  });

  test("a replica restored in the middle of it goes on to the same end", () => {
    const world = worldOn(createWasmHost());
    const call = world.ingress(idOf(0), "go", WORK);
    world.round([call]);
    world.round();
    const copy = worldOn(createWasmHost());
    copy.state = structuredClone(world.state);
    Object.assign(copy, { execution: createExecution(createWasmHost()) });
    for (let n = 0; n < 8; n++) {
      world.round();
      copy.round();
      expect(comparable(copy)).toEqual(comparable(world));
    }
    expect(world.status(call).kind).toBe("replied");
    expect(world.canister(0).settings.controllers).toEqual([USER]);
  });
});

/** The state without modules, which are compared by their keys elsewhere. */
const comparable = ({ state }: World) => ({
  ...state,
  canisters: [...state.canisters.values()].map(({ code: _, standing, heap, ...rest }) => ({
    ...rest,
    heap: toHex(sha256(bytesOf(heap))),
    slices: standing?.long?.slices,
    priority: standing?.priority,
  })),
});

describe("long queries", () => {
  const QUERY = `(module
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
    (memory 1)
    (func (export "canister_query long") (local $n i64)
      (local.set $n (i64.const 200000))
      (loop $l (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
      (i64.store (i32.const 0) (call $counter (i32.const 0)))
      (call $append (i32.const 0) (i32.const 8)) (call $reply)))`;

  test("run on other threads, two at a time, and say what they would have said here", () => {
    const slow = slowElsewhere(3);
    const [here, there] = [createWasmHost(), slow.host].map((host) => worldOn(host, QUERY));
    const ask = (world: World, name: string) => {
      const query = { sender: USER, receiver: idOf(0), method: "long", arg: new Uint8Array(0) };
      return world.execution.queries.query(world.state, query, undefined, world.subnet, name);
    };
    const expected = ask(here!, "a");
    expect(expected?.kind).toBe("replied");
    const names = ["a", "b", "c"];
    const answers = new Map<string, unknown>();
    for (let turn = 0; answers.size < 3; turn++) {
      expect(turn).toBeLessThan(20);
      for (const name of names.filter((n) => !answers.has(n))) {
        const answer = ask(there!, name);
        if (answer !== undefined) answers.set(name, answer);
        expect(slow.inHand()).toBeLessThanOrEqual(2);
      }
    }
    expect([...answers.values()]).toEqual([expected, expected, expected]);
    expect([...answers.keys()][2]).toBe("c");
  });
});
