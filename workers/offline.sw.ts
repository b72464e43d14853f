/**
 * The page without a network: one version of it, whole, from this browser's own cache.
 *
 *   O1  A version is taken only when every file has come and each has the hash that the build wrote down. A host that
 *       is half way through an update gives none, and the version that is there stays.
 *   O2  A page gets all its files from one version. The one before stays as long: its tabs may still load parts lazily.
 *   O3  A new version waits until the person takes it, or until no tab of the old one is left.
 *
 * `src/cli/site.ts` puts the list in place of FILES and writes the result beside the page as `sw.js`.
 */
declare const FILES: readonly (readonly [path: string, sha256: string])[];
declare const VERSION: string;

/** The few words of a service worker's scope that are used; TypeScript's own would clash with those of pages. */
interface Happening extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Happening {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Scope extends EventTarget {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
const worker = self as unknown as Scope;

const PREFIX = `terrarium-page ${new URL(worker.registration.scope).pathname} `;
const MINE = PREFIX + VERSION;
const LIST = "offline-list.json";
const AT_ONCE = 4;
const absolute = (path: string): string => new URL(path, worker.registration.scope).href;

worker.addEventListener("install", (event) => (event as Happening).waitUntil(take()));
worker.addEventListener("activate", (event) => (event as Happening).waitUntil(tidy()));
worker.addEventListener("message", (event) => {
  if ((event as MessageEvent).data === "take over") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event as Asked;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(worker.registration.scope)) return;
  (event as Asked).respondWith(answer(request, url));
});

/** O1. What an older version holds with the same hash is not asked for again. */
async function take(): Promise<void> {
  const cache = await caches.open(MINE);
  const older = await olderFiles();
  const todo = [...FILES];
  const lane = async (): Promise<void> => {
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const [path, sha256] = next;
      const have = older.get(`${path} ${sha256}`);
      await cache.put(absolute(path), (await have?.()) ?? (await get(path, sha256)));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await cache.put(absolute(LIST), new Response(JSON.stringify(FILES)));
  } catch (error) {
    await caches.delete(MINE);
    throw error;
  }
}
async function get(path: string, sha256: string): Promise<Response> {
  const response = await fetch(absolute(path), { integrity: `sha256-${sha256}`, cache: "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // A page cannot be opened from a response that was redirected on its way.
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}
async function olderFiles(): Promise<ReadonlyMap<string, () => Promise<Response | undefined>>> {
  const found = new Map<string, () => Promise<Response | undefined>>();
  for (const name of await mine()) {
    const cache = await caches.open(name);
    const list = (await (await cache.match(absolute(LIST)))?.json()) as typeof FILES | undefined;
    for (const [path, sha256] of list ?? [])
      found.set(`${path} ${sha256}`, () => cache.match(absolute(path)));
  }
  return found;
}
const mine = async (): Promise<string[]> =>
  (await caches.keys()).filter((k) => k.startsWith(PREFIX) && k !== MINE);

/** O2: this version and the one before it. */
async function tidy(): Promise<void> {
  const older = await mine();
  for (const name of older.slice(0, -1)) await caches.delete(name);
  await worker.clients.claim();
}

async function answer(request: Request, url: URL): Promise<Response> {
  // The page is one file, whatever the address carries behind its path.
  const key = request.mode === "navigate" ? absolute("./") : url.origin + url.pathname;
  const cache = await caches.open(MINE);
  const kept = (await cache.match(key)) ?? (await caches.match(key));
  return kept ?? fetch(request);
}
