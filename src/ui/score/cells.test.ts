import { expect, test } from "vitest";
import { Chronicle } from "../shared/chronicle.ts";
import { thresholdsOf } from "../shared/health.ts";
import { columnView, columnWords } from "./cells.ts";

test("shares fill a cell up to its threshold, a whole artifact fills it at once", () => {
  const c = new Chronicle();
  const share = (signer: string) => ({
    node: signer,
    at: 1,
    sequence: 0,
    fact: {
      kind: "artifact-made",
      artifact: "notarization-share",
      id: signer,
      height: 3,
      block: "b",
    } as const,
  });
  c.fold([share("n1"), share("n2")]);
  const four = thresholdsOf(4);
  expect(columnView(c, 3, four).cells[2]).toEqual({ have: 2, need: 3, whole: false });
  c.fold([
    {
      node: "n4",
      at: 2,
      sequence: 1,
      fact: { kind: "finalized", height: 3, block: "b", rank: 1, maker: "n1", ingress: [] },
    },
  ]);
  const view = columnView(c, 3, four);
  expect(view.cells[3]).toEqual({ have: 3, need: 3, whole: true });
  expect(view.rank).toBe(1);
  expect(columnWords(view)).toContain("certified 0 of 3");
  expect(columnView(c, 9, four).cells[1]).toEqual({ have: 0, need: 1, whole: false });
});
