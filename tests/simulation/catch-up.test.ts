/** Nodes that sleep, crash or lose their disk come back, and nobody ever has to keep the whole chain. */
import { expect, test } from "vitest";
import { prng } from "../../src/base/prng.ts";
import { toHex } from "../../src/base/bytes.ts";
import { VirtualNetwork } from "../../src/lab/virtual-network.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { createReplica, type ReplicaDeps, resumeReplica } from "../../src/replica/replica.ts";
import { readMessage } from "../../src/replica/gossip/wire.ts";
import { createMemoryStore, type NodeStore } from "../../src/shell/storage/node-store.ts";
import type { Hash, Height, NodeId } from "../../src/types/ids.ts";
import type { Fact } from "../../src/types/trace.ts";
import { anonymousCall, counterWorkload, standInSetup, wasmHost } from "./setup.ts";

const INTERVAL = 9;

function world(nodes: 1 | 4 = 4) {
  const { registry, cryptos } = standInSetup(nodes, 1, INTERVAL);
  const ids = registry.versions.get(1)!.nodes.map((n) => n.id);
  const stores = ids.map(() => createMemoryStore());
  const facts: { readonly node: NodeId; readonly fact: Fact }[] = [];
  const roots = new Map<Height, Hash>();
  const deps = (i: number): ReplicaDeps => ({
    me: ids[i]!,
    registry,
    genesis: SIMULATION_GENESIS,
    crypto: cryptos[i]!,
    wasm: wasmHost,
    stored: stores[i]!,
  });
  const seats = ids.map((id, i) => ({ id, replica: createReplica(deps(i)), store: stores[i]! }));
  /** Messages to them are lost. */
  const gone = new Set<NodeId>();
  const network = new VirtualNetwork(
    seats,
    SIMULATION_GENESIS,
    (to) => (_from, now) => (gone.has(to) ? undefined : now + 20),
  );
  const setGone = (id: NodeId, value: boolean): void => {
    if (value) gone.add(id);
    else gone.delete(id);
    network.setSilent(id, value);
  };
  network.keepTrace = false;
  const heights = new Map<NodeId, Height>();
  network.onTrace = ({ node, fact }) => {
    facts.push({ node, fact });
    if (fact.kind === "round-executed" || fact.kind === "certified") {
      const known = roots.get(fact.height) ?? fact.root;
      if (known !== fact.root) throw new Error(`two roots at ${fact.height}`);
      roots.set(fact.height, fact.root);
    }
    if (fact.kind === "round-executed") heights.set(node, Math.max(heights.get(node) ?? 0, fact.height));
  };
  const reach = (height: Height, of: readonly NodeId[] = ids): boolean =>
    network.runUntil(() => of.every((id) => (heights.get(id) ?? 0) >= height), 3_600_000);
  const sees = (node: NodeId, kind: Fact["kind"]) =>
    facts.filter((f) => f.node === node && f.fact.kind === kind);
  return { ids, stores, deps, network, reach, sees, heights, setGone };
}

function deployCounter(network: VirtualNetwork, at: NodeId): void {
  for (const { request, afterMs } of counterWorkload(1)(prng(1), network.now)) {
    network.post(at, request);
    network.runFor(Math.min(2000, afterMs));
  }
}

const kindsIn = (store: NodeStore) => store.load().artifacts.length;

test("catch-up packages are made, and the past is forgotten: what a node keeps does not grow", () => {
  const { ids, network, reach, sees, stores } = world();
  deployCounter(network, ids[0]!);
  expect(reach(125)).toBe(true);
  const early = kindsIn(stores[0]!);
  expect(reach(225)).toBe(true);
  const late = kindsIn(stores[0]!);
  expect(sees(ids[1]!, "checkpoint").length).toBeGreaterThanOrEqual(22);
  expect(late).toBeLessThan(1.1 * early);
  for (const store of stores) {
    const { checkpoints } = store.load();
    expect(checkpoints.at(-1)!.height).toBeGreaterThanOrEqual(210);
    expect(store.load().checkpoints.at(-1)).toEqual(stores[0]!.load().checkpoints.at(-1));
  }
});

test("a node that slept through many intervals comes back by catch-up package and state sync", () => {
  const { ids, network, reach, sees, setGone } = world();
  deployCounter(network, ids[0]!);
  expect(reach(25)).toBe(true);
  setGone(ids[3]!, true);
  expect(reach(150, ids.slice(0, 3))).toBe(true);
  setGone(ids[3]!, false);
  expect(reach(180)).toBe(true);
  expect(sees(ids[3]!, "state-adopted").length).toBeGreaterThanOrEqual(1);
  expect(sees(ids[0]!, "state-adopted").length).toBe(0);
});

test.each([5, 33, 65])("all nodes crash at height %i and go on from what they wrote down", (height) => {
  const { ids, stores, deps, network, reach, heights, sees } = world();
  deployCounter(network, ids[0]!);
  expect(reach(height)).toBe(true);
  for (const [i, id] of ids.entries()) {
    network.replace(id, resumeReplica(deps(i), stores[i]!.load(), network.now));
    network.setSilent(id, false);
  }
  expect(reach(heights.get(ids[0]!)! + 30)).toBe(true);
  expect(sees(ids[0]!, "state-adopted")).toEqual([]);
  expect(inc(network, ids[1]!)).toContain("4449444c000178");
});

test("a node that lost its disk signs nothing until a catch-up package made after its return, then it does again", () => {
  const { ids, deps, network, reach } = world();
  const lost = ids[2]!;
  expect(reach(35)).toBe(true);
  const back = network.now;
  const nothing = { artifacts: [], checkpoints: [] };
  network.replace(lost, resumeReplica({ ...deps(2), memoryLostAt: back }, nothing, back));
  let speaks = false;
  const signed: string[] = [];
  const after: string[] = [];
  network.onSend = (from, _to, bytes) => {
    const message = readMessage(bytes);
    if (!message.ok || message.value.kind !== "artifacts") return;
    for (const part of message.value.artifacts) {
      const decoded = part.decoded();
      if (!decoded.ok) continue;
      const { artifact } = decoded.value;
      if (artifact.kind === "catch-up-package" && artifact.block.context.time > BigInt(back) * 1_000_000n)
        speaks = true;
      if (from === lost && "signer" in artifact && artifact.signer === lost)
        (speaks ? after : signed).push(artifact.kind);
    }
  };
  expect(reach(75)).toBe(true);
  expect(signed).toEqual([]);
  expect(new Set(after)).toContain("finalization-share");
});

/** What the counter replies, in hex. */
function inc(network: VirtualNetwork, at: NodeId): string {
  const call = anonymousCall("rwlgt-iiaaa-aaaaa-aaaaa-cai", "inc", new Uint8Array(), network.now, 77);
  const reply = network.http(at, { ...call, path: call.path.replace("v2", "v4") });
  return toHex(reply.body);
}
