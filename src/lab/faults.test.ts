import { expect, test } from "vitest";
import type { LinkCondition } from "../shell/gate.ts";
import type { Fault, MessageInFlight } from "../types/fault.ts";
import type { NodeId } from "../types/ids.ts";
import { createFaults } from "./faults.ts";

/** A home that remembers how each node and link was set last, and what was said. */
function world() {
  const nodes = ["a", "b", "c", "d"];
  const as = new Map<string, unknown>();
  const said: string[] = [];
  const home = { now: 0, canRestart: true, arrives: 50 as number | "undone" | "too late" };
  const conditions = (map: ReadonlyMap<NodeId, LinkCondition>): unknown =>
    Object.fromEntries([...map].map(([from, { ms, loss }]) => [from, ms === undefined ? loss : [loss, ms]]));
  const faults = createFaults({
    nodes,
    now: () => home.now,
    say: ({ kind, number }) => said.push(`${kind} ${number}`),
    get canRestart() {
      return home.canRestart;
    },
    setKilled: (node, killed) => as.set(`${node} killed`, killed),
    setFrozen: (node, frozen) => as.set(`${node} frozen`, frozen),
    setSlow: (node, ms) => as.set(`${node} slow`, ms),
    setLies: (node, lies) => as.set(`${node} lies`, lies.join()),
    setLinks: (to, map) => as.set(`to ${to}`, conditions(map)),
    touch: () => Promise.resolve(home.arrives),
    untouch: (number) => said.push(`untouch ${number}`),
  });
  return { faults, as, said, home };
}
const cut = (from: string, to: string, bothWays = true): Fault => ({
  kind: "cut",
  links: { from: from.split(""), to: to.split(""), bothWays },
});
const message: MessageInFlight = { id: 1, held: 1, from: "a", to: "b", what: "status" };

test("L2: a node is as its faults say, whichever are undone", () => {
  const { faults, as } = world();
  const first = faults.inject({ kind: "slow", node: "a", ms: 10 });
  const second = faults.inject({ kind: "slow", node: "a", ms: 50 });
  faults.inject({ kind: "lie", node: "a", lie: "floods" });
  const voting = faults.inject({ kind: "lie", node: "a", lie: "votes-for-all" });
  expect([as.get("a slow"), as.get("a lies")]).toEqual([50, "floods,votes-for-all"]);
  faults.undo(second);
  faults.undo(voting);
  expect([as.get("a slow"), as.get("a lies")]).toEqual([10, "floods"]);
  faults.undo(first);
  faults.undo(first);
  expect(as.get("a slow")).toBe(0);
});

test("L2: of a link the last latency and the worst loss hold; a cut is one way or both", () => {
  const { faults, as } = world();
  const links = { from: ["a"], to: ["b", "c"], bothWays: false };
  faults.inject({ kind: "latency", links, ms: 100 });
  faults.inject({ kind: "latency", links: { ...links, to: ["b"] }, ms: 900 });
  faults.inject({ kind: "loss", links, percent: 20 });
  const split = faults.inject(cut("ab", "cd"));
  expect(as.get("to a")).toEqual({ c: 1, d: 1 });
  expect(as.get("to b")).toEqual({ a: [0.2, 900], c: 1, d: 1 });
  expect(as.get("to c")).toEqual({ a: [1, 100], b: 1 });
  faults.undo(split);
  expect([as.get("to a"), as.get("to c")]).toEqual([{}, { a: [0.2, 100] }]);
  faults.inject(cut("d", "a", false));
  expect([as.get("to a"), as.get("to d")]).toEqual([{ d: 1 }, {}]);
  faults.heal();
  expect([as.get("to a"), as.get("to b"), faults.inForce]).toEqual([{}, {}, []]);
});

test("L1: each beginning and end is said once", () => {
  const { faults, said } = world();
  const first = faults.inject({ kind: "freeze", node: "a" });
  faults.inject(cut("a", "b"));
  faults.undo(first);
  faults.undo(first);
  faults.heal();
  expect(said).toEqual(["fault-begins 1", "fault-begins 2", "fault-ends 1", "fault-ends 2"]);
});

test("L3: what was done to a message ends when that arrives; a dropped one stays; what comes too late is over", async () => {
  const { faults, home } = world();
  faults.inject({ kind: "delay", message, ms: 40 });
  home.arrives = "undone";
  faults.inject({ kind: "drop", message });
  home.arrives = "too late";
  faults.inject({ kind: "corrupt", message });
  await Promise.resolve();
  await Promise.resolve();
  const kinds = () => faults.inForce.map(({ fault }) => fault.kind);
  expect(kinds()).toEqual(["delay", "drop"]);
  home.now = 50;
  faults.sweep();
  expect(kinds()).toEqual(["delay", "drop"]);
  home.now = 51;
  faults.sweep();
  expect(kinds()).toEqual(["drop"]);
});

test("a node that came back is as its faults say", () => {
  const { faults, as } = world();
  faults.inject({ kind: "lie", node: "a", lie: "garbles" });
  faults.inject(cut("a", "b"));
  as.clear();
  faults.apply("a");
  expect(Object.fromEntries(as)).toEqual({
    "a frozen": false,
    "a slow": 0,
    "a lies": "garbles",
    "to a": { b: 1 },
  });
});

test("a kill is undone by coming back, and where nothing comes back it stays", () => {
  const { faults, as, home } = world();
  faults.inject({ kind: "kill", node: "a" });
  expect(as.get("a killed")).toBe(true);
  faults.heal();
  expect([as.get("a killed"), faults.inForce.length]).toEqual([false, 0]);
  home.canRestart = false;
  faults.inject({ kind: "kill", node: "a" });
  faults.heal();
  expect([as.get("a killed"), faults.inForce.length]).toEqual([true, 1]);
});
