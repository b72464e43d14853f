/** Folders of Node.js as a disk: writes go through to the device when they are flushed. */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { constants } from "node:fs";
import { join } from "node:path";
import type { Disk } from "../shell/storage/disk.ts";
import type { SyncFile } from "../shell/storage/sync-file.ts";

export const folderDisk: Disk = {
  async open(folder, names) {
    mkdirSync(folder, { recursive: true });
    return names.map((name) => openFile(join(folder, name)));
  },
};

function openFile(path: string): SyncFile {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600); // it holds keys
  return {
    getSize: () => fstatSync(file).size,
    read: (into, { at }) => readSync(file, into, 0, into.length, at),
    write: (bytes, { at }) => writeSync(file, bytes, 0, bytes.length, at),
    truncate: (size) => ftruncateSync(file, size),
    flush: () => fdatasyncSync(file),
    close: () => closeSync(file),
  };
}
