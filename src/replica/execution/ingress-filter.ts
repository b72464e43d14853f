/**
 * Whether a user's call may enter a block. The same question is asked by the node that receives it, by every block
 * maker, and by every validator; a call refused here leaves no trace on the subnet.
 *
 *   I1  Management calls: the method is open to users and this one may use it (interface MC2).
 *   I2  The canister exists, runs, has code, and does not offer the method as a composite query (M30, M31, M33, H44).
 *   I3  Whoever pays for induction can (M36).
 *   I4  `inspect_message`, where exported, accepted; returning without accepting is IC0406, a trap is its own code
 *       (S31).
 *
 * Source: interface H45, S31; replica F.
 */
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER } from "../../types/ids.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { IngressContent, Reject } from "../../types/messages.ts";
import type { IngressFilter } from "../interfaces/execution.ts";
import type { WasmHost } from "../interfaces/wasm-host.ts";
import type { CanisterState } from "../state/canister.ts";
import type { ReplicatedState } from "../state/state.ts";
import { notFound, statusRefusal } from "./deliver.ts";
import { methodRefusal } from "./execute-request.ts";
import { messageRejected, rejectFrom } from "./failure.ts";
import { inductionPayer, inductionRefusal } from "./induction.ts";
import { managementIngressRefusal } from "./management/ingress.ts";
import { runCanister } from "./run-canister.ts";
import { NO_CALL } from "./system-api/sandbox.ts";

export const createIngressFilter = (host: WasmHost): IngressFilter => ({
  refusal(state, call, subnet) {
    if (call.canister === MANAGEMENT_CANISTER)
      return managementIngressRefusal(state, call) ?? payerRefusal(state, call, subnet);
    const canister = state.canisters.get(call.canister);
    if (canister === undefined) return notFound(call.canister);
    return (
      statusRefusal(canister) ??
      payerRefusal(state, call, subnet) ??
      codeRefusal(canister, call.method) ??
      inspect(host, state, canister, call, subnet)
    );
  },
});

function payerRefusal(
  state: ReplicatedState,
  call: IngressContent,
  subnet: SubnetRecord,
): Reject | undefined {
  const id = inductionPayer(call);
  const payer = id === undefined ? undefined : state.canisters.get(id);
  return payer && inductionRefusal(payer, call, subnet);
}

/** A method that does not exist is left to inspect_message and then to execution, as on mainnet. */
function codeRefusal(canister: CanisterState, method: string): Reject | undefined {
  if (canister.code === undefined)
    return rejectOf(IC.CanisterWasmModuleNotFound, "Requested canister has no wasm module");
  return canister.code.exports.compositeQueries.includes(method)
    ? methodRefusal(canister, method)
    : undefined;
}

function inspect(
  host: WasmHost,
  state: ReplicatedState,
  canister: CanisterState,
  call: IngressContent,
  subnet: SubnetRecord,
): Reject | undefined {
  if (!canister.code?.exports.hooks.includes("canister_inspect_message")) return undefined;
  const run = runCanister(
    host,
    canister,
    { kind: "export", name: "canister_inspect_message" },
    {
      context: "F",
      arg: call.arg,
      caller: call.sender,
      callerInfo: call.callerInfo,
      method: call.method,
      time: state.time,
      subnet,
      instructionLimit: subnet.limits.inspect,
      maxReplyBytes: 0,
      call: NO_CALL,
    },
  );
  if (run.failure !== undefined) return rejectFrom(canister.id, run.failure);
  return run.accepted ? undefined : rejectFrom(canister.id, messageRejected);
}
