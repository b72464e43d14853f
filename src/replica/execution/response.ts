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

export function respond(
  draft: Draft,
  origin: CallOrigin,
  respondent: CanisterId,
  answer: Answer,
  refund: bigint,
): void {
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
      return;
    }
    case "canister": {
      const caller = draft.canisters.get(origin.canister);
      if (caller === undefined) {
        draft.cyclesBurned += refund;
        return;
      }
      const response: CanisterResponse = {
        kind: "response",
        receiver: origin.canister,
        respondent,
        callback: origin.callback,
        refund,
        payload: answer,
      };
      draft.canisters.set(origin.canister, { ...caller, inputs: [...caller.inputs, response] });
      return;
    }
    case "system":
      draft.cyclesBurned += refund;
  }
}
