/**
 * What outlives a reload: projects, settings and what is known of networks, in IndexedDB. Networks themselves lie in files
 * (lab/saved-network.ts).
 *
 *   S1  A project is written only over the revision that the writer last saw: two tabs never overwrite each other.
 *   S2  What could not be kept is told apart: no room, no store (blocked, private), changed by another tab.
 *   S3  A frame keeps nothing and knows nothing of what is kept (`keepNothing`).
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { NetworkSettings } from "../../lab/lab.ts";
import { removeAllNetworks } from "../../lab/saved-network.ts";

export interface StoredProject {
  readonly id: string;
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly main: string;
  readonly open: string;
  /** Keys of a shared link that this version does not know: kept for sharing again. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly changedAt: number;
  /** Moves with each writing. Projects from before there were revisions have none. */
  readonly revision?: string;
}
/** A canister of a saved network: what the page knows of it beyond what the subnet does. */
export interface StoredCanister {
  readonly id: string;
  readonly name: string;
  readonly main: string;
  readonly project: string;
  readonly did: string | undefined;
  readonly moduleHash: string | undefined;
  /** The page's own KnownModule. */
  readonly module: unknown;
  readonly undo: { readonly snapshot: Uint8Array; readonly words: string } | undefined;
  /** The id of the canister that made it. */
  readonly parent: string | undefined;
}
/** A call that was answered. */
export interface StoredCall {
  /** The canister's id. */
  readonly canister: string;
  readonly method: string;
  readonly mode: "update" | "query";
  readonly arg: Uint8Array;
  readonly args: string;
  readonly as: string;
  readonly sentAt: number;
  readonly doneAt: number | undefined;
  readonly pinned: boolean;
  readonly message: string | undefined;
  readonly reply: Uint8Array | undefined;
  readonly failure:
    { readonly headline: string; readonly detail: string; readonly certified: boolean } | undefined;
  readonly certificate: Uint8Array | undefined;
  readonly root: string | undefined;
  readonly certifiedHeight: number | undefined;
  readonly answeredBy: string | undefined;
  readonly burned: bigint | undefined;
}
export interface StoredNetwork {
  readonly id: string;
  readonly name: string;
  /** As it began. */
  readonly settings: NetworkSettings;
  /** How many nodes it has by now, where that is another number. */
  readonly size?: number;
  readonly usedAt: number;
  readonly canisters: readonly StoredCanister[];
  /** Newest first. */
  readonly calls?: readonly StoredCall[];
}
export type Kept = "saved" | "conflict" | "full" | "blocked";

interface Schema extends DBSchema {
  projects: { key: string; value: StoredProject };
  settings: { key: string; value: unknown };
  networks: { key: string; value: StoredNetwork };
}
const NAME = "terrarium";

let database: Promise<IDBPDatabase<Schema> | undefined> | undefined;
let onCleared: (() => void) | undefined;
let nothingKept = false;

export const keepNothing = (): void => {
  nothingKept = true;
};
/** The browser threw the store away while the page was open. */
export const whenCleared = (listener: () => void): void => {
  onCleared = listener;
};

function open(): Promise<IDBPDatabase<Schema> | undefined> {
  if (nothingKept) return Promise.resolve(undefined);
  database ??= openDB<Schema>(NAME, 2, {
    upgrade(db, before) {
      if (before < 1) {
        db.createObjectStore("projects", { keyPath: "id" });
        db.createObjectStore("settings");
      }
      db.createObjectStore("networks", { keyPath: "id" });
    },
    // Another tab wipes the device: it must not wait for this one.
    blocking: (_old, _new, event) => {
      (event.target as IDBDatabase).close();
      database = undefined;
      onCleared?.();
    },
    terminated() {
      database = undefined;
      onCleared?.();
    },
  }).catch(() => undefined);
  return database;
}

/** S1, S2. `seen`: the revision that this tab last read or wrote. */
export async function saveProject(project: StoredProject, seen: string | undefined): Promise<Kept> {
  if (nothingKept) return "saved"; // S3: there is nothing to say about it either
  try {
    const db = await open();
    if (db === undefined) return "blocked";
    const writing = db.transaction("projects", "readwrite");
    const there = await writing.store.get(project.id);
    if (there !== undefined && there.revision !== seen) {
      await writing.done;
      return "conflict";
    }
    await Promise.all([writing.store.put(project), writing.done]);
    return "saved";
  } catch (error) {
    return error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "blocked";
  }
}
let asked = false;
/** At the first change a person makes: some browsers put the question to them. */
export function askToPersist(): void {
  if (asked || nothingKept) return;
  asked = true;
  void navigator.storage?.persist?.().catch(() => false);
}
/** Newest first. */
export async function storedProjects(): Promise<StoredProject[]> {
  try {
    const all = (await (await open())?.getAll("projects")) ?? [];
    return all.sort((a, b) => b.changedAt - a.changedAt);
  } catch {
    return [];
  }
}
export async function storedProject(id: string): Promise<StoredProject | undefined> {
  try {
    return await (await open())?.get("projects", id);
  } catch {
    return undefined;
  }
}
export async function removeProject(id: string): Promise<void> {
  await (await open())?.delete("projects", id).catch(() => undefined);
}

/** Used last first; undefined: this browser keeps nothing. */
export async function storedNetworks(): Promise<StoredNetwork[] | undefined> {
  try {
    const all = await (await open())?.getAll("networks");
    return all?.sort((a, b) => b.usedAt - a.usedAt);
  } catch {
    return undefined;
  }
}
export async function saveNetwork(network: StoredNetwork): Promise<void> {
  await (await open())?.put("networks", network);
}
export async function forgetNetwork(id: string): Promise<void> {
  await (await open())?.delete("networks", id);
}

export async function setting<T>(key: string): Promise<T | undefined> {
  try {
    return (await (await open())?.get("settings", key)) as T | undefined;
  } catch {
    return undefined;
  }
}
export async function keepSetting(key: string, value: unknown): Promise<void> {
  try {
    await (await open())?.put("settings", value, key);
  } catch {
    // Not kept: the next visit starts with the default.
  }
}

/**
 * Everything of this page that this browser holds: projects, keys, networks, settings, panel sizes, the copy for offline
 * use. This tab's nodes must have ended.
 */
export async function wipeDevice(): Promise<void> {
  (await open())?.close();
  nothingKept = true; // whatever still wants to save must not bring it back
  await new Promise<void>((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = () => resolve();
  });
  await removeAllNetworks();
  localStorage.clear();
  sessionStorage.clear();
  if (!isSecureContext) return;
  for (const key of await caches.keys()) if (key.startsWith("terrarium-")) await caches.delete(key);
  const here = new URL("./", document.baseURI).href;
  for (const worker of await navigator.serviceWorker.getRegistrations()) {
    if (worker.scope === here) await worker.unregister();
  }
}
