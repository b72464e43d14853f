/** What outlives a reload: projects and settings, in IndexedDB. Without it (private windows) nothing is kept, and the page says so. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface StoredProject {
  readonly id: string;
  readonly name: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly main: string;
  readonly open: string;
  /** Keys of a shared link that this version does not know: kept for sharing again. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly changedAt: number;
}

interface Schema extends DBSchema {
  projects: { key: string; value: StoredProject };
  settings: { key: string; value: unknown };
}

let database: Promise<IDBPDatabase<Schema> | undefined> | undefined;
function open(): Promise<IDBPDatabase<Schema> | undefined> {
  database ??= openDB<Schema>("terrarium", 1, {
    upgrade(db) {
      db.createObjectStore("projects", { keyPath: "id" });
      db.createObjectStore("settings");
    },
  }).catch(() => undefined);
  return database;
}

/** False when it could not be kept. */
export async function saveProject(project: StoredProject): Promise<boolean> {
  try {
    const db = await open();
    await db?.put("projects", project);
    return db !== undefined;
  } catch {
    return false;
  }
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
export async function removeProject(id: string): Promise<void> {
  await (await open())?.delete("projects", id).catch(() => undefined);
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
