/** Networks in the origin's private file system, seen from the page: a folder each, in it a folder a node. */

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
 * Holds the network's lock until the tab ends; false when another tab has it for longer than `patienceMs`. A reload may
 * have to wait for the page before it.
 */
export async function own(id: string, patienceMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  navigator.locks
    .request(`terrarium-network-${id}`, { signal: AbortSignal.timeout(patienceMs) }, () => {
      resolve(true);
      return new Promise(() => {});
    })
    .catch(() => resolve(false));
  return promise;
}

/** Its nodes must have ended. What is not there is gone already. */
export async function removeNetwork(id: string): Promise<void> {
  const all = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
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
