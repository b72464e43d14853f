/** The two jobs of the load benches, as canisters: a counter, and a ledger of 64 accounts that moves tokens between them. */
export const COUNTER_WAT = `
(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (memory 1)
  (func (export "canister_update go")
    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
    (call $append (i32.const 0) (i32.const 8))
    (call $reply)))`;

/** Argument: from, to (a byte each), amount (u64, little-endian). Balances wrap, as in the EVM job beside it. */
export const LEDGER_WAT = `
(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
  (memory 1)
  (func $slot (param $at i32) (result i32)
    (i32.shl (i32.and (i32.load8_u (local.get $at)) (i32.const 63)) (i32.const 3)))
  (func $add (param $slot i32) (param $amount i64)
    (i64.store (local.get $slot) (i64.add (i64.load (local.get $slot)) (local.get $amount))))
  (func (export "canister_update go") (local $amount i64)
    (call $copy (i32.const 1024) (i32.const 0) (i32.const 10))
    (local.set $amount (i64.load (i32.const 1026)))
    (call $add (call $slot (i32.const 1024)) (i64.sub (i64.const 0) (local.get $amount)))
    (call $add (call $slot (i32.const 1025)) (local.get $amount))
    (call $append (call $slot (i32.const 1025)) (i32.const 8))
    (call $reply)))`;

export const TRANSFER_ARG = Uint8Array.of(1, 2, 100, 0, 0, 0, 0, 0, 0, 0);

/** Calls per second of one unmetered instance, without consensus, certificates or a second copy. */
export function bareCallsPerSecond(wasm: Uint8Array, arg: Uint8Array): number {
  let memory = new Uint8Array();
  const imports = {
    msg_reply: () => {},
    msg_reply_data_append: () => {},
    msg_arg_data_copy: (to: number) => memory.set(arg, to),
  };
  const module = new WebAssembly.Module(Uint8Array.from(wasm));
  const instance = new WebAssembly.Instance(module, { ic0: imports });
  const go = instance.exports["canister_update go"] as () => void;
  const exported = instance.exports["memory"];
  memory = exported instanceof WebAssembly.Memory ? new Uint8Array(exported.buffer) : new Uint8Array(65_536);
  const calls = 1_000_000;
  for (let i = 0; i < calls; i++) go();
  const start = performance.now();
  for (let i = 0; i < calls; i++) go();
  return (calls / (performance.now() - start)) * 1000;
}

/** Fills so many megabytes of its stable memory when it is installed; each call writes one page of it. */
export const filledWat = (megabytes: number): string => `
(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
  (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
  (memory 17)
  (data (i32.const 0) "DIDL\\00\\00")
  (func (export "canister_init") (local $at i64)
    (drop (call $grow (i64.const ${megabytes * 16})))
    (memory.fill (i32.const 65536) (i32.const 7) (i32.const 1048576))
    (loop $more
      (call $write (local.get $at) (i64.const 65536) (i64.const 1048576))
      (local.set $at (i64.add (local.get $at) (i64.const 1048576)))
      (br_if $more (i64.lt_u (local.get $at) (i64.const ${megabytes * 2 ** 20})))))
  (func (export "canister_update go")
    (call $write (i64.const 0) (i64.const 0) (i64.const 4096))
    (call $append (i32.const 0) (i32.const 6))
    (call $reply)))`;
