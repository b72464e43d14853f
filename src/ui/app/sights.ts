/** What a scene waits to see, read from what nodes said and from who can speak. Pure. Checked by: tests/simulation/scenes.test.ts. */
import type { Sight } from "../../lab/scenes.ts";
import type { Height, LabTime } from "../../types/ids.ts";
import type { Column, Chronicle } from "../shared/chronicle.ts";

/** The network at one moment, as far as sights need it. */
export interface Moment {
  readonly at: LabTime;
  readonly finalized: Height;
  /** Whether enough nodes can speak. */
  readonly canGoOn: boolean;
  /** How many times a node took a state from others. */
  readonly adopted: readonly (Height | undefined)[];
  /** The highest and the lowest height that a node holds for final. */
  readonly spread: Height;
  /** Where two histories part. */
  readonly brokenAt: Height | undefined;
}

export function momentOf(
  chronicle: Chronicle,
  at: LabTime,
  canGoOn: boolean,
  brokenAt: Height | undefined,
): Moment {
  const nodes = [...chronicle.nodes.values()];
  const heights = nodes.map((n) => n.finalized);
  return {
    at,
    finalized: chronicle.finalized,
    canGoOn,
    adopted: nodes.map((n) => n.adopted),
    spread: heights.length === 0 ? 0 : Math.max(...heights) - Math.min(...heights),
    brokenAt,
  };
}

/** Heights that show that it goes on. */
const PROGRESS = 4;
/** What was on its way when it halted has arrived by then. */
const HALTED_MS = 3_000;
/** Beyond an interval of 100 heights and the 50 below its catch-up package that nodes still keep. */
const FAR_BEHIND = 170;

/** Where it is seen, if it is, since `since`; 0: at no height in particular. */
export function seen(sight: Sight, now: Moment, since: Moment, chronicle: Chronicle): Height | undefined {
  const when = (condition: boolean, height: Height): Height | undefined => (condition ? height : undefined);
  switch (sight) {
    case "progress":
      return when(now.canGoOn && now.finalized >= since.finalized + PROGRESS, now.finalized);
    case "halt":
      return when(!now.canGoOn && now.at - since.at >= HALTED_MS, 0);
    case "far-behind":
      return when(now.spread >= FAR_BEHIND, 0);
    case "returned":
      return now.adopted.find((height, i) => height !== undefined && height !== since.adopted[i]);
    case "safety-broken":
      return now.brokenAt;
    case "second-choice":
      return find(chronicle, since, (column) => {
        const block = column.finalized && column.blocks.get(column.finalized.block);
        return (block?.rank ?? 0) > 0;
      });
    case "two-notarized":
      return find(
        chronicle,
        since,
        (column) =>
          column.finalized !== undefined &&
          [...column.blocks.values()].filter((block) => block.notarization.whole !== undefined).length > 1,
      );
  }
}

function find(chronicle: Chronicle, since: Moment, fits: (column: Column) => boolean): Height | undefined {
  for (let height = since.finalized + 1; height <= chronicle.finalized; height++) {
    const column = chronicle.column(height);
    if (column !== undefined && fits(column)) return height;
  }
  return undefined;
}
