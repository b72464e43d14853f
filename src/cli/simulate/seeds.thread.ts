/** Runs plans, one after the other, for `simulate.ts`: a thread of its own for each core. */
import { parentPort, workerData } from "node:worker_threads";
import type { Plan } from "../../lab/simulation/plan.ts";
import { takeOut } from "./rules.ts";

const { without } = workerData as { readonly without: string | undefined };
if (without !== undefined) takeOut(without);
// Only now, so that a rule can be missing.
const { simulate } = await import("../../lab/simulation/simulation.ts");
const { STORM_WAT } = await import("../../lab/simulation/storm-canister.ts");
const { loadMclBls } = await import("../../crypto/bls-mcl.ts");
const { createWasmHost } = await import("../../shell/wasm-host.ts");
const { randomModule } = await import("../../shell/testing/random-module.ts");
const { wat } = await import("../../shell/testing/wat.ts");

const host = createWasmHost({ memoryUnits: 1000 });
const world = {
  wasmHost: () => host,
  modules: { storm: wat(STORM_WAT), random: randomModule },
  bls: await loadMclBls(),
};
parentPort?.on("message", (plan: Plan) => parentPort?.postMessage(simulate(plan, world)));
