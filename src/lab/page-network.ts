/** The network in the page: Web Workers, memories rationed over the tab, dozing when nobody looks. */
import type { Network, NetworkSettings } from "./lab.ts";
import { HISTORY_MEMORY_UNITS } from "./recorder.ts";
import type { SpawnedWorker } from "./seats.ts";
import { startWorkerNetwork } from "./worker-network.ts";

/**
 * One Chromium renderer gave 125 memory32 (measurements). Each node also holds one for its marks and one for its curve, and
 * a long run takes three more: a 64-bit memory and marks of its own.
 */
const MEMORY_UNITS = 120;
const NODE_UNITS = 5;
const DOZE_AFTER_MS = 60_000;

/** Workers that wait for a network. */
const early: SpawnedWorker[] = [];

/** Their scripts take a while to load: time in which the page can be read. */
export function wakeWorkers(count: number): void {
  while (early.length < count) early.push(spawn());
}

/** `folder`: where its nodes write themselves down, or find themselves again; undefined: it lives in memory. */
export function startPageNetwork(settings: NetworkSettings, folder?: string): Promise<Network> {
  const network = startWorkerNetwork(settings, {
    spawn: () => early.shift() ?? spawn(),
    ...(folder === undefined ? {} : { folder }),
    spawnHistory: () => asSpawned(historyWorker()),
    memoryUnits: (nodes) => Math.floor((MEMORY_UNITS - HISTORY_MEMORY_UNITS) / nodes) - NODE_UNITS,
    dozeAfterMs: DOZE_AFTER_MS,
  });
  for (const { terminate } of early.splice(0)) terminate();
  return network;
}

const historyWorker = (): Worker =>
  new Worker(new URL("../../workers/history.worker.ts", import.meta.url), { type: "module" });

const spawn = (): SpawnedWorker =>
  asSpawned(new Worker(new URL("../../workers/node.worker.ts", import.meta.url), { type: "module" }));

function asSpawned(worker: Worker): SpawnedWorker {
  const failed = new Promise<string>((resolve) => {
    worker.onerror = (event) => resolve(event.message || "its script could not be loaded");
  });
  return {
    endpoint: worker,
    terminate: () => worker.terminate(),
    onfailure: (listener) => void failed.then(listener),
  };
}
