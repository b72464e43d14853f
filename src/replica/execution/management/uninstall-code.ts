/**
 * Takes the code out of a canister, and with it all that the code had made.
 *
 *   UN1  Whoever still waits for an answer gets one: rejected, and their cycles back.
 *   UN2  Its contexts are marked deleted: answers to its own calls may still come and pay refunds, but run nothing.
 *   UN3  Cycles, settings, controllers, history, snapshots and run state stay.
 *
 * Source: interface L47, M11.
 */
import type { CanisterId } from "../../../types/ids.ts";
import type { CallContext } from "../../state/messages.ts";
import type { CanisterState } from "../../state/canister.ts";
import { NO_PAGES } from "../../state/pages.ts";
import type { Draft } from "../draft.ts";
import { respond } from "../response.ts";
import type { UninstallCodeArgs } from "./candid.ts";
import type { ValueOf } from "./candid-types.ts";
import { changed, controlled, done, type ManagementCall, type ManagementOutcome, rejected } from "./call.ts";
import { uninstalled } from "./rejects.ts";

export function uninstallCode(
  call: ManagementCall,
  args: ValueOf<typeof UninstallCodeArgs>,
): ManagementOutcome {
  const found = controlled(call, args.canister_id);
  if ("reject" in found) return rejected(call, found.reject);
  const canister = changed(call, found.canister, args.sender_canister_version, { kind: "code-uninstall" });
  uninstall(call.draft, canister);
  return done(call);
}

/** Also what becomes of a canister that has no cycles left. Its version and history are the caller's business. */
export function uninstall(draft: Draft, canister: CanisterState): void {
  const { contexts, abandoned } = closed(canister);
  draft.canisters.set(canister.id, { ...emptied(canister), contexts });
  rejectAll(draft, canister.id, abandoned);
}

/** The canister without what its code had made. */
export function emptied({ chunkStore: _gone, ...kept }: CanisterState): CanisterState {
  return {
    ...kept,
    code: undefined,
    heap: NO_PAGES,
    globals: [],
    stable: NO_PAGES,
    certifiedData: new Uint8Array(0),
    globalTimer: 0n,
    logs: [],
  };
}

function closed(canister: CanisterState): {
  readonly contexts: ReadonlyMap<number, CallContext>;
  readonly abandoned: readonly CallContext[];
} {
  const contexts = new Map<number, CallContext>();
  const abandoned: CallContext[] = [];
  for (const [id, context] of [...canister.contexts].sort(([a], [b]) => a - b)) {
    if (!context.responded) abandoned.push(context);
    if (context.outstandingCalls > 0)
      contexts.set(id, { ...context, responded: true, deleted: true, availableCycles: 0n });
  }
  return { contexts, abandoned };
}

function rejectAll(draft: Draft, respondent: CanisterId, contexts: readonly CallContext[]): void {
  for (const { origin, availableCycles } of contexts) {
    respond(draft, origin, respondent, { kind: "reject", reject: uninstalled() }, availableCycles);
  }
}
