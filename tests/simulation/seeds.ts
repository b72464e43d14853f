/**
 * Seeds of `npm run simulate`: faults, liars and sizes as each seed draws them. Spread over several files so that both
 * cores work.
 */
import { expect, test } from "vitest";
import { drawPlan } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { world } from "./setup.ts";

export function testSeeds(first: number, last: number): void {
  for (let from = first; from <= last; from += 5) {
    test(`seeds ${from} to ${from + 4}`, () => {
      for (let seed = from; seed < from + 5; seed++) {
        const { broken, sent } = simulate(drawPlan(seed), world);
        expect(broken, `npm run simulate -- --seed ${seed}`).toEqual([]);
        if (seed % 20 === 10) expect(simulate(drawPlan(seed), world).sent, `seed ${seed} again`).toBe(sent);
      }
    });
  }
}
