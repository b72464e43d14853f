import { describe, expect, it } from "vitest";
import { encoded, genesisBlock, hashBeacon, hashBlock } from "../../types/artifact.ts";
import type { BlockProposal, ConsensusArtifact } from "../../types/consensus.ts";
import type { BlockHash, Height } from "../../types/ids.ts";
import { type ConsensusPool, createConsensusPool } from "./consensus-pool.ts";

const SUBNET = "5b";
const GENESIS = { subnet: SUBNET, registryVersion: 1, startedAt: 100 };
const signature = new Uint8Array(0);
const GENESIS_HASH = hashBlock(genesisBlock(SUBNET, 1));

function proposal(height: Height, parent: BlockHash, salt = 0): BlockProposal {
  const context = { certifiedHeight: 0, registryVersion: 1, time: BigInt(height) };
  const block = { parent, height, rank: salt, context, payload: { ingress: [Uint8Array.of(salt)] } };
  return {
    kind: "block-proposal",
    block,
    hash: hashBlock(block),
    subnet: SUBNET,
    signer: `0${salt}`,
    signature,
  };
}
const ref = (p: BlockProposal) => ({ height: p.block.height, block: p.hash });
const notarization = (p: BlockProposal) =>
  ({ kind: "notarization", content: ref(p), signers: [], signature }) as const;
const finalization = (p: BlockProposal) =>
  ({ kind: "finalization", content: ref(p), signers: [], signature }) as const;
const beacon = (height: Height) =>
  ({ kind: "random-beacon", content: { height, previous: "00".repeat(32) }, signature }) as const;

const add = (pool: ConsensusPool, now: number, ...artifacts: ConsensusArtifact[]) =>
  pool.apply(
    artifacts.map((artifact) => ({ kind: "add-to-validated", artifact })),
    now,
  );

/** A chain of three notarized blocks with a rival at height 2. */
function withChain() {
  const pool = createConsensusPool(GENESIS);
  const one = proposal(1, GENESIS_HASH);
  const two = proposal(2, one.hash);
  const rival = proposal(2, one.hash, 1);
  const three = proposal(3, two.hash);
  add(pool, 200, one, notarization(one), two, notarization(two), rival, notarization(rival));
  add(pool, 300, three, notarization(three));
  return { pool, one, two, rival, three };
}

describe("heights and chains (P2)", () => {
  it("begin at the genesis, which everybody knows", () => {
    const { reader } = createConsensusPool(GENESIS);
    expect(reader.finalizedHeight()).toBe(0);
    expect(reader.notarizedBlocks(0)).toEqual([reader.finalizedBlock(0)]);
    expect(reader.beaconHash(0)).toHaveLength(64);
    expect(reader.roundStart(1)).toBe(100);
  });

  it("make a block final together with its ancestors", () => {
    const { pool, one, two, three } = withChain();
    expect(pool.reader.notarizedHeight()).toBe(3);
    add(pool, 400, finalization(three));
    expect(pool.reader.finalizedHeight()).toBe(3);
    const hashes = [1, 2, 3].map((h) => pool.reader.finalizedBlock(h)?.hash);
    expect(hashes).toEqual([one.hash, two.hash, three.hash]);
    const tip = pool.reader.finalizedBlock(3)!;
    expect(pool.reader.chain(1, tip)?.map((b) => b.hash)).toEqual([two.hash, three.hash]);
  });

  it("count beacons and tapes without gaps", () => {
    const pool = createConsensusPool(GENESIS);
    add(pool, 1, beacon(2));
    expect(pool.reader.beaconHeight()).toBe(0);
    add(pool, 2, beacon(1));
    expect(pool.reader.beaconHeight()).toBe(2);
    expect(pool.reader.beaconHash(2)).toBe(hashBeacon(beacon(2)));
    add(pool, 3, { kind: "random-tape", content: { height: 1 }, signature });
    expect(pool.reader.tapeHeight()).toBe(1);
  });

  it("start a round when beacon and notarized block are both here, and never again", () => {
    const { pool, one } = withChain();
    expect(pool.reader.roundStart(2)).toBeUndefined();
    add(pool, 250, beacon(1));
    expect(pool.reader.roundStart(2)).toBe(250);
    add(pool, 900, { ...notarization(one), signers: ["01"] });
    expect(pool.reader.roundStart(2)).toBe(250);
  });
});

