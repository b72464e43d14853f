/**
 * A canister that names its own version in a management call must name the one it has: otherwise the message that made
 * the call traps when it is committed. Source: interface L2, X10.
 */
import { MANAGEMENT_CANISTER, type CanisterId } from "../../../types/ids.ts";
import { SenderVersionArgs } from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { NAMES_SENDER_VERSION } from "./methods.ts";
import { senderVersionMismatch } from "./rejects.ts";

/** The sentence of the contract violation (IC0504), or undefined. `version`: of the canister that calls. */
export function senderVersionFault(
  callee: CanisterId,
  method: string,
  payload: Uint8Array,
  version: bigint,
): string | undefined {
  if (callee !== MANAGEMENT_CANISTER || !NAMES_SENDER_VERSION.has(method)) return undefined;
  const args = decodeArgument(SenderVersionArgs, payload);
  const given = args.ok ? args.value.sender_canister_version : undefined;
  return given === undefined || given === version ? undefined : senderVersionMismatch(given, version);
}
