import { describe, expect, test } from "vitest";
import { stateOf, type Draft } from "../../state/draft.ts";
import type { CallContext } from "../../state/messages.ts";
import { zeroPages } from "../../state/pages.ts";
import * as candid from "./candid.ts";
import { settleStopping } from "./run-state.ts";
import {
  ALICE,
  BOB,
  T,
  genesis,
  roundAfter,
  newRound,
  isReply,
  byUser,
  byCanister,
  errorOf,
  textOf,
  made,
  on,
  canister,
  change,
  held,
  stop,
} from "./testing/calls.ts";

describe("stopping and starting", () => {
  const context = (id: number, part: Partial<CallContext> = {}): CallContext => ({
    id,
    origin: { kind: "system" },
    caller: ALICE,
    responded: false,
    deleted: false,
    availableCycles: 0n,
    outstandingCalls: 1,
    instructions: 0n,
    ...part,
  });
  const statuses = (draft: Draft): string[] =>
    [...draft.ingressHistory.values()].map((r) =>
      r.status.kind === "rejected" ? (r.status.reject.error ?? "?") : r.status.kind,
    );

  test("with nothing open it stops at the end of the round, and stopping again is fine; each raises the version", () => {
    const draft = newRound();
    const id = made(draft);
    expect(on(draft, "stop_canister", id)).toEqual({ kind: "waiting" });
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopping" }, version: 1n });
    settleStopping(draft);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopped" }, version: 2n });
    expect(isReply(on(draft, "stop_canister", id))).toBe(true);
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "running" }, version: 4n });
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(canister(draft, id).version).toBe(5n);
  });

  test("RS1: with a context open all stops wait, and all are answered together", () => {
    const draft = newRound();
    const id = made(draft);
    draft.ingressHistory.clear();
    change(draft, id, { contexts: new Map([[0, context(0)]]) });
    expect(on(draft, "stop_canister", id)).toEqual({ kind: "waiting" });
    expect(on(draft, "stop_canister", id)).toEqual({ kind: "waiting" });
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopping" }, version: 2n });
    settleStopping(draft);
    expect(statuses(draft)).toEqual(["processing", "processing"]);
    change(draft, id, { contexts: new Map() });
    settleStopping(draft);
    expect(statuses(draft)).toEqual(["replied", "replied"]);
    expect(canister(draft, id)).toMatchObject({ status: { kind: "stopped" }, version: 3n });
  });

  test("RS4: a deleted context and an awaited answer count, too", () => {
    const callback = {
      id: 5,
      context: 0,
      callee: "",
      onReply: { slot: 0n, environment: 0n },
      onReject: { slot: 0n, environment: 0n },
      onCleanup: undefined,
      cyclesSent: 0n,
      prepaidCycles: 0n,
      deadline: 0n,
    };
    for (const open of [
      { contexts: new Map([[0, context(0, { deleted: true, responded: true })]]) },
      { callbacks: new Map([[5, callback]]) },
    ]) {
      const draft = newRound();
      const id = made(draft);
      change(draft, id, open);
      expect(on(draft, "stop_canister", id).kind).toBe("waiting");
    }
  });

  test("RS3: start tells the waiting that it is cancelled, canisters with their cycles", () => {
    const draft = newRound();
    const id = made(draft);
    const other = made(draft, { settings: { controllers: [ALICE] } });
    change(draft, id, {
      contexts: new Map([[0, context(0)]]),
      settings: { ...canister(draft, id).settings, controllers: [ALICE, other] },
    });
    change(draft, other, { callbacks: new Map([[9, {} as never]]) });
    draft.ingressHistory.clear();
    on(draft, "stop_canister", id);
    byCanister(draft, "stop_canister", candid.CanisterIdArgs, { canister_id: id }, other, 11n, 9);
    expect(isReply(on(draft, "start_canister", id))).toBe(true);
    expect(statuses(draft)).toEqual(["IC0511", "processing"]);
    expect(canister(draft, other).inputs).toMatchObject([
      {
        kind: "response",
        callback: 9,
        refund: 11n,
        payload: { kind: "reject", reject: { code: 5, error: "IC0511" } },
      },
    ]);
    expect(canister(draft, id).status).toEqual({ kind: "running" });
  });

  test("RS2: after five minutes the asker hears of it, and the canister stays Stopping", () => {
    const asked = newRound();
    const id = made(asked);
    asked.ingressHistory.clear();
    change(asked, id, { contexts: new Map([[0, context(0)]]) });
    on(asked, "stop_canister", id);
    const late = roundAfter(stateOf(asked, genesis), asked.time + 299_999_999_999n);
    on(late, "stop_canister", id);
    settleStopping(late);
    expect(statuses(late)).toEqual(["processing", "processing"]);
    const later = roundAfter(stateOf(late, genesis), asked.time + 300_000_000_000n);
    settleStopping(later);
    expect(statuses(later)).toEqual(["IC0206", "processing"]);
    expect(canister(later, id).status).toMatchObject({ kind: "stopping", waiting: [{}] });
  });

  test("uninstalling answers whoever waits, keeps contexts with calls out as deleted, and empties the rest", () => {
    const draft = newRound();
    const id = made(draft);
    draft.ingressHistory.clear();
    const message = "77".repeat(32);
    draft.ingressHistory.set(message, {
      status: { kind: "processing" },
      sender: BOB,
      receiver: id,
      effectiveCanister: id,
      expiry: 0n,
      changedAt: 0n,
    });
    const self = { kind: "canister", canister: id, callback: 3, deadline: 0n } as const;
    change(draft, id, {
      contexts: new Map([
        [2, context(2, { origin: self, availableCycles: 40n })],
        [1, context(1, { origin: { kind: "ingress", message, user: BOB } })],
        [4, context(4, { responded: true, origin: self })],
      ]),
      callbacks: new Map([[3, {} as never]]),
      stable: zeroPages(65_536),
      certifiedData: Uint8Array.of(1),
      globalTimer: 5n,
      logs: [{ index: 0n, at: 0n, content: new Uint8Array(1) }],
      chunkStore: new Map([["aa", new Uint8Array(1)]]),
    });
    const sum = held(draft);
    const args = { canister_id: id, sender_canister_version: undefined };
    expect(isReply(byUser(draft, "uninstall_code", candid.UninstallCodeArgs, args))).toBe(true);
    const after = canister(draft, id);
    expect(after).toMatchObject({ code: undefined, globalTimer: 0n, version: 1n, cycles: 100n * T });
    expect([after.stable.length, after.certifiedData.length, after.logs.length, after.chunkStore]).toEqual([
      0,
      0,
      0,
      undefined,
    ]);
    expect(after.history.at(-1)?.details.kind).toBe("code-uninstall");
    for (const c of after.contexts.values())
      expect(c).toMatchObject({ deleted: true, responded: true, availableCycles: 0n });
    expect(after.callbacks.size).toBe(1);
    expect(after.inputs).toMatchObject([{ refund: 40n, payload: { reject: { code: 4, error: "IC0406" } } }]);
    expect(draft.ingressHistory.get(message)?.status).toMatchObject({
      kind: "rejected",
      reject: { message: "Canister has been uninstalled." },
    });
    expect(held(draft)).toBe(sum);
  });

  test("delete: only a stopped canister with an empty queue, not itself; its cycles are burned", () => {
    const draft = newRound();
    const id = made(draft);
    expect(errorOf(on(draft, "delete_canister", id))).toBe("IC0510");
    stop(draft, id);
    change(draft, id, { inputs: [{ kind: "task", task: "canister_heartbeat" }] });
    expect(errorOf(on(draft, "delete_canister", id))).toBe("IC0203");
    change(draft, id, {
      inputs: [],
      reservedCycles: 1n,
      settings: { ...canister(draft, id).settings, controllers: [ALICE, id] },
    });
    const itself = byCanister(draft, "delete_canister", candid.CanisterIdArgs, { canister_id: id }, id);
    expect(textOf(itself)).toContain("cannot delete itself.");
    expect(isReply(on(draft, "delete_canister", id))).toBe(true);
    expect(draft.canisters.has(id)).toBe(false);
    expect(draft.cyclesBurned).toBe(100n * T + 1n);
  });
});
