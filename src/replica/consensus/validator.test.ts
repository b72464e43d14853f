/** V1–V6: one rule broken at a time, each with its own word, and the whole order of waiting. */
import { describe, expect, it } from "vitest";
import { encoded, genesisBlock, hashBlock, signedBytes } from "../../types/artifact.ts";
import type { Block, BlockProposal, EquivocationProof, Notarization } from "../../types/consensus.ts";
import { nanosOf, type NodeId } from "../../types/ids.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import type { View } from "./component.ts";
import {
  answersFrom,
  type Contents,
  fakeCrypto,
  nodesOf,
  poolOf,
  proposalOf,
  SUBNET,
  subnetOf,
  viewOf,
} from "./fixtures.ts";
import { judgeBlock, judgeMulti, judgeProof, validate } from "./validator.ts";

const NODES = nodesOf(4);
const [ME, FIRST, SECOND, THIRD] = NODES as [NodeId, NodeId, NodeId, NodeId];
const GENESIS = genesisBlock(SUBNET, 1);
const PARENT = { hash: hashBlock(GENESIS), block: GENESIS, maker: undefined };
const START = 1000;
const PREVIOUS = "11".repeat(32);

const signed = (p: BlockProposal): BlockProposal => ({
  ...p,
  signature: fakeCrypto(p.signer, NODES).sign(signedBytes.proposal(p.block.height, p.hash, SUBNET)),
});
const propose = (signer = FIRST, rank = 0, block: Partial<Block> = {}, salt = 0): BlockProposal =>
  signed(proposalOf(signer, rank, 1, { salt, block: { parent: PARENT.hash, ...block } }));

const poolWith = (contents: Contents, over: Partial<PoolReader> = {}) => {
  const answers = answersFrom(contents);
  return poolOf({
    ...answers,
    finalizedHeight: () => 0,
    notarizedHeight: () => 0,
    beaconHeight: () => 0,
    tapeHeight: () => 0,
    beaconHash: (h) => (h === 0 ? PREVIOUS : undefined),
    blockMakers: (h) => (h === 1 ? [FIRST, SECOND] : undefined),
    notaryCommittee: (h) => (h === 1 ? new Set(NODES) : undefined),
    thresholdCommittee: () => new Set(NODES),
    notarizedBlocks: (h) => (h === 0 ? [PARENT] : []),
    roundStart: (h) => (h === 1 ? START : undefined),
    chain: (above, tip) => (tip.block.height > above ? [tip] : []),
    ...over,
  });
};
const viewWith = (contents: Contents, over: Partial<View> = {}, pool: Partial<PoolReader> = {}): View =>
  viewOf(poolWith(contents, pool), { me: ME, now: START, ...over });
const judge = (
  p: BlockProposal,
  over: Partial<View> = {},
  contents: Contents = {},
  pool: Partial<PoolReader> = {},
) => judgeBlock(viewWith(contents, over, pool), p);

const payloads = (kind: "invalid" | "wait") => ({
  build: () => ({ ingress: [] }),
  validate: () => ({ kind, because: "the test says so" }),
});
const certifiedAt = (height: number) => ({
  ...viewWith({}).states,
  latestCertifiedHeight: () => height,
});

