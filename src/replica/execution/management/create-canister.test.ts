import { describe, expect, test } from "vitest";
import { canisterIdOf } from "../../../types/principal.ts";
import type { CanisterId } from "../../../types/ids.ts";
import * as candid from "./candid.ts";
import type { ManagementOutcome } from "./call.ts";
import {
  ALICE,
  BOB,
  T,
  FEE,
  subnet,
  newRound,
  isReply,
  byUser,
  byCanister,
  replyOf,
  errorOf,
  textOf,
  provisional,
  stop,
  made,
  on,
  canister,
} from "./testing/calls.ts";

describe("creation", () => {
  test("provisional: 100 T by default, the caller controls, version 0, one line of history", () => {
    const draft = newRound();
    const id = made(draft);
    expect(id).toBe(canisterIdOf(16n));
    expect(canister(draft, id)).toMatchObject({
      cycles: 100n * T,
      version: 0n,
      historyTotal: 1n,
      status: { kind: "running" },
      settings: { controllers: [ALICE], freezingThresholdSeconds: 2_592_000n },
    });
    expect(canister(draft, id).history).toEqual([
      {
        at: draft.time,
        version: 0n,
        origin: { kind: "user", user: ALICE },
        details: { kind: "creation", controllers: [ALICE] },
      },
    ]);
    expect(draft.cyclesMinted).toBe(100n * T);
  });

  test("CC1: ids follow one another, pass over chosen ones, end, and are never used twice", () => {
    const draft = newRound();
    const chosen = made(draft, { specified_id: canisterIdOf(18n) });
    expect(chosen).toBe(canisterIdOf(18n));
    expect(errorOf(provisional(draft, { specified_id: chosen }))).toBe("IC0205");
    expect(errorOf(provisional(draft, { specified_id: canisterIdOf(32n) }))).toBe("IC0405");
    expect(errorOf(provisional(draft, { specified_id: ALICE }))).toBe("IC0405");
    const ids = Array.from({ length: 13 }, () => made(draft));
    expect(ids.slice(0, 3)).toEqual([16n, 17n, 19n].map(canisterIdOf));

    const last = made(draft, { specified_id: canisterIdOf(31n) });
    stop(draft, ids[0]!);
    expect(isReply(on(draft, "delete_canister", ids[0]!))).toBe(true);
    expect(errorOf(provisional(draft, { specified_id: ids[0]! }))).toBe("IC0205");
    stop(draft, last);
    on(draft, "delete_canister", last);
    expect(errorOf(provisional(draft, { specified_id: last }))).toBe("IC0205");
    // 30 was free, but lies below the index now: an id more lost is better than one handed out twice.
    expect(errorOf(provisional(draft))).toBe("IC0101");
  });

  test("CC2: a canister pays the fee out of what it attaches, or gets all of it back", () => {
    const draft = newRound();
    const parent = made(draft);
    const create = (cycles: bigint): ManagementOutcome =>
      byCanister(
        draft,
        "create_canister",
        candid.CreateCanisterArgs,
        { settings: undefined, sender_canister_version: 3n },
        parent,
        cycles,
      );
    const short = create(FEE - 1n);
    expect(errorOf(short)).toBe("IC0403");
    expect(textOf(short)).toContain(`requires a fee of ${FEE}`);
    expect(short).toMatchObject({ refund: FEE - 1n });

    const done = create(FEE + 7n);
    expect(done).toMatchObject({ refund: 0n });
    const { canister_id } = replyOf(done, candid.CanisterIdReply);
    expect(canister(draft, canister_id)).toMatchObject({ cycles: 7n, settings: { controllers: [parent] } });
    expect(canister(draft, canister_id).history[0]!.origin).toEqual({
      kind: "canister",
      canister: parent,
      version: 3n,
    });
    expect(draft.cyclesBurned).toBe(FEE);
    // `()` means no settings, as on mainnet.
    expect(isReply(byCanister(draft, "create_canister", undefined, undefined, parent, FEE))).toBe(true);
  });

  test("the fee of a smaller subnet is n/13 of it", () => {
    const four = { ...subnet, nodes: subnet.nodes.slice(0, 4) };
    const draft = { ...newRound(), subnet: four };
    const args = { settings: undefined, sender_canister_version: undefined };
    const create = (cycles: bigint): ManagementOutcome =>
      byCanister(draft, "create_canister", candid.CreateCanisterArgs, args, canisterIdOf(16n), cycles);
    expect(errorOf(create(153_846_153_845n))).toBe("IC0403");
    expect(isReply(create(153_846_153_846n))).toBe(true);
  });

  test("bad settings make no canister and use up no id", () => {
    const draft = newRound();
    expect(errorOf(provisional(draft, { settings: { compute_allocation: 101n } }))).toBe("IC0504");
    expect(draft.canisters.size).toBe(0);
    expect(made(draft)).toBe(canisterIdOf(16n));
  });

  test("top up mints, deposit moves, both to anyone's canister", () => {
    const draft = newRound();
    const id = made(draft, { amount: 5n });
    const topUp = { canister_id: id, amount: 10n };
    expect(
      isReply(byUser(draft, "provisional_top_up_canister", candid.ProvisionalTopUpArgs, topUp, BOB)),
    ).toBe(true);
    expect(canister(draft, id).cycles).toBe(15n);
    expect(draft.cyclesMinted).toBe(15n);
    const deposit = (target: CanisterId): ManagementOutcome =>
      byCanister(
        draft,
        "deposit_cycles",
        candid.CanisterIdArgs,
        { canister_id: target },
        canisterIdOf(20n),
        4n,
      );
    expect(deposit(id)).toMatchObject({ refund: 0n });
    expect(canister(draft, id).cycles).toBe(19n);
    expect(deposit(canisterIdOf(30n))).toMatchObject({ refund: 4n });
    const all = { canister_id: id, amount: 2n ** 128n };
    byUser(draft, "provisional_top_up_canister", candid.ProvisionalTopUpArgs, all);
    expect(canister(draft, id).cycles).toBe(2n ** 128n - 1n);
  });
});
