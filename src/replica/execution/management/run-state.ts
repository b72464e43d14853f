/**
 * Running, Stopping, Stopped.
 *
 *   RS1  Stop takes effect at once; it is answered at the end of the round in which no call context is open and no
 *        answer is awaited, all who asked together.
 *   RS2  A stop not achieved in five minutes is answered with a timeout. The canister stays Stopping.
 *   RS3  Start ends a stop in progress: those who wait for it are told that it was cancelled.
 *   RS4  Contexts of uninstalled code count, too, until the last answer to them has come.
 *
 * Each start and each stop raises the version, and so does becoming Stopped. Source: interface L40–L45, L48, X11;
 * abstract behaviour, "stop canister".
 */
import type { Nanos } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { CanisterState } from "../../state/canister.ts";
import type { StopRequest } from "../../state/messages.ts";
import { canisterOf, watchedIds, type Draft } from "../draft.ts";
import { type Answer, respond } from "../response.ts";
import type { CanisterIdArgs } from "./candid.ts";
import { EMPTY_REPLY } from "./candid-encode.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import { stopCancelled, stopTimedOut } from "./rejects.ts";
import { MANAGEMENT_CANISTER } from "../../../types/ids.ts";

const STOP_TIMEOUT: Nanos = 300_000_000_000n;

export function startCanister(call: ManagementCall, args: ValueOf<typeof CanisterIdArgs>): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const { draft } = call;
  const { canister } = found;
  draft.canisters.set(canister.id, { ...changed(call, canister, undefined), status: { kind: "running" } });
  if (canister.status.kind === "stopping")
    refuseAll(draft, canister.status.waiting, stopCancelled(canister.id));
  return done(call);
}

export function stopCanister(call: ManagementCall, args: ValueOf<typeof CanisterIdArgs>): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const { draft, request } = call;
  const canister = changed(call, found.canister, undefined);
  const { status } = canister;
  if (status.kind === "stopped") {
    draft.canisters.set(canister.id, canister);
    return done(call);
  }
  const asked: StopRequest = { origin: request.origin, cycles: request.cycles, askedAt: draft.time };
  const waiting = status.kind === "stopping" ? [...status.waiting, asked] : [asked];
  draft.canisters.set(canister.id, { ...canister, status: { kind: "stopping", waiting } });
  return { kind: "waiting" };
}

/** Once a round, after its messages: whatever can be said about stops in progress is said. */
export function settleStopping(draft: Draft): void {
  for (const id of watchedIds(draft)) {
    const canister = canisterOf(draft, id);
    const { status } = canister;
    if (status.kind !== "stopping") continue;
    if (isQuiet(canister)) {
      const version = canister.version + 1n;
      draft.canisters.set(id, { ...canister, version, status: { kind: "stopped" } });
      for (const asked of status.waiting) answer(draft, asked, { kind: "reply", data: EMPTY_REPLY });
      continue;
    }
    const isLate = (asked: StopRequest): boolean => draft.time >= asked.askedAt + STOP_TIMEOUT;
    const late = status.waiting.filter(isLate);
    if (late.length === 0) continue;
    const waiting = status.waiting.filter((asked) => !isLate(asked));
    draft.canisters.set(id, { ...canister, status: { kind: "stopping", waiting } });
    refuseAll(draft, late, stopTimedOut());
  }
}

const isQuiet = (canister: CanisterState): boolean =>
  canister.contexts.size === 0 && canister.callbacks.size === 0;

function refuseAll(draft: Draft, waiting: readonly StopRequest[], reject: Reject): void {
  for (const asked of waiting) answer(draft, asked, { kind: "reject", reject });
}

const answer = (draft: Draft, asked: StopRequest, payload: Answer): void =>
  respond(draft, asked.origin, MANAGEMENT_CANISTER, payload, asked.cycles);
