/**
 * Queries to `aaaaa-aa`, by users and by composite queries: a canister's status, metrics and log, as one node has them.
 * Nothing is charged. Source: interface H68, L73, L76, §7 columns Q and X.
 */
import type { SubnetRecord } from "../../../registry/registry.ts";
import type { Decoded } from "../../../base/decoded.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { Query, QueryResult } from "../../interfaces/execution.ts";
import type { CanisterState } from "../../state/canister.ts";
import type { ReplicatedState } from "../../state/state.ts";
import { trimmedLogs } from "../logs.ts";
import {
  CanisterIdArgs,
  CanisterMetricsReply,
  CanisterStatusReply,
  FetchLogsArgs,
  FetchLogsReply,
} from "./candid.ts";
import { decodeArgument, decodeNothing } from "./candid-decode.ts";
import { encodeReply } from "./candid-encode.ts";
import type { ValueOf } from "./candid-types.ts";
import { statusOf } from "./canister-status.ts";
import { hasAccess, isController, maySeeStatus } from "./permissions.ts";
import {
  badCandid,
  canisterNotFound,
  logsDenied,
  notController,
  queryMethodNotFound,
  statusDenied,
} from "./rejects.ts";
import { noSubnetAdmins } from "./subnet.ts";

export function managementQuery(state: ReplicatedState, query: Query, subnet: SubnetRecord): QueryResult {
  switch (query.method) {
    case "canister_status":
      return about(state, decodeArgument(CanisterIdArgs, query.arg), (canister) =>
        maySeeStatus(canister, query.sender)
          ? answered(encodeReply(CanisterStatusReply, statusOf(canister, subnet)))
          : refused(statusDenied(query.sender)),
      );
    case "canister_metrics":
      return about(state, decodeArgument(CanisterIdArgs, query.arg), (canister) =>
        isController(canister, query.sender)
          ? answered(encodeReply(CanisterMetricsReply, { cycles_consumed: canister.consumed }))
          : refused(notController(canister.id, canister.settings.controllers, query.sender)),
      );
    case "fetch_canister_logs":
      return about(state, decodeArgument(FetchLogsArgs, query.arg), (canister, args) =>
        hasAccess(canister, canister.settings.logVisibility, query.sender)
          ? answered(encodeReply(FetchLogsReply, logsOf(canister, args.filter)))
          : refused(logsDenied(query.sender)),
      );
    case "list_canisters": {
      const args = decodeNothing(query.arg);
      return refused(args.ok ? noSubnetAdmins() : badCandid(args.because));
    }
    default:
      return refused(queryMethodNotFound(query.method));
  }
}

function about<A extends { readonly canister_id: CanisterId }>(
  state: ReplicatedState,
  args: Decoded<A>,
  tell: (canister: CanisterState, args: A) => QueryResult,
): QueryResult {
  if (!args.ok) return refused(badCandid(args.because));
  const canister = state.canisters.get(args.value.canister_id);
  return canister === undefined
    ? refused(canisterNotFound(args.value.canister_id))
    : tell(canister, args.value);
}

/** What a reply holds of a log at most, the newest, so that it fits into a message. */
const REPLY_BYTES_MAX = 2_000_000n;

function logsOf(
  { logs }: CanisterState,
  filter: ValueOf<typeof FetchLogsArgs>["filter"],
): ValueOf<typeof FetchLogsReply> {
  const within = (key: bigint): boolean =>
    filter === undefined || (key >= filter.value.start && key < filter.value.end);
  const wanted = logs.filter(({ index, at }) => within(filter?.tag === "by_timestamp_nanos" ? at : index));
  const fitting = trimmedLogs(wanted, REPLY_BYTES_MAX);
  return {
    canister_log_records: fitting.map(({ index, at, content }) => ({
      idx: index,
      timestamp_nanos: at,
      content,
    })),
  };
}

/** The subnet is not asked for what it costs. */
const UNCOUNTED = { instructions: 0n, counts: [] };
const answered = (reply: Uint8Array): QueryResult => ({ kind: "replied", reply, ...UNCOUNTED });
const refused = (reject: Reject): QueryResult => ({ kind: "rejected", reject, ...UNCOUNTED });
