/**
 * Queries to `aaaaa-aa`: the status and the log of a canister, as one node has them. Nothing is charged.
 * Source: interface H68, L73, §7 column Q.
 */
import type { SubnetRecord } from "../../../registry/registry.ts";
import type { Reject } from "../../../types/messages.ts";
import type { Query, QueryResult } from "../../interfaces/execution.ts";
import type { ReplicatedState } from "../../state/state.ts";
import { CanisterIdArgs, CanisterStatusReply, FetchLogsReply } from "./candid.ts";
import { decodeArgument } from "./candid-decode.ts";
import { encodeReply } from "./candid-encode.ts";
import { statusOf } from "./canister-status.ts";
import { METHODS } from "./methods.ts";
import { maySee } from "./permissions.ts";
import {
  badCandid,
  canisterNotFound,
  logsDenied,
  notYetBuilt,
  queryMethodNotFound,
  statusDenied,
} from "./rejects.ts";

export function managementQuery(state: ReplicatedState, query: Query, subnet: SubnetRecord): QueryResult {
  const rule = METHODS.get(query.method);
  if (!rule?.query) return refused(queryMethodNotFound(query.method));
  if (!rule.built) return refused(notYetBuilt(query.method));

  const args = decodeArgument(CanisterIdArgs, query.arg);
  if (!args.ok) return refused(badCandid(args.because));
  const canister = state.canisters.get(args.value.canister_id);
  if (canister === undefined) return refused(canisterNotFound(args.value.canister_id));

  if (query.method === "fetch_canister_logs") {
    if (!maySee(canister, canister.settings.logVisibility, query.sender))
      return refused(logsDenied(query.sender));
    const records = canister.logs.map((r) => ({ idx: r.index, timestamp_nanos: r.at, content: r.content }));
    return answered(encodeReply(FetchLogsReply, { canister_log_records: records }));
  }
  if (!maySee(canister, canister.settings.statusVisibility, query.sender))
    return refused(statusDenied(query.sender));
  return answered(encodeReply(CanisterStatusReply, statusOf(canister, subnet)));
}

const answered = (reply: Uint8Array): QueryResult => ({ kind: "replied", reply, instructions: 0n });
const refused = (reject: Reject): QueryResult => ({ kind: "rejected", reject, instructions: 0n });
