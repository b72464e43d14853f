/**
 * Which canister a call to `aaaaa-aa` is about: its URL must name it, it pays for the call's induction, and later reads of
 * the call's status go by it.
 *
 *   EC1  It is read from the argument: only the field that names it has to be there.
 *   EC2  Creation may name any canister of the subnet's ranges, because the new one has no id yet.
 *   EC3  A method that is about no canister has none; such a call is refused whatever its URL says.
 *   EC4  It pays for induction, but not for provisional methods, and for a small change of settings only afterwards:
 *        otherwise a frozen canister could neither be topped up nor have its freezing threshold lowered.
 *
 * Source: interface H80–H85, MC3; [ic] rs/cycles_account_manager (delayed ingress cost).
 */
import { type Decoded, decoded } from "../../../base/decoded.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { EffectiveCanisterOf } from "../../interfaces/execution.ts";
import { CanisterIdArgs, TargetCanisterArgs } from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { METHODS } from "./methods.ts";

const ANY: ReadonlySet<string> = new Set([
  "create_canister",
  "provisional_create_canister_with_cycles",
  "list_canisters",
]);

export const effectiveCanisterOf: EffectiveCanisterOf = (method, arg) => {
  const target = managedCanister(method, arg);
  return target.ok ? target.value : undefined;
};

/** The same, with the reason when the argument does not tell. */
export function managedCanister(method: string, arg: Uint8Array): Decoded<CanisterId | "any" | undefined> {
  if (ANY.has(method)) return decoded("any");
  const target = METHODS.get(method)?.target;
  if (target === undefined) return decoded(undefined);
  if (target === "canister_id") {
    const args = decodeArgument(CanisterIdArgs, arg);
    return args.ok ? decoded(args.value.canister_id) : args;
  }
  const args = decodeArgument(TargetCanisterArgs, arg);
  return args.ok ? decoded(args.value.target_canister) : args;
}

const DELAYED_FEE_MAX_BYTES = 338;

/** EC4: `update_settings` pays when it is executed. */
export const paysLater = (method: string, arg: Uint8Array): boolean =>
  method === "update_settings" && arg.length <= DELAYED_FEE_MAX_BYTES;

/** Who pays for the induction of a management call; undefined: nobody. */
export function managementPayer(method: string, arg: Uint8Array): CanisterId | undefined {
  if (method.startsWith("provisional_") || paysLater(method, arg)) return undefined;
  const target = effectiveCanisterOf(method, arg);
  return target === "any" ? undefined : target;
}
