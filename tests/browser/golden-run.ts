/** A run of the simulator that any host can make: what it leaves must be the same in Node and in Chromium. */
import { drawPlan } from "../../src/lab/simulation/plan.ts";
import { simulate } from "../../src/lab/simulation/simulation.ts";
import { randomModule } from "../../src/shell/testing/random-module.ts";
import { createWasmHost } from "../../src/shell/wasm-host.ts";

/** `storm`: the module of the canister that requests are about. */
export function goldenRun(seed: number, storm: readonly number[]) {
  const host = createWasmHost({});
  const plan = { ...drawPlan(seed, { nodes: 4, heights: 20 }), crypto: "stand-in" } as const;
  const { broken, root, sent, messages, happened } = simulate(plan, {
    wasmHost: () => host,
    modules: { storm: Uint8Array.from(storm), random: randomModule },
  });
  return { broken, root, sent, messages, happened };
}
