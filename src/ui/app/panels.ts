/**
 * The sizes of panels: kept for the next visit by paneforge, given to a link, or borrowed from one. What is borrowed
 * holds until the page is closed and leaves the kept sizes alone.
 */
import type { PaneGroupStorage } from "paneforge";
import type { LinkedLayout } from "../../lab/link-contents.ts";

interface Group {
  getLayout(): number[];
  setLayout(sizes: number[]): void;
}
export class Panels {
  columns: Group | undefined;
  rows: Group | undefined;
  #borrowed = false;

  readonly storage: PaneGroupStorage = {
    getItem: (name) => {
      try {
        return localStorage.getItem(name);
      } catch {
        return null; // storage is blocked: the sizes are the usual ones
      }
    },
    setItem: (name, value) => {
      if (this.#borrowed) return;
      try {
        localStorage.setItem(name, value);
      } catch {
        // As above.
      }
    },
  };

  get layout(): LinkedLayout | undefined {
    if (this.columns === undefined || this.rows === undefined) return undefined;
    const whole = (group: Group): number[] => {
      const sizes = group.getLayout().map(Math.round);
      sizes[sizes.length - 1]! += 100 - sizes.reduce((a, b) => a + b, 0);
      return sizes;
    };
    return { columns: whole(this.columns), rows: whole(this.rows) };
  }
  /** Sizes for as many panels as there are; others are no sizes for this page. */
  borrow(layout: LinkedLayout): void {
    for (const name of ["columns", "rows"] as const) {
      const sizes = layout[name];
      const group = this[name];
      if (sizes === undefined || group === undefined || group.getLayout().length !== sizes.length) continue;
      this.#borrowed = true;
      group.setLayout([...sizes]);
    }
  }
}
export const panels = new Panels();
