/**
 * Stable memory while one message runs: a reader of the committed pages with the written ones beside it. Nothing is
 * copied until it is written, and dropping the draft is the rollback.
 *
 * Source: interface S38; replica D.6 (64 KiB pages touched for the first time are counted for the charge).
 */
import { grownPages, PAGE, pageAt, readPages, withPages, type Pages } from "../../state/pages.ts";

export const WASM_PAGE = 65_536;

export interface StableDraft {
  /** Bytes. */
  length(): number;
  grow(bytes: number): void;
  /** The caller has checked the bounds. */
  read(offset: number, target: Uint8Array): void;
  /** The caller has checked the bounds. */
  write(offset: number, source: Uint8Array): void;
  /** Marks the 64 KiB pages of this range. Tells how many of them were not accessed, and not written, before. */
  touch(
    offset: number,
    size: number,
    writes: boolean,
  ): { readonly accessed: number; readonly written: number };
  /** Bytes of the 64 KiB pages touched so far. */
  accessedBytes(): number;
  writtenBytes(): number;
  commit(): Pages;
}

export function stableDraft(committed: Pages): StableDraft {
  let length = committed.length;
  const written = new Map<number, Uint8Array>();
  const accessedPages = new Set<number>();
  const writtenPages = new Set<number>();

  const writable = (page: number): Uint8Array => {
    const had = written.get(page);
    if (had !== undefined) return had;
    const fresh = pageAt(committed, page)?.slice() ?? new Uint8Array(PAGE);
    written.set(page, fresh);
    return fresh;
  };

  return {
    length: () => length,
    grow: (bytes) => {
      length += bytes;
    },
    read: (offset, target) => {
      if (written.size === 0 && offset + target.length <= committed.length)
        return readPages(committed, offset, target);
      for (const part of parts(offset, target.length)) {
        const page = written.get(part.page) ?? pageAt(committed, part.page);
        const into = target.subarray(part.at, part.at + part.size);
        if (page === undefined) into.fill(0);
        else into.set(page.subarray(part.within, part.within + part.size));
      }
    },
    write: (offset, source) => {
      for (const part of parts(offset, source.length))
        writable(part.page).set(source.subarray(part.at, part.at + part.size), part.within);
    },
    touch: (offset, size, writes) => {
      const before = [accessedPages.size, writtenPages.size] as const;
      for (let at = offset; at < offset + size; at = (Math.floor(at / WASM_PAGE) + 1) * WASM_PAGE) {
        accessedPages.add(Math.floor(at / WASM_PAGE));
        if (writes) writtenPages.add(Math.floor(at / WASM_PAGE));
      }
      return { accessed: accessedPages.size - before[0], written: writtenPages.size - before[1] };
    },
    accessedBytes: () => accessedPages.size * WASM_PAGE,
    writtenBytes: () => writtenPages.size * WASM_PAGE,
    commit: () => withPages(grownPages(committed, length), written),
  };
}

function* parts(offset: number, size: number) {
  for (let at = 0; at < size;) {
    const within = (offset + at) % PAGE;
    const n = Math.min(PAGE - within, size - at);
    yield { page: Math.floor((offset + at) / PAGE), within, at, size: n };
    at += n;
  }
}
