/**
 * The System API's functions by name: what a module may import from `ic0`, with exact types. `I` stands for the
 * pointer width of the module's memory: i32, or i64 when the memory is 64-bit. Source: interface §4.4 (74 functions,
 * 65 for both widths and 9 for 32-bit modules alone, and mint_cycles128, which no canister here may use), S2, S3.
 */
export type ApiType = "I" | "i32" | "i64";

export interface ApiSignature {
  readonly params: readonly ApiType[];
  readonly results: readonly ApiType[];
  /** Refused in a module with a 64-bit memory. */
  readonly only32: boolean;
}

/** One line a function: `name params -> results`; a leading `!` marks those of 32-bit modules alone. */
const TABLE = `
msg_arg_data_size -> I
msg_arg_data_copy I I I
msg_caller_size -> I
msg_caller_copy I I I
msg_caller_info_data_size -> I
msg_caller_info_data_copy I I I
msg_caller_info_signer_size -> I
msg_caller_info_signer_copy I I I
msg_reject_code -> i32
msg_reject_msg_size -> I
msg_reject_msg_copy I I I
msg_deadline -> i64
msg_reply_data_append I I
msg_reply
msg_reject I I
msg_cycles_available128 I
msg_cycles_refunded128 I
msg_cycles_accept128 i64 i64 I
cycles_burn128 i64 i64 I
mint_cycles128 i64 i64 I
canister_self_size -> I
canister_self_copy I I I
canister_cycle_balance128 I
canister_liquid_cycle_balance128 I
canister_status -> i32
canister_version -> i64
subnet_self_size -> I
subnet_self_copy I I I
msg_method_name_size -> I
msg_method_name_copy I I I
accept_message
call_new I I I I I I I I
call_on_cleanup I I
call_data_append I I
call_with_best_effort_response i32
call_cycles_add128 i64 i64
call_perform -> i32
stable64_size -> i64
stable64_grow i64 -> i64
stable64_write i64 i64 i64
stable64_read i64 i64 i64
root_key_size -> I
root_key_copy I I I
certified_data_set I I
data_certificate_present -> i32
data_certificate_size -> I
data_certificate_copy I I I
time -> i64
global_timer_set i64 -> i64
performance_counter i32 -> i64
is_controller I I -> i32
in_replicated_execution -> i32
cost_call i64 i64 I
cost_create_canister I
cost_http_request i64 i64 I
cost_sign_with_ecdsa I I i32 I -> i32
cost_sign_with_schnorr I I i32 I -> i32
cost_vetkd_derive_key I I i32 I -> i32
env_var_count -> I
env_var_name_size I -> I
env_var_name_copy I I I I
env_var_name_exists I I -> i32
env_var_value_size I I -> I
env_var_value_copy I I I I I
debug_print I I
trap I I
!msg_cycles_available -> i64
!msg_cycles_refunded -> i64
!msg_cycles_accept i64 -> i64
!canister_cycle_balance -> i64
!call_cycles_add i64
!stable_size -> i32
!stable_grow i32 -> i32
!stable_write i32 i32 i32
!stable_read i32 i32 i32
`;

const typesIn = (text: string): ApiType[] => text.split(" ").filter((w) => w !== "") as ApiType[];

/** By name, in the order of interface §4.4. */
export const SYSTEM_API: ReadonlyMap<string, ApiSignature> = new Map(
  TABLE.trim()
    .split("\n")
    .map((line) => {
      const only32 = line.startsWith("!");
      const [left = "", right = ""] = line.replace("!", "").split("->");
      const [name = "", ...params] = left.trim().split(" ");
      return [name, { params: typesIn(params.join(" ")), results: typesIn(right.trim()), only32 }];
    }),
);
