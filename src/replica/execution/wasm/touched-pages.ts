/**
 * What touching memory costs, and where a run remembers what it touched.
 *
 *   T1  The first access of a 64 KiB page in an execution costs 80,000 instructions, the first write of it 80,000 more:
 *       16 pages of the operating system at 5,000 each, as the deterministic memory tracker counts them. Heap and
 *       stable memory alike. Source: replica D.6, the regime of 2026 (PocketIC 16.0.0).
 *   T2  The charge is taken at the access and does not itself end the execution: the next test of the counter does.
 *   T3  Where writes are not kept (queries, inspect_message) they count as accesses only.
 *   T4  An access that traps out of bounds touches nothing.
 *
 * The marks lie in a second memory of the rewritten module: a byte for each 64 KiB page with the bits below, and behind
 * them a byte for each 4 KiB page that was written, by which heaps are committed and rolled back.
 */
export const CHARGED_PAGE = 65_536;
export const TOUCH_INSTRUCTIONS = 80_000n;

export const ACCESSED = 1;
export const WRITTEN = 2;

const LARGEST_HEAP = 6 * 2 ** 30;
/** Where the marks of 4 KiB pages begin. */
export const WRITTEN_MARKS_AT = 2 * 65_536;
/** Size of the marks memory, in Wasm pages. */
export const MARKS_PAGES = (WRITTEN_MARKS_AT + LARGEST_HEAP / 4096) / 65_536;

/** No page: an address less this is beyond any page's length. */
export const NO_PAGE = -(1n << 62n);
