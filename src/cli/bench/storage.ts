/** What it costs to be there again: a state of 100 MB written down, read again, fetched by a peer; and heights with a disk. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createParts } from "../../codec/parts.ts";
import type { Part } from "../../replica/interfaces/storage.ts";
import { answer, createStateSync } from "../../replica/state-sync/state-sync.ts";
import { PAGE, withPages, zeroPages } from "../../replica/state/pages.ts";
import { sampleCanister, sampleState, sampleSubnet } from "../../replica/state/sample.ts";
import type { ReplicatedState } from "../../replica/state/state.ts";
import { toStored } from "../../replica/state/stored.ts";
import { createMemoryStore, type NodeStore } from "../../shell/storage/node-store.ts";
import type { Height } from "../../types/ids.ts";
import { canisterIdOf } from "../../types/principal.ts";
import { startThreadNetwork } from "../thread-network.ts";

export interface StateCost {
  /** The first checkpoint, all in one step; one in which a tenth of the pages changed; the state read again. */
  readonly firstMs: number;
  readonly nextMs: number;
  readonly readMs: number;
  /** By a node that has nothing, without a link's time. */
  readonly syncMs: number;
}

/** Of one canister with so much stable memory, no two pages alike. */
export function stateCost(bytes: number): StateCost {
  const pages = Math.floor(bytes / PAGE);
  const state = stateOf(
    1,
    withPages(zeroPages(pages * PAGE), new Map(Array.from({ length: pages }, (_, p) => [p, pageOf(p)]))),
  );
  const parts = createParts();
  const store = createMemoryStore();
  let root = "";
  const firstMs = timed(() => (root = checkpoint(parts, store, state)));
  const memory = [...state.canisters.values()][0]!.stable;
  const changed = new Map(Array.from({ length: Math.floor(pages / 10) }, (_, p) => [p * 10, pageOf(-p)]));
  const second = stateOf(2, withPages(memory, changed));
  const nextMs = timed(() => checkpoint(parts, store, second));
  const readMs = timed(() => createParts().read(root, (hash) => store.part(hash)));
  const syncMs = timed(() => fetch(root, store));
  return { firstMs, nextMs, readMs, syncMs };
}

function fetch(state: string, theirs: NodeStore): void {
  const stored = createMemoryStore();
  const sync = createStateSync({ peers: () => ["peer"], stored });
  sync.aim({ height: 1, state });
  for (let now = 0; !sync.isComplete(); now++) {
    const question = sync.ask(now);
    const parts: readonly Part[] = sync.receive("peer", answer(question?.parts ?? [], theirs));
    stored.write({ artifacts: [], parts, checkpoints: [], isWhole: false });
  }
}

function checkpoint(parts: ReturnType<typeof createParts>, store: NodeStore, state: ReplicatedState): string {
  const fresh: Part[] = [];
  const root = parts.write(toStored(state), {
    has: (hash) => store.has(hash),
    keep: (hash, bytes) => fresh.push({ hash, bytes }),
  });
  store.write({ artifacts: [], parts: fresh, checkpoints: [], isWhole: false });
  return root;
}

const stateOf = (height: Height, stable: ReturnType<typeof zeroPages>): ReplicatedState =>
  sampleState(sampleSubnet(1), height, {
    canisters: [sampleCanister(canisterIdOf(0n), { stable })],
  });

function pageOf(seed: number): Uint8Array {
  const page = new Uint8Array(PAGE);
  new DataView(page.buffer).setInt32(0, seed);
  return page;
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

const SETTINGS = { nodes: 4, notaryDelayMs: 0, unitDelayMs: 1000, latencyMs: 0 } as const;

export interface DiskCost {
  /** Heights a second with a disk, as a part of those without. */
  readonly ratio: number;
  readonly bytesAHeight: number;
  /** Until all nodes are there again. */
  readonly restartMs: number;
}

/** Four nodes in Node, without a disk and then with one, `forMs` each. */
export async function diskCost(forMs: number): Promise<DiskCost> {
  const without = await run(undefined, forMs);
  const folder = mkdtempSync(join(tmpdir(), "terrarium-bench-"));
  try {
    const withDisk = await run(folder, forMs);
    const start = performance.now();
    const again = await startThreadNetwork(SETTINGS, folder);
    const restartMs = performance.now() - start;
    await again.close();
    return { ratio: withDisk.rate / without.rate, bytesAHeight: withDisk.bytesAHeight, restartMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run(
  folder: string | undefined,
  forMs: number,
): Promise<{ readonly rate: number; readonly bytesAHeight: number }> {
  const network = await startThreadNetwork(SETTINGS, folder);
  let height: Height = 0;
  network.subscribe(({ entries }) => {
    for (const { fact } of entries) if (fact.kind === "certified") height = Math.max(height, fact.height);
  });
  await pause(2_000);
  const before = { height, bytes: sizeOf(folder), at: performance.now() };
  await pause(forMs);
  const heights = height - before.height;
  const rate = (1000 * heights) / (performance.now() - before.at);
  const bytesAHeight = (sizeOf(folder) - before.bytes) / heights / SETTINGS.nodes;
  await network.close();
  return { rate, bytesAHeight };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const sizeOf = (folder: string | undefined): number =>
  folder === undefined
    ? 0
    : readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
