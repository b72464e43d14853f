/** Nodes join and leave by the registry: at an interval's boundary that blocks agreed on, and the key stays the same. */
import { expect, test } from "vitest";
import { defined } from "../../src/base/assert.ts";
import { prng } from "../../src/base/prng.ts";
import { dealAgain, type Members } from "../../src/lab/genesis.ts";
import { type Checkers, createCheckers } from "../../src/lab/simulation/checkers.ts";
import { type NodeCount, refusedSize } from "../../src/lab/sizes.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { createStandInCrypto, makeStandInGenesis, STAND_IN } from "../../src/lab/simulation/stand-in.ts";
import { VirtualNetwork } from "../../src/lab/virtual-network.ts";
import { GENESIS_VERSION, type Registry, type SubnetRecord } from "../../src/registry/registry.ts";
import { createReplica } from "../../src/replica/replica.ts";
import { createKeyring, type Keyring } from "../../src/shell/keyring.ts";
import type { NodeSecrets } from "../../src/shell/node-crypto.ts";
import { createMemoryStore } from "../../src/shell/storage/node-store.ts";
import type { Height, NodeId } from "../../src/types/ids.ts";
import type { Fact } from "../../src/types/trace.ts";
import { anonymousCall, counterWorkload, wasmHost } from "./setup.ts";

const INTERVAL = 9;

class Lab {
  readonly facts: { readonly node: NodeId; readonly fact: Fact }[] = [];
  readonly network: VirtualNetwork;
  checkers: Checkers;
  members: Members;
  private readonly draw;
  private readonly honest = new Set<NodeId>();
  private readonly keys = new Map<NodeId, Keyring>();
  private readonly versions = new Map<number, SubnetRecord>();

  constructor(nodes: NodeCount, seed: number, jitterMs: number, loss: number) {
    const draw = prng(seed);
    this.draw = draw;
    const settings = { nodes, notaryDelayMs: 300, unitDelayMs: 1000, dkgIntervalLength: INTERVAL };
    const { registry, secrets } = makeStandInGenesis(settings, (n) => draw.bytes(n));
    this.members = { subnet: registry.versions.get(GENESIS_VERSION)!, secrets };
    this.checkers = createCheckers(this.honest);
    const links = draw.fork();
    this.network = new VirtualNetwork(
      [],
      SIMULATION_GENESIS,
      () => (_from, now) => (links.chance(loss) ? undefined : now + 20 + links.below(jitterMs)),
    );
    this.network.keepTrace = false;
    this.network.onTrace = (entry) => {
      this.facts.push(entry);
      this.checkers.fact(entry);
    };
    this.network.onSend = (from, _to, bytes) => this.checkers.sent(from, bytes);
    this.versions.set(GENESIS_VERSION, this.members.subnet);
    for (const secrets of this.members.secrets) this.seat(secrets);
  }

  get ids(): NodeId[] {
    return this.members.subnet.nodes.map((n) => n.id);
  }

  private registry(): Registry {
    return { latestVersion: this.versions.size, versions: this.versions };
  }

  /** Who joins gets its keys for every version: of those before its time it holds no shares. */
  private seat(secrets: NodeSecrets): void {
    const me = secrets.node;
    const ring = createKeyring(GENESIS_VERSION, createStandInCrypto(secrets, this.versions.get(1)!));
    for (const [version, subnet] of this.versions) ring.learn(version, createStandInCrypto(secrets, subnet));
    this.keys.set(me, ring);
    this.honest.add(me);
    const stored = createMemoryStore();
    const replica = createReplica({
      me,
      registry: this.registry(),
      genesis: SIMULATION_GENESIS,
      crypto: ring,
      wasm: wasmHost,
      stored,
      watch: (state) => this.checkers.state(me, state),
    });
    this.network.add({ id: me, replica, store: stored });
  }

