/**
 * The System API in words, for who hovers over an import of `ic0`. The replica's own table is beyond the page's reach
 * (layers); tests/unit/ic0-words.test.ts holds that both say the same.
 */

export interface Ic0Words {
  /** P: pointer or size, as wide as the memory. V: any value of that width. */
  readonly params: readonly ("P" | "V" | "i32" | "i64")[];
  readonly result: "P" | "i32" | "i64" | undefined;
  /** The kinds of messages in which it may be called, as the interface abbreviates them. */
  readonly contexts: string;
  readonly only32: boolean;
  readonly sentence: string;
}

const EVERYWHERE = "s I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T";
const AFTER_START = EVERYWHERE.slice("s ".length);

/** "params -> result", where, what it does; a name that ends in "*" is absent from modules with a 64-bit memory. */
const ROWS: readonly (readonly [name: string, type: string, contexts: string, sentence: string])[] = [
  ["msg_arg_data_size", "-> P", "I U RQ NRQ CQ Ry CRy F", "How many bytes the arguments have."],
  ["msg_arg_data_copy", "P P P ->", "I U RQ NRQ CQ Ry CRy F", "Copies bytes of the arguments, from an offset in them, into memory."],
  ["msg_caller_size", "-> P", AFTER_START, "How many bytes the caller's principal has."],
  ["msg_caller_copy", "P P P ->", AFTER_START, "Copies bytes of the caller's principal into memory."],
  ["msg_caller_info_data_size", "-> P", "U RQ NRQ CQ Ry Rt CRy CRt C CC F", "How many bytes of information about the sender came with the request."],
  ["msg_caller_info_data_copy", "P P P ->", "U RQ NRQ CQ Ry Rt CRy CRt C CC F", "Copies the information about the sender that came with the request into memory."],
  ["msg_caller_info_signer_size", "-> P", "U RQ NRQ CQ Ry Rt CRy CRt C CC F", "How many bytes the principal has that signed the information about the sender; 0 without."],
  ["msg_caller_info_signer_copy", "P P P ->", "U RQ NRQ CQ Ry Rt CRy CRt C CC F", "Copies the principal that signed the information about the sender into memory."],
  ["msg_method_name_size", "-> P", "F", "How many bytes the name of the called method has."],
  ["msg_method_name_copy", "P P P ->", "F", "Copies the name of the called method into memory."],
  ["accept_message", "->", "F", "Lets the call in. Without it, an inspected call is refused."],
  ["msg_reject_code", "-> i32", "Ry Rt CRy CRt C", "Why a call failed, as a number; 0 where there was a reply."],
  ["msg_reject_msg_size", "-> P", "Rt CRt", "How many bytes the words have that tell why a call failed."],
  ["msg_reject_msg_copy", "P P P ->", "Rt CRt", "Copies the words that tell why a call failed into memory."],
  ["msg_deadline", "-> i64", "U RQ NRQ CQ Ry Rt CRy CRt", "Until when the caller waits, in nanoseconds since 1970; 0 where it waits for ever."],
  ["msg_reply_data_append", "P P ->", "U RQ NRQ CQ Ry Rt CRy CRt", "Adds bytes to the reply, which msg_reply will send."],
  ["msg_reply", "->", "U RQ NRQ CQ Ry Rt CRy CRt", "Sends the reply. A call is answered once."],
  ["msg_reject", "P P ->", "U RQ NRQ CQ Ry Rt CRy CRt", "Answers with an error in these words. What the message changed stays."],
  ["call_new", "P P P P V V V V ->", "U CQ Ry Rt CRy CRt T", "Begins a call: whom, which method, and the table slots and values of the functions for reply and reject."],
  ["call_on_cleanup", "V V ->", "U CQ Ry Rt CRy CRt T", "Names the function that runs when the callback of the call begun last traps."],
  ["call_data_append", "P P ->", "U CQ Ry Rt CRy CRt T", "Adds bytes to the arguments of the call begun last."],
  ["call_with_best_effort_response", "i32 ->", "U CQ Ry Rt CRy CRt T", "The call begun last waits at most so many seconds for its answer."],
  ["call_cycles_add*", "i64 ->", "U Ry Rt T", "Moves cycles from the canister to the call begun last."],
  ["call_cycles_add128", "i64 i64 ->", "U Ry Rt T", "Moves cycles (high and low 64 bits) from the canister to the call begun last."],
  ["call_perform", "-> i32", "U CQ Ry Rt CRy CRt T", "Puts the call begun last into the queue; not 0 where it could not."],
  ["stable64_size", "-> i64", EVERYWHERE, "How many pages of 64 KiB stable memory has."],
  ["stable64_grow", "i64 -> i64", EVERYWHERE, "Adds pages to stable memory. Gives the size before, or -1."],
  ["stable64_write", "i64 i64 i64 ->", EVERYWHERE, "Copies bytes from memory to an offset of stable memory."],
  ["stable64_read", "i64 i64 i64 ->", EVERYWHERE, "Copies bytes from an offset of stable memory to memory."],
  ["stable_size*", "-> i32", EVERYWHERE, "How many pages of 64 KiB stable memory has, up to 4 GiB."],
  ["stable_grow*", "i32 -> i32", EVERYWHERE, "Adds pages to stable memory, up to 4 GiB. Gives the size before, or -1."],
  ["stable_write*", "i32 i32 i32 ->", EVERYWHERE, "Copies bytes from memory to an offset of stable memory, up to 4 GiB."],
  ["stable_read*", "i32 i32 i32 ->", EVERYWHERE, "Copies bytes from an offset of stable memory, up to 4 GiB, to memory."],
  ["msg_cycles_available*", "-> i64", "U RQ Ry Rt", "How many attached cycles nobody took yet. Traps where they take more than 64 bits."],
  ["msg_cycles_available128", "P ->", "U RQ Ry Rt", "Writes how many attached cycles nobody took yet, in 16 bytes."],
  ["msg_cycles_refunded*", "-> i64", "Ry Rt", "How many of the cycles attached to the call came back. Traps where they take more than 64 bits."],
  ["msg_cycles_refunded128", "P ->", "Ry Rt", "Writes how many of the cycles attached to the call came back, in 16 bytes."],
  ["msg_cycles_accept*", "i64 -> i64", "U RQ Ry Rt", "Takes up to so many of the attached cycles. Gives what it took."],
  ["msg_cycles_accept128", "i64 i64 P ->", "U RQ Ry Rt", "Takes up to so many of the attached cycles (high and low 64 bits). Writes what it took, in 16 bytes."],
  ["canister_cycle_balance*", "-> i64", AFTER_START, "How many cycles the canister has. Traps where they take more than 64 bits."],
  ["canister_cycle_balance128", "P ->", AFTER_START, "Writes how many cycles the canister has, in 16 bytes."],
  ["canister_liquid_cycle_balance128", "P ->", AFTER_START, "Writes how many cycles the canister may spend without freezing, in 16 bytes."],
  ["cycles_burn128", "i64 i64 P ->", "I G U RQ Ry Rt C T", "Destroys up to so many of the canister's cycles. Writes how many, in 16 bytes."],
  ["mint_cycles128", "i64 i64 P ->", "U Ry Rt T", "Makes new cycles: only for the cycles minting canister."],
  ["cost_call", "i64 i64 P ->", EVERYWHERE, "Writes what a call with so long a method name and so many bytes would cost, in 16 bytes."],
  ["cost_create_canister", "P ->", EVERYWHERE, "Writes what creating a canister costs, in 16 bytes."],
  ["cost_http_request", "i64 i64 P ->", EVERYWHERE, "Writes what an HTTPS outcall of this size would cost, in 16 bytes."],
  ["cost_sign_with_ecdsa", "P P i32 P -> i32", EVERYWHERE, "Writes what a threshold ECDSA signature by this key costs, in 16 bytes."],
  ["cost_sign_with_schnorr", "P P i32 P -> i32", EVERYWHERE, "Writes what a threshold Schnorr signature by this key costs, in 16 bytes."],
  ["cost_vetkd_derive_key", "P P i32 P -> i32", EVERYWHERE, "Writes what deriving an encrypted key costs, in 16 bytes."],
  ["canister_self_size", "-> P", AFTER_START, "How many bytes this canister's principal has."],
  ["canister_self_copy", "P P P ->", AFTER_START, "Copies this canister's principal into memory."],
  ["subnet_self_size", "-> P", AFTER_START, "How many bytes the principal of this canister's subnet has."],
  ["subnet_self_copy", "P P P ->", AFTER_START, "Copies the principal of this canister's subnet into memory."],
  ["root_key_size", "-> P", "I G U RQ Ry Rt C T", "How many bytes the public key has from which all certificates follow."],
  ["root_key_copy", "P P P ->", "I G U RQ Ry Rt C T", "Copies the public key from which all certificates follow into memory."],
  ["data_certificate_size", "-> P", "NRQ CQ", "How many bytes the certificate of the certified data has."],
  ["data_certificate_copy", "P P P ->", "NRQ CQ", "Copies the certificate of the certified data into memory."],
  ["env_var_count", "-> P", AFTER_START, "How many environment variables the canister's settings have."],
  ["env_var_name_size", "P -> P", AFTER_START, "How many bytes the name of an environment variable has."],
  ["env_var_name_copy", "P P P P ->", AFTER_START, "Copies the name of an environment variable into memory."],
  ["env_var_name_exists", "P P -> i32", AFTER_START, "1 where there is an environment variable of this name."],
  ["env_var_value_size", "P P -> P", AFTER_START, "How many bytes the value of the environment variable of this name has."],
  ["env_var_value_copy", "P P P P P ->", AFTER_START, "Copies the value of the environment variable of this name into memory."],
  ["canister_status", "-> i32", AFTER_START, "1 running, 2 stopping, 3 stopped."],
  ["canister_version", "-> i64", AFTER_START, "Counts up with every change to the canister's code, settings or state."],
  ["is_controller", "P P -> i32", EVERYWHERE, "1 where this principal is a controller of the canister."],
  ["in_replicated_execution", "-> i32", EVERYWHERE, "1 where all nodes run this message, 0 in a query that one node runs."],
  ["certified_data_set", "P P ->", "I G U Ry Rt T", "Sets at most 32 bytes, which the subnet signs with its state."],
  ["data_certificate_present", "-> i32", AFTER_START, "1 where there is a certificate of the certified data: in queries that one node runs."],
  ["time", "-> i64", AFTER_START, "Nanoseconds since 1970, the same for all nodes in this round."],
  ["global_timer_set", "i64 -> i64", "I G U Ry Rt C T", "Sets the time at which canister_global_timer runs; 0 for never. Gives the time set before."],
  ["performance_counter", "i32 -> i64", EVERYWHERE, "Instructions used: by this message (0), or by its whole call context (1)."],
  ["debug_print", "P P ->", EVERYWHERE, "Writes a line into the canister's log."],
  ["trap", "P P ->", EVERYWHERE, "Ends the message with an error in these words. All it changed is undone."],
]; // prettier-ignore

