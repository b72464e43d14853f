import { expect, test } from "vitest";
import type { Fact, TraceEntry } from "../../types/trace.ts";
import { exported, type Filter, fits, type Topic, TOPICS, topicOf, wordsOf } from "./log-lines.ts";

const name = (node: string): string => node;
const entry = (fact: Fact, node = "n1"): TraceEntry => ({ node, at: 1, sequence: 0, fact });
const all: Filter = {
  topics: new Set(Object.keys(TOPICS) as Topic[]),
  node: undefined,
  height: undefined,
  text: "",
};
const waits: Fact = { kind: "waits", component: "notary", height: 7, because: "waiting-for-better-ranks" };
const ran: Fact = {
  kind: "message-executed",
  height: 8,
  canister: "",
  method: "inc",
  message: "abcdef",
  instructions: 1n,
  outcome: "ok",
  call: { sent: [{ callback: 1, canister: "", method: "other", cycles: 0n }] },
};

test("facts become sentences", () => {
  expect(wordsOf(waits, name)).toBe("notary waits: it gives better-ranked makers time to propose");
  expect(wordsOf(ran, name)).toBe("runs inc of aaaaa-aa: ok, 1 instruction, calls other");
});

test("lines are chosen by topic, node, height, words and ids", () => {
  const chosen = (filter: Partial<Filter>): Fact[] =>
    [entry(waits), entry(ran, "n2")].filter((e) => fits(e, { ...all, ...filter }, name)).map((e) => e.fact);
  expect(chosen({})).toEqual([waits, ran]);
  expect(chosen({ topics: new Set([topicOf(ran)]) })).toEqual([ran]);
  expect(chosen({ node: "n1" })).toEqual([waits]);
  expect(chosen({ height: 8 })).toEqual([ran]);
  expect(chosen({ text: "BETTER" })).toEqual([waits]);
  expect(chosen({ text: "abcd" })).toEqual([ran]);
  expect(chosen({ text: "nothing like it" })).toEqual([]);
});

test("an export is JSON", () => {
  expect(JSON.parse(exported([entry(ran)]))[0].fact.instructions).toBe("1");
});
