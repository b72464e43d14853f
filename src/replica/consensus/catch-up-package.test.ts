/** Making packages (K1–K4), judging them (V8), keeping what they make superfluous out (G1), leaping by them (P5). */
import { describe, expect, test } from "vitest";
import { catchUpPackage, encoded, hashBeacon, signedBytes } from "../../types/artifact.ts";
import type { ConsensusArtifact, RandomBeacon } from "../../types/consensus.ts";
import { createConsensusPool } from "../pools/consensus-pool.ts";
import { HEIGHTS_KEPT } from "../interfaces/gossip-readers.ts";
import { judge, lastSummary, makeCatchUpPackageShare } from "./catch-up-package-maker.ts";
import { answersFrom, fakeCrypto, nodesOf, poolOf, proposalOf, subnetOf, viewOf } from "./fixtures.ts";
import { judgeArrival } from "./intake.ts";
import { purge } from "./purger.ts";
import { judgeCatchUp } from "./validator.ts";

const NODES = nodesOf(4);
const [ME, OTHER] = NODES as [string, string];
const SUBNET = { ...subnetOf(4), dkgIntervalLength: 9 };
const STATE = "5e".repeat(32);
const signature = new Uint8Array(0);
const beacon: RandomBeacon = {
  kind: "random-beacon",
  content: { height: 10, previous: "00".repeat(32) },
  signature,
};
const SUMMARY = proposalOf(OTHER, 0, 10);
const content = { height: 10, block: SUMMARY.hash, beacon: hashBeacon(beacon), state: STATE };
const share = { kind: "catch-up-package-share", content, signer: ME, signature } as const;
const crypto = fakeCrypto(ME, NODES);
const signed = (over: Partial<typeof content> = {}) => {
  const message = signedBytes.catchUpPackage({ ...content, ...over });
  const shares = NODES.slice(0, 3).map(
    (id) => [id, fakeCrypto(id, NODES).signThreshold("high", message)] as const,
  );
  return catchUpPackage(SUMMARY.block, beacon, STATE, crypto.combineThreshold("high", new Map(shares))!);
};

interface Situation {
  readonly block: boolean;
  readonly beacon: boolean;
  readonly state: boolean;
  readonly tipKnowsState: boolean;
  readonly member: boolean;
  readonly signed: boolean;
}
const poolIn = (s: Situation) => {
  const tip = proposalOf(OTHER, 0, 13, {
    block: { context: { certifiedHeight: s.tipKnowsState ? 10 : 9, registryVersion: 1, time: 1n } },
  });
  return poolOf({
    ...answersFrom({ validated: s.signed ? [share] : [] }),
    catchUpPackageShares: () => (s.signed ? [share] : []),
    thresholdCommittee: () => new Set(s.member ? NODES : [OTHER]),
    finalizedHeight: () => 13,
    beaconHash: () => (s.beacon ? content.beacon : undefined),
    finalizedBlock: (h) => {
      const found = h === 13 ? tip : SUMMARY;
      return h === 10 && !s.block ? undefined : { hash: found.hash, block: found.block, maker: OTHER };
    },
  });
};

describe("catch-up package maker", () => {
  test("signs exactly when everything is here and nothing was signed (K1–K4)", () => {
    for (let bits = 0; bits < 64; bits++) {
      const [block, beacon, state, tipKnowsState, member, signed] = [1, 2, 4, 8, 16, 32].map(
        (b) => (bits & b) !== 0,
      );
      const s = { block, beacon, state, tipKnowsState, member, signed } as Situation;
      const verdict = judge(poolIn(s), ME, 10, { checkpointAt: () => (s.state ? STATE : undefined) });
      const may = s.block && s.beacon && s.state && s.tipKnowsState && s.member && !s.signed;
      expect(verdict.act, JSON.stringify(s)).toBe(may);
      if (verdict.act) expect(verdict.content).toEqual(content);
    }
  });

  test("looks at the highest finalized summary that has no package", () => {
    const at = (finalized: number, catchUp: number) =>
      lastSummary(poolOf({ finalizedHeight: () => finalized, catchUpHeight: () => catchUp }), SUBNET);
    expect([at(9, 0), at(10, 0), at(19, 0), at(19, 10), at(20, 10), at(35, 10)]).toEqual([
      undefined,
      10,
      10,
      undefined,
      20,
      30,
    ]);
    const none = poolOf({ finalizedHeight: () => 9, catchUpHeight: () => 0 });
    expect(makeCatchUpPackageShare(viewOf(none, { subnet: SUBNET }))).toEqual({ changes: [], waits: [] });
  });
});

