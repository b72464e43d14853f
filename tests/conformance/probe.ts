/**
 * The canister that conformance cases talk to. Its methods do one thing each:
 *
 *   update  echo, set_certified (the argument becomes the certified data), certificate_offered (0 or 1), info (what
 *           msg_caller_info gives: data ‖ signer), boom (traps with "boom"), no (rejects with "no"), silent, bump
 *           (counts and tells), refused
 *   query   get (the count), get_bump (counts to no avail, and tells), certificate (what data_certificate shows),
 *           echo_query, info_query, boom_query, no_query, silent_query, looks (1: in replicated execution)
 *   composite query  nested (asks the canister of its argument for `certificate` and tells how many bytes that
 *           gave)
 *
 * `inspect_message` refuses the method `refused`. Sections: public "open", private "shut".
 */
import { concat, utf8 } from "../../src/base/bytes.ts";
import { encodeLeb } from "../../src/codec/leb128.ts";
import { wat } from "../../src/shell/testing/wat.ts";

const TEXT = `(module
  (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
  (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reject" (func $reject (param i32 i32)))
  (import "ic0" "trap" (func $trap (param i32 i32)))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "data_certificate_present" (func $present (result i32)))
  (import "ic0" "data_certificate_size" (func $cert_size (result i32)))
  (import "ic0" "data_certificate_copy" (func $cert_copy (param i32 i32 i32)))
  (import "ic0" "msg_caller_info_data_size" (func $info_size (result i32)))
  (import "ic0" "msg_caller_info_data_copy" (func $info_copy (param i32 i32 i32)))
  (import "ic0" "msg_caller_info_signer_size" (func $signer_size (result i32)))
  (import "ic0" "msg_caller_info_signer_copy" (func $signer_copy (param i32 i32 i32)))
  (import "ic0" "msg_method_name_size" (func $name_size (result i32)))
  (import "ic0" "accept_message" (func $accept))
  (import "ic0" "in_replicated_execution" (func $replicated (result i32)))
  (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "ic0" "call_perform" (func $perform (result i32)))
  (memory 64)
  (table funcref (elem $size_of_reply))
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 0) "boomnocertificate")
  (func $echo
    (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
    (call $append (i32.const 64) (call $arg_size)) (call $reply))
  (func $word (param i32) (i32.store (i32.const 48) (local.get 0)) (call $append (i32.const 48) (i32.const 4)) (call $reply))
  (func $info
    (call $info_copy (i32.const 64) (i32.const 0) (call $info_size))
    (call $append (i32.const 64) (call $info_size))
    (call $signer_copy (i32.const 64) (i32.const 0) (call $signer_size))
    (call $append (i32.const 64) (call $signer_size)) (call $reply))
  (func $bump (global.set $count (i32.add (global.get $count) (i32.const 1))))
  (func $size_of_reply (param i32) (call $word (call $arg_size)))
  (func $certificate
    (if (call $present)
      (then
        (call $cert_copy (i32.const 64) (i32.const 0) (call $cert_size))
        (call $append (i32.const 64) (call $cert_size))))
    (call $reply))
  (func (export "canister_inspect_message")
    (if (i32.ne (call $name_size) (i32.const 7)) (then (call $accept))))
  (func (export "canister_update echo") (call $echo))
  (func (export "canister_query echo_query") (call $echo))
  (func (export "canister_update set_certified")
    (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
    (call $certify (i32.const 64) (call $arg_size)) (call $reply))
  (func (export "canister_update certificate_offered") (call $word (call $present)))
  (func (export "canister_query certificate") (call $certificate))
  (func (export "canister_update info") (call $info))
  (func (export "canister_query info_query") (call $info))
  (func (export "canister_update boom") (call $bump) (call $trap (i32.const 0) (i32.const 4)))
  (func (export "canister_query boom_query") (call $trap (i32.const 0) (i32.const 4)))
  (func (export "canister_update no") (call $reject (i32.const 4) (i32.const 2)))
  (func (export "canister_query no_query") (call $reject (i32.const 4) (i32.const 2)))
  (func (export "canister_update silent") (call $bump))
  (func (export "canister_query silent_query"))
  (func (export "canister_update bump") (call $bump) (call $word (global.get $count)))
  (func (export "canister_query get") (call $word (global.get $count)))
  (func (export "canister_query get_bump") (call $bump) (call $word (global.get $count)))
  (func (export "canister_query looks") (call $word (call $replicated)))
  (func (export "canister_update refused") (call $reply))
  (func (export "canister_composite_query nested")
    (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
    (call $call_new (i32.const 64) (call $arg_size) (i32.const 6) (i32.const 11)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (call $perform))))`;

const section = (name: string, content: string): Uint8Array => {
  const named = concat(encodeLeb(BigInt(utf8(name).length)), utf8(name), utf8(content));
  return concat(Uint8Array.of(0), encodeLeb(BigInt(named.length)), named);
};

let made: Uint8Array | undefined;
export function probeWasm(): Uint8Array {
  made ??= concat(wat(TEXT), section("icp:public open", "o"), section("icp:private shut", "s"));
  return made;
}
