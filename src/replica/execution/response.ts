/**
 * Takes an answer to whoever waits for it: a user's entry in the ingress history, or a canister's input queue.
 *
 *   R1  Where a canister no longer exists, or its call is over, the refund is lost (interface M62).
 *   R2  Users get no refunds, because they send no cycles (interface H50).
 */
import type { CanisterId } from "../../types/ids.ts";
import { defined } from "../../base/assert.ts";
import type { Draft } from "../state/draft.ts";
import type { CallOrigin, CanisterResponse } from "../state/messages.ts";

export type Answer = CanisterResponse["payload"];

/** The answer is there at once: it comes from the subnet. */
export function respond(...call: Parameters<typeof answered>): void {
  const response = answered(...call);
  if (response === undefined) return;
  const [draft] = call;
  const caller = draft.canisters.get(response.receiver);
  if (caller === undefined) draft.cyclesBurned += response.refund;
  else draft.canisters.set(caller.id, { ...caller, inputs: [...caller.inputs, response] });
}

/** A canister's answer to another goes with what else the canister sends. */
export function respondFrom(...call: Parameters<typeof answered>): void {
  const response = answered(...call);
  if (response !== undefined) call[0].outbox.push(response);
}

function answered(
  draft: Draft,
  origin: CallOrigin,
  respondent: CanisterId,
  answer: Answer,
  refund: bigint,
): CanisterResponse | undefined {
  switch (origin.kind) {
    case "ingress": {
      const record = defined(
        draft.ingressHistory.get(origin.message),
        "a call in progress is in the ingress history",
      );
      const status =
        answer.kind === "reply"
          ? ({ kind: "replied", reply: answer.data } as const)
          : ({ kind: "rejected", reject: answer.reject } as const);
      draft.ingressHistory.set(origin.message, { ...record, status, changedAt: draft.time });
      draft.cyclesBurned += refund;
      return undefined;
    }
    case "canister":
      return {
        kind: "response",
        receiver: origin.canister,
        respondent,
        callback: origin.callback,
        refund,
        payload: answer,
      };
    case "system":
      draft.cyclesBurned += refund;
      return undefined;
  }
}