export const IC0_WORDS: ReadonlyMap<string, Ic0Words> = new Map(
  ROWS.map(([name, type, contexts, sentence]) => {
    const [params, result] = type.split("->").map((side) => side.trim().split(" ").filter(Boolean));
    const words = {
      params: params as Ic0Words["params"],
      result: result?.[0] as Ic0Words["result"],
      contexts,
      only32: name.endsWith("*"),
      sentence,
    };
    return [name.replace("*", ""), words];
  }),
);

const CONTEXTS: Readonly<Record<string, string>> = {
  s: "the start function", I: "init and post-upgrade", G: "pre-upgrade", U: "updates", RQ: "queries that all nodes run",
  NRQ: "queries that one node runs", CQ: "composite queries", Ry: "reply callbacks", Rt: "reject callbacks",
  CRy: "reply callbacks of composite queries", CRt: "reject callbacks of composite queries", C: "cleanup callbacks",
  CC: "cleanup callbacks of composite queries", F: "inspect_message", T: "heartbeat and timer",
}; // prettier-ignore

/** Where it may be called, in words. */
export function whereAllowed({ contexts }: Ic0Words): string {
  if (contexts === EVERYWHERE) return "Anywhere.";
  if (contexts === AFTER_START) return "Anywhere but in the start function.";
  const words = contexts.split(" ").map((c) => CONTEXTS[c] ?? c);
  return words.length === 1
    ? `Only in ${words[0]}.`
    : `In ${words.slice(0, -1).join(", ")} and ${words.at(-1)}.`;
}

/** Its type as WebAssembly text, for a module with 32-bit memory. */
export function signatureOf({ params, result }: Ic0Words): string {
  const narrow = (type: string): string => (type === "P" || type === "V" ? "i32" : type);
  const taken = params.length === 0 ? "" : ` (param ${params.map(narrow).join(" ")})`;
  return `(func${taken}${result === undefined ? "" : ` (result ${narrow(result)})`})`;
}
