import { describe, expect, test } from "vitest";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import { METHODS } from "./methods.ts";
import { BOB, newRound, byUser, byCanister, errorOf, textOf, made, on, canister } from "./testing/calls.ts";

describe("who reaches what", () => {
  test("unknown methods, foreign arguments, methods not built", () => {
    const draft = newRound();
    expect(textOf(byUser(draft, "start", undefined, undefined))).toBe(
      "Management canister has no method 'start'",
    );
    expect(errorOf(byUser(draft, "start", undefined, undefined))).toBe("IC0536");
    expect(errorOf(byUser(draft, "start_canister", undefined, undefined))).toBe("IC0408");
    expect(errorOf(byCanister(draft, "http_request", undefined, undefined, canisterIdOf(16n), 5n))).toBe(
      "IC0536",
    );
    expect(byCanister(draft, "http_request", undefined, undefined, canisterIdOf(16n), 5n)).toMatchObject({
      refund: 5n,
    });
  });

  test("each method by a user and by a canister: only through the doors of the table", () => {
    for (const [method, rule] of METHODS) {
      const draft = newRound();
      const user = byUser(draft, method, undefined, undefined);
      if (!rule.ingress)
        expect([method, textOf(user)]).toEqual([
          method,
          rule.canisters
            ? `Only canisters can call ic00 method ${method}`
            : `${method} API is only accessible in non-replicated mode`,
        ]);
      else expect(textOf(user)).not.toMatch(/Only canisters|non-replicated/);
      const other = byCanister(draft, method, undefined, undefined, canisterIdOf(16n));
      if (!rule.canisters) expect(errorOf(other)).toBe("IC0406");
    }
  });

  test("43 methods", () => expect(METHODS.size).toBe(43));

  test("methods for controllers refuse everybody else, with every cycle back", () => {
    const draft = newRound();
    const id = made(draft);
    const before = canister(draft, id);
    for (const method of [
      "start_canister",
      "stop_canister",
      "delete_canister",
      "stored_chunks",
      "clear_chunk_store",
    ]) {
      const refused = on(draft, method, id, BOB);
      expect(errorOf(refused)).toBe("IC0512");
      expect(textOf(refused)).toContain(
        `Only the controllers of the canister ${principalText(id)} can control it.`,
      );
      expect(textOf(refused)).toContain(`Sender's ID: ${principalText(BOB)}`);
    }
    expect(errorOf(on(draft, "start_canister", canisterIdOf(30n)))).toBe("IC0301");
    expect(canister(draft, id)).toBe(before);
  });
});
