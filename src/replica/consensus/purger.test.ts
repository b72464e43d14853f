import { describe, expect, it } from "vitest";
import { encoded } from "../../types/artifact.ts";
import type { BlockProposal, ConsensusArtifact } from "../../types/consensus.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { answersFrom, type Contents, nodesOf, poolOf, proposalOf } from "./fixtures.ts";
import { purge } from "./purger.ts";

const [A, B] = nodesOf(4) as [string, string];
const signature = new Uint8Array(0);
const ref = (p: BlockProposal) => ({ height: p.block.height, block: p.hash });
const notarization = (p: BlockProposal) =>
  ({ kind: "notarization", content: ref(p), signers: [], signature }) as const;
const share = (height: number) =>
  ({
    kind: "notarization-share",
    content: { height, block: "00".repeat(32) },
    signer: A,
    signature,
  }) as const;
const beaconShare = (height: number) =>
  ({
    kind: "random-beacon-share",
    content: { height, previous: "00".repeat(32) },
    signer: A,
    signature,
  }) as const;
const tapeShare = (height: number) =>
  ({ kind: "random-tape-share", content: { height }, signer: A, signature }) as const;

const FINAL = proposalOf(A, 0, 5);
const BESIDE = proposalOf(B, 1, 5, { salt: 1 });
const ABOVE = proposalOf(B, 1, 6, { salt: 2 });

const poolWith = (contents: Contents, over: Partial<PoolReader> = {}) =>
  poolOf({
    ...answersFrom(contents),
    finalizedHeight: () => 5,
    beaconHeight: () => 7,
    tapeHeight: () => 4,
    finalizedBlock: (h) => (h === 5 ? { hash: FINAL.hash, block: FINAL.block, maker: A } : undefined),
    ...over,
  });
const purged = (contents: Contents) => purge(poolWith(contents), { finalized: 4 }).changes;

describe("purger", () => {
  it("keeps the finalized chain and everything above it (G1, G2)", () => {
    const validated: ConsensusArtifact[] = [
      FINAL,
      notarization(FINAL),
      { ...notarization(FINAL), kind: "finalization" },
      { kind: "random-beacon", content: { height: 1, previous: "00".repeat(32) }, signature },
      { kind: "random-tape", content: { height: 1 }, signature },
      ABOVE,
      notarization(ABOVE),
      share(6),
      { ...share(6), kind: "finalization-share" },
      beaconShare(8),
      tapeShare(5),
    ];
    expect(purged({ validated, unvalidated: validated.slice(5).map((a) => [a, B] as const) })).toEqual([]);
  });

  it("drops what stands beside the finalized chain: notarization first, then block (G3)", () => {
    const validated = [FINAL, notarization(FINAL), BESIDE, notarization(BESIDE)];
    expect(purged({ validated })).toEqual([
      { kind: "remove-from-validated", id: encoded(notarization(BESIDE)).id, because: "not-finalized" },
      { kind: "remove-from-validated", id: encoded(BESIDE).id, because: "not-finalized" },
    ]);
  });

  it("drops shares whose time is over, each kind at its own height (G3)", () => {
    expect(purged({ validated: [share(5), beaconShare(7), tapeShare(4), share(6)] })).toEqual([
      { kind: "purge", section: "validated", of: "notarization-share", upTo: 5 },
      { kind: "purge", section: "validated", of: "random-beacon-share", upTo: 7 },
      { kind: "purge", section: "validated", of: "random-tape-share", upTo: 4 },
    ]);
  });

  it("empties the quarantine of what is settled (G3)", () => {
    const stale: ConsensusArtifact[] = [BESIDE, notarization(BESIDE), share(5), beaconShare(7), tapeShare(4)];
    const changes = purged({ unvalidated: stale.map((a) => [a, B] as const) });
    expect(changes.map((c) => c.kind === "purge" && `${c.section} ${c.of} ${c.upTo}`)).toEqual([
      "unvalidated block-proposal 5",
      "unvalidated notarization-share 5",
      "unvalidated notarization 5",
      "unvalidated random-beacon-share 7",
      "unvalidated random-tape-share 4",
    ]);
  });

  it("looks at each finalized height once, and at all of them when its memory is gone", () => {
    const marks = { finalized: 4 };
    const pool = poolWith({ validated: [FINAL, BESIDE] });
    expect(purge(pool, marks).changes).toHaveLength(1);
    expect(purge(pool, marks).changes).toHaveLength(0);
    expect(purge(pool, { finalized: 0 }).changes).toHaveLength(1);
  });
});
