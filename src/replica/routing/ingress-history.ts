/**
 * What became of users' calls. An entry appears when its call enters the subnet and stays long enough that the call
 * cannot enter again.
 *
 *   G1  A call whose id is known is not inducted again (interface H43, H48).
 *   G2  A call that has not begun by its expiry never does: rejected, IC0202 (H48).
 *   G3  An answer stays readable for five minutes; then the entry says only that it is done (H47).
 *   G4  An entry goes when its call has expired and its answer has been readable for five minutes (H48).
 *
 * Source: interface H47–H49, MC3; replica A.17.
 */
import { IC, rejectOf } from "../../types/errors.ts";
import type { MessageId, Nanos } from "../../types/ids.ts";
import type { IngressRecord, IngressStatus, SignedIngress } from "../../types/messages.ts";
import type { MessageExecutor } from "../interfaces/execution.ts";
import { canisterOf, watchedIds, type Draft } from "../state/draft.ts";
import type { CanisterInput, CanisterRequest } from "../state/messages.ts";

const READABLE: Nanos = 300_000_000_000n;

/** G1, G2, and the fee. */
export function induct(draft: Draft, executor: MessageExecutor, signed: SignedIngress): void {
  const { content, effectiveCanister } = signed;
  if (draft.ingressHistory.has(content.id)) return;
  draft.ingressHistory.set(content.id, {
    status: { kind: "received" },
    sender: content.sender,
    receiver: content.canister,
    effectiveCanister,
    expiry: content.expiry,
    changedAt: draft.time,
  });
  const late = content.expiry < draft.time ? timedOut(content.id) : undefined;
  const unpaid = late === undefined ? executor.chargeInduction(draft, content) : undefined;
  const refused = late ?? (unpaid && ({ kind: "rejected", reject: unpaid } as const));
  if (refused !== undefined) {
    setStatus(draft, content.id, refused);
    return;
  }
  executor.deliver(draft, {
    kind: "request",
    origin: { kind: "ingress", message: content.id, user: content.sender },
    caller: content.sender,
    callerInfo: content.callerInfo,
    receiver: content.canister,
    method: content.method,
    payload: content.arg,
    cycles: 0n,
  });
}

/** G2, for calls that wait in a queue. */
export function expireWaiting(draft: Draft): void {
  const late = (input: CanisterInput): input is CanisterRequest => {
    if (input.kind !== "request" || input.origin.kind !== "ingress") return false;
    const record = draft.ingressHistory.get(input.origin.message);
    return record !== undefined && record.expiry < draft.time;
  };
  const reject = ({ origin }: CanisterRequest): void => {
    if (origin.kind === "ingress") setStatus(draft, origin.message, timedOut(origin.message));
  };
  for (const id of watchedIds(draft)) {
    const canister = canisterOf(draft, id);
    const begun = canister.standing?.long === undefined ? undefined : canister.inputs[0];
    const gone = canister.inputs.filter(late).filter((input) => input !== begun);
    if (gone.length === 0) continue;
    draft.canisters.set(id, { ...canister, inputs: canister.inputs.filter((i) => i === begun || !late(i)) });
    for (const request of gone) reject(request);
  }
  for (const request of draft.subnetQueue.splice(0)) {
    if (late(request)) reject(request);
    else draft.subnetQueue.push(request);
  }
}

/** G3, G4. */
export function prune(draft: Draft): void {
  for (const [id, record] of draft.ingressHistory) {
    if (!isOver(record) || record.changedAt + READABLE > draft.time) continue;
    if (record.expiry < draft.time) draft.ingressHistory.delete(id);
    else if (record.status.kind !== "done")
      draft.ingressHistory.set(id, { ...record, status: { kind: "done" } });
  }
}

const isOver = ({ status }: IngressRecord): boolean =>
  status.kind === "replied" || status.kind === "rejected" || status.kind === "done";

const timedOut = (id: MessageId): IngressStatus => ({
  kind: "rejected",
  reject: rejectOf(IC.IngressMessageTimeout, `Ingress message 0x${id} timed out waiting to start executing.`),
});

function setStatus(draft: Draft, id: MessageId, status: IngressStatus): void {
  const record = draft.ingressHistory.get(id);
  if (record !== undefined) draft.ingressHistory.set(id, { ...record, status, changedAt: draft.time });
}
