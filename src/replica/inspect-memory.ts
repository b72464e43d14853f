/** A canister's memory for somebody who looks: one page of it, and which pages hold something or were written lately. */
import type { Inspection, InspectionReply } from "../types/inspection.ts";
import type { Height } from "../types/ids.ts";
import type { StateReader } from "./interfaces/state-reader.ts";
import { PAGE, pageAt } from "./state/pages.ts";

export interface KeptStates extends StateReader {
  lowestHeight(): Height;
}

/** Of as many pages something is said: 256 MiB. */
const PAGES_MAX = 65_536;

export function inspectMemory(
  states: KeptStates,
  { canister, memory, page }: Extract<Inspection, { kind: "memory" }>,
): InspectionReply {
  const height = states.latestCertifiedHeight();
  const since = states.lowestHeight();
  const now = states.stateAt(height)?.canisters.get(canister)?.[memory];
  if (now === undefined)
    return { kind: "not-here", sentence: `At height ${height} there is no such canister.` };
  const before = states.stateAt(since)?.canisters.get(canister)?.[memory];
  const pages = Math.ceil(now.length / PAGE);
  const marks = Uint8Array.from({ length: Math.min(pages, PAGES_MAX) }, (_, i) => {
    const bytes = pageAt(now, i);
    if (before !== undefined && bytes !== pageAt(before, i)) return 2;
    return bytes === undefined ? 0 : 1;
  });
  const bytes = pageAt(now, page) ?? new Uint8Array(page < pages ? PAGE : 0);
  return { kind: "memory", height, since, length: now.length, marks, page, bytes: bytes.slice() };
}