describe("a block", () => {
  it("is valid when nothing is wrong with it (V1)", () => {
    expect(judge(propose())).toEqual({ kind: "valid" });
  });

  const broken: [string, ReturnType<typeof judge>, object][] = [
    [
      "of another subnet",
      judge({ ...propose(), subnet: "aa" }),
      { kind: "invalid", because: "wrong-subnet" },
    ],
    ["by nobody's turn", judge(propose(THIRD)), { kind: "invalid", because: "not-a-block-maker" }],
    ["of a rank not its maker's", judge(propose(FIRST, 1)), { kind: "invalid", because: "wrong-rank" }],
    ["of a rank below its maker's", judge(propose(SECOND, 0)), { kind: "invalid", because: "wrong-rank" }],
    [
      "with another's signature",
      judge({ ...propose(), signature: propose(SECOND, 1).signature }),
      { kind: "invalid", because: "bad-signature" },
    ],
    [
      "whose time stands still",
      judge(propose(FIRST, 0, { context: { certifiedHeight: 0, registryVersion: 1, time: 0n } })),
      { kind: "invalid", because: "context-not-increasing" },
    ],
    [
      "whose registry falls back",
      judge(propose(FIRST, 0, { context: { certifiedHeight: 0, registryVersion: 0, time: 1n } })),
      { kind: "invalid", because: "context-not-increasing" },
    ],
    [
      "with a bad payload",
      judge(propose(), { payloads: payloads("invalid") }),
      { kind: "invalid", because: "invalid-payload", details: "the test says so" },
    ],
    [
      "with an unknown parent",
      judge(propose(FIRST, 0, { parent: "77".repeat(32) })),
      { kind: "wait", because: "parent-not-notarized" },
    ],
    [
      "before its beacon",
      judge(propose(), {}, {}, { blockMakers: () => undefined }),
      { kind: "wait", because: "previous-beacon-missing" },
    ],
    [
      "with a state not seen here",
      judge(propose(FIRST, 0, { context: { certifiedHeight: 1, registryVersion: 1, time: 1n } })),
      { kind: "wait", because: "certified-state-not-reached" },
    ],
    [
      "with a registry not seen here",
      judge(propose(FIRST, 0, { context: { certifiedHeight: 0, registryVersion: 2, time: 1n } })),
      { kind: "wait", because: "registry-version-not-reached" },
    ],
    [
      "from the future",
      judge(
        propose(FIRST, 0, { context: { certifiedHeight: 0, registryVersion: 1, time: nanosOf(START) + 1n } }),
      ),
      { kind: "wait", because: "block-time-in-the-future", until: START + 1 },
    ],
    [
      "with a payload nobody can judge yet",
      judge(propose(), { payloads: payloads("wait") }),
      { kind: "wait", because: "payload-not-judgeable" },
    ],
    [
      "of a worse rank, too early",
      judge(propose(SECOND, 1)),
      { kind: "wait", because: "not-this-ranks-turn", until: START + 1000 },
    ],
  ];
  for (const [what, verdict, expected] of broken) {
    it(`${what} is refused with its own word`, () => expect(verdict).toEqual(expected));
  }

  it("with a state seen here is not held back", () => {
    const p = propose(FIRST, 0, { context: { certifiedHeight: 1, registryVersion: 1, time: 1n } });
    expect(judge(p, { states: certifiedAt(1) })).toEqual({ kind: "valid" });
  });

  it("of a worse rank is valid in time, and waits while a better one is here (V6)", () => {
    const late = { now: START + 1000 };
    const worse = propose(SECOND, 1);
    expect(judge(worse, late)).toEqual({ kind: "valid" });
    expect(judge(worse, late, { validated: [propose()] })).toEqual({
      kind: "wait",
      because: "better-rank-validated",
    });
    const proof = proofOf(propose(), propose(FIRST, 0, {}, 1));
    expect(judge(worse, late, { validated: [propose(), proof] })).toEqual({ kind: "valid" });
  });
});

const proofOf = (a: BlockProposal, b: BlockProposal): EquivocationProof => ({
  kind: "equivocation-proof",
  height: 1,
  signer: a.signer,
  first: { hash: a.hash, signature: a.signature },
  second: { hash: b.hash, signature: b.signature },
});

describe("two blocks of one maker (V3)", () => {
  const one = propose();
  const two = propose(FIRST, 0, {}, 1);

  it("become a proof, and neither is added", () => {
    const { changes } = validate(viewWith({ validated: [one], unvalidated: [[two, FIRST]] }));
    expect(changes).toEqual([{ kind: "add-to-validated", artifact: proofOf(one, two) }]);
  });

  it("need the second signature to be the maker's own", () => {
    const framed = { ...two, signature: new Uint8Array(32) };
    const { changes } = validate(viewWith({ validated: [one], unvalidated: [[framed, THIRD]] }));
    expect(changes).toEqual([{ kind: "handle-invalid", id: encoded(framed).id, because: "bad-signature" }]);
  });

  it("are proven once: afterwards the maker is disqualified", () => {
    const contents = { validated: [one, proofOf(one, two)], unvalidated: [[two, FIRST] as const] };
    expect(validate(viewWith(contents)).changes).toEqual([]);
    expect(judge(two, {}, contents)).toEqual({ kind: "wait", because: "maker-disqualified" });
  });

  it("are proven to others by both signatures", () => {
    const view = viewWith({});
    expect(judgeProof(view, proofOf(one, two))).toEqual({ kind: "valid" });
    expect(judgeProof(view, proofOf(one, one))).toEqual({ kind: "invalid", because: "no-equivocation" });
    const half = { ...proofOf(one, two), second: { hash: two.hash, signature: one.signature } };
    expect(judgeProof(view, half)).toEqual({ kind: "invalid", because: "bad-signature" });
  });

  it("never stand beside each other after one validation turn", () => {
    const { changes } = validate(
      viewWith({
        unvalidated: [
          [one, FIRST],
          [two, FIRST],
        ],
      }),
    );
    expect(changes).toHaveLength(1);
  });
});

const notarization = (p: BlockProposal, signers: readonly NodeId[] = [ME, FIRST, SECOND]): Notarization => {
  const content = { height: 1, block: p.hash };
  const shares = signers.map((s): [NodeId, Uint8Array] => [
    s,
    fakeCrypto(s, NODES).signMulti(signedBytes.notarization(content)),
  ]);
  const signature = fakeCrypto(ME, NODES).combineMulti(new Map(shares))!;
  return { kind: "notarization", content, signers, signature };
};

