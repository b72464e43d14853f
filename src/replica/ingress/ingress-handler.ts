/**
 * Ingress handler: keeps the ingress pool honest. Pool in, changes out.
 *
 *   I1  A peer's envelope becomes validated only when it would have been accepted from its user: same judge, same clock.
 *   I2  What the latest certified ingress history holds is not validated, and leaves.
 *   I3  What has expired leaves.
 *
 * Source: replica A.17, F.
 */
import type { Nanos } from "../../types/ids.ts";
import type { RequestJudge } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import type { IngressChange, IngressPoolReader } from "../pools/ingress-pool.ts";

/** Envelopes judged in one turn: about a hundred milliseconds of signatures. */
const ENVELOPES_PER_TURN = 20;

export interface IngressHandlerView {
  readonly pool: IngressPoolReader;
  readonly judge: RequestJudge;
  readonly states: StateReader;
  readonly maxMessageBytes: number;
}

/**
 * One turn's changes; empty when there is nothing to do. `sweeps`: also looks through what was validated before, which
 * is worth its time when another height was certified or the clock woke the node.
 */
export function handleIngress(view: IngressHandlerView, now: Nanos, sweeps: boolean): IngressChange[] {
  const changes: IngressChange[] = [];
  let turns = ENVELOPES_PER_TURN;
  for (const bytes of view.pool.unvalidated()) {
    if (turns-- === 0) break;
    changes.push(judgeEnvelope(view, bytes, now));
  }
  if (!sweeps) return changes;
  let expired = false;
  for (const { content } of view.pool.validated()) {
    if (content.expiry < now) expired = true;
    else if (isKnown(view.states, content.id))
      changes.push({ kind: "remove-from-validated", id: content.id });
  }
  if (expired) changes.push({ kind: "purge-expired", before: now });
  return changes;
}

function judgeEnvelope(view: IngressHandlerView, bytes: Uint8Array, now: Nanos): IngressChange {
  if (bytes.length > view.maxMessageBytes) {
    return { kind: "handle-invalid", bytes, because: `larger than ${view.maxMessageBytes} bytes` };
  }
  const judged = view.judge.call(bytes, now);
  if (!judged.ok) return { kind: "handle-invalid", bytes, because: judged.text };
  const { id } = judged.value.content;
  const useless =
    view.pool.get(id) !== undefined || isKnown(view.states, id) || view.pool.isFullFor(bytes.length);
  return useless
    ? { kind: "remove-from-unvalidated", bytes }
    : { kind: "move-to-validated", ingress: judged.value };
}

const isKnown = (states: StateReader, id: string): boolean =>
  states.inHistory(states.latestCertifiedHeight(), id) === true;
