/** The bench's hands inside a blank page: loaded by URL from the dev server, called through `evaluate`. */
import { Actor } from "@icp-sdk/core/agent";
import type { IDL } from "@icp-sdk/core/candid";
import { wrap } from "comlink";
import type { Network, NetworkSettings } from "../../lab/lab.ts";
import { startPageNetwork } from "../../lab/page-network.ts";
import type { FloorApi } from "./floor.ts";
import { type CrashCost, crashCost, SERVED } from "./crashes.ts";
import { bareCallsPerSecond } from "./jobs.ts";
import { type Load, LOAD_NOTARY_DELAY_MS, updatesPerSecond } from "./load.ts";
import { rollbacks, type Rollback } from "./rollback.ts";
import { deploy, deployCounter, heightsPerSecond, latencies, quantile } from "./scenarios.ts";

const settings = (nodes: NetworkSettings["nodes"], notaryDelayMs: number): NetworkSettings => ({
  nodes,
  notaryDelayMs,
  unitDelayMs: 1_000,
  latencyMs: 0,
});

async function withNetwork<T>(
  nodes: NetworkSettings["nodes"],
  notaryDelayMs: number,
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const network = await startPageNetwork(settings(nodes, notaryDelayMs));
  try {
    return await use(network);
  } finally {
    await network.close();
  }
}

export const heights = (nodes: NetworkSettings["nodes"], forMs: number): Promise<number> =>
  withNetwork(nodes, 0, (network) => heightsPerSecond(network, 3, forMs));

export const updates = (notaryDelayMs: number, wasm: Uint8Array, count: number): Promise<number[]> =>
  withNetwork(4, notaryDelayMs, async (network) => {
    const counter = await deployCounter(network, wasm);
    await counter.inc();
    return latencies(() => counter.inc(), count);
  });

export const queries = (wasm: Uint8Array, count: number): Promise<number> =>
  withNetwork(4, 300, async (network) => {
    const counter = await deployCounter(network, wasm);
    await counter.get();
    const start = performance.now();
    await Promise.all(Array.from({ length: count }, () => counter.get()));
    return (count / (performance.now() - start)) * 1000;
  });

export const load = (given: Load): Promise<number> =>
  withNetwork(4, LOAD_NOTARY_DELAY_MS, (network) => updatesPerSecond(network, bytesIn(given)));
export const bare = (wasm: Uint8Array, arg: Uint8Array): number =>
  bareCallsPerSecond(Uint8Array.from(wasm), Uint8Array.from(arg));

/** What came as JSON has arrays of numbers for bytes. */
const bytesIn = (given: Load): Load => ({
  ...given,
  wasm: Uint8Array.from(given.wasm),
  arg: Uint8Array.from(given.arg),
});

/** Milliseconds to create a canister with this module. */
export const install = (wasm: Uint8Array): Promise<number> =>
  withNetwork(4, 0, async (network) => {
    const start = performance.now();
    await deploy(network, Uint8Array.from(wasm));
    return performance.now() - start;
  });

/** Milliseconds a height, and of an update, beside a canister with a large state. */
export const filled = (wasm: Uint8Array): Promise<{ heightMs: number; updateMs: number }> =>
  withNetwork(4, 0, async (network) => {
    const { id, agent } = await deploy(network, Uint8Array.from(wasm));
    const idl: IDL.InterfaceFactory = ({ IDL }) => IDL.Service({ go: IDL.Func([], [], []) });
    const canister = Actor.createActor<{ go(): Promise<unknown> }>(idl, { agent, canisterId: id });
    const heightMs = 1000 / (await heightsPerSecond(network, 3, 5_000));
    await canister.go();
    return { heightMs, updateMs: quantile(await latencies(() => canister.go(), 7), 0.5) };
  });

/** On the origin's private files. */
export async function crashing(wasm: Uint8Array): Promise<CrashCost> {
  const network = await startPageNetwork(SERVED, "crashes");
  const cost = await crashCost(network, wasm);
  await network.close();
  return cost;
}

export const undo = (): Rollback[] => rollbacks();

/** Milliseconds a height that n workers take for nothing but the cryptography of a height, all at once. */
export async function floor(nodes: NetworkSettings["nodes"], rounds: number): Promise<number> {
  const workers = Array.from({ length: nodes }, () => {
    const worker = new Worker(new URL("./floor.worker.ts", import.meta.url), { type: "module" });
    return { worker, api: wrap<FloorApi>(worker) };
  });
  await Promise.all(workers.map(({ api }) => api.prepare(nodes, rounds)));
  const each = await Promise.all(workers.map(({ api }) => api.run()));
  for (const { worker } of workers) worker.terminate();
  return Math.max(...each);
}
