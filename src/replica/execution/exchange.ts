/**
 * Hands over what canisters sent one another. What an execution sends waits until the iteration is over.
 *
 *   X1  Senders come in the order of their ids, each one's messages to a receiver in the order in which it sent them.
 *   X2  A call to a canister that is absent or does not run is held, with all that its sender sends there after it. At the
 *       next round's beginning it is tried again; then it is rejected, with all its cycles (interface M30, M31).
 *   X3  A held call past its deadline is dropped, its cycles lost: its caller has been told (M61, M62).
 *
 * Source: [ic] rs/execution_environment/src/scheduler.rs, induct_messages_on_same_subnet; rs/messaging (loopback stream).
 */
import { compareText } from "../../base/bytes.ts";
import { inRanges } from "../../registry/ranges.ts";
import type { CanisterId } from "../../types/ids.ts";
import { RejectCode, type Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import type { Draft } from "../state/draft.ts";
import { type CanisterMessage, senderOf } from "../state/messages.ts";
import { arrive, notFound, statusRefusal } from "./deliver.ts";
import { respond } from "./response.ts";

export function exchange(draft: Draft): void {
  if (draft.outbox.length === 0) return;
  const sent = draft.outbox.splice(0).sort((a, b) => compareText(senderOf(a), senderOf(b)));
  const pairOf = (message: CanisterMessage): string => `${senderOf(message)} ${message.receiver}`;
  const blocked = new Set(draft.held.map(pairOf));
  for (const message of sent) {
    if (!blocked.has(pairOf(message)) && refusal(draft, message) === undefined) arrive(draft, message);
    else {
      blocked.add(pairOf(message));
      draft.held.push(message);
    }
  }
}

/** X2, at the beginning of a round. */
export function exchangeHeld(draft: Draft): void {
  for (const message of draft.held.splice(0)) {
    const late = message.kind === "request" && isLate(draft, message.origin);
    const reject = refusal(draft, message);
    if (late) draft.cyclesBurned += message.cycles;
    else if (reject === undefined || message.kind === "response") arrive(draft, message);
    else respond(draft, message.origin, message.receiver, { kind: "reject", reject }, message.cycles);
  }
}

const isLate = (draft: Draft, origin: Extract<CanisterMessage, { kind: "request" }>["origin"]): boolean =>
  origin.kind === "canister" && origin.deadline !== 0n && origin.deadline <= draft.time;

function refusal(draft: Draft, { kind, receiver }: CanisterMessage): Reject | undefined {
  if (kind === "response") return undefined;
  const canister = draft.canisters.get(receiver);
  return canister === undefined ? nobodyThere(draft, receiver) : statusRefusal(canister);
}

/** Of an id that no subnet has, mainnet's router speaks; of one that has gone, its subnet. */
const nobodyThere = (draft: Draft, id: CanisterId): Reject =>
  inRanges(draft.subnet.canisterRanges, id)
    ? notFound(id)
    : { code: RejectCode.DestinationInvalid, message: `No route to canister ${principalText(id)}` };
