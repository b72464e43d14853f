/** N1–N7: every small pool at every interesting time, and the delays as the IC computes them. */
import { describe, expect, it } from "vitest";
import type {
  BlockProposal,
  ConsensusArtifact,
  EquivocationProof,
  NotarizationShare,
} from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import { answersFrom, nodesOf, poolOf, proposalOf, viewOf } from "./fixtures.ts";
import {
  backlogDelay,
  bestRanked,
  CERTIFICATION_GAP_MAX,
  judge,
  makeNotarizationShare,
  notaryDelay,
} from "./notary.ts";

const [ME, FIRST, SECOND] = nodesOf(4) as [NodeId, NodeId, NodeId];
const NOTARIZED = 9;
const H = NOTARIZED + 1;
const START = 1_000_000;
const SETTINGS = { initialNotaryDelayMs: 300, unitDelayMs: 1000, dkgIntervalLength: 499 };
const signature = new Uint8Array(0);

const BEST = proposalOf(FIRST, 0, H, { salt: 1 });
const TWIN = proposalOf(FIRST, 0, H, { salt: 2 });
const WORSE = proposalOf(SECOND, 1, H, { salt: 3 });

const shareOf = (p: BlockProposal, signer = ME): NotarizationShare => ({
  kind: "notarization-share",
  content: { height: H, block: p.hash },
  signer,
  signature,
});
const proofAgainst = (signer: NodeId): EquivocationProof => ({
  kind: "equivocation-proof",
  height: H,
  signer,
  first: { hash: BEST.hash, signature },
  second: { hash: TWIN.hash, signature },
});

const COMMITTEES = [undefined, new Set([FIRST]), new Set([ME, FIRST])];
const PROPOSALS = [[], [WORSE], [BEST], [BEST, WORSE], [WORSE, BEST], [BEST, TWIN], [TWIN, BEST]];
const SIGNED = [[], [WORSE], [BEST], [TWIN], [BEST, WORSE]];
const PROOFS = [[], [FIRST], [FIRST, SECOND]];
const TIMES = [START, START + 299, START + 300, START + 1299, START + 1300];

const poolFor = (
  committee: ReadonlySet<NodeId> | undefined,
  proposals: readonly BlockProposal[],
  signed: readonly BlockProposal[],
  proofs: readonly NodeId[],
  finalized = NOTARIZED,
) => {
  const others = [shareOf(BEST, FIRST), shareOf(WORSE, SECOND)];
  const validated: ConsensusArtifact[] = [
    ...proposals,
    ...signed.map((p) => shareOf(p)),
    ...others,
    ...proofs.map(proofAgainst),
  ];
  return poolOf({
    ...answersFrom({ validated }),
    finalizedHeight: () => finalized,
    notarizedHeight: () => NOTARIZED,
    notaryCommittee: () => committee,
    roundStart: () => START,
  });
};

