/** How a network of workers begins: its nodes find themselves on the disk, or a dealer makes them. */
import { defined } from "../base/assert.ts";
import {
  counting,
  faultsTolerated,
  highThreshold,
  nodeIds,
  type Registry,
  subnetAt,
} from "../registry/registry.ts";
import type { KnownNode } from "../shell/node-worker.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
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
  /** For each seat, where they are not new. */
  readonly found: readonly Found[];
}

/** What is where a node was to be: nobody, or somebody who cannot be told any more. */
export type Found = KnownNode | Error | undefined;
export const isFound = (id: NodeId, found: Found): found is KnownNode => isKnown(found) && found.node === id;
const isKnown = (found: Found): found is KnownNode => found !== undefined && !(found instanceof Error);
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Why that node cannot go on, or not at once. */
export function troubleOf(id: NodeId, found: Found): string | undefined {
  if (found instanceof Error) return found.message;
  return isFound(id, found) ? found.lost : "what it had written down is gone, and its keys with it";
}

/** `settings` are those of a new network; of one that is known they say how many workers to begin with. */
export async function openSeats(
  settings: NetworkSettings,
  spawn: () => SpawnedWorker,
  folder: string | undefined,
): Promise<Opened> {
  const workers = Array.from({ length: settings.nodes }, (_, i) => occupy(spawn(), i));
  const open = async (number: number): Promise<Found> =>
    folder === undefined ? undefined : workers[number]!.api.open(folderOfSeat(folder, number)).catch(asError);
  try {
    const failed = Promise.race(workers.map((w) => w.failed));
    failed.catch(() => {}); // later on that is the seat's own matter
    const found = await Promise.race([failed, Promise.all(workers.map((_, i) => open(i)))]);
    const known = newest(found);
    if (known === undefined) {
      const damaged = found.find((node) => node instanceof Error);
      if (damaged !== undefined) throw damaged;
      return await Promise.race([failed, dealt(settings, workers)]);
    }
    const registry = counting(known.registry);
    const ids = seating(registry);
    for (let i = workers.length; i < ids.length; i++) {
      workers.push(occupy(spawn(), i));
      found.push(await Promise.race([open(i), workers[i]!.failed]));
    }
    for (const { worker } of workers.slice(ids.length)) worker.terminate();
    const seats = ids.map((id, i) => newSeat(id, i, workers[i]!));
    const because = whyLost(registry, ids, found);
    if (because !== undefined) throw new Error(because);
    return { registry, genesis: known.genesis, seats, found };
  } catch (error) {
    for (const { worker } of workers) worker.terminate();
    throw error;
  }
}

/** What one of them counts, all were ready to count (registry-change.ts). */
function newest(found: readonly Found[]): KnownNode | undefined {
  const known = found.filter(isKnown);
  return known.sort((a, b) => b.registry.latestVersion - a.registry.latestVersion)[0];
}

/** Why that network cannot go on: who knows what it signed is too few to vouch for the others. */
function whyLost(registry: Registry, ids: readonly NodeId[], found: readonly Found[]): string | undefined {
  const members = nodeIds(subnetAt(registry, registry.latestVersion));
  const troubles = ids.flatMap((id, i) => {
    const because = members.includes(id) ? troubleOf(id, found[i]) : undefined;
    return because === undefined ? [] : [`node ${i + 1}: ${because}`];
  });
  const n = members.length;
  if (troubles.length <= faultsTolerated(n)) return undefined;
  const counted = `${n - troubles.length} of ${n} nodes are whole, and ${highThreshold(n)} are needed`;
  return `${troubles.join("; ")}. ${n === 1 ? "There is no other node" : counted}`;
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
  return { registry, genesis, seats, found: [] };
}
