/**
 * Consensus and gossip of several nodes in one loop, with forgeable signatures and no execution: does the protocol
 * itself make progress, agree, survive loss and silence, and continue from a snapshot to the byte?
 */
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { PriorityQueue } from "../../src/base/priority-queue.ts";
import { prng } from "../../src/base/prng.ts";
import { type Consensus, createConsensus } from "../../src/replica/consensus/consensus.ts";
import { fakeCrypto, nodesOf, registryOf, subnetOf } from "../../src/replica/consensus/fixtures.ts";
import { createGossip, type Gossip, type Send } from "../../src/replica/gossip/gossip.ts";
import { readMessage } from "../../src/replica/gossip/wire.ts";
import type { ConsensusArtifact } from "../../src/types/consensus.ts";
import type { Height, LabTime, NodeId } from "../../src/types/ids.ts";
import type { Fact } from "../../src/types/trace.ts";

const START: LabTime = 1_700_000_000_000;

interface Seat {
  readonly id: NodeId;
  consensus: Consensus;
  gossip: Gossip;
  executed: Height;
  readonly facts: Fact[];
  readonly sent: string[];
}

interface Flight {
  readonly at: LabTime;
  readonly order: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly bytes: Uint8Array;
}

interface Options {
  readonly n: number;
  readonly latencyMs?: (draw: ReturnType<typeof prng>) => number;
  readonly loss?: number;
  readonly seed?: number;
  readonly notaryDelayMs?: number;
}

class TestNetwork {
  now = START;
  readonly seats: Seat[];
  readonly silent = new Set<NodeId>();
  loss: number;
  private readonly flights = new PriorityQueue<Flight>((a, b) => a.at - b.at || a.order - b.order);
  private order = 0;
  private readonly draw;
  private readonly latencyMs;
  private readonly options: Options;

  constructor(options: Options) {
    this.options = options;
    this.draw = prng(options.seed ?? 1);
    this.loss = options.loss ?? 0;
    this.latencyMs = options.latencyMs ?? (() => 40);
    this.seats = nodesOf(options.n).map((id) => {
      const seat: Seat = { id, executed: 0, facts: [], sent: [] } as unknown as Seat;
      this.build(seat);
      return seat;
    });
  }

  /** With a snapshot: replaces the node by what its snapshot, cloned, says. */
  build(seat: Seat, restore = false): void {
    const nodes = nodesOf(this.options.n);
    const subnet = { ...subnetOf(this.options.n), initialNotaryDelayMs: this.options.notaryDelayMs ?? 300 };
    const states = {
      latestHeight: () => seat.executed,
      latestCertifiedHeight: () => seat.executed,
      stateAt: () => undefined,
      rootAt: () => undefined,
      checkpointAt: () => undefined,
      inHistory: () => false,
    };
    const from = restore
      ? structuredClone([seat.consensus.snapshot(), seat.gossip.snapshot()] as const)
      : undefined;
    seat.consensus = createConsensus(
      {
        me: seat.id,
        registry: registryOf(subnet),
        crypto: fakeCrypto(seat.id, nodes),
        payloads: { build: () => ({ ingress: [] }), validate: () => ({ kind: "valid" }) },
        states,
        decodeIngress: () => ({ ok: false, because: "no ingress here" }),
      },
      START,
      from?.[0],
    );
    seat.gossip = createGossip(
      {
        me: seat.id,
        peers: () => nodes.filter((id) => id !== seat.id),
        pool: seat.consensus.pool,
        certifications: { certification: () => undefined, ownShare: () => undefined },
        ingress: { ownPending: () => [] },
        states,
        read: readMessage,
      },
      from?.[1],
    );
  }

  seat(id: NodeId): Seat {
    return this.seats.find((s) => s.id === id)!;
  }

  private send(from: Seat, sends: readonly Send[]): void {
    for (const { to, bytes } of sends) {
      from.sent.push(`${this.now} ${to} ${toHex(bytes)}`);
      if (this.draw.chance(this.loss)) continue;
      this.flights.push({
        at: this.now + this.latencyMs(this.draw),
        order: this.order++,
        from: from.id,
        to,
        bytes,
      });
    }
  }

  private act(seat: Seat): void {
    const run = seat.consensus.run(this.now);
    seat.facts.push(...run.facts);
    for (const batch of run.batches) {
      expect(batch.height).toBe(seat.executed + 1);
      seat.executed = batch.height;
    }
    this.send(seat, seat.gossip.announce(run.announce));
    this.send(seat, seat.gossip.tick(this.now));
    // What was executed just now may let consensus go on.
    if (run.batches.length > 0) this.act(seat);
  }

  private wakeOf(seat: Seat): LabTime {
    if (this.silent.has(seat.id)) return Number.POSITIVE_INFINITY;
    const wakes = [seat.consensus.nextWake(this.now), seat.gossip.nextWake(this.now)];
    return Math.max(this.now, Math.min(...wakes.map((w) => w ?? Number.POSITIVE_INFINITY)));
  }

  /** One event. */
  step(): void {
    const [sleeper] = [...this.seats].sort((a, b) => this.wakeOf(a) - this.wakeOf(b));
    const wake = this.wakeOf(sleeper!);
    const flight = this.flights.peek();
    if (flight === undefined || wake < flight.at) {
      this.now = wake;
      this.act(sleeper!);
      return;
    }
    this.flights.pop();
    this.now = flight.at;
    if (this.silent.has(flight.to)) return;
    const seat = this.seat(flight.to);
    const heard = seat.gossip.receive(flight.from, flight.bytes, this.now);
    expect(heard.refusals).toEqual([]);
    for (const artifact of heard.artifacts) {
      const consensusArtifact = artifact as typeof artifact & { artifact: ConsensusArtifact };
      seat.facts.push(...seat.consensus.receive(consensusArtifact, flight.from).facts);
    }
    this.send(seat, heard.sends);
    this.act(seat);
  }

