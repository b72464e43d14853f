/**
 * Takes a call to where it will be executed: the receiver's input queue, or the subnet's own queue.
 *
 *   D1  Calls between two canisters are executed in the order in which they were performed (interface M40).
 *   D2  A user's call to a canister that does not exist, or does not run, is answered at once; a canister's goes with
 *       what the canister sends (exchange.ts).
 *
 * Source: replica B.1, B.5; interface M37.
 */
import { IC, rejectOf } from "../../types/errors.ts";
import { MANAGEMENT_CANISTER, type CanisterId } from "../../types/ids.ts";
import type { Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { CanisterState } from "../state/canister.ts";
import type { Draft } from "../state/draft.ts";
import type { CanisterMessage, CanisterRequest } from "../state/messages.ts";
import { respond } from "./response.ts";

export function deliver(draft: Draft, request: CanisterRequest): void {
  const { receiver } = request;
  if (receiver === MANAGEMENT_CANISTER || receiver === draft.subnet.id) {
    draft.subnetQueue.push(request);
    return;
  }
  if (request.origin.kind === "canister") {
    draft.outbox.push(request);
    return;
  }
  const canister = draft.canisters.get(receiver);
  const reject = canister === undefined ? notFound(receiver) : statusRefusal(canister);
  if (reject === undefined) arrive(draft, request);
  else respond(draft, request.origin, receiver, { kind: "reject", reject }, request.cycles);
}

/** The message is in its receiver's queue. Where nobody is there any more, its cycles are lost. */
export function arrive(draft: Draft, message: CanisterMessage): void {
  const canister = draft.canisters.get(message.receiver);
  if (canister === undefined)
    draft.cyclesBurned += message.kind === "response" ? message.refund : message.cycles;
  else draft.canisters.set(canister.id, { ...canister, inputs: [...canister.inputs, message] });
}

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
