/**
 * Seeds of a whole subnet under latency, loss, reordering and up to f silent nodes: one finalized chain, equal states
 * at every height, progress, ingress exactly once. Spread over several files so that both cores work.
 */
import { expect, test } from "vitest";
import { violations } from "../../src/lab/simulation/checkers.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { counterWorkload, standInSetup } from "./setup.ts";

export const HEIGHTS = 50;

export function testSeeds(first: number, last: number): void {
  for (let from = first; from <= last; from += 10) {
    const to = Math.min(last, from + 9);
    test(`seeds ${from} to ${to}`, () => {
      let calls = 0n;
      for (let seed = from; seed <= to; seed++) {
        const workload = counterWorkload(4);
        const result = simulate(standInSetup(4, seed), { seed, heights: HEIGHTS, workload: workload.plan });
        expect(violations(result), `seed ${seed}: ${JSON.stringify(result.drawn)}`).toEqual([]);
        expect(workload.counted(result), `seed ${seed}: each call counts once`).toBe(workload.calls(result));
        calls += workload.calls(result);
      }
      expect(calls, "calls that reached the counter").toBeGreaterThan(20n);
    });
  }
}
