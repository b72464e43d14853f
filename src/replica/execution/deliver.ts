/**
 * Takes a call to where it will be executed: the receiver's input queue, or the subnet's own queue. The subnet is alone
 * so far, so every call is local and arrives in the round that made it.
 *
 *   D1  Calls between two canisters are executed in the order in which they were performed (interface M40).
 *   D2  A call to a canister that does not exist comes back at once with all its cycles (M30).
 *
 * Source: replica B.1, B.5; interface M37.
 */
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER } from "../../types/ids.ts";
import { principalText } from "../../types/principal.ts";
import type { Draft } from "../state/draft.ts";
import type { CanisterRequest } from "../state/messages.ts";
import { respond } from "./response.ts";

export function deliver(draft: Draft, request: CanisterRequest): void {
  const { receiver } = request;
  if (receiver === MANAGEMENT_CANISTER || receiver === draft.subnet.id) {
    draft.subnetQueue.push(request);
    return;
  }
  const canister = draft.canisters.get(receiver);
  if (canister === undefined) {
    const reject = rejectOf(IC.CanisterNotFound, `Canister ${principalText(receiver)} not found`);
    respond(draft, request.origin, receiver, { kind: "reject", reject }, request.cycles);
    return;
  }
  draft.canisters.set(receiver, { ...canister, inputs: [...canister.inputs, request] });
}
