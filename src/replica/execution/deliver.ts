/**
 * Takes a call to where it will be executed: the receiver's input queue, or the subnet's own queue. The subnet is alone
 * so far, so every call is local and arrives in the round that made it.
 *
 *   D1  Calls between two canisters are executed in the order in which they were performed (interface M40).
 *   D2  A call to a canister that does not exist, or does not run, comes back at once with all its cycles (M30, M31).
 *
 * Source: replica B.1, B.5; interface M37.
 */
import { inRanges } from "../../registry/ranges.ts";
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER, type CanisterId } from "../../types/ids.ts";
import { RejectCode, type Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CanisterState } from "../state/canister.ts";
import { canisterOf, type Draft } from "../state/draft.ts";
import type { CanisterRequest } from "../state/messages.ts";
import { respond } from "./response.ts";

export function deliver(draft: Draft, request: CanisterRequest): void {
  const { receiver } = request;
  if (receiver === MANAGEMENT_CANISTER || receiver === draft.subnet.id) {
    draft.subnetQueue.push(request);
    return;
  }
  const canister = draft.canisters.get(receiver);
  const reject = canister === undefined ? nobodyThere(draft, receiver) : statusRefusal(canister);
  if (reject !== undefined) {
    respond(draft, request.origin, receiver, { kind: "reject", reject }, request.cycles);
    return;
  }
  const { inputs } = canisterOf(draft, receiver);
  draft.canisters.set(receiver, { ...canisterOf(draft, receiver), inputs: [...inputs, request] });
}

/** Of an id that no subnet has, mainnet's router speaks; of one that has gone, its subnet. */
const nobodyThere = (draft: Draft, id: CanisterId): Reject =>
  inRanges(draft.subnet.canisterRanges, id)
    ? notFound(id)
    : { code: RejectCode.DestinationInvalid, message: `No route to canister ${principalText(id)}` };

export const notFound = (id: CanisterId): Reject =>
  rejectOf(IC.CanisterNotFound, `Canister ${principalText(id)} not found`);

/** Source: interface M31; texts as mainnet's. */
export function statusRefusal(canister: CanisterState): Reject | undefined {
  switch (canister.status.kind) {
    case "running":
      return undefined;
    case "stopping":
      return rejectOf(IC.CanisterStopping, `Canister ${principalText(canister.id)} is stopping`);
    case "stopped":
      return rejectOf(IC.CanisterStopped, `Canister ${principalText(canister.id)} is stopped`);
  }
}
