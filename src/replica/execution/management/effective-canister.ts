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
