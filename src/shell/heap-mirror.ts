/**
 * Comparing a heap as a value (pages, shared between versions) with bytes in a memory. Pages are compared by identity
 * wherever two values are at hand: versions share the pages in which they agree.
 */
import { PAGE, PAGES_PER_CHUNK, type Pages } from "../replica/state/pages.ts";

/** Brings `memory`, which holds `from`, to `to`: copies the pages that are not the same array. */
export function copyDifferences(from: Pages, to: Pages, memory: Uint8Array): void {
  for (const [page, bytes] of differences(from, to)) {
    if (bytes === undefined) memory.fill(0, page * PAGE, (page + 1) * PAGE);
    else memory.set(bytes, page * PAGE);
  }
}

function* differences(from: Pages, to: Pages): Generator<readonly [number, Uint8Array | undefined]> {
  for (let c = 0; c < Math.max(from.chunks.length, to.chunks.length); c++) {
    const a = from.chunks[c];
    const b = to.chunks[c];
    if (a === b) continue;
    for (let p = 0; p < Math.max(a?.length ?? 0, b?.length ?? 0); p++) {
      if (a?.[p] !== b?.[p]) yield [c * PAGES_PER_CHUNK + p, b?.[p]];
    }
  }
}

/** How many stored pages of `wanted` are there already, and how many it has. */
export function sharedPages(
  there: Pages,
  wanted: Pages,
): { readonly shared: number; readonly stored: number } {
  let shared = 0;
  let stored = 0;
  for (const [c, chunk] of wanted.chunks.entries()) {
    if (chunk === undefined) continue;
    const other = there.chunks[c];
    for (const [p, page] of chunk.entries()) {
      if (page === undefined) continue;
      stored++;
      if (other === chunk || other?.[p] === page) shared++;
    }
  }
  return { shared, stored };
}

/** Whether memory holds at `offset` what the page holds; undefined stands for zeros. */
export function sameAsPage(page: Uint8Array | undefined, memory: Uint8Array, offset: number): boolean {
  const words = new Uint32Array(memory.buffer, memory.byteOffset + offset, PAGE / 4);
  if (page === undefined) return words.every((w) => w === 0);
  if (page.byteOffset % 4 !== 0) return page.every((b, i) => memory[offset + i] === b);
  const committed = new Uint32Array(page.buffer, page.byteOffset, PAGE / 4);
  for (let i = 0; i < committed.length; i++) if (committed[i] !== words[i]) return false;
  return true;
}
