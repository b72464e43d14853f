/** How a network of workers begins: its nodes find themselves on the disk, or a dealer makes them. */
import { defined } from "../base/assert.ts";
import { counting, nodeIds, type Registry, subnetAt } from "../registry/registry.ts";
import type { KnownNode } from "../shell/node-worker.ts";
import type { LabTime } from "../types/ids.ts";
import type { NetworkSettings } from "./lab.ts";
import {
  folderOfSeat,
  newSeat,
  occupy,
  type Occupant,
  type Seat,
  seating,
  type SpawnedWorker,
} from "./seats.ts";

/** Mainnet's is 499: here an interval takes seconds, so that one is seen, and little is executed again after a reload. */
const DKG_INTERVAL_LENGTH = 99;

export interface Opened {
  readonly registry: Registry;
  readonly genesis: LabTime;
  readonly seats: readonly Seat[];
  /** Seats whose node is not on the disk any more. */
  readonly lost: readonly Seat[];
}

/** `settings` are those of a new network; of one that is known they say how many workers to begin with. */
export async function openSeats(
  settings: NetworkSettings,
  spawn: () => SpawnedWorker,
  folder: string | undefined,
): Promise<Opened> {
  const workers = Array.from({ length: settings.nodes }, (_, i) => occupy(spawn(), i));
  const open = async (number: number): Promise<KnownNode | undefined> =>
    folder === undefined ? undefined : workers[number]!.api.open(folderOfSeat(folder, number));
  try {
    const failed = Promise.race(workers.map((w) => w.failed));
    failed.catch(() => {}); // later on that is the seat's own matter
    const found = await Promise.race([failed, Promise.all(workers.map((_, i) => open(i)))]);
    const known = newest(found);
    if (known === undefined) return await Promise.race([failed, dealt(settings, workers)]);
    const registry = counting(known.registry);
    const ids = seating(registry);
    for (let i = workers.length; i < ids.length; i++) {
      workers.push(occupy(spawn(), i));
      found.push(await Promise.race([open(i), workers[i]!.failed]));
    }
    for (const { worker } of workers.slice(ids.length)) worker.terminate();
    const seats = ids.map((id, i) => newSeat(id, i, workers[i]!));
    const lost = seats.filter(({ id }, i) => found[i]?.node !== id);
    return { registry, genesis: known.genesis, seats, lost };
  } catch (error) {
    for (const { worker } of workers) worker.terminate();
    throw error;
  }
}

/** What one of them counts, all were ready to count (registry-change.ts). */
function newest(found: readonly (KnownNode | undefined)[]): KnownNode | undefined {
  const known = found.filter((node) => node !== undefined);
  return known.sort((a, b) => b.registry.latestVersion - a.registry.latestVersion)[0];
}

async function dealt(settings: NetworkSettings, workers: readonly Occupant[]): Promise<Opened> {
  const { nodes, notaryDelayMs, unitDelayMs } = settings;
  const dealer = defined(workers[0], "there is a node").api;
  const { registry, secrets } = await dealer.deal({
    ...{ nodes, notaryDelayMs, unitDelayMs },
    dkgIntervalLength: DKG_INTERVAL_LENGTH,
  });
  const genesis = Math.floor(performance.timeOrigin + performance.now());
  await Promise.all(workers.map(({ api }, i) => api.prepare({ registry, genesis, secrets: secrets[i]! })));
  const ids = nodeIds(subnetAt(registry, registry.latestVersion));
  const seats = ids.map((id, i) => newSeat(id, i, workers[i]!));
  return { registry, genesis, seats, lost: [] };
}
