/**
 * A test canister whose argument is a little program: a stack of 64-bit numbers, and operations that push numbers and
 * bytes, call any function of ic0, keep closures for callbacks, and grow, store, loop or trap. `script.ts` writes the
 * programs. What it exports:
 *
 *   canister_update u, canister_query q, canister_composite_query c, canister_init, canister_post_upgrade
 *                      run the program in their argument
 *   canister_pre_upgrade, canister_inspect_message, canister_heartbeat, canister_global_timer,
 *   canister_on_low_wasm_memory (those asked for)
 *                      run the program that `hook` kept for them, if any
 *   table slot 0       runs the closure that its environment points at
 *
 * Memory: 64 kept numbers at 256, hook programs' places at 1024, the stack at 2048, all else from 16384 up, never freed.
 */
import { SYSTEM_API } from "../../../src/replica/execution/wasm/imports.ts";
import { wat } from "../../../src/shell/testing/wat.ts";

export const HOOKS = [
  "canister_pre_upgrade",
  "canister_inspect_message",
  "canister_heartbeat",
  "canister_global_timer",
  "canister_on_low_wasm_memory",
] as const;
export type Hook = (typeof HOOKS)[number];

export const OPS = {
  push: 1,
  bytes: 2,
  ic0: 3,
  read: 4,
  closure: 5,
  hook: 6,
  number: 7,
  drop: 8,
  load: 9,
  keep: 10,
  kept: 11,
  add: 12,
  skipUnless: 13,
  burn: 14,
  grow: 15,
  unreachable: 16,
} as const;

/** Functions in the order of their numbers in programs, the same for both widths. */
export const API_NAMES: readonly string[] = [...SYSTEM_API.keys()];

/** What `read` can read: pairs of `x_size` and `x_copy`. */
export const READABLE = [
  "msg_arg_data",
  "msg_caller",
  "msg_reject_msg",
  "msg_method_name",
  "canister_self",
] as const;

export interface ModuleOptions {
  readonly wide?: boolean;
  readonly hooks?: readonly Hook[];
  /** Run by the start function. */
  readonly start?: Uint8Array;
}

