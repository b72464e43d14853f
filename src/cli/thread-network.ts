/** The network in Node.js: a thread a node, links without latency unless asked. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { Network, NetworkSettings } from "../lab/lab.ts";
import type { SpawnedWorker } from "../lab/seats.ts";
import { startWorkerNetwork } from "../lab/worker-network.ts";

/** Node gave thousands of Wasm memories; this only bounds the cache. */
const MEMORY_UNITS = 2_000;

/** `folder`: where its nodes write themselves down, or find themselves again. */
export const startThreadNetwork = (settings: NetworkSettings, folder?: string): Promise<Network> =>
  startWorkerNetwork(settings, {
    spawn,
    memoryUnits: (nodes) => Math.floor(MEMORY_UNITS / nodes),
    ...(folder === undefined ? {} : { folder }),
  });

/** Threads find their code compiled: one that comes back is there in half the time. */
process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), "terrarium-compiled");

function spawn(): SpawnedWorker {
  const worker = new Worker(new URL("../../workers/node.thread.ts", import.meta.url));
  return {
    endpoint: nodeEndpoint(worker),
    terminate: () => void worker.terminate(),
    onfailure: (listener) => worker.on("error", (error) => listener(error.message)),
  };
}
