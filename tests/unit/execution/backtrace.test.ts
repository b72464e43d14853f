/** Where a canister trapped: the words, who is told, and the names of functions. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { gzipSync } from "fflate";
import { expect, test } from "vitest";
import { utf8Lossy } from "../../../src/base/bytes.ts";
import { functionNames } from "../../../src/replica/execution/backtrace.ts";
import { demangled } from "../../../src/replica/execution/demangle.ts";
import type { Visibility } from "../../../src/replica/state/canister.ts";
import { wat } from "../../../src/shell/testing/wat.ts";
import { createWasmHost } from "../../../src/shell/wasm-host.ts";
import { idOf, told, USER, World } from "./world.ts";

const TRAPS = `(module
  (import "ic0" "trap" (func $ic0_trap (param i32 i32)))
  (import "ic0" "stable64_write" (func $ic0_write (param i64 i64 i64)))
  (import "ic0" "msg_cycles_available" (func $available (result i64)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "call_new" (func $new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory 1) (data (i32.const 0) "uh oh\\00\\00\\00\\00\\00\\00\\00\\00\\01\\01")
  (table funcref (elem $answered))
  (func $_ZN3app5inner17h0123456789abcdefE (param i32)
    (if (i32.eq (local.get 0) (i32.const 0)) (then unreachable))
    (if (i32.eq (local.get 0) (i32.const 1)) (then (call $ic0_trap (i32.const 0) (i32.const 5))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (call $ic0_write (i64.const 9) (i64.const 0) (i64.const 1))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (call $ic0_write (i64.const 0) (i64.const 99999) (i64.const 0)))))
  (func $outer (param i32) (call $_ZN3app5inner17h0123456789abcdefE (local.get 0)))
  (func $deep (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))
    (drop (i32.load (i32.const 0))))
  (func $answered (param i32) (call $outer (i32.const 0)))
  ${[0, 1, 2, 3].map((k) => `(func $m${k} (export "canister_update ${k}") (call $outer (i32.const ${k})))`).join("\n")}
  (func $q (export "canister_query q") (call $outer (i32.const 0)))
  (func $d (export "canister_update deep") (call $deep (i32.const 50)))
  (func $silent (export "canister_update silent"))
  (func $c (export "canister_update callback")
    (call $new (i32.const 5) (i32.const 10) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $perform))))`;

const STRANGER = `${"ef".repeat(28)}02`;

function worldOf(module: Uint8Array, visibility: Visibility = { kind: "controllers" }): World {
  const world = new World([], { host: createWasmHost() });
  const manage = (method: string, type: IDL.Type, arg: unknown): void => {
    const call = { ...world.ingress("", method, IDL.encode([type], [arg])), effectiveCanister: idOf(0) };
    world.round([call]);
    expect(told(world.status(call))).toMatch(/^DIDL/);
  };
  const Mode = IDL.Variant({ install: IDL.Null });
  manage("provisional_create_canister_with_cycles", IDL.Record({}), {});
  manage(
    "install_code",
    IDL.Record({
      mode: Mode,
      canister_id: IDL.Principal,
      wasm_module: IDL.Vec(IDL.Nat8),
      arg: IDL.Vec(IDL.Nat8),
    }),
    { mode: { install: null }, canister_id: Principal.fromHex(idOf(0)), wasm_module: module, arg: [] },
  );
  const canister = world.canister(0);
  const seen = { ...canister, settings: { ...canister.settings, logVisibility: visibility } };
  world.state = { ...world.state, canisters: new Map([[canister.id, seen]]) };
  return world;
}

/** What the caller is told up to the advice, and the log's last line. */
function asked(world: World, method: string, sender = USER): { told: string; log: string } {
  const { content, ...rest } = world.ingress(idOf(0), method);
  const call = { ...rest, content: { ...content, sender } };
  world.round([call]);
  const text = told(world.status(call)).replace(/^5 IC050\d: Error from Canister \S+: /, "");
  return {
    told: text.split("\nConsider")[0]!,
    log: utf8Lossy(world.canister(0).logs.at(-1)!.content),
  };
}

