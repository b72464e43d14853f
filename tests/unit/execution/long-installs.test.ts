/**
 * Installs of more than a slice: they hold their canister until their last slice is over, and then are what they would have
 * been in one go, wherever and in however many parts they ran. Source: replica D.1, D.2; DESIGN §4.
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

/** Hooks that work as long as `turns` says, note the time, and trap if they are told to. A turn costs 22 instructions. */
const moduleOf = (
  turns: { start?: number; init?: number; pre?: number; post?: number },
  traps = "",
): string => {
  const hook = (name: string, n = 0): string =>
    n === 0
      ? ""
      : `(func (export "${name}") (call $work (i64.const ${n})) ${traps === name ? "unreachable" : ""})`;
  return `(module
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (import "ic0" "debug_print" (func $print (param i32 i32)))
    (import "ic0" "time" (func $time (result i64)))
    (memory 4) (data (i32.const 200900) "worked")
    (global $sum (mut i64) (i64.const 0))
    (func $work (param $n i64)
      (call $print (i32.const 200900) (i32.const 6))
      (i64.store (i32.const 200000) (call $time))
      (loop $l
        (global.set $sum (i64.add (global.get $sum) (local.get $n)))
        (i64.store (i32.and (i32.wrap_i64 (local.get $n)) (i32.const 0x1fff8)) (local.get $n))
        (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0)))))
    (func $start ${
      turns.start === undefined
        ? ""
        : `(local $n i64) (local.set $n (i64.const ${turns.start}))
      (loop $l (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))`
    })
    (start $start)
    ${hook("canister_init", turns.init)} ${hook("canister_pre_upgrade", turns.pre)}
    ${hook("canister_post_upgrade", turns.post)}
    (func (export "canister_update add")
      (global.set $sum (i64.add (global.get $sum) (i64.const 1)))
      (i64.store (i32.const 0) (global.get $sum)) (call $append (i32.const 0) (i32.const 8)) (call $reply)))`;
};
const LONG = 440_000;
const SHORT = moduleOf({ init: 1, pre: 1 });

const limits = { slice: SLICE, round: 2n * SLICE };
const of = (index: number): Principal => Principal.fromHex(idOf(index));
const ids = (fields: Record<string, IDL.Type>, value: Record<string, unknown>): Uint8Array =>
  IDL.encode([IDL.Record(fields)], [value]);
const create = ids(
  { amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) },
  { amount: [], settings: [] },
);
const Mode = IDL.Variant({ install: IDL.Null, reinstall: IDL.Null, upgrade: IDL.Opt(IDL.Record({})) });
type ModeName = "install" | "reinstall" | "upgrade";
const mode = (name: ModeName): unknown => ({ [name]: name === "upgrade" ? [] : null });
const code = (name: ModeName, text: string, index: number): Uint8Array =>
  ids(
    { mode: Mode, canister_id: IDL.Principal, wasm_module: IDL.Vec(IDL.Nat8), arg: IDL.Vec(IDL.Nat8) },
    { mode: mode(name), canister_id: of(index), wasm_module: wat(text), arg: [] },
  );
const about = (index: number): Uint8Array => ids({ canister_id: IDL.Principal }, { canister_id: of(index) });
const topUp = (index: number): Uint8Array =>
  ids({ canister_id: IDL.Principal, amount: IDL.Nat }, { canister_id: of(index), amount: 1_000_000_000n });

const managed = (world: World, index: number, method: string, arg: Uint8Array) => ({
  ...world.ingress("", method, arg),
  effectiveCanister: idOf(index),
});

/** Two canisters, the first with `text` if there is any, the second with a counter. Their installs are worked off. */
function worldOn(host: WasmHost, text?: string): World {
  const subnet = { ...subnetOf(13), limits: { ...subnetOf(13).limits, ...limits } };
  const world = new World([], { host, subnet });
  for (const index of [0, 1])
    world.round([managed(world, index, "provisional_create_canister_with_cycles", create)]);
  for (const [index, module] of [text, SHORT].entries())
    if (module !== undefined)
      world.round([managed(world, index, "install_code", code("install", module, index))]);
  return rested(world);
}

