/** S1–S5 and U1–U3 against a pool with a chain in it, message by message. */
import { describe, expect, it } from "vitest";
import { encodeCbor } from "../../codec/cbor.ts";
import { encoded, genesisBlock, hashBlock } from "../../types/artifact.ts";
import type { BlockProposal, Certification, ConsensusArtifact } from "../../types/consensus.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import type { GossipStatus } from "../interfaces/gossip-readers.ts";
import type { PoolReader } from "../interfaces/pool-reader.ts";
import { createConsensusPool } from "../pools/consensus-pool.ts";
import { HEIGHTS_MAX } from "./catch-up.ts";
import { createGossip, type GossipSnapshot } from "./gossip.ts";
import { decodeMessage, encodeArtifacts, encodeStatus, MESSAGE_BYTES_MAX, readMessage } from "./wire.ts";

const [ME, A, B] = ["01", "02", "03"] as [NodeId, NodeId, NodeId];
const SUBNET = "5b";
const signature = new Uint8Array(48);

/** A finalized chain up to a height, with payloads of a size, and one open height above it. */
function chainOf(top: Height, payloadBytes = 1): ConsensusArtifact[] {
  const artifacts: ConsensusArtifact[] = [];
  let parent = hashBlock(genesisBlock(SUBNET, 1));
  for (let height = 1; height <= top + 1; height++) {
    const context = { certifiedHeight: 0, registryVersion: 1, time: BigInt(height) };
    const payload = { ingress: [new Uint8Array(payloadBytes)] };
    const block = { parent, height, rank: 0, context, payload };
    const proposal: BlockProposal = {
      kind: "block-proposal",
      block,
      hash: hashBlock(block),
      subnet: SUBNET,
      signer: A,
      signature,
    };
    parent = proposal.hash;
    const content = { height, block: proposal.hash };
    artifacts.push(proposal);
    if (height > top) {
      for (const signer of [ME, B])
        artifacts.push({ kind: "notarization-share", content, signer, signature });
      break;
    }
    artifacts.push({ kind: "notarization", content, signers: [A], signature });
    artifacts.push({ kind: "finalization", content, signers: [A], signature });
    artifacts.push({
      kind: "random-beacon",
      content: { height, previous: "00".repeat(32) },
      signature,
    });
    artifacts.push({ kind: "random-tape", content: { height }, signature });
  }
  return artifacts;
}

function nodeWith(artifacts: readonly ConsensusArtifact[], pending = 0, from?: GossipSnapshot) {
  const store = createConsensusPool({ subnet: SUBNET, registryVersion: 1, startedAt: 0 });
  const add = (more: readonly ConsensusArtifact[]) =>
    store.apply(
      more.map((artifact) => ({ kind: "add-to-validated", artifact })),
      0,
    );
  add(artifacts);
  const certification = (height: Height) =>
    encoded<Certification>({ kind: "certification", height, root: "ab".repeat(32), signature });
  const gossip = createGossip(
    {
      me: ME,
      peers: () => [A, B],
      pool: store.reader as PoolReader,
      certifications: {
        certification: (h) => (h <= store.reader.finalizedHeight() ? certification(h) : undefined),
        ownShare: () => undefined,
      },
      ingress: {
        ownPending: () =>
          Array.from({ length: pending }, (_, i) => encoded({ kind: "ingress", bytes: Uint8Array.of(i) })),
      },
      states: {
        latestHeight: () => store.reader.finalizedHeight(),
        latestCertifiedHeight: () => store.reader.finalizedHeight(),
        stateAt: () => undefined,
        rootAt: () => undefined,
        checkpointAt: () => undefined,
        inHistory: () => undefined,
      },
      read: readMessage,
    },
    from,
  );
  return { gossip, add };
}

const at = (height: Height, over: Partial<GossipStatus> = {}): GossipStatus => ({
  finalized: height,
  notarized: height,
  beacon: height,
  tape: height,
  certified: height,
  executed: height,
  catchUp: 0,
  ...over,
});
const named = (bytes: Uint8Array): string[] => {
  const message = decodeMessage(bytes);
  if (!message.ok || message.value.kind !== "artifacts") return [];
  const heard = nodeWith([]).gossip.receive(A, bytes, 0);
  expect(heard.refusals).toEqual([]);
  return heard.artifacts.map(({ artifact: a }) => {
    if (a.kind === "ingress") return "ingress";
    return `${a.kind} ${a.kind === "block-proposal" ? a.block.height : "content" in a ? a.content.height : a.height}`;
  });
};

