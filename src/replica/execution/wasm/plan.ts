/** What the parts of the rewriter agree on: where the things that it adds lie in the module's index spaces. */
import type { Decoded, FunctionType } from "./decode.ts";

/** Imports that we add behind the module's own. */
export const ADDED_IMPORTS = ["out_of_instructions", "stack_overflow", "grow"] as const;
/** Helper functions that touch pages: for each number of bytes, what is touched, and where. */
export const TOUCH_HELPERS_FROM = 6;
export const TOUCH_SIZES = [1, 2, 4, 8, 16] as const;
/** Helper functions before those that initialise from data segments. */
export const INIT_HELPERS_FROM = TOUCH_HELPERS_FROM + 4 * TOUCH_SIZES.length;

/** Which of them. In loops functions keep the counter and pages in locals: they are given back. */
export const touchHelper = (size: number, writes: boolean, isLoop: boolean): number =>
  (31 - Math.clz32(size)) * 4 + (writes ? 2 : 0) + (isLoop ? 1 : 0);

export interface Plan {
  readonly m: Decoded;
  readonly wide: boolean;
  readonly importCount: number;
  /** Index of the first helper function behind the module's own. */
  readonly helpers: number;
  readonly counter: number;
  readonly stack: number;
  readonly tainted: number;
  /** Globals of touched-pages.ts: the page accessed last, the 4 KiB page written last, what a first write costs. */
  readonly accessedPage: number;
  readonly writtenPage: number;
  readonly writePrice: number;
  /** Types that we add, by their text. */
  readonly addedTypes: Map<string, number>;
  readonly added: FunctionType[];
  readonly initSegments: number[];
}

/** Index of a type that we need, added behind the module's own. */
export function typeFor(plan: Plan, params: readonly number[], results: readonly number[]): number {
  const key = `${params.join()}>${results.join()}`;
  const known = plan.addedTypes.get(key);
  if (known !== undefined) return known;
  const index = plan.m.types.length + plan.added.length;
  plan.addedTypes.set(key, index);
  plan.added.push({ params, results });
  return index;
}
