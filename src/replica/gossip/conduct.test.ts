import { expect, test } from "vitest";
import { createConduct } from "./conduct.ts";

test("O1, O2: a flood is named once, is not read for the rest of its second, and costs no more than that", () => {
  const conduct = createConduct();
  let read = 0;
  const said = [];
  for (let k = 0; k < 10_000; k++) {
    const now = 5_000 + Math.floor(k / 10);
    if (!conduct.listensTo("p", now)) continue;
    read++;
    said.push(conduct.note("p", "undecodable", now) ?? []);
  }
  expect(read).toBe(64);
  expect(said.flat()).toEqual([{ peer: "p", because: "undecodable", times: 1 }]);
  expect(conduct.listensTo("q", 5_500)).toBe(true);
  expect(createConduct(conduct.snapshot()).listensTo("p", 5_900)).toBe(false);
  expect(conduct.listensTo("p", 6_001)).toBe(true);
  expect(conduct.note("p", "undecodable", 15_001)?.times).toBe(64);
  expect(conduct.note("p", "bad-signature", 15_001)?.times).toBe(1);
});
