/**
 * A canister whose argument is a program: it calls others, which get programs of their own, replies, rejects, traps,
 * grows, writes, accepts and burns cycles, sets its timer. For storms of messages drawn from a seed.
 *
 * A program is a row of operations, each a byte and its operands:
 *
 *   1 callee what cycles length program   call `go` of the canister with that index (200: nobody; 255: raw_rand), with
 *                                         so many billions of cycles; bit 0 of `what`: with a deadline; `what` goes to
 *                                         the callbacks: bit 1 replies, bit 2 traps, bit 3 calls itself, bit 4 traps in
 *                                         cleanup
 *   2 trap   3 reply   4 reject   5 n: loop n · 10,000 times   6 grow memory   7 n: grow and write stable memory
 *   8 n: accept n billions   9 n: timer in n seconds   10 n: burn n billions   11 print   12 certify
 *   13 n: n · 200 M instructions, by filling memory
 */
import type { Prng } from "../../base/prng.ts";

export const STORM_CANISTERS = 4;
const NOBODY = 200;
const RAW_RAND = 255;

/** A program of a few operations, with calls that nest to a depth. */
export function stormProgram(draw: Prng, depth = 3): Uint8Array {
  const out: number[] = [];
  for (let k = 1 + draw.below(4); k > 0; k--) out.push(...operation(draw, depth));
  return Uint8Array.from(out);
}

function operation(draw: Prng, depth: number): number[] {
  const choice = draw.below(20);
  if (choice < 9 && depth > 0) {
    const callee = draw.chance(0.05)
      ? NOBODY
      : draw.chance(0.05)
        ? RAW_RAND
        : draw.below(STORM_CANISTERS + 1);
    const program = callee === RAW_RAND ? [] : [...stormProgram(draw, depth - 1)].slice(0, 200);
    return [1, callee, draw.below(32), draw.below(20), program.length, ...program];
  }
  if (choice < 13) return [3];
  const op = [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13][draw.below(11)]!;
  return [5, 7, 8, 9, 10, 13].includes(op) ? [op, draw.below(20)] : [op];
}