export function scriptableModule({ wide = false, hooks = [], start }: ModuleOptions = {}): Uint8Array {
  const P = wide ? "i64" : "i32";
  /** A 32-bit number as an address, and a size or value of the memory's width as a 64-bit number. */
  const at = (address: string): string => (wide ? `(i64.extend_i32_u ${address})` : address);
  const widened = (value: string): string => (wide ? value : `(i64.extend_i32_u ${value})`);
  const names = API_NAMES.filter((name) => !(wide && SYSTEM_API.get(name)!.only32));
  const type = (t: string): string => (t === "I" ? P : t);
  const narrow = (t: string, value: string): string =>
    type(t) === "i32" ? `(i32.wrap_i64 ${value})` : value;
  const signature = (name: string) => SYSTEM_API.get(name)!;

  const imports = names.map((name) => {
    const { params, results } = signature(name);
    const list = (key: string, types: readonly string[]): string =>
      types.length === 0 ? "" : `(${key} ${types.map(type).join(" ")})`;
    return `(import "ic0" "${name}" (func $${name} ${list("param", params)} ${list("result", results)}))`;
  });

  const cases = names.map((name) => {
    const { params, results } = signature(name);
    const pops = params.map((_, i) => `(local.set $a${params.length - 1 - i} (call $pop))`).join(" ");
    const call = `(call $${name} ${params.map((t, i) => narrow(t, `(local.get $a${i})`)).join(" ")})`;
    const [result] = results;
    const done =
      result === undefined
        ? call
        : `(call $push ${type(result) === "i32" ? `(i64.extend_i32_u ${call})` : call})`;
    return `(if (i32.eq (local.get $f) (i32.const ${API_NAMES.indexOf(name)})) (then ${pops} ${done} (return)))`;
  });

  const reads = READABLE.map(
    (name, index) => `(if (i32.eq (local.get $f) (i32.const ${index})) (then
      (local.set $n (i32.wrap_i64 ${widened(`(call $${name}_size)`)}))
      (local.set $p (call $alloc (local.get $n)))
      (call $${name}_copy ${at("(local.get $p)")} (${P}.const 0) ${at("(local.get $n)")})))`,
  );

  const op = (code: number, body: string): string =>
    `(if (i32.eq (local.get $op) (i32.const ${code})) (then ${body} (br $next)))`;
  const advance = (n: string): string => `(local.set $pc (i32.add (local.get $pc) ${n}))`;
  const byte = (offset: number): string => `(i32.load8_u offset=${offset} ${at("(local.get $pc)")})`;
  const length = `(i32.load ${at("(local.get $pc)")})`;
  const place = (index: string): string => `(i32.add (i32.const 256) (i32.mul ${index} (i32.const 8)))`;
  const hookPlace = (index: string): string => `(i32.add (i32.const 1024) (i32.mul ${index} (i32.const 8)))`;

  const interpreter = `
  (func $run (param $pc i32) (param $n i32)
    (local $end i32) (local $op i32) (local $k i32) (local $p i32)
    (local.set $end (i32.add (local.get $pc) (local.get $n)))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $pc) (local.get $end)))
      (local.set $op ${byte(0)}) ${advance("(i32.const 1)")}
      ${op(OPS.push, `(call $push (i64.load ${at("(local.get $pc)")})) ${advance("(i32.const 8)")}`)}
      ${op(
        OPS.bytes,
        `(local.set $k ${length}) ${advance("(i32.const 4)")}
         (call $push (i64.extend_i32_u (local.get $pc))) (call $push (i64.extend_i32_u (local.get $k)))
         ${advance("(local.get $k)")}`,
      )}
      ${op(OPS.ic0, `(local.set $k ${byte(0)}) ${advance("(i32.const 1)")} (call $api (local.get $k))`)}
      ${op(OPS.read, `(local.set $k ${byte(0)}) ${advance("(i32.const 1)")} (call $read (local.get $k))`)}
      ${op(
        OPS.closure,
        `(local.set $k (i32.add ${length} (i32.const 4)))
         (call $push (i64.extend_i32_u (call $save (local.get $pc) (local.get $k)))) ${advance("(local.get $k)")}`,
      )}
      ${op(
        OPS.hook,
        `(local.set $p ${byte(0)}) ${advance("(i32.const 1)")} (local.set $k (i32.add ${length} (i32.const 4)))
         (i32.store ${at(hookPlace("(local.get $p)"))} (call $save (local.get $pc) (local.get $k)))
         ${advance("(local.get $k)")}`,
      )}
      ${op(
        OPS.number,
        `(local.set $p (call $alloc (i32.const 8))) (i64.store ${at("(local.get $p)")} (call $pop))
         (call $push (i64.extend_i32_u (local.get $p))) (call $push (i64.const 8))`,
      )}
      ${op(OPS.drop, `(drop (call $pop))`)}
      ${op(OPS.load, `(call $push (i64.load ${at("(i32.wrap_i64 (call $pop))")}))`)}
      ${op(OPS.keep, `(local.set $k ${byte(0)}) ${advance("(i32.const 1)")} (i64.store ${at(place("(local.get $k)"))} (call $pop))`)}
      ${op(OPS.kept, `(local.set $k ${byte(0)}) ${advance("(i32.const 1)")} (call $push (i64.load ${at(place("(local.get $k)"))}))`)}
      ${op(OPS.add, `(call $push (i64.add (call $pop) (call $pop)))`)}
      ${op(
        OPS.skipUnless,
        `(local.set $k ${length}) ${advance("(i32.const 4)")}
         (if (i64.eqz (call $pop)) (then ${advance("(local.get $k)")}))`,
      )}
      ${op(OPS.burn, `(call $burn (call $pop))`)}
      ${op(OPS.grow, `(call $push ${widened(`(memory.grow ${narrow("I", "(call $pop)")})`)})`)}
      unreachable)))`;

  const entries = [
    ...["canister_update u", "canister_query q", "canister_composite_query c"],
    ...["canister_init", "canister_post_upgrade"],
  ].map((name) => `(func (export "${name}") (call $reset) (call $read (i32.const 0)) (call $top))`);
  const hookEntries = hooks.map(
    (name) => `(func (export "${name}") (call $reset)
      (call $saved (i32.load ${at(hookPlace(`(i32.const ${HOOKS.indexOf(name)})`))})))`,
  );
  const data = [...(start ?? [])].map((b) => `\\${b.toString(16).padStart(2, "0")}`).join("");
  const starting =
    start === undefined
      ? ""
      : `(data (${P}.const 8192) "${data}")
         (func $start (call $reset) (call $run (i32.const 8192) (i32.const ${start.length}))) (start $start)`;

  return wat(`(module ${imports.join("\n")}
    (memory ${wide ? "i64 " : ""}4)
    (global $sp (mut i32) (i32.const 2048))
    (global $free (mut i32) (i32.const 16384))
    (table funcref (elem $callback))
    (func $reset (global.set $sp (i32.const 2048)))
    (func $push (param i64)
      (i64.store ${at("(global.get $sp)")} (local.get 0)) (global.set $sp (i32.add (global.get $sp) (i32.const 8))))
    (func $pop (result i64)
      (global.set $sp (i32.sub (global.get $sp) (i32.const 8))) (i64.load ${at("(global.get $sp)")}))
    (func $alloc (param $n i32) (result i32) (local $p i32)
      (local.set $p (global.get $free)) (global.set $free (i32.add (local.get $p) (local.get $n)))
      (if (i64.gt_u (i64.extend_i32_u (global.get $free)) (i64.mul ${widened("(memory.size)")} (i64.const 65536)))
        (then (drop (memory.grow (${P}.add (${P}.const 1) ${at("(i32.shr_u (local.get $n) (i32.const 16))")})))))
      (local.get $p))
    (func $save (param $from i32) (param $n i32) (result i32) (local $p i32)
      (local.set $p (call $alloc (local.get $n)))
      (memory.copy ${at("(local.get $p)")} ${at("(local.get $from)")} ${at("(local.get $n)")}) (local.get $p))
    (func $saved (param $p i32)
      (if (local.get $p) (then
        (call $run (i32.add (local.get $p) (i32.const 4)) (i32.load ${at("(local.get $p)")})))))
    (func $callback (param $env ${P}) (call $reset) (call $saved ${wide ? "(i32.wrap_i64 (local.get $env))" : "(local.get $env)"}))
    (func $top (local $n i32)
      (local.set $n (i32.wrap_i64 (call $pop))) (call $run (i32.wrap_i64 (call $pop)) (local.get $n)))
    (func $burn (param $n i64)
      (loop $l (if (i64.gt_s (local.get $n) (i64.const 0)) (then
        (local.set $n (i64.sub (local.get $n) (i64.const 1))) (br $l)))))
    (func $read (param $f i32) (local $n i32) (local $p i32) ${reads.join("\n")}
      (call $push (i64.extend_i32_u (local.get $p))) (call $push (i64.extend_i32_u (local.get $n))))
    (func $api (param $f i32) ${Array.from({ length: 9 }, (_, i) => `(local $a${i} i64)`).join(" ")}
      ${cases.join("\n")} unreachable)
    ${interpreter}
    ${entries.join("\n")}
    ${hookEntries.join("\n")}
    ${starting})`);
}
