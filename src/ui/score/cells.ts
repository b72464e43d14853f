/** What one column of the score shows, row by row. Pure. Checked by: cells.test.ts. */
import type { Height } from "../../types/ids.ts";
import { leading } from "../shared/caption.ts";
import type { Chronicle, Gathering } from "../shared/chronicle.ts";
import type { Thresholds } from "../shared/health.ts";
import type { Family } from "../shared/marks.ts";
import type { TipWord } from "../shared/tips.ts";

export interface Row {
  readonly name: TipWord;
  readonly family: Family;
}
export const ROWS: readonly Row[] = [
  { name: "beacon", family: "beacon" },
  { name: "block", family: "block" },
  { name: "notarized", family: "notarize" },
  { name: "finalized", family: "finalize" },
  { name: "tape", family: "tape" },
  { name: "certified", family: "certify" },
];

export interface Cell {
  readonly have: number;
  readonly need: number;
  readonly whole: boolean;
}
export interface ColumnView {
  readonly height: Height;
  /** In the order of ROWS. */
  readonly cells: readonly Cell[];
  /** Of the finalized block, when it is not 0. */
  readonly rank: number | undefined;
  readonly messages: number;
}

const EMPTY: Gathering = { shares: new Map(), whole: undefined };

export function columnView(chronicle: Chronicle, height: Height, { high, low }: Thresholds): ColumnView {
  const column = chronicle.column(height);
  const final = column?.finalized?.block;
  const block = (final === undefined ? undefined : column?.blocks.get(final)) ?? leading(column?.blocks);
  // A whole artifact stands for its shares: a node that only saw the sum has seen enough of them.
  const cell = (gathering: Gathering | undefined, need: number, settled: boolean): Cell => {
    const whole = settled || gathering?.whole !== undefined;
    return { have: whole ? need : Math.min(need, gathering?.shares.size ?? 0), need, whole };
  };
  const isFinal = column?.finalized !== undefined;
  return {
    height,
    cells: [
      cell(column?.beacon, low, false),
      { have: block === undefined ? 0 : 1, need: 1, whole: block !== undefined },
      cell(block?.notarization ?? EMPTY, high, isFinal),
      cell(block?.finalization ?? EMPTY, high, isFinal),
      cell(column?.tape, low, column?.executed !== undefined),
      cell(column?.certification, high, column?.certifiedAt !== undefined),
    ],
    rank: isFinal && block?.rank !== undefined && block.rank > 0 ? block.rank : undefined,
    messages: column?.messages.size ?? 0,
  };
}

/** Whether a drawing of the one serves for the other. */
export const sameView = (a: ColumnView, b: ColumnView): boolean =>
  a.height === b.height &&
  a.rank === b.rank &&
  a.messages === b.messages &&
  a.cells.every((cell, i) => cell.have === b.cells[i]?.have && cell.need === b.cells[i].need);

/** The same in words, for those who do not see it. */
export const columnWords = (view: ColumnView): string =>
  `Height ${view.height}: ${view.cells
    .map((c, i) => `${ROWS[i]!.name} ${c.whole ? "yes" : `${c.have} of ${c.need}`}`)
    .join(", ")}${view.messages > 0 ? `, ${view.messages} messages` : ""}`;
