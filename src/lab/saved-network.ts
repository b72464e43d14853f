/** Networks in the origin's private file system, seen from the page: a folder each, in it a folder a node. */
import type { NetworkFile } from "./lab.ts";

const ROOT = "networks";
/** Workers that were ended a moment ago may still hold their files. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 50;

/** What its nodes are told to open. */
export const folderOf = (id: string): string => `${ROOT}/${id}`;

/** Whether this page has files at all: not in some private windows, and not without https. */
export async function hasFiles(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return "locks" in navigator;
  } catch {
    return false;
  }
}

/**
 * Takes the network's lock, until the tab ends or what is returned is called; undefined when another tab has it for
 * longer than `patienceMs`. A reload may have to wait for the page before it.
 */
export async function own(id: string, patienceMs: number): Promise<(() => void) | undefined> {
  const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
  navigator.locks
    .request(
      `terrarium-network-${id}`,
      { signal: AbortSignal.timeout(patienceMs) },
      () => new Promise<void>((release) => resolve(release)),
    )
    .catch(() => resolve(undefined));
  return promise;
}

/** The numbers of its seats. */
export async function nodesIn(id: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const name of (await folderAt([ROOT, id])).keys())
    if (/^\d+$/.test(name)) numbers.push(Number(name));
  return numbers.sort((a, b) => a - b);
}

/** What lies there of a node that does not run. */
export async function filesOf(id: string, node: number): Promise<NetworkFile[]> {
  const files: NetworkFile[] = [];
  const folder = await folderAt([ROOT, id, String(node)]);
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== "file") continue;
    const file = await (handle as FileSystemFileHandle).getFile();
    files.push({ node, name, bytes: new Uint8Array(await file.arrayBuffer()) });
  }
  return files;
}

/** Rejects, leaving nothing, when there is no room. */
export async function writeNetwork(id: string, files: readonly NetworkFile[]): Promise<void> {
  try {
    for (const { node, name, bytes } of files) {
      const folder = await folderAt([ROOT, id, String(node)]);
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytes as Uint8Array<ArrayBuffer>);
      await writable.close();
    }
  } catch (error) {
    await removeNetwork(id);
    throw error;
  }
}

async function folderAt(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of path) folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

/** Its nodes must have ended. What is not there is gone already. */
export async function removeNetwork(id: string): Promise<void> {
  const all = await folderAt([ROOT]);
  await whenFree(() => all.removeEntry(id, { recursive: true }));
}

/** All networks of this origin. */
export async function removeAllNetworks(): Promise<void> {
  if (!(await hasFiles())) return;
  const root = await navigator.storage.getDirectory();
  await whenFree(() => root.removeEntry(ROOT, { recursive: true }));
}

async function whenFree(work: () => Promise<void>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotFoundError") return;
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