export const STORM_WAT = `
(module
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reject" (func $reject (param i32 i32)))
  (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_data_append" (func $call_append (param i32 i32)))
  (import "ic0" "call_on_cleanup" (func $on_cleanup (param i32 i32)))
  (import "ic0" "call_cycles_add128" (func $add_cycles (param i64 i64)))
  (import "ic0" "call_with_best_effort_response" (func $best_effort (param i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (import "ic0" "msg_cycles_accept128" (func $accept (param i64 i64 i32)))
  (import "ic0" "cycles_burn128" (func $burn (param i64 i64 i32)))
  (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
  (import "ic0" "time" (func $time (result i64)))
  (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
  (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (memory 20 40)
  (table 3 3 funcref)
  (elem (i32.const 0) $answered $answered $cleanup)
  (global $p (mut i32) (i32.const 0))
  (data (i32.const 0) "go  raw_rand    \\00\\00\\00\\00\\00\\00\\00\\00\\01\\01DIDL\\00\\00")
  (func $next (result i32)
    (global.set $p (i32.add (global.get $p) (i32.const 1)))
    (i32.load8_u (i32.sub (global.get $p) (i32.const 1))))
  (func $billions (result i64) (i64.mul (i64.extend_i32_u (call $next)) (i64.const 1000000000)))
  (func $answer (call $append (i32.const 0) (i32.const 2)) (call $reply))
  (func $prepare (param $callee i32) (param $what i32)
    (i32.store8 (i32.const 23) (local.get $callee))
    (if (i32.eq (local.get $callee) (i32.const 255))
      (then (call $call_new (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)
        (i32.const 0) (local.get $what) (i32.const 1) (local.get $what)))
      (else (call $call_new (i32.const 16) (i32.const 10) (i32.const 0) (i32.const 2)
        (i32.const 0) (local.get $what) (i32.const 1) (local.get $what))))
    (if (i32.and (local.get $what) (i32.const 16))
      (then (call $on_cleanup (i32.const 2) (local.get $what))))
    (if (i32.and (local.get $what) (i32.const 1)) (then (call $best_effort (i32.const 20)))))
  (func $call (local $callee i32) (local $length i32)
    (local.set $callee (call $next))
    (call $prepare (local.get $callee) (call $next))
    (call $add_cycles (i64.const 0) (call $billions))
    (local.set $length (call $next))
    (if (i32.eq (local.get $callee) (i32.const 255))
      (then (call $call_append (i32.const 26) (i32.const 6)))
      (else (call $call_append (global.get $p) (local.get $length))))
    (global.set $p (i32.add (global.get $p) (local.get $length)))
    (drop (call $perform)))
  (func $loop (param $n i32)
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))))
  (func $fill (param $n i32)
    (loop $again
      (memory.fill (i32.const 65536) (local.get $n) (i32.const 1000000))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $n) (i32.const 0)))))
  (func $write (local $n i64)
    (local.set $n (i64.extend_i32_u (call $next)))
    (drop (call $stable_grow (i64.const 1)))
    (call $stable_write (i64.mul (local.get $n) (i64.const 4096)) (i64.const 0) (i64.const 30)))
  (func $operation (param $op i32)
    (if (i32.eq (local.get $op) (i32.const 1)) (then (call $call)))
    (if (i32.eq (local.get $op) (i32.const 2)) (then unreachable))
    (if (i32.eq (local.get $op) (i32.const 3)) (then (call $answer)))
    (if (i32.eq (local.get $op) (i32.const 4)) (then (call $reject (i32.const 0) (i32.const 2))))
    (if (i32.eq (local.get $op) (i32.const 5)) (then (call $loop (i32.mul (call $next) (i32.const 10000)))))
    (if (i32.eq (local.get $op) (i32.const 13)) (then (call $fill (i32.mul (call $next) (i32.const 200)))))
    (if (i32.eq (local.get $op) (i32.const 6)) (then (drop (memory.grow (i32.const 1)))))
    (if (i32.eq (local.get $op) (i32.const 7)) (then (call $write)))
    (if (i32.eq (local.get $op) (i32.const 8)) (then (call $accept (i64.const 0) (call $billions) (i32.const 64))))
    (if (i32.eq (local.get $op) (i32.const 9))
      (then (drop (call $timer (i64.add (call $time) (call $billions))))))
    (if (i32.eq (local.get $op) (i32.const 10)) (then (call $burn (i64.const 0) (call $billions) (i32.const 64))))
    (if (i32.eq (local.get $op) (i32.const 11)) (then (call $print (i32.const 0) (i32.const 12))))
    (if (i32.eq (local.get $op) (i32.const 12)) (then (call $certify (i32.const 0) (i32.const 30)))))
  (func (export "canister_update go") (local $end i32)
    (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
    (local.set $end (i32.add (i32.const 4096) (call $arg_size)))
    (global.set $p (i32.const 4096))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (global.get $p) (local.get $end)))
        (call $operation (call $next))
        (br $more))))
  (func $answered (param $what i32)
    (if (i32.and (local.get $what) (i32.const 2)) (then (call $answer)))
    (if (i32.and (local.get $what) (i32.const 8))
      (then (call $prepare (i32.const 0) (i32.const 2)) (drop (call $perform))))
    (if (i32.and (local.get $what) (i32.const 4)) (then unreachable)))
  (func $cleanup (param $what i32)
    (i32.store (i32.const 1024) (local.get $what))
    (if (i32.and (local.get $what) (i32.const 4)) (then unreachable)))
  (func (export "canister_query look") (call $answer))
  (func (export "canister_global_timer") (call $prepare (i32.const 1) (i32.const 0)) (drop (call $perform)))
  (func (export "canister_pre_upgrade"))
  (func (export "canister_init")))`;
