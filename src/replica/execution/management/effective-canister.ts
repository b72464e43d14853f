/**
 * Which canister a call to `aaaaa-aa` is about: its URL must name it, it pays for the call's induction, and later reads of
 * the call's status go by it.
 *
 *   EC1  It is read from the argument: only the field that names it has to be there.
 *   EC2  Creation may name any canister of the subnet's ranges, because the new one has no id yet.
 *   EC3  A method that is about no canister has none; such a call is refused whatever its URL says.
 *
 * Source: interface H80–H85.
 */
import type { CanisterId } from "../../../types/ids.ts";
import { CanisterIdArgs, TargetCanisterArgs } from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { METHODS } from "./methods.ts";

/** An id; "any" of the subnet's ranges; undefined: none; or why the argument does not tell. */
export type EffectiveCanister = CanisterId | "any" | undefined | { readonly malformed: string };

export function effectiveCanisterOf(method: string, arg: Uint8Array): EffectiveCanister {
  if (method === "create_canister" || method === "provisional_create_canister_with_cycles") return "any";
  if (method === "list_canisters") return "any";
  const target = METHODS.get(method)?.target;
  if (target === undefined) return undefined;
  if (target === "target_canister") {
    const args = decodeArgument(TargetCanisterArgs, arg);
    return args.ok ? args.value.target_canister : { malformed: args.because };
  }
  const args = decodeArgument(CanisterIdArgs, arg);
  return args.ok ? args.value.canister_id : { malformed: args.because };
}
