/**
 * The canister's log: what it printed and how it trapped, in replicated executions only. A trap does not roll it back.
 *
 *   LG1  It holds the newest records that fit into its limit, each counted with what its header takes. An index is never
 *        given twice, also to records that never found a place.
 *   LG2  One message leaves at most as much as the log may hold, its headers counted larger, and a record longer than
 *        that is cut.
 *   LG3  A limit of 0: no log.
 *
 * Source: interface L72, S24, S37; [ic] rs/types/types/src/canister_log.rs, log_memory_store (record sizes).
 */
import type { Nanos } from "../../types/ids.ts";
import type { CanisterState, LogRecord } from "../state/canister.ts";

/** Index, time and length in the log; the same as a value in memory, where a message gathers its records. */
const STORED_HEADER = 20;
const GATHERED_HEADER = 40;

/** The canister with new records. */
export function withLogs(canister: CanisterState, at: Nanos, contents: readonly Uint8Array[]): CanisterState {
  const limit = Number(canister.settings.logMemoryLimit);
  if (contents.length === 0 || limit === 0) return canister;
  const fresh = contents.map((content, i): LogRecord => ({
    index: canister.nextLogIndex + BigInt(i),
    at,
    content: content.slice(0, limit - GATHERED_HEADER),
  }));
  const gathered = newest(fresh, limit, GATHERED_HEADER);
  return {
    ...canister,
    logs: newest([...canister.logs, ...gathered], limit, STORED_HEADER),
    nextLogIndex: canister.nextLogIndex + BigInt(contents.length),
  };
}

/** What a log keeps when its limit becomes another. */
export const trimmedLogs = (logs: readonly LogRecord[], limit: bigint): readonly LogRecord[] =>
  newest(logs, Number(limit), STORED_HEADER);

function newest(records: readonly LogRecord[], limit: number, header: number): readonly LogRecord[] {
  let bytes = 0;
  let first = records.length;
  while (first > 0) {
    bytes += header + records[first - 1]!.content.length;
    if (bytes > limit) break;
    first--;
  }
  return first === 0 ? records : records.slice(first);
}