function rested(world: World): World {
  const canisters = [...world.state.canisters].map(([id, canister]) => {
    const { standing: _none, ...rest } = canister;
    return [id, rest] as const;
  });
  world.state = { ...world.state, canisters: new Map(canisters) };
  return world;
}

/** The state without modules, which are compared by their keys. */
const comparable = ({ state }: World) => ({
  ...state,
  scheduler: {
    ...state.scheduler,
    install: state.scheduler.install?.slices,
    begun: state.scheduler.install?.time,
  },
  canisters: [...state.canisters.values()].map(({ code: module, heap, ...rest }) => ({
    ...rest,
    module: module?.module.key,
    heap: toHex(sha256(bytesOf(heap))),
  })),
});

describe("an install of about five slices", () => {
  test("has its effects when the last is over, with the time with which it began; others go on meanwhile", () => {
    const world = worldOn(createWasmHost());
    const began = world.state.time + SECOND;
    const install = managed(world, 0, "install_code", code("install", moduleOf({ init: LONG }), 0));
    world.round([install]);
    const before = world.canister(0);
    let rounds = 1;
    for (; world.status(install).kind === "processing"; rounds++) {
      expect(world.canister(0)).toMatchObject({
        code: undefined,
        cycles: before.cycles,
        version: before.version,
      });
      expect(world.missingCycles()).toBe(0n);
      expect(world.call(1, "add").kind).toBe("replied");
    }
    expect(world.status(install).kind).toBe("replied");
    const after = world.canister(0);
    expect(after).toMatchObject({ version: before.version + 1n, lastInstalledAt: began });
    expect(after.history.at(-1)?.at).toBe(began);
    expect(after.logs.map((l) => l.at)).toEqual([began]);
    expect(after.globals).toEqual([(BigInt(LONG) * BigInt(LONG + 1)) / 2n]);
    expect(world.state.scheduler.install).toBeUndefined();
    expect(world.missingCycles()).toBe(0n);

    const executed = world.facts.flatMap((f) =>
      f.kind === "message-executed" && f.method === "install_code" && f.canister === "" ? [f] : [],
    );
    expect(executed).toHaveLength(2);
    // Compiling takes no slices.
    const used = after.standing?.installDebit ?? 0n;
    expect(used).toBeGreaterThan(20_000_000n + 4n * SLICE);
    expect(rounds).toBeGreaterThan(4);
    expect(rounds).toBeLessThan(8);
  });

  test("other installs, and what concerns the canister, wait; cycles and looks at it do not", () => {
    const world = worldOn(createWasmHost(), SHORT);
    const upgrade = managed(world, 0, "install_code", code("upgrade", moduleOf({ post: LONG }), 0));
    world.round([upgrade]);
    const add = world.ingress(idOf(0), "add");
    const [start, give, status, other] = [
      managed(world, 0, "start_canister", about(0)),
      managed(world, 0, "provisional_top_up_canister", topUp(0)),
      managed(world, 0, "canister_status", about(0)),
      managed(world, 1, "install_code", code("reinstall", SHORT, 1)),
    ];
    const before = world.canister(0).cycles;
    world.round([add, start, give, status, other]);
    const kinds = () => [add, start, give, status, other].map((m) => world.status(m).kind);
    for (let n = 0; n < 2; n++) world.round();
    expect(kinds()).toEqual(["received", "received", "replied", "replied", "received"]);
    expect(world.canister(0).cycles).toBeGreaterThan(before);
    for (let n = 0; n < 8; n++) world.round();
    expect(world.status(upgrade).kind).toBe("replied");
    expect(kinds()).toEqual(["replied", "replied", "replied", "replied", "replied"]);
    // The message that came meanwhile met the new module.
    expect(world.canister(0).globals).toEqual([(BigInt(LONG) * BigInt(LONG + 1)) / 2n + 1n]);
    expect(world.canister(0).cycles).toBeGreaterThan(before);
    expect(world.missingCycles()).toBe(0n);
  });

  const cases: [string, ModeName, string, string | undefined][] = [
    ["a long start and init", "install", moduleOf({ start: LONG, init: LONG / 4 }), undefined],
    ["a reinstall", "reinstall", moduleOf({ init: LONG }), SHORT],
    ["long hooks of both modules", "upgrade", moduleOf({ post: LONG / 2 }), moduleOf({ pre: LONG / 2 })],
    ["a trap in the end", "upgrade", moduleOf({ post: LONG }, "canister_post_upgrade"), moduleOf({ pre: 5 })],
    ["a trap in pre_upgrade", "upgrade", SHORT, moduleOf({ pre: LONG }, "canister_pre_upgrade")],
  ];
  test.each(cases)("%s: the same on another thread, however that is asked", (_, name, text, old) => {
    const slow = [1, 3].map(slowElsewhere);
    const worlds = [createWasmHost(), ...slow.map((s) => s.host)].map((host) => worldOn(host, old));
    const calls = worlds.map((world) => managed(world, 0, "install_code", code(name, text, 0)));
    const heard = worlds.map((world) => world.facts.length);
    for (let round = 0; round < 9; round++) {
      for (const [i, world] of worlds.entries()) world.round(round === 0 ? [calls[i]!] : []);
      for (const world of worlds) {
        expect(comparable(world)).toEqual(comparable(worlds[0]!));
        expect(world.missingCycles()).toBe(0n);
      }
    }
    // What hooks print is told once.
    for (const [i, world] of worlds.entries()) {
      const printed = world.facts
        .slice(heard[i])
        .filter((f) => f.kind === "debug-print" && f.canister === idOf(0));
      expect(printed).toHaveLength(world.canister(0).logs.filter((l) => l.content.length === 6).length);
    }
    const traps = text.includes("unreachable") || old?.includes("unreachable") === true;
    expect(told(worlds[0]!.status(calls[0]!))).toContain(traps ? "IC0502" : "DIDL");
    expect(slow[1]!.waits).toBeGreaterThan(8);
  });

  test("a replica restored in the middle of it goes on to the same end", () => {
    const text = moduleOf({ init: LONG });
    const world = worldOn(createWasmHost());
    const call = managed(world, 0, "install_code", code("install", text, 0));
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
  });

  test("a canister's call keeps its cycles while it goes on", () => {
    const world = worldOn(createWasmHost());
    const origin = { kind: "canister", canister: idOf(1), callback: 9, deadline: 0n } as const;
    const payload = code("install", moduleOf({ init: LONG }), 0);
    const request = { kind: "request", origin, caller: USER, receiver: "", method: "install_code" } as const;
    const { totals } = world.state;
    world.state = {
      ...world.state,
      subnetQueue: [{ ...request, payload, cycles: 7n }],
      totals: { ...totals, cyclesMinted: totals.cyclesMinted + 7n },
    };
    for (let n = 0; n < 3; n++) {
      world.round();
      expect(world.state.scheduler.install?.slices).toBe(n + 1);
      expect(world.missingCycles()).toBe(0n);
    }
  });

  test("chunks that are cleared meanwhile are in the install already", () => {
    const world = worldOn(createWasmHost());
    const wasm = wat(moduleOf({ init: LONG }));
    const chunk = ids(
      { canister_id: IDL.Principal, chunk: IDL.Vec(IDL.Nat8) },
      { canister_id: of(1), chunk: wasm },
    );
    world.round([managed(world, 1, "upload_chunk", chunk)]);
    const Hash = IDL.Record({ hash: IDL.Vec(IDL.Nat8) });
    const chunked = ids(
      {
        mode: Mode,
        target_canister: IDL.Principal,
        store_canister: IDL.Opt(IDL.Principal),
        chunk_hashes_list: IDL.Vec(Hash),
        wasm_module_hash: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8),
      },
      {
        mode: mode("install"),
        target_canister: of(0),
        store_canister: [of(1)],
        chunk_hashes_list: [{ hash: sha256(wasm) }],
        wasm_module_hash: sha256(wasm),
        arg: [],
      },
    );
    const install = managed(world, 0, "install_chunked_code", chunked);
    world.round([install]);
    const clear = managed(world, 1, "clear_chunk_store", about(1));
    world.round([clear]);
    for (let n = 0; n < 8; n++) world.round();
    expect([world.status(clear).kind, world.status(install).kind]).toEqual(["replied", "replied"]);
    expect(world.canister(1).chunkStore).toBeUndefined();
    expect(world.canister(0).code?.moduleHash).toEqual(sha256(wasm));
  });
});
