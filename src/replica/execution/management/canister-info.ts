/**
 * What anybody's canister may learn of a canister: its recent changes, and the metadata of its module.
 * Source: interface L70, L71, §7 rows 17, 18.
 */
import { fromHex } from "../../../base/bytes.ts";
import type { CanisterChange } from "../../state/canister.ts";
import { type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import {
  type CanisterInfoArgs,
  CanisterInfoReply,
  type CanisterMetadataArgs,
  CanisterMetadataReply,
  type Change,
} from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { isController } from "./permissions.ts";
import { canisterNotFound, noMetadata, noMetadataSection } from "./rejects.ts";

export function canisterInfo(
  call: ManagementCall,
  args: ValueOf<typeof CanisterInfoArgs>,
): ManagementOutcome {
  const canister = call.draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  const kept = BigInt(canister.history.length);
  const asked = args.num_requested_changes ?? 0n;
  const shown = Number(asked < kept ? asked : kept);
  return replied(call, CanisterInfoReply, {
    total_num_changes: canister.historyTotal,
    recent_changes: canister.history.slice(canister.history.length - shown).map(changeOf),
    module_hash: canister.code?.moduleHash,
    controllers: canister.settings.controllers,
  });
}

const changeOf = (change: CanisterChange): Change => ({
  timestamp_nanos: change.at,
  canister_version: change.version,
  origin: originOf(change.origin),
  details: detailsOf(change.details),
});

const originOf = (origin: CanisterChange["origin"]): Change["origin"] =>
  origin.kind === "user"
    ? { tag: "from_user", value: { user_id: origin.user } }
    : { tag: "from_canister", value: { canister_id: origin.canister, canister_version: origin.version } };

function detailsOf(details: CanisterChange["details"]): Change["details"] {
  switch (details.kind) {
    case "creation":
      return {
        tag: "creation",
        value: {
          controllers: details.controllers,
          environment_variables_hash: details.environmentVariablesHash,
        },
      };
    case "code-uninstall":
      return { tag: "code_uninstall", value: null };
    case "code-deployment":
      return {
        tag: "code_deployment",
        value: { mode: { tag: details.mode, value: null }, module_hash: details.moduleHash },
      };
    case "load-snapshot":
      return {
        tag: "load_snapshot",
        value: {
          from_canister_id: details.from,
          snapshot_id: fromHex(details.snapshot),
          canister_version: details.version,
          taken_at_timestamp: details.takenAt,
          source: { tag: details.source, value: null },
        },
      };
    case "controllers-change":
      return { tag: "controllers_change", value: { controllers: details.controllers } };
  }
}

export function canisterMetadata(
  call: ManagementCall,
  args: ValueOf<typeof CanisterMetadataArgs>,
): ManagementOutcome {
  const { draft, request } = call;
  const canister = draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  if (canister.code === undefined) return rejected(call, noMetadata(canister.id));
  const section = canister.code.metadata.get(args.name);
  // Who may not see a section is not told that it is there.
  if (section === undefined || (section.visibility === "private" && !isController(canister, request.caller)))
    return rejected(call, noMetadataSection(canister.id, args.name));
  return replied(call, CanisterMetadataReply, { value: section.content });
}
