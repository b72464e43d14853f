/**
 * Which message is executed next. Canisters take turns in the order of their ids, one message a turn; where the
 * turns begin moves on by one canister a height, so that a round that ends early does not favour anybody for long.
 * Calls to `aaaaa-aa` go first, within a budget of their own.
 *
 *   H1  The choice depends on the draft and the height alone.
 *   H2  A canister with a message gets a turn before any other gets two.
 *   H3  The round ends when its instructions are used up; the message that uses them up is finished.
 *
 * Source: replica D.1 (costs, budgets). Accumulated priorities and cores are not modelled: one canister runs at a time.
 */
import type { InstructionLimits } from "../../registry/registry.ts";
import type { CanisterId, Height } from "../../types/ids.ts";
import { canisterIds, type Draft } from "../state/draft.ts";
import type { SubnetMessage } from "../state/messages.ts";

/** Charged to the round for each message beside its instructions. */
const MESSAGE_OVERHEAD = 2_000_000n;

export type Turn =
  | { readonly kind: "subnet"; readonly request: SubnetMessage }
  | { readonly kind: "canister"; readonly canister: CanisterId };

export interface Schedule {
  /** Takes a subnet message off its queue; a canister's input stays where it is. Undefined: the round is over. */
  next(draft: Draft): Turn | undefined;
  used(turn: Turn, instructions: bigint): void;
}

export function schedule(height: Height, limits: InstructionLimits): Schedule {
  let budget = limits.round;
  let subnetBudget = limits.round / 16n;
  let last: CanisterId | undefined;
  let order: CanisterId[] = [];

  return {
    next(draft) {
      if (subnetBudget > 0n) {
        const request = draft.subnetQueue.shift();
        if (request !== undefined) return { kind: "subnet", request };
      }
      if (budget <= 0n) return undefined;
      if (order.length !== draft.canisters.size) order = canisterIds(draft);
      last ??= order[height % order.length];
      const canister = firstWaiting(draft, order, last ?? "");
      if (canister === undefined) return undefined;
      last = canister;
      return { kind: "canister", canister };
    },
    used(turn, instructions) {
      const cost = instructions + MESSAGE_OVERHEAD;
      if (turn.kind === "subnet") subnetBudget -= cost;
      else budget -= cost;
    },
  };
}

/** The first after `last`, round the circle, that has a message. */
function firstWaiting(draft: Draft, order: readonly CanisterId[], last: CanisterId): CanisterId | undefined {
  const waits = (id: CanisterId): boolean => (draft.canisters.get(id)?.inputs.length ?? 0) > 0;
  return order.find((id) => id > last && waits(id)) ?? order.find((id) => id <= last && waits(id));
}
