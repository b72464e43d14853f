/** Beacon maker R1–R4, tape maker T1–T3, block maker B1–B5. */
import { describe, expect, it } from "vitest";
import { genesisBlock, hashBlock } from "../../types/artifact.ts";
import type { BlockProposal, EquivocationProof } from "../../types/consensus.ts";
import { nanosOf, type NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { makeBlock, judge as judgeTurn } from "./block-maker.ts";
import type { View } from "./component.ts";
import { answersFrom, type Contents, nodesOf, poolOf, proposalOf, SUBNET, viewOf } from "./fixtures.ts";
import { judge as judgeBeacon, makeRandomBeaconShare } from "./random-beacon-maker.ts";
import { makeRandomTapeShares } from "./random-tape-maker.ts";

const NODES = nodesOf(4);
const [ME, OTHER] = NODES as [NodeId, NodeId];
const PREVIOUS = "11".repeat(32);
const signature = new Uint8Array(0);

describe("random beacon maker", () => {
  const content = { height: 4, previous: PREVIOUS };
  const beacon = { kind: "random-beacon", content, signature } as const;
  const mine = { kind: "random-beacon-share", content, signer: ME, signature } as const;
  const theirs = { ...mine, signer: OTHER };

  it("signs exactly when R3 and R4 say so", () => {
    for (const member of [true, false])
      for (const present of [true, false])
        for (const previous of [undefined, PREVIOUS])
          for (const shares of [[], [theirs], [mine, theirs]]) {
            const pool = poolOf({
              ...answersFrom({ validated: [...shares, ...(present ? [beacon] : [])] }),
              thresholdCommittee: () => new Set(member ? NODES : [OTHER]),
              beaconHash: (h) => (h === 3 ? previous : undefined),
            });
            const verdict = judgeBeacon(pool, ME, 4);
            const expected =
              member && !present && previous !== undefined && !shares.some((s) => s.signer === ME);
            expect(verdict.act).toBe(expected);
            if (verdict.act) expect(verdict.content).toEqual(content);
          }
  });

  it("looks one height above the notarized tip, no further (R2)", () => {
    const pool = poolOf({
      ...answersFrom({}),
      notarizedHeight: () => 3,
      thresholdCommittee: () => new Set(NODES),
      beaconHash: () => PREVIOUS,
    });
    expect(makeRandomBeaconShare(viewOf(pool)).changes).toMatchObject([{ artifact: { content } }]);
  });
});

describe("random tape maker", () => {
  const share = (height: number, signer: NodeId) =>
    ({ kind: "random-tape-share", content: { height }, signer, signature }) as const;
  const heights = (finalized: number, delivered: number, contents: Contents = {}) => {
    const pool = poolOf({
      ...answersFrom(contents),
      finalizedHeight: () => finalized,
      tapeHeight: () => 0,
      thresholdCommittee: () => new Set(NODES),
    });
    const { changes } = makeRandomTapeShares(viewOf(pool, { deliveredHeight: delivered }));
    return changes.map((c) =>
      c.kind === "add-to-validated" && c.artifact.kind === "random-tape-share"
        ? c.artifact.content.height
        : -1,
    );
  };

  it("signs from the next batch to finalized + 1, not above (T1, T3)", () => {
    expect(heights(5, 3)).toEqual([4, 5, 6]);
    expect(heights(0, 0)).toEqual([1]);
  });

  it("signs no tape twice and none that is here (T2)", () => {
    const tape = { kind: "random-tape", content: { height: 5 }, signature } as const;
    expect(heights(5, 3, { validated: [share(4, ME), share(6, OTHER), tape] })).toEqual([6]);
  });

  it("goes a bounded way at a time", () => {
    expect(heights(100, 3)).toHaveLength(16);
  });
});

const GENESIS = genesisBlock(SUBNET, 1);
const PARENT = { hash: hashBlock(GENESIS), block: GENESIS, maker: undefined };
const START = 5000;

describe("block maker", () => {
  const best = proposalOf(OTHER, 0, 1, { salt: 1 });
  const worst = proposalOf(NODES[2]!, 2, 1, { salt: 2 });
  const mine = proposalOf(ME, 1, 1, { salt: 3 });
  const proof: EquivocationProof = {
    kind: "equivocation-proof",
    height: 1,
    signer: OTHER,
    first: { hash: best.hash, signature },
    second: { hash: "00".repeat(32), signature },
  };
  const poolWith = (contents: Contents, over: Partial<PoolReader> = {}) =>
    poolOf({
      ...answersFrom(contents),
      notarizedHeight: () => 0,
      notarizedBlocks: () => [PARENT],
      blockMakers: () => [OTHER, ME, NODES[2]!],
      roundStart: () => START,
      chain: (above, tip) => (tip.block.height > above ? [tip] : []),
      ...over,
    });

  it("proposes exactly when B1, B4 and B5 say so", () => {
    const makers = [undefined, [OTHER], [OTHER, ME], [ME, OTHER]];
    const proposals: BlockProposal[][] = [[], [best], [worst], [mine], [best, worst]];
    for (const ranked of makers)
      for (const there of proposals)
        for (const disqualified of [false, true])
          for (const now of [START, START + 999, START + 1000]) {
            const pool = poolWith(
              { validated: [...there, ...(disqualified ? [proof] : [])] },
              { blockMakers: () => ranked },
            );
            const verdict = judgeTurn(pool, ME, 1, 1000, now);
            const rank = ranked?.indexOf(ME) ?? -1;
            const betterThere = there.includes(best) && !disqualified && rank > 0;
            const expected = rank >= 0 && !there.includes(mine) && !betterThere && now >= START + 1000 * rank;
            expect(verdict.act, verdict.act ? "" : verdict.because).toBe(expected);
            if (verdict.act) expect(verdict.rank).toBe(rank);
          }
  });

  const made = (over: Partial<View> = {}, pool: Partial<PoolReader> = {}) => {
    const turn = makeBlock(viewOf(poolWith({}, pool), { me: ME, now: START + 1000, ...over }));
    const [change] = turn.changes;
    const artifact = change?.kind === "add-to-validated" ? change.artifact : undefined;
    return { turn, proposal: artifact?.kind === "block-proposal" ? artifact : undefined };
  };

  it("builds on the best-ranked notarized block (B2)", () => {
    const known = (rank: number, salt: number) => {
      const p = proposalOf(OTHER, rank, 1, { salt });
      return { hash: p.hash, block: p.block, maker: OTHER };
    };
    const [a, b, c] = [known(2, 1), known(1, 2), known(1, 3)];
    const { proposal } = made({}, { notarizedHeight: () => 1, notarizedBlocks: () => [a, b, c] });
    expect(proposal?.block).toMatchObject({ height: 2, parent: [b.hash, c.hash].sort()[0] });
  });

  it("takes the local time, or just more than a notary delay above the parent's (B3)", () => {
    expect(made().proposal?.block.context.time).toBe(nanosOf(START + 1000));
    const late = {
      ...PARENT,
      block: { ...GENESIS, context: { ...GENESIS.context, time: nanosOf(START + 900) } },
    };
    expect(made({}, { notarizedBlocks: () => [late] }).proposal?.block.context.time).toBe(
      nanosOf(START + 1200) + 1n,
    );
  });

  it("waits while its parent's maker knows more than it does (B3)", () => {
    const ahead = { ...PARENT, block: { ...GENESIS, context: { ...GENESIS.context, certifiedHeight: 3 } } };
    const { turn } = made({}, { notarizedBlocks: () => [ahead] });
    expect(turn).toEqual({ changes: [], waits: [{ height: 1, because: "parent-knows-more" }] });
  });

  it("hands the payload builder everything between the certified state and the parent", () => {
    const p = proposalOf(OTHER, 0, 1, { salt: 9 });
    const parent = { hash: p.hash, block: p.block, maker: OTHER };
    let past: unknown;
    const payloads = {
      build: (_: unknown, given: unknown) => {
        past = given;
        return { ingress: [Uint8Array.of(7)] };
      },
      validate: () => ({ kind: "valid" }) as const,
    };
    const { proposal } = made({ payloads }, { notarizedHeight: () => 1, notarizedBlocks: () => [parent] });
    expect(past).toEqual([{ height: 1, payload: p.block.payload }]);
    expect(proposal?.block.payload).toEqual({ ingress: [Uint8Array.of(7)] });
  });
});
