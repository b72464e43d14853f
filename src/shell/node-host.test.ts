/** The host's promises N1–N5, with a replica that only notes what it is given and a home that runs when told. */
import { beforeEach, expect, test } from "vitest";
import type { Replica, ReplicaEffect, ReplicaEvent, Stamped } from "../replica/interfaces/events.ts";
import { fixedLatency, Gate } from "./gate.ts";
import { NodeHost } from "./node-host.ts";

let wall: number;
let pending: (() => void)[];
let slept: { ms: number; then: () => void } | undefined;
let log: string[];
let stopped: string[];
let blocked: string[];
let diskFull: boolean;
let answer: (event: Stamped<ReplicaEvent>) => ReplicaEffect[];

const replica: Replica = {
  step(event) {
    log.push(`${event.kind}@${event.at}`);
    return answer(event);
  },
  snapshot: () => undefined,
};

function hostOf(rate = 1, latency = 0): NodeHost {
  const gate = new Gate(fixedLatency(latency));
  return new NodeHost(
    replica,
    gate,
    {
      persist: (batch) => {
        if (diskFull) throw new Error("the disk is full");
        log.push(`persist ${batch.artifacts.length}`);
      },
      send: (to, messages) => log.push(`send ${to} ${messages.length}`),
      httpReply: () => {},
      inspectReply: () => {},
      trace: () => {},
      stopped: (because) => stopped.push(because.split("\n")[0]!),
      blocked: (because) => blocked.push(because),
      wallNow: () => wall,
      sleep: (ms, then) => {
        slept = { ms, then };
      },
      soon: (then) => pending.push(then),
    },
    { wall: 0, lab: 0, rate },
  );
}
/** Runs what waits, at most `turns` times over. */
function settle(turns = 20): void {
  for (let i = 0; i < turns && pending.length > 0; i++) for (const then of pending.splice(0)) then();
}

beforeEach(() => {
  [wall, pending, slept, log, stopped, blocked] = [0, [], undefined, [], [], []];
  answer = () => [];
  diskFull = false;
});

test("N5: what is to be written down is, before anything is said; and if it cannot be, nothing is until it can", () => {
  const batch = { artifacts: [Uint8Array.of(1)], parts: [], checkpoints: [], isWhole: false };
  answer = () => [
    { kind: "persist", batch },
    { kind: "send", to: "bb", bytes: Uint8Array.of(1) },
  ];
  const host = hostOf();
  host.run();
  settle();
  expect(log).toEqual(["clock@0", "persist 1", "send bb 1"]);
  diskFull = true;
  host.request({ kind: "clock" });
  host.request({ kind: "clock" });
  settle();
  expect(log.slice(3)).toEqual(["clock@0"]);
  expect(blocked).toEqual(["the disk is full"]);
  host.retry();
  settle();
  expect([log.length, blocked.length]).toEqual([4, 2]);
  diskFull = false;
  host.retry();
  settle();
  expect(log.slice(4)).toEqual(["persist 1", "send bb 1", "clock@0", "persist 1", "send bb 1"]);
  expect(stopped).toEqual([]);
});

test("N6: a slow host lets messages and wakes wait; asked, it answers", () => {
  const host = hostOf();
  host.setSlow(50);
  settle();
  expect(log).toEqual(["clock@0"]);
  host.accept("bb", Uint8Array.of(1));
  settle();
  expect([log.length, host.nextTime()]).toEqual([1, 50]);
  wall = 20;
  host.request({ kind: "clock" });
  settle();
  expect(log.slice(1)).toEqual(["clock@20"]);
  wall = 70;
  host.run();
  settle();
  expect(log.slice(2)).toEqual(["peer-bytes@70"]);
  host.setSlow(0);
  host.accept("bb", Uint8Array.of(1));
  settle();
  expect(log.slice(3)).toEqual(["peer-bytes@70"]);
});

test("it begins with the clock, then sleeps until the wake that was asked for", () => {
  answer = ({ at }) => [{ kind: "wake", at: at + 30 }];
  hostOf().run();
  settle();
  expect(log).toEqual(["clock@0"]);
  expect(slept?.ms).toBe(30);
  wall = 30;
  slept!.then();
  settle();
  expect(log).toEqual(["clock@0", "clock@30"]);
});

test("what one turn says to one peer leaves together", () => {
  const send = (to: string): ReplicaEffect => ({ kind: "send", to, bytes: Uint8Array.of(1) });
  answer = () => [send("bb"), send("cc"), send("bb")];
  hostOf().run();
  settle();
  expect(log).toEqual(["clock@0", "send bb 2", "send cc 1"]);
});

test("a wake that is always due does not keep the round in hand waiting, nor the other way round", () => {
  answer = ({ at }) => [{ kind: "wake", at }, { kind: "continue" }];
  hostOf().run();
  settle(8);
  expect(log.slice(0, 6)).toEqual([
    "clock@0",
    "continue@0",
    "clock@0",
    "continue@0",
    "clock@0",
    "continue@0",
  ]);
});

test("N2: while the clock stands, messages and wakes wait, requests do not, and one step lets one thing happen", () => {
  const host = hostOf(0);
  answer = () => [{ kind: "wake", at: 10 }];
  host.run();
  settle();
  host.accept("bb", Uint8Array.of(1));
  host.accept("bb", Uint8Array.of(2));
  host.request({ kind: "inspect", ticket: 1, what: { kind: "node" } });
  wall = 1000;
  settle();
  expect(log).toEqual(["clock@0", "inspect@0"]);
  host.stepOne(host.nextTime()!);
  expect(log).toEqual(["clock@0", "inspect@0", "peer-bytes@0"]);
  host.stepOne(host.nextTime()!);
  host.stepOne(host.nextTime()!);
  expect(log.slice(3)).toEqual(["peer-bytes@0", "clock@10"]);
});

test("N3: frozen it does nothing and loses nothing", () => {
  const host = hostOf();
  host.run();
  settle();
  host.setFrozen(true);
  host.accept("bb", Uint8Array.of(1));
  settle();
  expect(log).toEqual(["clock@0"]);
  expect(host.nextTime()).toBeUndefined();
  host.setFrozen(false);
  settle();
  expect(log).toEqual(["clock@0", "peer-bytes@0"]);
});

test("N4: a throw stops the node for good and says its sentence", () => {
  answer = () => {
    throw new Error("two truths");
  };
  const host = hostOf();
  host.run();
  settle();
  host.accept("bb", Uint8Array.of(1));
  settle();
  expect(log).toEqual(["clock@0"]);
  expect(stopped).toEqual(["Error: two truths"]);
});
