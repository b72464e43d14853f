/**
 * The registry's next version, of other nodes or another notary delay: keys are dealt for it, and everybody who needs
 * them has them written down before anybody counts the version.
 *
 *   RE1  Nothing has changed unless all are ready. From the first that counts the version on, each of them can.
 *   RE2  Secrets go to their owners and are forgotten here.
 *
 * Checked by: tests/browser/registry-change.test.ts; what nodes make of it: tests/simulation/membership.test.ts.
 */
import { defined } from "../base/assert.ts";
import { nodeIds, type Registry, subnetAt } from "../registry/registry.ts";
import type { LabTime } from "../types/ids.ts";
import { type NodeCount, refusedSize } from "./sizes.ts";
import type { SubnetChange } from "./lab.ts";
import { answered, folderOfSeat, occupy, newSeat, type Seat, type SpawnedWorker } from "./seats.ts";

export interface Prepared {
  readonly registry: Registry;
  /** Seats of newcomers. They have not begun. */
  readonly come: readonly Seat[];
}

export interface Changeable {
  readonly registry: Registry;
  readonly genesis: LabTime;
  readonly seats: readonly Seat[];
  readonly folder: string | undefined;
  spawn(): SpawnedWorker;
}

/** Throws a sentence. Then newcomers are gone again. */
export async function prepareVersion(
  network: Changeable,
  { nodes: size, notaryDelayMs }: SubnetChange,
): Promise<Prepared> {
  const { registry, genesis, seats, folder } = network;
  const subnet = subnetAt(registry, registry.latestVersion);
  const refused = refusedSize(size);
  if (refused !== undefined) throw new Error(refused);
  if (size === subnet.nodes.length && notaryDelayMs === subnet.initialNotaryDelayMs)
    throw new Error("The subnet is like that, or will be soon.");
  const members = nodeIds(subnet).map((id) =>
    defined(
      seats.find((s) => s.id === id),
      "a member has a seat",
    ),
  );
  const away = members.filter(({ status }) => status !== "running").map(({ number }) => `n${number + 1}`);
  if (away.length > 0)
    throw new Error(`Every node must run, to get its new keys: ${away.join(", ")} does not.`);

  const dealer = occupy(network.spawn(), seats.length);
  const workers = [dealer];
  const ready = async (): Promise<Prepared> => {
    const known = await Promise.all(
      members.map(({ occupant }) => answered(occupant, occupant.api.secrets())),
    );
    const { subnet: dealt, secrets } = await dealer.api.dealAgain(
      { subnet, secrets: known },
      size as NodeCount,
    );
    const next = { ...dealt, initialNotaryDelayMs: notaryDelayMs };
    const version = registry.latestVersion + 1;
    const versions = new Map([...registry.versions, [version, next]]);
    const shares = new Map(secrets.map((s) => [s.node, s]));
    const tell = { registry: { latestVersion: registry.latestVersion, versions }, genesis };
    const come = nodeIds(next)
      .filter((id) => !nodeIds(subnet).includes(id))
      .map((id, i): Seat => {
        const number = seats.length + i;
        const occupant = (i === 0 ? undefined : occupy(network.spawn(), number)) ?? dealer;
        workers.push(occupant);
        return newSeat(id, number, occupant);
      });
    for (const { id, number, occupant } of come) {
      const { api } = occupant;
      if (folder !== undefined) await api.open(folderOfSeat(folder, number));
      await api.prepare({ ...tell, secrets: defined(shares.get(id), "who comes has keys") });
    }
    await Promise.all(
      members.map(({ id, occupant }, i) =>
        // Who goes has no part in the new keys.
        answered(
          occupant,
          occupant.api.prepare({
            ...tell,
            secrets: shares.get(id) ?? { ...known[i]!, lowShare: 0n, highShare: 0n },
          }),
        ),
      ),
    );
    if (come.length === 0) dealer.worker.terminate();
    return { registry: { latestVersion: version, versions }, come };
  };
  try {
    return await Promise.race([ready(), dealer.failed]);
  } catch (error) {
    for (const { worker } of workers) worker.terminate();
    throw error;
  }
}