describe("announcing (S1)", () => {
  it("sends the same bytes to every peer, once", () => {
    const { gossip } = nodeWith([]);
    const tape = encoded({ kind: "random-tape", content: { height: 1 }, signature });
    const sends = gossip.announce([tape]);
    expect(sends.map((s) => s.to)).toEqual([A, B]);
    expect(sends[0]!.bytes).toBe(sends[1]!.bytes);
    expect(named(sends[0]!.bytes)).toEqual(["random-tape 1"]);
    expect(gossip.announce([])).toEqual([]);
  });

  it("splits what would be too large to be read", () => {
    const large = [1, 2, 3].map((i) =>
      encoded({ kind: "ingress", bytes: new Uint8Array(3 << 20).fill(i) } as const),
    );
    const sends = nodeWith([]).gossip.announce(large);
    expect(sends.length).toBe(6);
    for (const { bytes } of sends) expect(decodeMessage(bytes).ok).toBe(true);
  });
});

describe("helping (S2, S3)", () => {
  it("a peer that is far behind at once: the lowest heights, everything it needs of each (U1)", () => {
    const { gossip } = nodeWith(chainOf(40));
    const { sends } = gossip.receive(A, encodeStatus(at(5)), 1000);
    expect(sends.map((s) => s.to)).toEqual([A]);
    const got = named(sends[0]!.bytes);
    for (const kind of ["random-beacon", "block-proposal", "notarization", "finalization", "random-tape"]) {
      const heights = got.filter((n) => n.startsWith(`${kind} `)).map((n) => Number(n.split(" ")[1]));
      expect(heights, kind).toEqual(Array.from({ length: HEIGHTS_MAX }, (_, i) => 6 + i));
    }
  });

  it("a peer that is as far as it, only when it says the same half a second later, with own shares alone (U3)", () => {
    const { gossip } = nodeWith(chainOf(8));
    expect(gossip.receive(A, encodeStatus(at(8)), 1000).sends).toEqual([]);
    expect(gossip.receive(A, encodeStatus(at(8)), 1400).sends).toEqual([]);
    const { sends } = gossip.receive(A, encodeStatus(at(8)), 1500);
    expect(named(sends[0]!.bytes)).toEqual(["block-proposal 9", "notarization-share 9"]);
  });

  it("nobody for what latency explains", () => {
    const { gossip } = nodeWith(chainOf(8));
    expect(gossip.receive(A, encodeStatus(at(7)), 1000).sends).toEqual([]);
    expect(gossip.receive(B, encodeStatus(at(6)), 1000).sends).toEqual([]);
    expect(gossip.receive(B, encodeStatus(at(5)), 1001).sends).toHaveLength(1);
  });

  it("the same peer in the same state only now and then, and at once when it moved on", () => {
    const { gossip } = nodeWith(chainOf(40));
    const ask = (height: Height, now: number) =>
      gossip.receive(A, encodeStatus(at(height)), now).sends.length;
    expect(ask(5, 1000)).toBe(1);
    for (const now of [1001, 1100, 1399]) expect(ask(5, now)).toBe(0);
    expect(ask(5, 1400)).toBe(1);
    expect(ask(12, 1401)).toBe(1);
  });

  it("in bounded messages, yet always with something (U2)", () => {
    const { gossip } = nodeWith(chainOf(20, 200_000));
    const { sends } = gossip.receive(A, encodeStatus(at(2)), 1000);
    expect(sends).toHaveLength(1);
    expect(sends[0]!.bytes.length).toBeLessThan(512 * 1024);
    const huge = nodeWith(chainOf(20, 3_000_000));
    const answer = huge.gossip.receive(A, encodeStatus(at(2, { beacon: 20 })), 1000).sends;
    expect(named(answer[0]!.bytes)).toEqual(["block-proposal 3"]);
  });

  it("with the newest certification it can use, not one for each height between", () => {
    const { gossip } = nodeWith(chainOf(40));
    const got = named(gossip.receive(A, encodeStatus(at(36, { certified: 2 })), 1000).sends[0]!.bytes);
    expect(got).toContain("certification 36");
    expect(got).not.toContain("certification 37");
  });
});

