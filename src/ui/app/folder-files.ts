/**
 * A project's files and a folder on this computer, compared and carried over. Pure but for the handles it is given.
 *
 *   D1  A file is written, or removed, only if the disk still has what was seen there last; else it is a conflict, told.
 *   D2  What is not read (hidden files and folders, packages that were installed, `target`) is never written either.
 */
import { utf8 } from "../../base/bytes.ts";
import { messages } from "../shared/messages.ts";
import { contentOf, FILES_MAX, hidden, UNPACKED_MAX_BYTES } from "./outside-files.ts";

/** Missing in TypeScript's own words for it. */
interface Listing {
  values(): AsyncIterable<FileSystemHandle>;
}
export type Contents = Readonly<Record<string, string | Uint8Array>>;
/** By path: when it was changed and how long it was, when this page last read or wrote it. */
export type Seen = Readonly<Record<string, Stamp>>;
interface Stamp {
  readonly modified: number;
  readonly size: number;
}
export type FolderRead =
  | { readonly ok: true; readonly files: Contents; readonly seen: Seen }
  | { readonly ok: false; readonly sentence: string };

/** All files below, or why not. */
export async function readFolder(root: FileSystemDirectoryHandle): Promise<FolderRead> {
  const listed = await list(root);
  if (typeof listed === "string") return { ok: false, sentence: listed };
  const files: Record<string, string | Uint8Array> = {};
  for (const [path, file] of listed) files[path] = contentOf(path, new Uint8Array(await file.arrayBuffer()));
  return { ok: true, files, seen: stamps(listed) };
}

/** What differs from what was seen: changed, new or gone. */
export async function changedOnDisk(root: FileSystemDirectoryHandle, seen: Seen): Promise<readonly string[]> {
  const listed = await list(root);
  if (typeof listed === "string") return [];
  const now = stamps(listed);
  const paths = new Set([...Object.keys(now), ...Object.keys(seen)]);
  return [...paths].filter((p) => !same(now[p], seen[p])).sort();
}

export interface Plan {
  readonly write: readonly string[];
  readonly remove: readonly string[];
  /** D1 */
  readonly conflicts: readonly string[];
}
/** What saving would do. */
export async function planSave(
  root: FileSystemDirectoryHandle,
  files: Contents,
  seen: Seen,
): Promise<Plan | string> {
  const listed = await list(root);
  if (typeof listed === "string") return listed;
  const write: string[] = [];
  const remove: string[] = [];
  const conflicts: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    if (hidden(path)) continue; // D2: a stranger's project may hold a .git
    const there = listed.get(path);
    if (there !== undefined && equal(new Uint8Array(await there.arrayBuffer()), bytesOf(content))) continue;
    const untouched = there === undefined ? seen[path] === undefined : same(stampOf(there), seen[path]);
    (untouched ? write : conflicts).push(path);
  }
  for (const [path, stamp] of Object.entries(seen)) {
    const there = listed.get(path);
    if (there === undefined || Object.hasOwn(files, path)) continue;
    (same(stampOf(there), stamp) ? remove : conflicts).push(path);
  }
  return { write, remove, conflicts: conflicts.sort() };
}

/** Writes and removes; gives what is on the disk now. */
export async function carryOut(
  root: FileSystemDirectoryHandle,
  files: Contents,
  { write, remove }: Pick<Plan, "write" | "remove">,
): Promise<Seen> {
  for (const path of write) {
    const handle = await (await folderOf(root, path, true)).getFileHandle(nameOf(path), { create: true });
    const stream = await handle.createWritable();
    await stream.write(new Uint8Array(bytesOf(files[path]!)));
    await stream.close();
  }
  for (const path of remove) await (await folderOf(root, path, false)).removeEntry(nameOf(path));
  const listed = await list(root);
  return typeof listed === "string" ? {} : stamps(listed);
}

/** A sentence when it is too much: a picker can be pointed at a whole disk. */
async function list(root: FileSystemDirectoryHandle): Promise<ReadonlyMap<string, File> | string> {
  const found = new Map<string, File>();
  let bytes = 0;
  const walk = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<string | undefined> => {
    for await (const entry of (folder as unknown as Listing).values()) {
      const path = `${prefix}${entry.name}`;
      if (hidden(path)) continue; // D2
      if (entry.kind === "directory") {
        const refusal = await walk(entry as FileSystemDirectoryHandle, `${path}/`);
        if (refusal !== undefined) return refusal;
        continue;
      }
      const file = await (entry as FileSystemFileHandle).getFile();
      found.set(path, file);
      bytes += file.size;
      if (found.size > FILES_MAX || bytes > UNPACKED_MAX_BYTES)
        return messages.folder.tooMuch(root.name, FILES_MAX, UNPACKED_MAX_BYTES);
    }
    return undefined;
  };
  return (await walk(root, "")) ?? found;
}

const nameOf = (path: string): string => path.split("/").at(-1)!;
async function folderOf(
  root: FileSystemDirectoryHandle,
  path: string,
  create: boolean,
): Promise<FileSystemDirectoryHandle> {
  let folder = root;
  for (const name of path.split("/").slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? utf8(content) : content;
const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
const stampOf = ({ lastModified, size }: File): Stamp => ({ modified: lastModified, size });
const stamps = (listed: ReadonlyMap<string, File>): Seen =>
  Object.fromEntries([...listed].map(([path, file]) => [path, stampOf(file)]));
const same = (a: Stamp | undefined, b: Stamp | undefined): boolean =>
  a !== undefined && b !== undefined && a.modified === b.modified && a.size === b.size;
