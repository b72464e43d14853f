import { expect, test } from "vitest";
import { Chronicle } from "./chronicle.ts";
import { reasonSentence, whyMissing } from "./reasons.ts";

test("a missing signature has the protocol's reason", () => {
  const c = new Chronicle();
  const at = { node: "n2", at: 1, sequence: 0 };
  c.fold([
    { ...at, fact: { kind: "waits", component: "notary", height: 3, because: "waiting-for-better-ranks" } },
    { ...at, fact: { kind: "artifact-made", artifact: "random-beacon-share", id: "x", height: 3 } },
  ]);
  const column = c.column(3)!;
  expect(whyMissing("notarized", "n2", "running", column, undefined)).toMatch(/better-ranked makers/);
  expect(whyMissing("notarized", "n2", "frozen", column, undefined)).toBe("it is frozen");
  const whole = { shares: new Map(), whole: { id: "y", at: 2 } };
  expect(whyMissing("notarized", "n2", "running", column, whole)).toMatch(/enough others.*better-ranked/);
  expect(whyMissing("certified", "n3", "running", column, undefined)).toMatch(/not computed/);
});

test("words that are not known are shown as they are, with their details", () => {
  expect(reasonSentence("bad-signature")).toBe("bad signature");
  expect(reasonSentence("no-proposal: height 4")).toBe("it has seen no valid block yet: height 4");
});
