/**
 * Ends a canister for good: only a stopped one, with nothing left in its queue, and never itself. Its cycles are
 * burned and its id is used up (CC1). Source: interface L46.
 */
import type { CanisterIdArgs } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import { indexOf } from "./create-canister.ts";
import { deleteNotStopped, deleteQueueNotEmpty, deleteSelf } from "./rejects.ts";

export function deleteCanister(
  call: ManagementCall,
  args: ValueOf<typeof CanisterIdArgs>,
): ManagementOutcome {
  const { draft, request } = call;
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const { canister } = found;
  if (request.caller === canister.id) return rejected(call, deleteSelf(canister.id));
  if (canister.status.kind !== "stopped") return rejected(call, deleteNotStopped(canister.id));
  if (canister.inputs.length > 0) return rejected(call, deleteQueueNotEmpty(canister.id));
  draft.canisters.delete(canister.id);
  draft.cyclesBurned += canister.cycles + canister.reservedCycles;
  const next = indexOf(canister.id) + 1n;
  if (next > draft.nextCanisterIndex) draft.nextCanisterIndex = next;
  return done(call);
}
