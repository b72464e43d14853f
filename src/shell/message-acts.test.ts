import { expect, test } from "vitest";
import { prng } from "../base/prng.ts";
import { conditioned, fixedLatency, Gate } from "./gate.ts";
import { type MessageAct, MessageActs } from "./message-acts.ts";

/** A gate with one message of two bytes, which arrives at 40; what leaves it by 100, as [time, bytes]. */
function one() {
  const gate = new Gate(fixedLatency(40));
  gate.accept("aa", Uint8Array.of(7, 7), 0);
  const acts = new MessageActs(gate, prng(1));
  const leaving = (): [number, number[]][] => {
    const left: [number, number[]][] = [];
    for (let now = 0; now <= 100; now++)
      for (let h = gate.take(now); h !== undefined; h = gate.take(now)) left.push([now, [...h.bytes]]);
    return left;
  };
  return { gate, acts, leaving };
}
const ORDINARY = [[40, [7, 7]]];

test.each<[MessageAct, unknown[], number | undefined]>([
  [{ kind: "drop" }, [], undefined],
  [{ kind: "delay", ms: 30 }, [[70, [7, 7]]], 70],
  [{ kind: "duplicate" }, [...ORDINARY, ...ORDINARY], 40],
  [{ kind: "replay", ms: 50 }, [...ORDINARY, [90, [7, 7]]], 90],
])("$kind, and M2: undone it is as it was", (act, left, until) => {
  const done = one();
  expect(done.acts.begin(1, 0, act)?.until).toBe(until);
  expect(done.leaving()).toEqual(left);
  const undone = one();
  undone.acts.begin(1, 0, act);
  undone.acts.end(1, 20);
  expect(undone.leaving()).toEqual(ORDINARY);
});

test("corrupt turns one bit; two acts on one message are undone in any order", () => {
  const { acts, leaving } = one();
  acts.begin(1, 0, { kind: "corrupt" });
  acts.begin(2, 0, { kind: "delay", ms: 10 });
  acts.begin(3, 0, { kind: "drop" });
  acts.end(3, 20);
  acts.end(2, 20);
  const [[at, bytes]] = leaving() as [[number, [number, number]]];
  expect(at).toBe(40);
  const turned = (bytes[0] ^ 7) | (bytes[1] ^ 7);
  expect(turned & (turned - 1)).toBe(0);
  expect(turned).not.toBe(0);
});

test("M1: what has arrived cannot be touched, and undoing an act on it does nothing", () => {
  const { gate, acts } = one();
  acts.begin(1, 0, { kind: "delay", ms: 10 });
  gate.take(50);
  expect(acts.begin(2, 0, { kind: "drop" })).toBeUndefined();
  expect(acts.end(1, 60)).toEqual([]);
  expect(gate.size).toBe(0);
});

test("a link with a condition takes its own time and loses its part; cut, it loses all", () => {
  const conditions = new Map([
    ["slow", { ms: 500, loss: 0 }],
    ["lossy", { loss: 0.5 }],
    ["cut", { loss: 1 }],
  ]);
  const policy = conditioned(40, conditions, prng(1));
  expect(policy("plain", 0)).toBe(40);
  expect(policy("slow", 0)).toBe(500);
  expect(policy("cut", 0)).toBeUndefined();
  const lost = Array.from({ length: 1000 }, () => policy("lossy", 0)).filter((at) => at === undefined).length;
  expect(lost).toBeGreaterThan(400);
  expect(lost).toBeLessThan(600);
});
