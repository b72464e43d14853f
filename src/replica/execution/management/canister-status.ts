/**
 * What the management canister tells about a canister: its status, to those whom a setting lets see it; its recent
 * changes, to any canister; a section of its module's metadata.
 *
 * Source: interface L70, L71, L74, L75, §7 rows 11, 17, 18.
 */
import type { SubnetRecord } from "../../../registry/registry.ts";
import { IC, rejectOf } from "../../../types/errors.ts";
import { principalText } from "../../../types/principal.ts";
import type { CanisterChange, CanisterState } from "../../state/canister.ts";
import { memoryMetrics } from "../../state/memory-metrics.ts";
import { idleBurnPerDay } from "../cycles.ts";
import {
  type CanisterIdArgs,
  type CanisterInfoArgs,
  CanisterInfoReply,
  type CanisterMetadataArgs,
  CanisterMetadataReply,
  CanisterStatusReply,
  type Change,
} from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import { isController, maySee } from "./permissions.ts";
import { canisterNotFound, notController, statusDenied } from "./rejects.ts";
import { definiteSettings } from "./settings.ts";

export function canisterStatus(
  call: ManagementCall,
  args: ValueOf<typeof CanisterIdArgs>,
): ManagementOutcome {
  const { draft, request } = call;
  const canister = draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  if (!maySee(canister, canister.settings.statusVisibility, request.caller))
    return rejected(call, statusDenied(request.caller));
  return replied(call, CanisterStatusReply, statusOf(canister, draft.subnet));
}

export function statusOf(canister: CanisterState, subnet: SubnetRecord): ValueOf<typeof CanisterStatusReply> {
  const memory = memoryMetrics(canister);
  return {
    status: { tag: canister.status.kind, value: null },
    // To another subnet, of which there is none.
    ready_for_migration: false,
    version: canister.version,
    settings: definiteSettings(canister.settings),
    module_hash: canister.code?.moduleHash,
    memory_size: BigInt(memory.total),
    memory_metrics: {
      wasm_memory_size: BigInt(memory.heap),
      stable_memory_size: BigInt(memory.stable),
      global_memory_size: BigInt(memory.globals),
      wasm_binary_size: BigInt(memory.module),
      custom_sections_size: BigInt(memory.customSections),
      canister_history_size: BigInt(memory.history),
      wasm_chunk_store_size: BigInt(memory.chunkStore),
      snapshots_size: 0n,
      log_memory_store_size: 0n,
    },
    cycles: canister.cycles,
    reserved_cycles: canister.reservedCycles,
    idle_cycles_burned_per_day: idleBurnPerDay(canister, subnet),
    // Nobody aggregates them over the nodes yet.
    query_stats: {
      num_calls_total: 0n,
      num_instructions_total: 0n,
      request_payload_bytes_total: 0n,
      response_payload_bytes_total: 0n,
    },
  };
}

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
        value: { controllers: details.controllers, environment_variables_hash: undefined },
      };
    case "code-uninstall":
      return { tag: "code_uninstall", value: null };
    case "code-deployment":
      return {
        tag: "code_deployment",
        value: { mode: { tag: details.mode, value: null }, module_hash: details.moduleHash },
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
  const section = canister.code?.metadata.get(args.name);
  const hidden = section?.visibility === "private" && !isController(canister, request.caller);
  if (hidden)
    return rejected(call, notController(canister.id, canister.settings.controllers, request.caller));
  if (section === undefined) {
    const text = `Canister ${principalText(canister.id)} has no metadata section with the name ${args.name}`;
    return rejected(call, rejectOf(IC.CanisterRejectedMessage, text));
  }
  return replied(call, CanisterMetadataReply, { value: section.content });
}
