/**
 * A byte array as an immutable value of 4 KiB pages, in chunks of 256 (1 MiB): heap and stable memory of a canister.
 * Versions share the pages in which they agree, so an old page exists only where something changed since. A page of
 * zeros costs nothing. Plain data: it survives structuredClone.
 */
import { assert } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";

export const PAGE = 4096;
export const PAGES_PER_CHUNK = 256;
const CHUNK = PAGE * PAGES_PER_CHUNK;

/** Undefined stands for zeros, at both levels. */
export interface Pages {
  readonly length: number;
  readonly chunks: readonly (readonly (Uint8Array | undefined)[] | undefined)[];
}

export const NO_PAGES: Pages = { length: 0, chunks: [] };

/** `length` zero bytes. */
export const zeroPages = (length: number): Pages => ({ length, chunks: [] });

export const pageAt = (pages: Pages, page: number): Uint8Array | undefined =>
  pages.chunks[Math.floor(page / PAGES_PER_CHUNK)]?.[page % PAGES_PER_CHUNK];

/** The same bytes with another length; growing appends zeros. Shrinking is not a thing that memories do. */
export function grownPages(pages: Pages, length: number): Pages {
  assert(length >= pages.length, "memories never shrink");
  return { length, chunks: pages.chunks };
}

/** A new value with some whole pages replaced. The given arrays are kept, not copied. */
export function withPages(pages: Pages, written: ReadonlyMap<number, Uint8Array>): Pages {
  if (written.size === 0) return pages;
  const chunks = pages.chunks.slice();
  const fresh = new Set<number>();
  for (const [page, bytes] of written) {
    assert(
      bytes.length === PAGE && page * PAGE < pages.length,
      "a written page is whole and inside the memory",
    );
    const c = Math.floor(page / PAGES_PER_CHUNK);
    while (chunks.length <= c) chunks.push(undefined);
    if (!fresh.has(c)) {
      chunks[c] = chunks[c]?.slice() ?? [];
      fresh.add(c);
    }
    const chunk = chunks[c] as (Uint8Array | undefined)[];
    while (chunk.length <= page % PAGES_PER_CHUNK) chunk.push(undefined);
    chunk[page % PAGES_PER_CHUNK] = bytes;
  }
  return { length: pages.length, chunks };
}

/** The bytes as pages: views of them, which must not change any more, but for a last one that is not whole. */
export function pagesOf(bytes: Uint8Array): Pages {
  const written = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += PAGE) {
    const page = bytes.subarray(at, at + PAGE);
    const whole = page.length === PAGE ? page : new Uint8Array(PAGE);
    if (whole !== page) whole.set(page);
    written.set(at / PAGE, whole);
  }
  return withPages(zeroPages(bytes.length), written);
}

/** A copy of [offset, offset+size). The caller has checked the bounds. */
export function sliceOf(pages: Pages, offset: number, size: number): Uint8Array {
  const slice = new Uint8Array(size);
  readPages(pages, offset, slice);
  return slice;
}

/** Copies [offset, offset+target.length) into `target`. The caller has checked the bounds. */
export function readPages(pages: Pages, offset: number, target: Uint8Array): void {
  assert(offset + target.length <= pages.length, "a read is inside the memory");
  let done = 0;
  while (done < target.length) {
    const at = offset + done;
    const within = at % PAGE;
    const n = Math.min(PAGE - within, target.length - done);
    const page = pageAt(pages, Math.floor(at / PAGE));
    if (page === undefined) target.fill(0, done, done + n);
    else target.set(page.subarray(within, within + n), done);
    done += n;
  }
}

/** Writes every stored page into `memory`, which is zero where nothing is stored. */
export function loadPages(pages: Pages, memory: Uint8Array): void {
  pages.chunks.forEach((chunk, c) => {
    chunk?.forEach((page, p) => {
      if (page !== undefined) memory.set(page, c * CHUNK + p * PAGE);
    });
  });
}

/** `after` with the very pages of `before` where the two hold the same bytes: a copy finds its way back into a history. */
export function sharedWith(before: Pages, after: Pages): Pages {
  let isSame = before.length === after.length && before.chunks.length === after.chunks.length;
  const chunks = after.chunks.map((chunk, c) => {
    const old = before.chunks[c];
    if (chunk === undefined || old === undefined) {
      isSame &&= chunk === old;
      return chunk;
    }
    const pages = chunk.map((page, p) => {
      const was = old[p];
      return page !== undefined && was !== undefined && equalBytes(page, was) ? was : page;
    });
    if (pages.length === old.length && pages.every((page, p) => page === old[p])) return old;
    isSame = false;
    return pages;
  });
  return isSame ? before : { length: after.length, chunks };
}

/** Bytes of the pages in which `after` is another version than `before`. */
export function changedBytes(before: Pages, after: Pages): number {
  if (before.chunks === after.chunks) return 0;
  let pages = 0;
  after.chunks.forEach((chunk, c) => {
    const old = before.chunks[c];
    if (chunk === old) return;
    chunk?.forEach((page, p) => {
      if (page !== undefined && page !== old?.[p]) pages++;
    });
  });
  return pages * PAGE;
}
