/** How a network of workers starts when one of them cannot. The ordinary course: tests/browser, tests/unit/serve.test.ts. */
import { expect, test } from "vitest";
import type { SpawnedWorker } from "./seats.ts";
import { startWorkerNetwork } from "./worker-network.ts";

test("a worker that fails before anybody talks to it is named, and none is left running", async () => {
  let spawned = 0;
  let ended = 0;
  const spawn = (): SpawnedWorker => {
    const { port1 } = new MessageChannel();
    const broken = spawned++ === 1;
    let tell: ((sentence: string) => void) | undefined;
    if (broken) queueMicrotask(() => tell?.("its script could not be loaded"));
    return {
      endpoint: port1,
      terminate: () => {
        ended++;
        port1.close();
      },
      onfailure: (listener) => {
        tell = listener;
      },
    };
  };
  const settings = { nodes: 4, notaryDelayMs: 0, unitDelayMs: 1000, latencyMs: 0 } as const;
  await expect(startWorkerNetwork(settings, { spawn, memoryUnits: () => 25 })).rejects.toThrow(
    /node \d did not start: its script could not be loaded/,
  );
  expect([spawned, ended]).toEqual([4, 4]);
});
