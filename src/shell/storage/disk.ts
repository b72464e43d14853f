/** A place for files that are written without waiting. */
import type { SyncFile } from "./sync-file.ts";

export interface Disk {
  /** These files of that folder, made when they are not there. Rejects with a sentence. */
  open(folder: string, names: readonly string[]): Promise<SyncFile[]>;
}