describe("asking", () => {
  it("tells everybody how far it is, now and then", () => {
    const { gossip } = nodeWith(chainOf(8));
    expect(gossip.tick(1000).map((s) => s.to)).toEqual([A, B]);
    expect(gossip.tick(1999)).toEqual([]);
    expect(gossip.nextWake(1500)).toBe(2000);
    expect(gossip.tick(2000)).toHaveLength(2);
  });

  it("asks one peer, the furthest ahead, again when half an answer is used or time has passed (S4)", () => {
    const chain = chainOf(20);
    const { gossip, add } = nodeWith(chain.slice(0, 5 * 2));
    gossip.tick(1000);
    gossip.receive(A, encodeStatus(at(10)), 1001);
    gossip.receive(B, encodeStatus(at(20)), 1001);
    expect(gossip.tick(1002).map((s) => s.to)).toEqual([B]);
    expect(gossip.tick(1003)).toEqual([]);
    add(chain.slice(10, 5 * 4));
    expect(gossip.tick(1004)).toEqual([]);
    add(chain.slice(20, 5 * 7));
    expect(gossip.tick(1005).map((s) => s.to)).toEqual([B]);
    expect(gossip.tick(1006)).toEqual([]);
    expect(gossip.nextWake(1006)).toBe(1205);
    expect(gossip.tick(1205).map((s) => s.to)).toEqual([B]);
  });

  it("offers a user's message again when no block took it", () => {
    const { gossip } = nodeWith([], 2);
    const offered = (now: number) => gossip.tick(now).flatMap((s) => named(s.bytes));
    expect(offered(1000)).toEqual([]);
    expect(offered(2000)).toEqual([]);
    expect(offered(3000)).toEqual(["ingress", "ingress", "ingress", "ingress"]);
  });

  it("has nothing to say alone", () => {
    const gossip = createGossip({ ...({} as Parameters<typeof createGossip>[0]), peers: () => [] });
    expect(gossip.nextWake(5)).toBeUndefined();
    expect(gossip.announce([encoded({ kind: "ingress", bytes: new Uint8Array(1) })])).toEqual([]);
  });
});

describe("hearing (S5)", () => {
  const { gossip } = nodeWith([]);
  const heard = (bytes: Uint8Array) => gossip.receive(A, bytes, 0);
  it("says what is wrong with bytes, and keeps what is right beside them", () => {
    const tape = encoded({ kind: "random-tape", content: { height: 1 }, signature });
    const mixed = heard(encodeCbor({ artifacts: [Uint8Array.of(0xff), tape.bytes] }));
    expect(mixed.artifacts).toEqual([tape]);
    expect(mixed.refusals).toHaveLength(1);
    const wrong: [Parameters<typeof encodeCbor>[0], string][] = [
      [[], "message: not a map with one key"],
      [{ artifacts: [], status: [] }, "message: not a map with one key"],
      [{ hello: 1 }, 'message: none of "artifacts", "status", "want" and "parts"'],
      [{ artifacts: ["x"] }, "message: an artifact is not a byte string"],
      [{ want: ["x"] }, "message: what is wanted is not a list of hashes"],
      [{ want: [new Uint8Array(31)] }, "message: what is wanted is not a list of hashes"],
      [{ parts: [1] }, "message: a part is not a byte string"],
      [{ status: [1, 2, 3] }, "message: status is not seven heights"],
      [{ status: [1, 2, 3, 4, 5, 6, -7] }, "message: status is not seven heights"],
    ];
    for (const [value, because] of wrong) expect(heard(encodeCbor(value)).refusals).toEqual([because]);
    expect(heard(Uint8Array.of(1, 2)).refusals).toHaveLength(1);
    expect(heard(new Uint8Array(MESSAGE_BYTES_MAX + 1)).refusals).toEqual([
      `message: ${MESSAGE_BYTES_MAX + 1} bytes are too many`,
    ]);
  });

  it("reads its own words", () => {
    const s = at(3, { certified: 1 });
    expect(decodeMessage(encodeStatus(s))).toEqual({ ok: true, value: { kind: "status", status: s } });
    expect(decodeMessage(encodeArtifacts([]))).toEqual({
      ok: true,
      value: { kind: "artifacts", artifacts: [] },
    });
  });
});

it("a snapshot keeps timers, peers and answers", () => {
  const chain = chainOf(20);
  const { gossip } = nodeWith(chain);
  gossip.tick(1000);
  gossip.receive(A, encodeStatus(at(5)), 1001);
  const back = nodeWith(chain, 0, structuredClone(gossip.snapshot())).gossip;
  expect(back.snapshot()).toEqual(gossip.snapshot());
  expect(back.nextWake(1002)).toBe(gossip.nextWake(1002));
  expect(back.receive(A, encodeStatus(at(5)), 1100).sends).toEqual([]);
});