  runUntil(done: () => boolean, virtualMs: number): boolean {
    const end = this.now + virtualMs;
    while (!done() && this.now < end) this.step();
    return done();
  }

  finalized = (seat: Seat): Height => seat.consensus.pool.finalizedHeight();

  expectOneChain(upTo: Height): void {
    for (let h = 1; h <= upTo; h++) {
      const hashes = this.seats
        .map((s) => s.consensus.pool.finalizedBlock(h)?.hash)
        .filter((hash) => hash !== undefined);
      expect(new Set(hashes).size).toBeLessThanOrEqual(1);
    }
  }
}

const everyoneAt = (net: TestNetwork, height: Height) => () =>
  net.seats.every((s) => net.silent.has(s.id) || net.finalized(s) >= height);

describe("a healthy subnet", () => {
  for (const n of [1, 4, 7, 13]) {
    it(`of ${n} finalizes one chain, a height per notary delay and two hops`, () => {
      const net = new TestNetwork({ n });
      const heights = n === 13 ? 8 : 20;
      expect(net.runUntil(everyoneAt(net, heights), heights * 500)).toBe(true);
      net.expectOneChain(heights);
      const refused = net.seats.flatMap((s) => s.facts).filter((f) => f.kind === "artifact-refused");
      expect(refused).toEqual([]);
      // The best-ranked maker is honest and awake, so nobody else's block is ever needed.
      const ranks = net.seats[0]!.facts.filter((f) => f.kind === "finalized").map((f) => f.rank);
      expect(new Set(ranks)).toEqual(new Set([0]));
      for (const seat of net.seats) expect(seat.executed).toBeGreaterThanOrEqual(heights - 1);
    });
  }

  it("keeps no shares and nothing in quarantine below the finalized height", () => {
    const net = new TestNetwork({ n: 4 });
    net.runUntil(everyoneAt(net, 20), 20_000);
    for (const seat of net.seats) {
      const sizes = seat.consensus.pool.sizes();
      for (const [name, size] of Object.entries(sizes)) {
        if (/share|unvalidated/.test(name)) expect(size, name).toBeLessThan(20);
      }
    }
  });

  it("with no latency and no notary delay still takes one height at a time", () => {
    const net = new TestNetwork({ n: 4, latencyMs: () => 0, notaryDelayMs: 0 });
    expect(net.runUntil(everyoneAt(net, 50), 5_000)).toBe(true);
    net.expectOneChain(50);
  });
});

describe("a subnet in trouble", () => {
  it("of 4 goes on with one node silent, and the sleeper catches up when it wakes", () => {
    const net = new TestNetwork({ n: 4 });
    const sleeper = net.seats[2]!;
    net.silent.add(sleeper.id);
    expect(net.runUntil(everyoneAt(net, 40), 120_000)).toBe(true);
    expect(net.finalized(sleeper)).toBe(0);
    net.silent.delete(sleeper.id);
    const target = net.finalized(net.seats[0]!);
    const woke = net.now;
    expect(net.runUntil(() => net.finalized(sleeper) >= target, 20_000)).toBe(true);
    expect(net.now - woke).toBeLessThan(5_000);
    expect(net.runUntil(() => sleeper.executed >= target, 5_000)).toBe(true);
    net.expectOneChain(target);
  });

  it("of 4 finalizes nothing with two silent, and goes on when they wake", () => {
    const net = new TestNetwork({ n: 4 });
    net.runUntil(everyoneAt(net, 5), 20_000);
    net.silent.add(net.seats[1]!.id).add(net.seats[3]!.id);
    const before = net.finalized(net.seats[0]!);
    net.runUntil(() => false, 30_000);
    expect(net.finalized(net.seats[0]!)).toBeLessThanOrEqual(before + 1);
    net.silent.clear();
    expect(net.runUntil(everyoneAt(net, before + 10), 60_000)).toBe(true);
    net.expectOneChain(before + 10);
  });

  for (let seed = 1; seed <= 6; seed++) {
    it(`of ${seed % 3 === 0 ? 7 : 4} agrees under loss and jitter, seed ${seed}`, () => {
      const n = seed % 3 === 0 ? 7 : 4;
      const net = new TestNetwork({ n, seed, loss: 0.25, latencyMs: (draw) => 5 + draw.below(250) });
      if (seed % 2 === 0) net.silent.add(net.seats[seed % n]!.id);
      const reached = net.runUntil(everyoneAt(net, 20), 200_000);
      net.silent.clear();
      net.loss = 0;
      expect(reached, net.seats.map(net.finalized).join()).toBe(true);
      expect(net.runUntil(everyoneAt(net, 25), 60_000)).toBe(true);
      net.expectOneChain(25);
    });
  }
});

describe("a snapshot", () => {
  it("put in the node's place changes no later byte, wherever it is taken", () => {
    const run = (restoreAfter: number): string[] => {
      const net = new TestNetwork({ n: 4, loss: 0.1, latencyMs: (draw) => 5 + draw.below(100), seed: 7 });
      for (let i = 0; i < 1200; i++) {
        if (i === restoreAfter) net.build(net.seats[1]!, true);
        net.step();
      }
      return net.seats.flatMap((s) => s.sent);
    };
    const undisturbed = run(-1);
    for (const at of [0, 1, 50, 333, 700, 1001]) expect(run(at)).toEqual(undisturbed);
  });
});
