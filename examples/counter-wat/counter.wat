;; A canister is a WebAssembly module with exports that a replica knows by name, and imports from "ic0".
;; This one is written by hand: nothing is hidden.
(module
  (import "ic0" "msg_reply_data_append" (func $append (param $from i32) (param $size i32)))
  (import "ic0" "msg_reply" (func $reply))

  ;; Globals and memory are the canister's state. They live on between messages, and are lost in an upgrade.
  (global $count (mut i64) (i64.const 0))
  (memory 1)

  ;; The beginning of every reply, in Candid's bytes: the word DIDL, no composed types (00), one value (01), and its
  ;; type, nat64 (78). The eight bytes after these seven will hold the value itself, lowest byte first.
  (data (i32.const 0) "DIDL\00\01\78")

  (func $answer
    (i64.store (i32.const 7) (global.get $count))
    (call $append (i32.const 0) (i32.const 15))
    (call $reply))

  ;; An update: the nodes agree on it in a block, all run it, and certify what it replied.
  (func (export "canister_update inc")
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (call $answer))

  ;; A query: one node runs it and forgets whatever it changed, even the eight bytes above.
  (func (export "canister_query get")
    (call $answer)))
