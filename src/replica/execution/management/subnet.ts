/**
 * What the management canister tells about the subnet: how its nodes made blocks, which versions it runs, and (to
 * admins, of which an ordinary subnet has none) which canisters it hosts.
 *
 * Source: interface §7 rows 30, 31, 43, L50; [ic] rs/execution_environment (execution/common.rs, list_canisters).
 */
import { compareText } from "../../../base/bytes.ts";
import { IC, rejectOf } from "../../../types/errors.ts";
import type { SubnetId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import { principalText } from "../../../types/principal.ts";
import { REPLICA_VERSION } from "../../../types/replica-version.ts";
import { type ManagementCall, type ManagementOutcome, rejected, replied } from "./call.ts";
import {
  type NodeMetricsHistoryArgs,
  NodeMetricsHistoryReply,
  type SubnetInfoArgs,
  SubnetInfoReply,
} from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";

export function nodeMetricsHistory(
  call: ManagementCall,
  args: ValueOf<typeof NodeMetricsHistoryArgs>,
): ManagementOutcome {
  const { draft } = call;
  if (args.subnet_id !== draft.subnet.id) return rejected(call, otherSubnet(args.subnet_id, draft.subnet.id));
  // The last sample is of a day that has not ended.
  const days = draft.nodeMetrics.slice(0, -1).filter((day) => day.at >= args.start_at_timestamp_nanos);
  const told = days.map(({ at, nodes }) => ({
    timestamp_nanos: at,
    node_metrics: [...nodes]
      .sort(([a], [b]) => compareText(a, b))
      .map(([node, { proposed, failed }]) => ({
        node_id: node,
        num_blocks_proposed_total: proposed,
        num_block_failures_total: failed,
      })),
  }));
  return replied(call, NodeMetricsHistoryReply, told);
}

export function subnetInfo(call: ManagementCall, args: ValueOf<typeof SubnetInfoArgs>): ManagementOutcome {
  const { draft } = call;
  if (args.subnet_id !== draft.subnet.id) return rejected(call, otherSubnet(args.subnet_id, draft.subnet.id));
  return replied(call, SubnetInfoReply, {
    replica_version: REPLICA_VERSION,
    registry_version: BigInt(draft.registryVersion),
  });
}

const otherSubnet = (named: SubnetId, own: SubnetId): Reject =>
  rejectOf(
    IC.CanisterRejectedMessage,
    `Provided target subnet ID ${principalText(named)} does not match current subnet ID ${principalText(own)}.`,
  );

/** An application subnet under the ordinary cost schedule has no admins. */
export const noSubnetAdmins = (): Reject =>
  rejectOf(IC.CanisterRejectedMessage, "list_canisters is only available on subnets with subnet admins");
