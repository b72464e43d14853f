/** A1–A5, with shares that combine and shares that spoil. */
import { describe, expect, it } from "vitest";
import { encoded, signedBytes } from "../../types/artifact.ts";
import type { ConsensusArtifact, NotarizationShare, RandomBeaconShare } from "../../types/consensus.ts";
import type { NodeId } from "../../types/ids.ts";
import type { ChangeAction } from "../interfaces/consensus-actions.ts";
import { answersFrom, type Contents, fakeCrypto, nodesOf, poolOf, proposalOf, viewOf } from "./fixtures.ts";
import { aggregateShares } from "./share-aggregator.ts";

const NODES = nodesOf(4);
const [ME, N2, N3, N4] = NODES as [NodeId, NodeId, NodeId, NodeId];
const PREVIOUS = "11".repeat(32);
const BAD = new Uint8Array(32);
const BLOCK = proposalOf(N2, 0, 1, { salt: 1 });
const RIVAL = proposalOf(N3, 1, 1, { salt: 2 });

const multi = (signer: NodeId, good = true, block = BLOCK.hash): NotarizationShare => {
  const content = { height: 1, block };
  const signature = good
    ? fakeCrypto(signer, NODES).signMulti(signedBytes.notarization(content))
    : Uint8Array.from(BAD, (_, i) => i + Number.parseInt(signer.slice(0, 2), 16));
  return { kind: "notarization-share", content, signer, signature };
};
const beacon = (signer: NodeId, previous = PREVIOUS): RandomBeaconShare => {
  const content = { height: 1, previous };
  const signature = fakeCrypto(signer, NODES).signThreshold("low", signedBytes.randomBeacon(content));
  return { kind: "random-beacon-share", content, signer, signature };
};

const poolWith = (contents: Contents, blamed: readonly NodeId[] = []) =>
  poolOf({
    ...answersFrom(contents),
    finalizedHeight: () => 0,
    notarizedHeight: () => 0,
    beaconHeight: () => 0,
    tapeHeight: () => 0,
    beaconHash: (h) => (h === 0 ? PREVIOUS : undefined),
    notarizedBlocks: () => [],
    notaryCommittee: () => new Set(NODES),
    thresholdCommittee: () => new Set(NODES),
    blamed: (peer) => blamed.includes(peer),
  });

const run = (contents: Contents, blamed: readonly NodeId[] = []) =>
  aggregateShares(viewOf(poolWith(contents, blamed))).changes;
const idOf = (artifact: ConsensusArtifact) => encoded(artifact).id;
const made = (changes: readonly ChangeAction[]) =>
  changes.flatMap((c) => (c.kind === "add-to-validated" ? [c.artifact] : []));

