/**
 * How a canister is, for those whom its setting lets see it, and what it has paid for, for its controllers.
 * Source: interface L74–L76, §7 rows 11, 12.
 */
import type { SubnetRecord } from "../../../registry/registry.ts";
import type { CanisterState } from "../../state/canister.ts";
import { memoryMetrics } from "../../state/memory-metrics.ts";
import { idleBurnPerDay } from "../cycles.ts";
import { type CanisterIdArgs, CanisterMetricsReply, CanisterStatusReply } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { controlled, type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import { maySeeStatus } from "./permissions.ts";
import { canisterNotFound, statusDenied } from "./rejects.ts";
import { definiteSettings } from "./settings.ts";

export function canisterStatus(
  call: ManagementCall,
  args: ValueOf<typeof CanisterIdArgs>,
): ManagementOutcome {
  const { draft, request } = call;
  const canister = draft.canisters.get(args.canister_id);
  if (canister === undefined) return rejected(call, canisterNotFound(args.canister_id));
  if (!maySeeStatus(canister, request.caller)) return rejected(call, statusDenied(request.caller));
  return replied(call, CanisterStatusReply, statusOf(canister, draft.subnet));
}

export function statusOf(canister: CanisterState, subnet: SubnetRecord): ValueOf<typeof CanisterStatusReply> {
  const memory = memoryMetrics(canister);
  const { queryStats } = canister;
  return {
    status: { tag: canister.status.kind, value: null },
    ready_for_migration: isReadyForMigration(canister),
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
      snapshots_size: BigInt(memory.snapshots),
      log_memory_store_size: 0n,
    },
    cycles: canister.cycles,
    reserved_cycles: canister.reservedCycles,
    idle_cycles_burned_per_day: idleBurnPerDay(canister, subnet),
    query_stats: {
      num_calls_total: queryStats.calls,
      num_instructions_total: queryStats.instructions,
      request_payload_bytes_total: queryStats.requestBytes,
      response_payload_bytes_total: queryStats.responseBytes,
    },
  };
}

/** Stopped, and nothing is under way to or from it. */
const isReadyForMigration = ({ status, inputs }: CanisterState): boolean =>
  status.kind === "stopped" && inputs.length === 0;

export function canisterMetrics(
  call: ManagementCall,
  args: ValueOf<typeof CanisterIdArgs>,
): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  return replied(call, CanisterMetricsReply, { cycles_consumed: found.canister.consumed });
}
