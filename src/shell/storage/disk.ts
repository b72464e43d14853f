/** A place for files that are written without waiting: a browser's private file system, or folders of Node.js. */
import type { SyncFile } from "./sync-file.ts";

export interface Disk {
  /** These files of that folder, made when they are not there. Rejects with a sentence. */
  open(folder: string, names: readonly string[]): Promise<SyncFile[]>;
}

/** Undefined where the browser has none, or keeps it shut (private windows, plain http). */
export function browserDisk(): Disk | undefined {
  if (typeof navigator === "undefined" || navigator.storage?.getDirectory === undefined) return undefined;
  return {
    async open(folder, names) {
      let place = await navigator.storage.getDirectory();
      for (const name of folder.split("/")) place = await place.getDirectoryHandle(name, { create: true });
      const files: SyncFile[] = [];
      for (const name of names) {
        const handle = await place.getFileHandle(name, { create: true });
        files.push((await handle.createSyncAccessHandle()) as unknown as SyncFile);
      }
      return files;
    },
  };
}