describe("share aggregator", () => {
  it("combines the threshold of shares, and validates those it used (A1, A3)", () => {
    const changes = run({
      validated: [BLOCK, multi(ME)],
      unvalidated: [
        [multi(N2), N2],
        [multi(N3), N3],
        [multi(N4), N4],
      ],
    });
    expect(made(changes)).toMatchObject([{ kind: "notarization", signers: [ME, N2, N3] }]);
    expect(changes.filter((c) => c.kind === "move-to-validated").map((c) => c.id)).toEqual([
      idOf(multi(N2)),
      idOf(multi(N3)),
    ]);
  });

  it("does nothing below the threshold, and says so", () => {
    const turn = aggregateShares(
      viewOf(poolWith({ validated: [BLOCK, multi(ME)], unvalidated: [[multi(N2), N2]] })),
    );
    expect(turn.changes).toEqual([]);
    expect(turn.waits).toContainEqual({ height: 1, because: "too-few-shares" });
  });

  it("never mixes contents (A2)", () => {
    const rivals: [ConsensusArtifact, NodeId][] = [
      [multi(N2, true, RIVAL.hash), N2],
      [multi(N3, true, RIVAL.hash), N3],
    ];
    expect(run({ validated: [BLOCK, RIVAL, multi(ME)], unvalidated: rivals })).toEqual([]);
    expect(
      run({
        unvalidated: [
          [beacon(N2, "22".repeat(32)), N2],
          [beacon(N3, "22".repeat(32)), N3],
        ],
      }),
    ).toEqual([]);
  });

  it("counts a signer once however many bring its share (A2)", () => {
    const again = { ...multi(N2), signature: BAD };
    expect(
      run({
        validated: [BLOCK, multi(ME)],
        unvalidated: [
          [multi(N2), N2],
          [again, N3],
          [multi(N2), N4],
        ],
      }),
    ).toEqual([]);
  });

  it("ignores signers outside the committee (A2)", () => {
    const without = poolOf({
      ...answersFrom({
        validated: [BLOCK, multi(ME)],
        unvalidated: [
          [multi(N2), N2],
          [multi(N3), N3],
        ],
      }),
      finalizedHeight: () => 0,
      notarizedHeight: () => 0,
      beaconHeight: () => 0,
      tapeHeight: () => 0,
      beaconHash: () => PREVIOUS,
      notarizedBlocks: () => [],
      notaryCommittee: () => new Set([ME, N2, N4]),
      thresholdCommittee: () => new Set(NODES),
      blamed: () => false,
    });
    expect(made(aggregateShares(viewOf(without)).changes)).toEqual([]);
  });

  it("blames who brought a bad share, keeps the good ones, and then combines (A4, A5)", () => {
    const forged = multi(N2, false);
    // N4 speaks in N2's name, before N2 does.
    const unvalidated: [ConsensusArtifact, NodeId][] = [
      [forged, N4],
      [multi(N3), N3],
      [multi(N2), N2],
    ];
    const first = run({ validated: [BLOCK, multi(ME)], unvalidated });
    expect(made(first)).toEqual([]);
    expect(first).toEqual([
      { kind: "handle-invalid", id: idOf(forged), because: "bad-signature" },
      { kind: "move-to-validated", id: idOf(multi(N3)) },
    ]);
    const second = run({ validated: [BLOCK, multi(ME), multi(N3)], unvalidated: [[multi(N2), N2]] }, [N4]);
    expect(made(second)).toMatchObject([{ kind: "notarization", signers: [ME, N2, N3] }]);
  });

  it("looks at a blamed peer's shares singly, and only when others do not suffice", () => {
    const unvalidated: [ConsensusArtifact, NodeId][] = [
      [multi(N4, false), N4],
      [multi(N3), N3],
      [multi(N2), N2],
    ];
    expect(made(run({ validated: [BLOCK, multi(ME)], unvalidated }, [N4]))).toHaveLength(1);
    const tooFew = run({ validated: [BLOCK, multi(ME)], unvalidated: unvalidated.slice(0, 2) }, [N4]);
    expect(tooFew).toEqual([
      { kind: "handle-invalid", id: idOf(multi(N4, false)), because: "bad-signature" },
    ]);
  });

  it("ends with an aggregate whatever mixture of good and bad shares lies there, given enough good ones (A5)", () => {
    for (let mask = 0; mask < 64; mask++) {
      // Bits 0–2: who signed well; bits 3–5: in whose name a forgery came first.
      const good = [N2, N3, N4].filter((_, i) => mask & (1 << i));
      const forged = [N2, N3, N4].filter((_, i) => mask & (8 << i));
      let validated: ConsensusArtifact[] = [BLOCK, multi(ME)];
      let unvalidated: [ConsensusArtifact, NodeId][] = [
        ...forged.map((n): [ConsensusArtifact, NodeId] => [multi(n, false), N4]),
        ...good.map((n): [ConsensusArtifact, NodeId] => [multi(n), n]),
      ];
      const blamed: NodeId[] = [];
      let result: readonly ConsensusArtifact[] = [];
      for (let turn = 0; turn < 10 && result.length === 0; turn++) {
        const changes = run({ validated, unvalidated }, blamed);
        for (const change of changes) {
          if (!("id" in change)) continue;
          const found = unvalidated.find(([a]) => idOf(a) === change.id)!;
          unvalidated = unvalidated.filter((e) => e !== found);
          if (change.kind === "move-to-validated") validated = [...validated, found[0]];
          if (change.kind === "handle-invalid") {
            blamed.push(found[1]);
            expect(forged.map((n) => idOf(multi(n, false)))).toContain(change.id);
          }
        }
        result = made(changes);
      }
      expect(result.length, `mask ${mask}`).toBe(good.length >= 2 ? 1 : 0);
    }
  });

  it("makes the beacon from f + 1 shares over the predecessor that is here", () => {
    const changes = run({ validated: [beacon(ME)], unvalidated: [[beacon(N3), N3]] });
    expect(made(changes)).toMatchObject([
      { kind: "random-beacon", content: { height: 1, previous: PREVIOUS } },
    ]);
  });

  it("lets no bad threshold share into a beacon or a tape (A1, A4)", () => {
    const badBeacon = { ...beacon(N2), signature: BAD };
    const goodBeacon = beacon(ME);
    expect(run({ validated: [goodBeacon], unvalidated: [[badBeacon, N3]] })).toEqual([
      { kind: "handle-invalid", id: idOf(badBeacon), because: "bad-signature" },
    ]);
    const signature = fakeCrypto(ME, NODES).signThreshold("low", signedBytes.randomTape({ height: 1 }));
    const tape = { kind: "random-tape-share", content: { height: 1 }, signer: ME, signature } as const;
    const badTape = { ...tape, signer: N2, signature: BAD };
    expect(run({ validated: [tape], unvalidated: [[badTape, N2]] })).toEqual([
      { kind: "handle-invalid", id: idOf(badTape), because: "bad-signature" },
    ]);
  });
});
