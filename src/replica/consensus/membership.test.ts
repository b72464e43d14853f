import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsTolerated, highThreshold, lowThreshold } from "../../registry/registry.ts";
import { nodesOf, poolOf, registryOf, subnetOf } from "./fixtures.ts";
import { blockMakerCount, committeeSize, shuffled, withMembership } from "./membership.ts";

const BEACON = "ab".repeat(32);

describe("sizes (M2, M3)", () => {
  it("make quorums meet in an honest node, and honest nodes alone a quorum, for every n up to 200", () => {
    for (let n = 1; n <= 200; n++) {
      const f = faultsTolerated(n);
      const c = committeeSize(n);
      const quorum = highThreshold(n);
      expect(c).toBeLessThanOrEqual(n);
      // Safety: what is left of the committee beside the honest part of a finalization quorum cannot notarize.
      expect(c - (quorum - f)).toBeLessThan(quorum);
      // Liveness: with f silent there is still a quorum, a beacon and an honest block maker.
      expect(c - f).toBeGreaterThanOrEqual(quorum);
      expect(n - f).toBeGreaterThanOrEqual(lowThreshold(n));
      expect(lowThreshold(n)).toBeGreaterThan(f);
      expect(blockMakerCount(n)).toBe(f + 1);
    }
  });

  it("are the IC's", () => {
    const rows = [1, 4, 7, 13, 28, 40].map((n) => [blockMakerCount(n), committeeSize(n), highThreshold(n)]);
    expect(rows).toEqual([
      [1, 1, 1],
      [2, 4, 3],
      [3, 7, 5],
      [5, 13, 9],
      [10, 28, 19],
      [14, 40, 27],
    ]);
  });
});

describe("draws (M1, M4)", () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b).toString("hex"));
  const purpose = fc.constantFrom(
    "ic-crypto-prng-blockmaker-ranking" as const,
    "ic-crypto-prng-committee-sampling" as const,
  );

  it("are permutations that do not depend on the order in which nodes are listed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), hash, purpose, (n, beacon, why) => {
        const nodes = nodesOf(n);
        const order = shuffled(nodes, beacon, why);
        expect([...order].sort()).toEqual([...nodes].sort());
        expect(shuffled([...nodes].reverse(), beacon, why)).toEqual(order);
      }),
      { numRuns: 100 },
    );
  });

  it("differ by purpose and by beacon", () => {
    const nodes = nodesOf(40);
    const ranking = shuffled(nodes, BEACON, "ic-crypto-prng-blockmaker-ranking");
    expect(shuffled(nodes, BEACON, "ic-crypto-prng-committee-sampling")).not.toEqual(ranking);
    expect(shuffled(nodes, "cd".repeat(32), "ic-crypto-prng-blockmaker-ranking")).not.toEqual(ranking);
  });

  it("give every node its turn", () => {
    const nodes = nodesOf(4);
    const firsts = new Map<string, number>();
    for (let i = 0; i < 400; i++) {
      const beacon = i.toString(16).padStart(64, "0");
      const first = shuffled(nodes, beacon, "ic-crypto-prng-blockmaker-ranking")[0]!;
      firsts.set(first, (firsts.get(first) ?? 0) + 1);
    }
    for (const node of nodes) expect(firsts.get(node)).toBeGreaterThan(60);
  });
});

describe("the reader", () => {
  it("draws from the beacon of the height below, and knows nothing without it", () => {
    const asked: number[] = [];
    const pool = withMembership(
      {
        ...poolOf({}),
        summary: (h: number) => (h === 0 ? { registryVersion: 1, nextRegistryVersion: 1 } : undefined),
        beaconHash: (h: number) => {
          asked.push(h);
          return h === 6 ? BEACON : undefined;
        },
      } as Parameters<typeof withMembership>[0],
      registryOf(subnetOf(7)),
      subnetOf(7),
    );
    expect(pool.blockMakers(7)).toEqual(
      shuffled(nodesOf(7), BEACON, "ic-crypto-prng-blockmaker-ranking").slice(0, 3),
    );
    expect(pool.notaryCommittee(7)?.size).toBe(7);
    expect(pool.notaryCommittee(8)).toBeUndefined();
    expect(pool.blockMakers(9)).toBeUndefined();
    expect(asked).toEqual([6, 6, 7, 8]);
  });
});
