import { describe, expect, it } from "vitest";
import { tapeRandomness } from "../../types/artifact.ts";
import type { RandomTape } from "../../types/consensus.ts";
import { BATCHES_WAITING_MAX, deliverBatches } from "./batch-delivery.ts";
import { answersFrom, nodesOf, poolOf, proposalOf } from "./fixtures.ts";

const [MAKER] = nodesOf(1) as [string];
const tape = (height: number): RandomTape => ({
  kind: "random-tape",
  content: { height },
  signature: Uint8Array.of(height),
});
const poolWith = (finalized: number, tapes: readonly number[]) =>
  poolOf({
    ...answersFrom({ validated: tapes.map(tape) }),
    finalizedHeight: () => finalized,
    finalizedBlock(height) {
      const context = { certifiedHeight: 0, registryVersion: 3, time: BigInt(height) };
      const { block, hash } = proposalOf(MAKER, 0, height, { salt: height, block: { context } });
      return { block, hash, maker: MAKER };
    },
  });
const decode = (bytes: Uint8Array) => ({ ok: true, value: { bytes } }) as never;
const heights = (finalized: number, tapes: readonly number[], delivered: number, executed = delivered) => {
  const { batches, wait } = deliverBatches(poolWith(finalized, tapes), delivered, executed, decode);
  return [batches.map((b) => b.height), wait?.because];
};

describe("batch delivery", () => {
  it("hands out every height once, in order, as far as blocks are final and tapes here (D1, D2)", () => {
    for (let finalized = 0; finalized <= 4; finalized++)
      for (let delivered = 0; delivered <= finalized; delivered++)
        for (let mask = 0; mask < 32; mask++) {
          const tapes = [1, 2, 3, 4, 5].filter((h) => mask & (1 << (h - 1)));
          const expected: number[] = [];
          for (let h = delivered + 1; h <= finalized && tapes.includes(h); h++) expected.push(h);
          const stuck = delivered + expected.length < finalized ? "tape-missing" : undefined;
          expect(heights(finalized, tapes, delivered)).toEqual([expected, stuck]);
        }
  });

  it("stops while execution is too far behind (D3)", () => {
    const all = Array.from({ length: 40 }, (_, i) => i + 1);
    const [handed, wait] = heights(40, all, 2);
    expect(handed).toHaveLength(BATCHES_WAITING_MAX);
    expect(wait).toBe("execution-behind");
    expect(heights(40, all, 18, 2)).toEqual([[], "execution-behind"]);
    expect(heights(40, all, 18, 3)).toEqual([[19], "execution-behind"]);
  });

  it("carries the block's time and version, the tape's hash, the maker and the messages", () => {
    const { batches } = deliverBatches(poolWith(1, [1]), 0, 0, decode);
    expect(batches).toEqual([
      {
        height: 1,
        time: 1n,
        randomness: tapeRandomness(tape(1)),
        registryVersion: 3,
        ingress: [{ bytes: Uint8Array.of(1) }],
        blockMaker: MAKER,
        failedBlockMakers: [],
      },
    ]);
  });

  it("stops as a bug on a final payload that does not decode", () => {
    const broken = () => ({ ok: false, because: "junk" }) as const;
    expect(() => deliverBatches(poolWith(1, [1]), 0, 0, broken)).toThrow("a notarized payload decodes");
  });
});
