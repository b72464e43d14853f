/**
 * Cycles are conserved whatever canisters do: minted = held + burned, after every round, for random programs that call
 * each other with random amounts, accept, burn, trap, stop answering, and wait with deadlines.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Guest, Program } from "./scripted-host.ts";
import { idOf, subnetOf, World } from "./world.ts";

const CANISTERS = 3;

/** An argument is a list of actions, one byte each with one byte of detail; callees get the rest of it. */
function act(g: Guest, actions: Uint8Array): void {
  for (let i = 0; i + 1 < actions.length; i += 2) {
    const [action, detail] = [actions[i]! % 9, actions[i + 1]!];
    if (action === 0) g.burnCycles(BigInt(detail) * 1_000_000n);
    if (action === 1) g.accept(BigInt(detail) * 500n);
    if (action === 2) g.trap("random");
    if (action === 3 && detail > 128) g.reply("answer");
    if (action === 4 && detail > 128) g.burnInstructions(BigInt(detail) * 1_000_000n);
    if (action === 5) g.raw("call_new", 0, 0, 0, 0, 0, 0, 0, 0);
    if (action >= 6) {
      g.call(idOf(detail % (CANISTERS + 1)), "run", {
        arg: actions.slice(i + 2),
        onReply: detail % 3,
        onCleanup: detail % 4,
        cycles: BigInt(detail) * 1_000n,
        ...(action === 8 ? { timeout: detail % 4 } : {}),
      });
      return;
    }
  }
  if (actions.length % 4 === 0) g.reply("end");
}

const program: Program = {
  exports: {
    "canister_update run": (g) => act(g, g.arg()),
    canister_global_timer: (g) => g.burnCycles(5n),
  },
  table: [
    (g) => g.reply("callback"),
    (g) => g.accept(100n),
    (g) => g.unreachable(),
    (g) => g.burnCycles(17n),
  ],
};

test("minted = held + burned", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 2, maxLength: 24 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(1, 4, 13),
      fc.constantFrom(10_000_000n, 100_000_000n, 4_000_000_000n),
      (scripts, nodes, round) => {
        const world = new World(
          Array.from({ length: CANISTERS }, () => program),
          { subnet: subnetOf(nodes, { round }), cycles: 400_000_000_000n },
        );
        world.round(scripts.map((script, i) => world.ingress(idOf(i % CANISTERS), "run", script)));
        for (let i = 0; i < 6; i++) {
          expect(world.missingCycles()).toBe(0n);
          world.round([], BigInt(i));
        }
        expect(world.missingCycles()).toBe(0n);
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});
