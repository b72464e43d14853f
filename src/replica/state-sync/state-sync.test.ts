import { describe, expect, test } from "vitest";
import { createParts } from "../../codec/parts.ts";
import type { Hash } from "../../types/ids.ts";
import type { Part } from "../interfaces/storage.ts";
import { answer, createStateSync, PARTS_ASKED_MAX } from "./state-sync.ts";

/** A state of many parts, some of them pages. */
const value = (pages: number, last = 0) => ({
  pages: Array.from({ length: pages }, (_, i) =>
    new Uint8Array(4096).fill(i === pages - 1 ? last + 1 : i % 250, 1).fill(i >> 8, 0, 1),
  ),
  name: "x".repeat(400),
});

function storeOf(...values: unknown[]) {
  const parts = new Map<Hash, Uint8Array>();
  const names = values.map((v) =>
    createParts().write(v, { has: (h) => parts.has(h), keep: (h, bytes) => parts.set(h, bytes) }),
  );
  return { names, parts, has: (h: Hash) => parts.has(h), part: (h: Hash) => parts.get(h) };
}

const PEERS = ["a", "b", "c"];
function syncing(own: ReturnType<typeof storeOf>) {
  const sync = createStateSync({ peers: () => PEERS, stored: own });
  const keep = (parts: readonly Part[]) => {
    for (const { hash, bytes } of parts) own.parts.set(hash, bytes);
  };
  return { sync, keep };
}

describe("state sync", () => {
  test("Y1, Y4: asks until all is there, a bounded number at a time, and what it has then is the state", () => {
    const state = value(700);
    const peer = storeOf(state);
    const own = storeOf();
    const { sync, keep } = syncing(own);
    sync.aim({ height: 10, state: peer.names[0]! });
    let rounds = 0;
    while (!sync.isComplete()) {
      const question = sync.ask(rounds++ * 10)!;
      expect(question.parts.length).toBeLessThanOrEqual(PARTS_ASKED_MAX);
      const parts = answer(question.parts, peer);
      expect(parts.reduce((n, p) => n + p.length, 0)).toBeLessThanOrEqual(1.1 * 2 ** 20);
      keep(sync.receive(question.to, parts));
    }
    const read = createParts().read(peer.names[0]!, own.part);
    expect(read.ok && storeOf(read.value).names).toEqual(peer.names);
    expect(sync.ask(10_000)).toBeUndefined();
  }, 20_000);

  test("Y2: what is here already is not asked for", () => {
    const peer = storeOf(value(300, 7));
    const own = storeOf(value(300, 8));
    const { sync, keep } = syncing(own);
    sync.aim({ height: 10, state: peer.names[0]! });
    let fetched = 0;
    for (let now = 0; !sync.isComplete(); now += 10) {
      const question = sync.ask(now)!;
      const good = sync.receive(question.to, answer(question.parts, peer));
      fetched += good.length;
      keep(good);
    }
    expect(fetched).toBeLessThanOrEqual(4); // the whole, the list of lists, one list, one page
    sync.aim({ height: 20, state: own.names[0]! });
    expect(sync.isComplete()).toBe(true);
  });

  test("Y2: a part that changed on the disk is fetched again", () => {
    const peer = storeOf(value(30));
    const own = storeOf(value(30));
    const [name, bytes] = [...own.parts].find(([, part]) => part.length > 4096)!;
    own.parts.set(name, bytes.with(99, bytes[99]! ^ 1));
    const { sync, keep } = syncing(own);
    sync.aim({ height: 10, state: peer.names[0]! });
    const question = sync.ask(0)!;
    expect(question.parts).toEqual([name]);
    keep(sync.receive(question.to, answer(question.parts, peer)));
    expect(sync.isComplete()).toBe(true);
    expect(own.part(name)).toEqual(bytes);
  });

  test("Y1: parts that nobody asked for, or whose bytes are others, are not taken", () => {
    const peer = storeOf(value(3));
    const { sync } = syncing(storeOf());
    sync.aim({ height: 10, state: peer.names[0]! });
    sync.ask(0);
    const root = peer.part(peer.names[0]!)!;
    const others = [...peer.parts.values()].filter((bytes) => bytes !== root);
    for (const i of root.keys()) expect(sync.receive("a", [root.with(i, root[i]! ^ 1)])).toEqual([]);
    expect(sync.receive("a", others)).toEqual([]);
    expect(sync.receive("a", [root])).toHaveLength(1);
  });

  test("Y3: silence and rubbish lead to the next peer; a good answer to the same one at once", () => {
    const peer = storeOf(value(3));
    const { sync } = syncing(storeOf());
    sync.aim({ height: 10, state: peer.names[0]! });
    expect(sync.ask(0)?.to).toBe("a");
    expect(sync.ask(999)).toBeUndefined();
    expect(sync.nextWake()).toBe(1000);
    expect(sync.ask(1000)?.to).toBe("b");
    sync.receive("b", [new Uint8Array(10)]);
    expect(sync.ask(1001)?.to).toBe("c");
    sync.receive("c", [peer.part(peer.names[0]!)!]);
    expect(sync.ask(1002)?.to).toBe("c");
  });
});
