import { expect, test } from "vitest";
import { fixedLatency, Gate } from "./gate.ts";

const bytes = (n: number): Uint8Array => Uint8Array.of(n);

test("G1, G2: messages leave at their time, in order of departure", () => {
  const gate = new Gate((_from, now) => now + (now === 0 ? 50 : 40));
  gate.accept("aa", bytes(1), 0);
  gate.accept("bb", bytes(2), 10);
  expect(gate.next()).toBe(50);
  expect(gate.take(49)).toBeUndefined();
  expect(gate.take(50)?.bytes[0]).toBe(1);
  expect(gate.take(50)?.bytes[0]).toBe(2);
});

test("G3: a closed gate holds everything until it opens", () => {
  const gate = new Gate(fixedLatency(5));
  gate.closed = true;
  gate.accept("aa", bytes(1), 0);
  expect([gate.next(), gate.take(100), gate.size]).toEqual([undefined, undefined, 1]);
  gate.closed = false;
  expect(gate.take(100)?.bytes[0]).toBe(1);
});

test("a lost message is never held; hurry brings the rest forward", () => {
  const gate = new Gate((from, now) => (from === "lost" ? undefined : now + 1000));
  expect(gate.accept("lost", bytes(1), 0)).toBeUndefined();
  gate.accept("kept", bytes(2), 0);
  gate.hurry(3);
  expect(gate.take(3)?.bytes[0]).toBe(2);
});