describe("notary", () => {
  it("signs exactly when N2–N5 and N7 say so", () => {
    let worlds = 0;
    for (const committee of COMMITTEES)
      for (const proposals of PROPOSALS)
        for (const signed of SIGNED)
          for (const proofs of PROOFS)
            for (const now of TIMES) {
              // A share of mine is about a block I had validated, and validated blocks of this height stay.
              if (!signed.every((p) => proposals.includes(p))) continue;
              worlds++;
              const pool = poolFor(committee, proposals, signed, proofs);
              const verdict = judge(pool, ME, H, NOTARIZED, SETTINGS, now);

              const eligible = proposals.filter((p) => !proofs.includes(p.signer));
              const rank = Math.min(...eligible.map((p) => p.block.rank));
              const due = START + 300 + 1000 * rank;
              const expected =
                committee?.has(ME) === true &&
                eligible.length > 0 &&
                !signed.some((p) => p.block.rank === rank) &&
                now >= due;
              expect(verdict.act, `rank ${rank} at ${now - START}: ${verdict.act || verdict.because}`).toBe(
                expected,
              );
              if (verdict.act) expect(verdict.proposal.block.rank).toBe(rank);
              if (!verdict.act && verdict.because === "waiting-for-better-ranks")
                expect(verdict.until).toBe(due);
            }
    expect(worlds).toBeGreaterThan(400);
  });

  it("says of a rank signed before that it is signed, be it another block of an equivocator, not that it waits (N4)", () => {
    for (const signed of [BEST, TWIN]) {
      const pool = poolFor(COMMITTEES[2], [BEST, TWIN], [signed], []);
      const verdict = judge(pool, ME, H, NOTARIZED, SETTINGS, START + 9999);
      expect(verdict).toEqual({ act: false, because: "already-signed" });
    }
  });

  it("turns to the next rank when the best maker is disqualified (N3)", () => {
    const pool = poolFor(COMMITTEES[2], [BEST, WORSE], [BEST], [FIRST]);
    expect(bestRanked(pool, H)).toEqual([WORSE]);
    const verdict = judge(pool, ME, H, NOTARIZED, SETTINGS, START + 1300);
    expect(verdict).toMatchObject({ act: true, proposal: { hash: WORSE.hash } });
  });

  it("looks at notarized + 1 only (N1)", () => {
    const asked: number[] = [];
    const pool = poolFor(COMMITTEES[2], [BEST], [], []);
    const spy = poolOf({
      ...answersFrom({ validated: [BEST] }),
      finalizedHeight: () => 2,
      notarizedHeight: () => NOTARIZED,
      roundStart: () => START,
      notaryCommittee: (h) => {
        asked.push(h);
        return pool.notaryCommittee(h);
      },
    });
    makeNotarizationShare(viewOf(spy, { now: START }));
    expect(asked).toEqual([H]);
  });

  it("stops at a distance of 70 from the certified state, and not at 69 (N6)", () => {
    const at = (gap: number) =>
      judge(poolFor(COMMITTEES[2], [BEST], [], []), ME, H, NOTARIZED - gap, SETTINGS, START + 10 ** 9);
    expect(at(CERTIFICATION_GAP_MAX)).toEqual({ act: false, because: "certified-state-too-far-behind" });
    expect(at(CERTIFICATION_GAP_MAX - 1).act).toBe(true);
    expect(CERTIFICATION_GAP_MAX).toBe(70);
  });

  it("waits two seconds a height while the certified state lags by more than one", () => {
    const judgeAt = (certified: number, now: number) =>
      judge(poolFor(COMMITTEES[2], [BEST], [], []), ME, H, certified, SETTINGS, now);
    expect(judgeAt(NOTARIZED - 1, START + 300).act).toBe(true);
    expect(judgeAt(NOTARIZED - 3, START + 300)).toEqual({
      act: false,
      because: "waiting-for-certified-state",
      until: START + 300 + 6000,
    });
    expect(judgeAt(NOTARIZED - 3, START + 6300).act).toBe(true);
  });

  it("signs what verifies as a notarization share", () => {
    const view = viewOf(poolFor(COMMITTEES[2], [BEST], [], []), { now: START + 300 });
    const states = { ...view.states, latestCertifiedHeight: () => NOTARIZED };
    const { changes } = makeNotarizationShare({ ...view, states });
    expect(changes).toMatchObject([{ artifact: { content: { height: H, block: BEST.hash }, signer: ME } }]);
  });
});

describe("delays", () => {
  it("grow by half for every height that finality lags, in the ranked part only", () => {
    expect(notaryDelay(0, 0, SETTINGS)).toBe(300);
    expect(notaryDelay(0, 10, SETTINGS)).toBe(300);
    expect(notaryDelay(1, 0, SETTINGS)).toBe(1300);
    expect(notaryDelay(1, 2, SETTINGS)).toBe(2550);
    expect(notaryDelay(2, 3, SETTINGS)).toBe(7050);
  });

  it("stay numbers that a clock can hold", () => {
    expect(Number.isSafeInteger(START + notaryDelay(4, 69, SETTINGS))).toBe(true);
  });

  it("forgive one height of backlog", () => {
    expect([0, 1, 2, 5].map(backlogDelay)).toEqual([0, 0, 4000, 10000]);
  });
});
