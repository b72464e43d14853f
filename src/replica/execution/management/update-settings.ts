/** `update_settings`: the version always rises, the history tells only of controllers. Source: interface L1. */
import { utf8 } from "../../../base/bytes.ts";
import type { CanisterState } from "../../state/canister.ts";
import { withConsumed } from "../../state/consumed.ts";
import { ingressFee } from "../cycles.ts";
import { trimmedLogs } from "../logs.ts";
import type { UpdateSettingsArgs } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import { paysLater } from "./effective-canister.ts";
import { changedSettings } from "./settings.ts";

export function updateSettings(
  call: ManagementCall,
  args: ValueOf<typeof UpdateSettingsArgs>,
): ManagementOutcome {
  const { draft } = call;
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const judged = changedSettings(draft, found.canister, args.settings, draft.subnet);
  if ("reject" in judged) return rejected(call, judged.reject);
  const { settings } = judged;
  const told =
    args.settings.controllers === undefined
      ? undefined
      : ({ kind: "controllers-change", controllers: settings.controllers } as const);
  const canister = changed(call, found.canister, args.sender_canister_version, told);
  const logs = trimmedLogs(canister.logs, settings.logMemoryLimit);
  draft.canisters.set(canister.id, inducted(call, { ...canister, settings, logs }));
  return done(call);
}

/** What induction left unpaid, as far as the balance goes (EC4). */
function inducted({ draft, request }: ManagementCall, canister: CanisterState): CanisterState {
  const { method, payload } = request;
  if (request.origin.kind !== "ingress" || !paysLater(method, payload)) return canister;
  const due = ingressFee(payload.length + utf8(method).length, draft.subnet);
  const fee = canister.cycles - due < 0n ? canister.cycles : due;
  draft.cyclesBurned += fee;
  return {
    ...canister,
    cycles: canister.cycles - fee,
    consumed: withConsumed(canister, "ingress_induction", fee),
  };
}
