/** The origin's private file system as a disk, for workers: what is written there is this browser's alone. */
import type { Disk } from "./disk.ts";
import type { SyncFile } from "./sync-file.ts";

/** A worker that was ended a moment ago may still hold its files. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;

export const opfsDisk: Disk = {
  async open(folder, names) {
    let directory = await navigator.storage.getDirectory();
    for (const name of folder.split("/")) {
      directory = await directory.getDirectoryHandle(name, { create: true });
    }
    return Promise.all(names.map((name) => openFile(directory, name)));
  },
};

async function openFile(directory: FileSystemDirectoryHandle, name: string): Promise<SyncFile> {
  const handle = await directory.getFileHandle(name, { create: true });
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await handle.createSyncAccessHandle();
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === "NoModificationAllowedError";
      if (!isHeld || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