const NAMED = wat(TRAPS, true);
const trace = (...functions: string[]): string => ["Canister Backtrace:", ...functions, ""].join("\n");

test("a trap is told with the functions that were running, innermost first", () => {
  const world = worldOf(NAMED);
  const where = (k: number): string[] => ["app::inner", "outer", `m${k}`];
  expect(asked(world, "0")).toEqual({
    told: `Canister trapped: unreachable\n${trace(...where(0))}.`,
    log: `[TRAP]: unreachable\n${trace(...where(0))}`,
  });
  expect(asked(world, "1")).toEqual({
    told: `Canister called \`ic0.trap\` with message: 'uh oh'\n${trace(...where(1))}.`,
    log: `[TRAP]: uh oh\n${trace(...where(1))}`,
  });
  expect(asked(world, "2").log).toBe(
    `[TRAP]: stable memory out of bounds\n${trace("stable64_write", ...where(2))}`,
  );
  expect(asked(world, "3").log).toBe(`[TRAP]: heap out of bounds\n${trace("stable64_write", ...where(3))}`);
  expect(asked(world, "callback").log).toBe(
    `[TRAP]: unreachable\n${trace("app::inner", "outer", "answered")}`,
  );
  expect(world.query(0, "q")).toContain(`unreachable\n${trace("app::inner", "outer", "q")}.\nConsider`);
});

test("twenty functions are told; what is no trap, and what has no names, has no backtrace", () => {
  const world = worldOf(NAMED);
  expect(asked(world, "deep").log).toBe(`[TRAP]: unreachable\n${trace(...new Array(20).fill("deep"))}`);
  expect(told(world.call(0, "silent"))).not.toContain("Backtrace");
  for (const module of [wat(TRAPS), wat(TRAPS, true).subarray(0, wat(TRAPS).length)]) {
    expect(asked(worldOf(module), "0")).toEqual({
      told: "Canister trapped: unreachable.",
      log: "[TRAP]: unreachable",
    });
  }
});

test("only who may read the log is told where; the log knows always", () => {
  const log = `[TRAP]: unreachable\n${trace("app::inner", "outer", "m0")}`;
  const viewers = { kind: "allowed", viewers: [STRANGER] } as const;
  for (const [visibility, sender, isTold] of [
    [{ kind: "controllers" }, USER, true],
    [{ kind: "controllers" }, STRANGER, false],
    [viewers, STRANGER, true],
    [viewers, USER, true],
    [viewers, `${"00".repeat(28)}02`, false],
    [{ kind: "public" }, STRANGER, true],
  ] as const) {
    const answer = asked(worldOf(NAMED, visibility), "0", sender);
    expect([answer.told.includes("Backtrace"), answer.log]).toEqual([isTold, log]);
  }
});

test("names are found in what was uploaded, gzipped or cut short", () => {
  const names = functionNames(NAMED);
  expect([names.get(0), names.get(6), names.get(7)]).toEqual(["ic0_trap", "app::inner", "outer"]);
  expect(functionNames(gzipSync(NAMED))).toEqual(names);
  expect(functionNames(NAMED.subarray(0, NAMED.length - 3)).size).toBe(0);
});

/** Source of the forms: what the crate rustc-demangle documents and its users print. */
test.each([
  ["_ZN4core9panicking9panic_fmt17h0123456789abcdefE", "core::panicking::panic_fmt"],
  [
    "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3barE",
    "<Test + 'static as foo::Bar<Test>>::bar",
  ],
  ["_ZN3app4main28_$u7b$$u7b$closure$u7d$$u7d$17habcdefabcdefabcdE", "app::main::{{closure}}"],
  ["_ZN3foo3barE.llvm.9D1C9369", "foo::bar"],
  ["_ZN3foo3barE.cold", "foo::bar.cold"],
  ["_ZN3foo3barEv", "_ZN3foo3barEv"],
  ["_ZN3foo9barE", "_ZN3foo9barE"],
  ["_RNvC3foo3bar", "_RNvC3foo3bar"],
  ["canister_update go", "canister_update go"],
])("Rust's symbol %s is %s", (symbol, name) => {
  expect(demangled(symbol)).toBe(name);
});
