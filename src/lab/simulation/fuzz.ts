/**
 * One seed of random work on four nodes of the stand-in scheme: slow, uneven and lossy links, up to f silent nodes, and
 * hundreds of requests from `random-requests.ts`. What must hold: `checkers.ts`, `promises.ts`, and no node stops.
 */
import { drawPlan } from "./plan.ts";
import { type Outcome, simulate, type World } from "./simulation.ts";

export function fuzzSeed(seed: number, world: World, size = { heights: 60, requests: 250 }): Outcome {
  const plan = drawPlan(seed, {
    nodes: 4,
    heights: size.heights,
    only: ["jitter", "distance", "loss", "silence"],
  });
  return simulate(
    { ...plan, crypto: "stand-in", faults: { ...plan.faults, requests: size.requests } },
    world,
  );
}
