/** F1–F4 over every small pool: 3 committees × 3 notarized sets × 4 sets of own shares × 3 of own finalizations. */
import { describe, expect, it } from "vitest";
import type { ConsensusArtifact, FinalizationShare, NotarizationShare } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import { judge, makeFinalizationShares } from "./finalizer.ts";
import { answersFrom, nodesOf, poolOf, proposalOf, viewOf } from "./fixtures.ts";

const [ME, OTHER, THIRD] = nodesOf(4) as [NodeId, NodeId, NodeId];
const H = 5;
const A = proposalOf(OTHER, 0, H, { salt: 1 });
const B = proposalOf(THIRD, 1, H, { salt: 2 });
const signature = new Uint8Array(0);

const notarizationShare = (block: string, signer = ME): NotarizationShare => ({
  kind: "notarization-share",
  content: { height: H, block },
  signer,
  signature,
});
const finalizationShare = (block: string, signer = ME): FinalizationShare => ({
  kind: "finalization-share",
  content: { height: H, block },
  signer,
  signature,
});
const known = (p: typeof A) => ({ hash: p.hash, block: p.block, maker: p.signer });

const COMMITTEES = [undefined, new Set([OTHER, THIRD]), new Set([ME, OTHER, THIRD])];
const NOTARIZED = [[A], [B], [A, B]];
const OWN_NOTARIZED = [[], [A], [B], [A, B]];
const OWN_FINALIZED = [[], [A], [B]];

const worlds = COMMITTEES.flatMap((committee) =>
  NOTARIZED.flatMap((notarized) =>
    OWN_NOTARIZED.flatMap((signed) =>
      OWN_FINALIZED.map((final) => ({ committee, notarized, signed, final })),
    ),
  ),
);

function poolFor({ committee, notarized, signed, final }: (typeof worlds)[number]) {
  // Other people's shares must never count as mine.
  const validated: ConsensusArtifact[] = [
    ...signed.map((p) => notarizationShare(p.hash)),
    ...final.map((p) => finalizationShare(p.hash)),
    notarizationShare(A.hash, OTHER),
    notarizationShare(B.hash, THIRD),
    finalizationShare(A.hash, OTHER),
  ];
  return poolOf({
    ...answersFrom({ validated }),
    finalizedHeight: () => H - 1,
    notarizedHeight: () => H,
    notaryCommittee: () => committee,
    notarizedBlocks: () => notarized.map(known),
  });
}

describe("finalizer", () => {
  it("covers 108 worlds", () => expect(worlds.length).toBe(108));

  it("signs exactly when F1–F4 say so, and the block they say", () => {
    for (const world of worlds) {
      const verdict = judge(poolFor(world), ME, H);
      const only = world.notarized.length === 1 ? world.notarized[0]! : undefined;
      const member = world.committee?.has(ME) === true;
      const faithful = only !== undefined && world.signed.every((p) => p.hash === only.hash);
      const expected = member && only !== undefined && faithful && world.final.length === 0;
      expect(verdict.act, JSON.stringify(verdict)).toBe(expected);
      if (verdict.act) expect(verdict.block).toBe(only!.hash);
    }
  });

  it("gives each refusal its own word", () => {
    const words = worlds.map((world) => judge(poolFor(world), ME, H)).map((v) => (v.act ? "" : v.because));
    expect(new Set(words)).toEqual(
      new Set([
        "",
        "committee-unknown",
        "not-a-notary",
        "already-signed",
        "several-blocks-notarized",
        "notarized-another-block",
      ]),
    );
  });

  it("stops as a bug when a height up to the notarized one has no notarized block", () => {
    const world = { committee: COMMITTEES[2], notarized: [], signed: [], final: [] };
    expect(() => judge(poolFor(world), ME, H)).toThrow("every height up to the notarized height");
  });

  it("signs for every height above the finalized one, in order", () => {
    const pool = poolOf({
      ...answersFrom({}),
      finalizedHeight: () => 3,
      notarizedHeight: () => 6,
      notaryCommittee: () => new Set([ME]),
      notarizedBlocks: (h) => [{ ...known(A), hash: `b${h}`.padStart(64, "0") }],
    });
    const { changes } = makeFinalizationShares(
      viewOf(pool, { crypto: { ...viewOf(pool).crypto, signMulti: () => signature } }),
    );
    const made = changes.map((c) => (c.kind === "add-to-validated" ? c.artifact : undefined));
    expect(made.map((a) => a?.kind === "finalization-share" && a.content.height)).toEqual([4, 5, 6]);
  });
});
