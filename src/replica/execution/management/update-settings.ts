/** `update_settings`: the version always rises, the history tells only of controllers. Source: interface L1. */
import type { UpdateSettingsArgs } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
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
  draft.canisters.set(canister.id, { ...canister, settings });
  return done(call);
}