describe("a package from a peer", () => {
  const view = viewOf(poolOf({}), { subnet: SUBNET });

  test("is valid with the subnet's signature over this very block, beacon and state (V8)", () => {
    expect(judgeCatchUp(view, signed())).toEqual({ kind: "valid" });
    for (const over of [
      { state: "5f".repeat(32) },
      { block: "01".repeat(32) },
      { beacon: "02".repeat(32) },
      { height: 20 },
    ]) {
      expect(judgeCatchUp(view, signed(over))).toEqual({ kind: "invalid", because: "bad-signature" });
    }
    const odd = catchUpPackage(proposalOf(OTHER, 0, 11).block, beacon, STATE, signature);
    expect(judgeCatchUp(view, odd)).toEqual({ kind: "invalid", because: "not-a-summary-height" });
  });

  test("may be of any height, but there are two at most of each peer", () => {
    const far = (height: number) => {
      const high = { ...beacon, content: { ...beacon.content, height } };
      return catchUpPackage(proposalOf(OTHER, 0, height).block, high, STATE, signature);
    };
    const arrival = (held: readonly ConsensusArtifact[]) =>
      judgeArrival(
        poolOf({
          ...answersFrom({ unvalidated: held.map((a) => [a, OTHER] as const) }),
          thresholdCommittee: () => new Set(NODES),
          has: () => false,
          catchUpHeight: () => 10,
        }),
        encoded(far(90_000)),
        OTHER,
      );
    expect(arrival([])).toBeUndefined();
    expect(arrival([far(20)])).toBeUndefined();
    expect(arrival([far(20), far(30)])).toBe("too-many-from-this-peer");
  });
});

test("the pool leaps: what the package brings is final, and a restored pool knows the same (P5)", () => {
  const genesis = { subnet: "5b", registryVersion: 1, startedAt: 100 };
  const pool = createConsensusPool(genesis);
  pool.apply([{ kind: "add-to-validated", artifact: signed() }], 500);
  const next = proposalOf(OTHER, 0, 11, { block: { parent: SUMMARY.hash } });
  const final = { content: { height: 11, block: next.hash }, signers: [], signature } as const;
  for (const artifact of [
    next,
    { kind: "notarization", ...final },
    { kind: "finalization", ...final },
  ] as const)
    pool.apply([{ kind: "add-to-validated", artifact }], 600);
  for (const { reader } of [pool, createConsensusPool(genesis, structuredClone(pool.snapshot()))]) {
    expect([
      reader.finalizedHeight(),
      reader.notarizedHeight(),
      reader.beaconHeight(),
      reader.tapeHeight(),
    ]).toEqual([11, 11, 10, 10]);
    expect(reader.finalizedBlock(10)).toEqual({ hash: SUMMARY.hash, block: SUMMARY.block, maker: undefined });
    expect(reader.finalizedBlock(9)).toBeUndefined();
    expect(reader.beaconHash(10)).toBe(content.beacon);
    expect(reader.chain(9, reader.finalizedBlock(11)!)?.length).toBe(2);
    expect(reader.chain(8, reader.finalizedBlock(11)!)).toBeUndefined();
    expect(reader.roundStart(11)).toBe(500);
  }
});

test("fifty heights below the package stay, and the beacon that ranked the lowest of them; the rest goes (G1)", () => {
  const heights = [8, 9, 10, 11].map((h) => h);
  const validated = heights.flatMap((height): ConsensusArtifact[] => [
    proposalOf(OTHER, 0, height),
    { kind: "random-beacon", content: { height, previous: "" }, signature },
    { kind: "random-tape", content: { height }, signature },
  ]);
  const pool = poolOf({
    ...answersFrom({ validated }),
    catchUpHeight: () => 10 + HEIGHTS_KEPT,
    finalizedHeight: () => 10 + HEIGHTS_KEPT,
    beaconHeight: () => 10 + HEIGHTS_KEPT,
    tapeHeight: () => 10 + HEIGHTS_KEPT,
  });
  const { changes } = purge(pool, { finalized: 10 + HEIGHTS_KEPT });
  expect(changes.map((c) => c.kind === "purge" && [c.of, c.upTo])).toEqual([
    ["block-proposal", 9],
    ["random-tape", 9],
    ["random-beacon", 8],
  ]);
});
