/** How the page stands, as the guide and the narrator need it. Reads live state: reactive where it is called. */
import { type CallRecord, canisters } from "../shared/canisters.svelte.ts";
import { follow } from "../shared/follow.svelte.ts";
import { live } from "../shared/live.svelte.ts";
import { proof } from "../shared/proof.svelte.ts";
import { selection } from "../shared/selection.svelte.ts";
import type { LatestCall, Situation } from "./walks.ts";

export function situation(): Situation {
  const call = canisters.calls.find((c) => c.mode === "update");
  return {
    nodes: live.members.length,
    faulty: live.thresholds.faulty,
    down: live.memberStatuses.filter((s) => s !== "running").length,
    latest: call && latest(call),
    following: call !== undefined && follow.mode !== undefined && follow.message === call.message,
    shown: selection.current?.kind,
    changedAt: proof.changedAt,
    refused: proof.refused,
  };
}

function latest(call: CallRecord): LatestCall {
  const { number, method, state, sentAt, doneAt } = call;
  void live.version;
  return {
    number,
    method,
    state,
    ageMs: Math.round((doneAt ?? live.now()) - sentAt),
    proved: call.certificate !== undefined,
    spent: spent(call),
  };
}

function spent({ message, sentAt, doneAt }: CallRecord): LatestCall["spent"] {
  const mark = message === undefined ? undefined : live.chronicle.messages.get(message);
  if (mark?.finalizedAt === undefined || mark.executedAt === undefined || doneAt === undefined)
    return undefined;
  return {
    agreeing: Math.round(mark.finalizedAt - sentAt),
    running: Math.round(mark.executedAt - mark.finalizedAt),
    proving: Math.round(doneAt - mark.executedAt),
  };
}
