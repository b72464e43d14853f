/** Where a node writes itself down: what every kind of store promises, and the simplest kind. */
import { partsNamed } from "../../codec/parts.ts";
import type { Checkpoint, StorageBatch, StoredNode, StoredParts } from "../../replica/interfaces/storage.ts";
import type { Hash } from "../../types/ids.ts";

export interface NodeStore extends StoredParts {
  /** Returns when the whole batch is where a crash does not reach it; throws with a sentence when it cannot be. */
  write(batch: StorageBatch): void;
  load(): StoredNode;
}

/** Everything that these checkpoints hold, by name. */
export function reachableParts(checkpoints: readonly Checkpoint[], stored: StoredParts): Set<Hash> {
  const found = new Set<Hash>();
  const open = checkpoints.map(({ state }) => ({ hash: state, leaf: false }));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name.hash)) continue;
    found.add(name.hash);
    const bytes = name.leaf ? undefined : stored.part(name.hash);
    if (bytes !== undefined) open.push(...partsNamed(bytes));
  }
  return found;
}

/** Survives the node, not the tab. */
export function createMemoryStore(): NodeStore {
  const parts = new Map<Hash, Uint8Array>();
  let artifacts: Uint8Array[] = [];
  let checkpoints: Checkpoint[] = [];
  const store: NodeStore = {
    has: (hash) => parts.has(hash),
    part: (hash) => parts.get(hash),
    load: () => ({ artifacts: [...artifacts], checkpoints: [...checkpoints] }),
    write(batch) {
      for (const { hash, bytes } of batch.parts) parts.set(hash, bytes);
      if (batch.isWhole) {
        artifacts = [];
        checkpoints = [];
      }
      artifacts.push(...batch.artifacts);
      checkpoints.push(...batch.checkpoints);
      if (!batch.isWhole) return;
      const live = reachableParts(checkpoints, store);
      for (const hash of parts.keys()) if (!live.has(hash)) parts.delete(hash);
    },
  };
  return store;
}
