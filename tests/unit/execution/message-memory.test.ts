/** What messages take of memory is kept for, paid for, and told. Source: replica E.1; interface L77, M54. */
import { expect, test } from "vitest";
import { idleBurnPerDay } from "../../../src/replica/execution/cycles.ts";
import { RESERVED_BYTES } from "../../../src/replica/state/message-memory.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, World } from "./world.ts";

const PER_DAY = (BigInt(RESERVED_BYTES) * 127_000n * 86_400n) / 1024n ** 3n;
const KEPT_30_DAYS = PER_DAY * 30n;

const caller: Program = {
  exports: {
    "canister_update go": (g) => {
      const before = g.amount("canister_liquid_cycle_balance128");
      const balance = g.amount("canister_cycle_balance128");
      g.call(idOf(1), "slow", g.argText() === "" ? { onReply: 0 } : { onReply: 0, timeout: 9 });
      const spent = balance - g.amount("canister_cycle_balance128");
      g.print(`${before - g.amount("canister_liquid_cycle_balance128") - spent}`);
    },
  },
  table: [(g) => g.reply("")],
};
const prints = (w: World): string[] => w.facts.flatMap((f) => (f.kind === "debug-print" ? [f.text] : []));

test("a call takes from what may be spent what its answer's memory would cost", () => {
  const w = new World([caller]);
  w.round([w.ingress(idOf(0), "go")]);
  expect(prints(w)).toEqual([`${KEPT_30_DAYS}`]);
  const bounded = new World([caller]);
  bounded.round([bounded.ingress(idOf(0), "go", "bounded")]);
  expect(BigInt(prints(bounded)[0]!)).toBe(((180n * 127_000n * 86_400n) / 1024n ** 3n) * 30n);
});

test("while an answer is outstanding the canister burns more a day, and is charged for it", () => {
  const w = new World([caller]);
  const quiet = idleBurnPerDay(w.canister(0), w.subnet);
  const idle = new World([caller]);
  w.round([w.ingress(idOf(0), "go")], 20n);
  idle.round([], 20n);
  // Nobody is there: the call is held, and rejected in the next round.
  expect(w.canister(0).callbacks.size).toBe(1);
  expect(idleBurnPerDay(w.canister(0), w.subnet)).toBe(quiet + PER_DAY);
  const paid = w.canister(0).consumed.memory - idle.canister(0).consumed.memory;
  expect(paid).toBe((PER_DAY * 20n) / 86_400n);
  w.round();
  expect(idleBurnPerDay(w.canister(0), w.subnet)).toBe(quiet);
});

test("what a canister owes to another counts while it runs", () => {
  const told: Program = {
    exports: {
      "canister_update slow": (g) => {
        g.print(`${g.amount("canister_liquid_cycle_balance128") - g.amount("canister_cycle_balance128")}`);
        g.reply("");
      },
      "canister_update same": (g) => {
        g.print(`${g.amount("canister_liquid_cycle_balance128") - g.amount("canister_cycle_balance128")}`);
        g.reply("");
      },
    },
  };
  const w = new World([caller, told]);
  w.round([w.ingress(idOf(1), "same")]);
  w.round([w.ingress(idOf(0), "go")]);
  const [alone, , owing] = prints(w).map(BigInt);
  expect(alone! - owing!).toBe(KEPT_30_DAYS);
});