describe("safety stops (P3)", () => {
  it("a second finalized block of one height", () => {
    const { pool, two, rival } = withChain();
    add(pool, 1, finalization(two));
    expect(() => add(pool, 2, finalization(rival))).toThrow("one finalized chain");
  });

  it("a finalized block that does not build on the finalized chain", () => {
    const { pool, rival, three } = withChain();
    add(pool, 1, finalization(rival));
    expect(() => add(pool, 2, finalization(three))).toThrow("one finalized chain");
  });
});

describe("sections", () => {
  it("hold an artifact once (P1)", () => {
    const pool = createConsensusPool(GENESIS);
    const entry = encoded(proposal(1, GENESIS_HASH));
    pool.insertUnvalidated(entry, "02");
    expect(() => pool.insertUnvalidated(entry, "03")).toThrow("at most one section");
    add(pool, 1, entry.artifact);
    expect(pool.reader.unvalidatedAt("block-proposal", 1)).toEqual([]);
    expect(pool.reader.validatedAt("block-proposal", 1)).toEqual([entry]);
    expect(add(pool, 2, entry.artifact)[0]!.entries).toEqual([]);
  });

  it("move, drop, blame and purge", () => {
    const pool = createConsensusPool(GENESIS);
    const [a, b, c] = [1, 2, 3].map((salt) => encoded(proposal(1, GENESIS_HASH, salt)));
    pool.insertUnvalidated(a!, "02");
    pool.insertUnvalidated(b!, "03");
    pool.insertUnvalidated(c!, "04");
    pool.apply([{ kind: "move-to-validated", id: a!.id }], 1);
    expect(pool.reader.proposals(1)).toEqual([a!.artifact]);
    pool.apply([{ kind: "handle-invalid", id: b!.id, because: "bad-signature" }], 1);
    expect([pool.reader.blamed("03"), pool.reader.blamed("02")]).toEqual([true, false]);
    pool.apply([{ kind: "purge", section: "unvalidated", of: "block-proposal", upTo: 1 }], 1);
    expect(pool.reader.heightsWith("unvalidated", "block-proposal")).toEqual([]);
    pool.apply([{ kind: "remove-from-validated", id: a!.id, because: "not-finalized" }], 1);
    expect(pool.reader.find(a!.id)).toBeUndefined();
    expect(pool.reader.sizes()).toEqual({});
  });
});

describe("a snapshot (P4)", () => {
  it("is data, and brings everything back in the same order", () => {
    const { pool, three } = withChain();
    add(pool, 400, beacon(1), beacon(2), finalization(three));
    pool.insertUnvalidated(encoded(proposal(4, three.hash, 2)), "02");
    pool.insertUnvalidated(encoded(proposal(4, three.hash, 1)), "03");
    const snapshot = structuredClone(pool.snapshot());
    const back = createConsensusPool({ ...GENESIS, startedAt: 999 }, snapshot);
    expect(back.snapshot()).toEqual(pool.snapshot());
    expect(back.reader.finalizedHeight()).toBe(3);
    expect(back.reader.roundStart(3)).toBe(pool.reader.roundStart(3));
    expect(back.reader.unvalidatedAt("block-proposal", 4)).toEqual(
      pool.reader.unvalidatedAt("block-proposal", 4),
    );
    // Taken apart: what happens to one does not happen to the other.
    add(back, 500, beacon(3));
    expect(pool.reader.beaconHeight()).toBe(2);
  });
});
