/**
 * What every state must keep, whatever was sent and wherever the round ended:
 *
 *   SC1  Cycles are conserved: minted = held + in flight + burned.
 *   SC2  Nobody's call is lost or doubled: a user's call that is received or processing has one place from which its
 *        answer will come, one that is answered has none; a canister's callback that waits without a deadline has one.
 *   SC3  A call context knows how many answers it waits for.
 */
import type { MessageId } from "../../types/ids.ts";
import { cyclesLedger, missingCycles } from "../../replica/state/cycles-ledger.ts";
import type { CallOrigin } from "../../replica/state/messages.ts";
import type { ReplicatedState } from "../../replica/state/state.ts";

export function brokenPromises(state: ReplicatedState): string[] {
  const at = `at height ${state.height}`;
  return [...lostCycles(state), ...lostCalls(state), ...miscounted(state)].map((what) => `${at}, ${what}`);
}

function lostCycles(state: ReplicatedState): string[] {
  const ledger = cyclesLedger(state);
  const missing = missingCycles(ledger);
  if (missing === 0n) return [];
  const { minted, held, inFlight, burned } = ledger;
  return [
    `${missing} cycles are missing: ${minted} minted, ${held} held, ${inFlight} in flight, ${burned} burned`,
  ];
}

function lostCalls(state: ReplicatedState): string[] {
  const { users, canisters } = promisedAnswers(state);
  const out: string[] = [];
  for (const [id, { status }] of state.ingressHistory) {
    const due = status.kind === "received" || status.kind === "processing" ? 1 : 0;
    const promised = users.get(id) ?? 0;
    if (promised !== due) out.push(`call ${id} is ${status.kind} and will be answered ${promised} times`);
  }
  for (const [id, canister] of state.canisters)
    for (const callback of canister.callbacks.values()) {
      const promised = canisters.get(`${id}/${callback.id}`) ?? 0;
      if (callback.deadline === 0n && promised !== 1)
        out.push(`callback ${callback.id} of ${id} will be called ${promised} times`);
    }
  return out;
}

/** How often each call will be answered: by whoever has it, or by an answer that is on its way. */
function promisedAnswers(state: ReplicatedState): {
  readonly users: ReadonlyMap<MessageId, number>;
  readonly canisters: ReadonlyMap<string, number>;
} {
  const users = new Map<MessageId, number>();
  const canisters = new Map<string, number>();
  const add = <K>(counts: Map<K, number>, key: K): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const promise = (origin: CallOrigin): void => {
    if (origin.kind === "ingress") add(users, origin.message);
    if (origin.kind === "canister") add(canisters, `${origin.canister}/${origin.callback}`);
  };
  for (const message of state.held) {
    if (message.kind === "request") promise(message.origin);
    else add(canisters, `${message.receiver}/${message.callback}`);
  }
  for (const request of state.subnetQueue) promise(request.origin);
  for (const { request } of state.postponedRawRand) promise(request.origin);
  if (state.scheduler.install !== undefined) promise(state.scheduler.install.request.origin);
  for (const [id, { inputs, contexts, status }] of state.canisters) {
    for (const input of inputs) {
      if (input.kind === "request") promise(input.origin);
      if (input.kind === "response") add(canisters, `${id}/${input.callback}`);
    }
    for (const context of contexts.values()) if (!context.responded) promise(context.origin);
    if (status.kind === "stopping") for (const asked of status.waiting) promise(asked.origin);
  }
  return { users, canisters };
}

function miscounted({ canisters }: ReplicatedState): string[] {
  const out: string[] = [];
  for (const [id, { contexts, callbacks }] of canisters) {
    const waiting = new Map<number, number>();
    for (const { context } of callbacks.values()) waiting.set(context, (waiting.get(context) ?? 0) + 1);
    for (const context of contexts.values()) {
      const found = waiting.get(context.id) ?? 0;
      if (context.outstandingCalls !== found)
        out.push(
          `context ${context.id} of ${id} waits for ${context.outstandingCalls} answers, and ${found} are due`,
        );
    }
  }
  return out;
}
