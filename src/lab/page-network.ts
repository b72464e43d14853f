/** The network in the page: Web Workers, memories rationed over the tab, dozing when nobody looks. */
import type { Network, NetworkSettings } from "./lab.ts";
import { type SpawnedWorker, startWorkerNetwork } from "./worker-network.ts";

/**
 * One Chromium renderer gave 125 memory32 (measurements). Each node also holds one for its marks and one for its curve, and
 * a long run takes three more: a 64-bit memory and marks of its own.
 */
const MEMORY_UNITS = 120;
const DOZE_AFTER_MS = 60_000;

export const startPageNetwork = (settings: NetworkSettings): Promise<Network> =>
  startWorkerNetwork(settings, {
    spawn,
    memoryUnits: MEMORY_UNITS - 5 * settings.nodes,
    dozeAfterMs: DOZE_AFTER_MS,
  });

function spawn(): SpawnedWorker {
  const worker = new Worker(new URL("../../workers/node.worker.ts", import.meta.url), { type: "module" });
  return {
    endpoint: worker,
    terminate: () => worker.terminate(),
    onfailure: (listener) => {
      worker.onerror = (event) => listener(event.message || "its script could not be loaded");
    },
  };
}