describe("an aggregate (V4)", () => {
  const judged = (n: Notarization, pool: Partial<PoolReader> = {}) => judgeMulti(viewWith({}, {}, pool), n);
  it("needs 2f + 1 distinct members and their signature", () => {
    const p = propose();
    expect(judged(notarization(p))).toEqual({ kind: "valid" });
    expect(judged(notarization(p, [ME, FIRST]))).toEqual({ kind: "invalid", because: "too-few-signers" });
    expect(judged({ ...notarization(p), signers: [ME, ME, FIRST] })).toEqual({
      kind: "invalid",
      because: "repeated-signer",
    });
    expect(judged({ ...notarization(p), signers: [ME, FIRST, THIRD] })).toEqual({
      kind: "invalid",
      because: "bad-signature",
    });
    const smaller = { notaryCommittee: () => new Set([ME, FIRST, THIRD]) };
    expect(judged(notarization(p), smaller)).toEqual({ kind: "invalid", because: "not-in-committee" });
    expect(judged(notarization(p), { notaryCommittee: () => undefined })).toEqual({
      kind: "wait",
      because: "previous-beacon-missing",
    });
  });
});

describe("a notarized block (V2)", () => {
  const p = propose(SECOND, 1, {
    context: { certifiedHeight: 99, registryVersion: 1, time: nanosOf(10 ** 12) },
  });

  it("is taken with its notarization although payload, context and clock cannot be judged", () => {
    const view = viewWith(
      {
        unvalidated: [
          [p, THIRD],
          [notarization(p), THIRD],
        ],
      },
      { payloads: payloads("invalid") },
    );
    expect(judgeBlock(view, p).kind).toBe("wait");
    expect(validate(view).changes).toEqual([
      { kind: "move-to-validated", id: encoded(p).id },
      { kind: "move-to-validated", id: encoded(notarization(p)).id },
    ]);
  });

  it("is not taken when the notarization is bad, its maker's signature is, or its parent is not notarized", () => {
    const bad = { ...notarization(p), signature: new Uint8Array(32) };
    expect(
      validate(
        viewWith({
          unvalidated: [
            [p, THIRD],
            [bad, THIRD],
          ],
        }),
      ).changes,
    ).toEqual([{ kind: "handle-invalid", id: encoded(bad).id, because: "bad-signature" }]);
    const unsigned = { ...p, signature: new Uint8Array(32) };
    expect(
      validate(
        viewWith({
          unvalidated: [
            [unsigned, THIRD],
            [notarization(p), THIRD],
          ],
        }),
      ).changes,
    ).toEqual([]);
    const orphan = propose(FIRST, 0, { parent: "77".repeat(32) });
    expect(
      validate(
        viewWith({
          unvalidated: [
            [orphan, THIRD],
            [notarization(orphan), THIRD],
          ],
        }),
      ).changes,
    ).toEqual([]);
  });

  it("lets its notarization wait for it", () => {
    const { changes, waits } = validate(viewWith({ unvalidated: [[notarization(p), THIRD]] }));
    expect(changes).toEqual([]);
    expect(waits).toEqual([{ height: 1, because: "block-missing" }]);
  });
});

describe("beacons and tapes", () => {
  const subnet = subnetOf(4);
  const crypto = fakeCrypto(ME, NODES);
  const beacon = (previous: string) => {
    const content = { height: 1, previous };
    const share = crypto.signThreshold("low", signedBytes.randomBeacon(content));
    return { kind: "random-beacon", content, signature: share.slice(0, 32) } as const;
  };

  it("are taken with the right predecessor and signature", () => {
    const good = beacon(PREVIOUS);
    const wrong = beacon("22".repeat(32));
    const forged = { ...good, signature: new Uint8Array(32) };
    const { changes } = validate(
      viewWith(
        {
          unvalidated: [
            [wrong, THIRD],
            [forged, THIRD],
            [good, SECOND],
          ],
        },
        { subnet },
      ),
    );
    expect(changes).toEqual([
      { kind: "handle-invalid", id: encoded(wrong).id, because: "wrong-previous-beacon" },
      { kind: "handle-invalid", id: encoded(forged).id, because: "bad-signature" },
      { kind: "move-to-validated", id: encoded(good).id },
    ]);
  });

  it("a finalization waits for its block to be notarized here, and counts only above the finalized height", () => {
    const p = propose();
    const content = { height: 1, block: p.hash };
    const signers = [ME, FIRST, SECOND];
    const shares = signers.map((s): [NodeId, Uint8Array] => [
      s,
      fakeCrypto(s, NODES).signMulti(signedBytes.finalization(content)),
    ]);
    const signature = crypto.combineMulti(new Map(shares))!;
    const finalization = { kind: "finalization", content, signers, signature } as const;
    const unvalidated = [[finalization, THIRD] as const];
    expect(validate(viewWith({ unvalidated })).waits).toEqual([
      { height: 1, because: "block-not-notarized" },
    ]);
    const known = { hash: p.hash, block: p.block, maker: FIRST };
    const { id } = encoded(finalization);
    expect(validate(viewWith({ unvalidated }, {}, { notarizedBlocks: () => [known] })).changes).toEqual([
      { kind: "move-to-validated", id },
    ]);
    expect(validate(viewWith({ unvalidated }, {}, { finalizedHeight: () => 1 })).changes).toEqual([
      { kind: "remove-from-unvalidated", id, because: "superseded" },
    ]);
  });
});