  change(nodes: NodeCount, initialNotaryDelayMs = 300): { readonly come: NodeId[]; readonly go: NodeId[] } {
    const before = this.ids;
    const known = this.members.secrets;
    const dealt = dealAgain(this.members, nodes, (n) => this.draw.bytes(n), STAND_IN);
    this.members = { ...dealt, subnet: { ...dealt.subnet, initialNotaryDelayMs } };
    const version = this.versions.size + 1;
    const { subnet, secrets } = this.members;
    this.versions.set(version, subnet);
    const come = this.ids.filter((id) => !before.includes(id));
    const go = before.filter((id) => !this.ids.includes(id));
    for (const id of before) {
      // Who goes still signs with the keys it has.
      const old = defined(
        known.find((s) => s.node === id),
        "a member has keys",
      );
      const mine = secrets.find((s) => s.node === id) ?? { ...old, lowShare: 0n, highShare: 0n };
      this.keys.get(id)!.learn(version, createStandInCrypto(mine, subnet));
      this.network.learn(id, version, subnet);
    }
    for (const id of come) this.seat(secrets.find((s) => s.node === id)!);
    return { come, go };
  }

  reach(height: Height, of = this.ids): boolean {
    const done = (): boolean => of.every((id) => this.checkers.certified(id) >= height);
    return this.network.runUntil(done, 3_600_000);
  }

  sees(node: NodeId, kind: Fact["kind"]) {
    return this.facts.filter((f) => f.node === node && f.fact.kind === kind).map(({ fact }) => fact);
  }
}

test("a subnet has 3f + 1 nodes, and says so", () => {
  expect(refusedSize(7)).toBeUndefined();
  expect(refusedSize(0)).toBe("A subnet here cannot have 0 nodes: sizes are 3f + 1, here 1, 4, 7, 13.");
  expect(refusedSize(10)).toBe("A subnet here cannot have 10 nodes: sizes are 3f + 1, here 1, 4, 7, 13.");
  expect(refusedSize(5)).toBe(
    "A subnet of 5 nodes would bear 1 faulty one, as one of 4 does: sizes are 3f + 1, here 1, 4, 7, 13.",
  );
});

test.each([
  [1, 4, 1, 0],
  [4, 7, 3, 0.05],
  [7, 4, 4, 0.05],
  [4, 1, 1, 0],
] as const)("%i → %i nodes (seed %i, %f of messages lost)", (from, to, seed, loss) => {
  const lab = new Lab(from, seed, 60, loss);
  const key = lab.members.subnet.publicKeyDer;
  for (const { request, afterMs } of counterWorkload(1)(prng(1), lab.network.now)) {
    lab.network.post(lab.ids[0]!, request);
    lab.network.runFor(Math.min(500, afterMs));
  }
  expect(lab.reach(3)).toBe(true);
  const { come, go } = lab.change(to);
  expect([come.length, go.length]).toEqual([Math.max(0, to - from), Math.max(0, from - to)]);
  // At the second summary from now it counts; then there is one more, made by those who are in then.
  expect(lab.reach(lab.checkers.finalized + 4 * (INTERVAL + 1))).toBe(true);
  expect(lab.checkers.broken).toEqual([]);
  expect(lab.members.subnet.publicKeyDer).toEqual(key);
  for (const id of go) expect(lab.sees(id, "left-subnet").length).toBe(1);
  for (const id of come) {
    expect(lab.sees(id, "round-executed").length).toBeGreaterThan(0);
    const signed = lab.facts.some(
      ({ fact }) =>
        fact.kind === "artifact-validated" && fact.signer === id && fact.artifact === "certification-share",
    );
    expect(signed, `${id} signs`).toBe(true);
  }
  const call = anonymousCall("rwlgt-iiaaa-aaaaa-aaaaa-cai", "inc", new Uint8Array(), lab.network.now, 77);
  const reply = lab.network.http(lab.ids.at(-1)!, { ...call, path: call.path.replace("v2", "v4") });
  expect(reply.status).toBe(200);
});

test("another notary delay counts from the second summary on, and not before", () => {
  const lab = new Lab(4, 1, 1, 0);
  const took = (heights: number): number => {
    const from = lab.network.now;
    expect(lab.reach(lab.checkers.finalized + heights)).toBe(true);
    return (lab.network.now - from) / heights;
  };
  expect(lab.reach(2)).toBe(true);
  lab.change(4, 2_000);
  expect(took(INTERVAL)).toBeLessThan(600);
  expect(lab.reach(2 * (INTERVAL + 1) + 1)).toBe(true);
  expect(took(INTERVAL)).toBeGreaterThan(2_000);
  expect(lab.checkers.broken).toEqual([]);
});
