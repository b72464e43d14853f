/**
 * The canister's log: what it printed and how it trapped, in replicated executions only. A trap does not roll it back.
 * Source: interface L72, S24, S37.
 */
import type { Nanos } from "../../types/ids.ts";
import type { CanisterState, LogRecord } from "../state/canister.ts";

const MAX_LOG_BYTES = 4096;

/** The canister with new records. The newest 4 KiB are kept; an index is never given twice. */
export function withLogs(canister: CanisterState, at: Nanos, contents: readonly Uint8Array[]): CanisterState {
  if (contents.length === 0) return canister;
  const logs: LogRecord[] = [...canister.logs];
  let nextLogIndex = canister.nextLogIndex;
  for (const content of contents)
    logs.push({ index: nextLogIndex++, at, content: content.slice(0, MAX_LOG_BYTES) });
  let bytes = logs.reduce((n, record) => n + record.content.length, 0);
  let first = 0;
  while (bytes > MAX_LOG_BYTES) bytes -= logs[first++]!.content.length;
  return { ...canister, logs: logs.slice(first), nextLogIndex };
}
