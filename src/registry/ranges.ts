import type { CanisterId } from "../types/ids.ts";

/** A closed range of canister ids, compared as bytes. */
export interface CanisterRange {
  readonly start: CanisterId;
  readonly end: CanisterId;
}

export const inRanges = (ranges: readonly CanisterRange[], id: CanisterId): boolean =>
  ranges.some((r) => r.start <= id && id <= r.end);
