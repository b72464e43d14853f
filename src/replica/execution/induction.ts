/**
 * What entering the subnet costs a user's call, and who pays: the canister called, or the one that a management call
 * is about. Source: interface M36, MC3; replica E.1 (ingress).
 */
import { utf8 } from "../../base/bytes.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER, type CanisterId } from "../../types/ids.ts";
import type { IngressContent, Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CanisterState } from "../state/canister.ts";
import { withConsumed } from "../state/consumed.ts";
import type { Draft } from "../state/draft.ts";
import { freezingLimit, ingressFee } from "./cycles.ts";
import { outOfCyclesText } from "./failure.ts";
import { managementPayer } from "./management/effective-canister.ts";

/** Undefined when nobody pays now: provisional methods, small changes of settings, or an argument that names none. */
export function inductionPayer(call: IngressContent): CanisterId | undefined {
  if (call.canister !== MANAGEMENT_CANISTER) return call.canister;
  return managementPayer(call.method, call.arg);
}

export const inductionFee = (call: IngressContent, subnet: SubnetRecord): bigint =>
  ingressFee(call.arg.length + utf8(call.method).length + (call.nonce?.length ?? 0), subnet);

/** Why the payer cannot pay and keep its freezing limit. */
export function inductionRefusal(
  payer: CanisterState,
  call: IngressContent,
  subnet: SubnetRecord,
): Reject | undefined {
  const missing = inductionFee(call, subnet) + freezingLimit(payer, subnet) - payer.cycles;
  if (missing <= 0n) return undefined;
  const reveal = payer.settings.controllers.includes(call.sender);
  return rejectOf(IC.CanisterOutOfCycles, outOfCyclesText(payer.id, missing, reveal));
}

/** Takes the fee, or says why the call may not enter. */
export function chargeInduction(draft: Draft, call: IngressContent): Reject | undefined {
  const id = inductionPayer(call);
  if (id === undefined) return undefined;
  const payer = draft.canisters.get(id);
  if (payer === undefined) return rejectOf(IC.CanisterNotFound, `Canister ${principalText(id)} not found`);
  const refusal = inductionRefusal(payer, call, draft.subnet);
  if (refusal !== undefined) return refusal;
  const fee = inductionFee(call, draft.subnet);
  draft.cyclesBurned += fee;
  draft.canisters.set(id, {
    ...payer,
    cycles: payer.cycles - fee,
    consumed: withConsumed(payer, "ingress_induction", fee),
  });
  return undefined;
}
