/**
 * For tests only: nodes without keys, a pool that answers what a test says, and signatures anybody could forge but no
 * test does by accident. They keep the algebra that matters: shares combine, and a bad share spoils a combination.
 */
import { assert } from "../../base/assert.ts";
import { concat, equalBytes, fromHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { APPLICATION_LIMITS, type Registry, type SubnetRecord } from "../../registry/registry.ts";
import { encoded, type EncodedArtifact, hashBlock } from "../../types/artifact.ts";
import type { Block, BlockProposal, ConsensusArtifact } from "../../types/consensus.ts";
import type { Height, NodeId, Rank } from "../../types/ids.ts";
import type { ReplicaCrypto } from "../interfaces/crypto.ts";
import type { ConsensusKind, OfKind, PoolReader, Unvalidated } from "../interfaces/pool-reader.ts";
import type { View } from "./component.ts";

export const nodesOf = (n: number): NodeId[] =>
  Array.from({ length: n }, (_, i) => `${(i + 1).toString(16).padStart(2, "0")}aa02`);

export const SUBNET = "5b5b02";

export function subnetOf(n: number): SubnetRecord {
  const none = new Uint8Array(0);
  return {
    id: SUBNET,
    type: "application",
    nodes: nodesOf(n).map((id) => ({ id, publicKey: none, multiSigKey: none, multiSigPop: none })),
    lowCoefficients: [],
    highCoefficients: [],
    publicKeyDer: none,
    initialNotaryDelayMs: 300,
    unitDelayMs: 1000,
    maxIngressBytesPerMessage: 2 << 20,
    maxIngressMessagesPerBlock: 1000,
    maxBlockPayloadBytes: 4 << 20,
    queryStatsEpochLength: 600,
    dkgIntervalLength: 499,
    canisterRanges: [],
    limits: APPLICATION_LIMITS,
  };
}

export const registryOf = (subnet: SubnetRecord): Registry => ({
  latestVersion: 1,
  versions: new Map([[1, subnet]]),
});

const digest = (label: string, message: Uint8Array): Uint8Array => sha256(concat(utf8(label), message));
const GARBLED = new Uint8Array(32);

export function fakeCrypto(me: NodeId, nodes: readonly NodeId[]) {
  const share = (label: string, message: Uint8Array, signer: NodeId) =>
    concat(digest(label, message), fromHex(signer));
  const single = (signer: NodeId, message: Uint8Array) => digest(`single ${signer}`, message);
  const sum = (parts: readonly Uint8Array[]): Uint8Array => {
    const out = new Uint8Array(32);
    for (const part of parts) for (let i = 0; i < 32; i++) out[i] = out[i]! ^ (part[i] ?? 0);
    return out;
  };
  return {
    signThreshold: (kind, message) => share(kind, message, me),
    combineThreshold(_kind, shares) {
      const [first, ...rest] = [...shares.values()].map((s) => s.slice(0, 32));
      return first !== undefined && rest.every((r) => equalBytes(r, first)) ? first : GARBLED;
    },
    verifyThreshold: (kind, message, signature) => equalBytes(signature, digest(kind, message)),
    verifyThresholdShare: (kind, message, signer, s) => equalBytes(s, share(kind, message, signer)),
    signMulti: (message) => single(me, message),
    combineMulti: (shares) => sum([...shares.values()]),
    verifyMulti: (message, signers, signature) =>
      signers.every((s) => nodes.includes(s)) &&
      equalBytes(signature, sum(signers.map((s) => single(s, message)))),
    verifyMultiShare: (message, signer, s) => equalBytes(s, single(signer, message)),
    sign: (message) => single(me, message),
    verify: (message, signer, signature) => equalBytes(signature, single(signer, message)),
  } satisfies ReplicaCrypto;
}

/** Of a subnet whose nodes stay. */
const ONE_VERSION: Partial<Record<string | symbol, unknown>> = {
  registryVersion: () => 1,
  recordAt: () => subnetOf(4),
  isKnown: () => true,
};

/** A pool of which a test says exactly what it answers; any other question is an error of the test. */
export function poolOf(answers: Partial<PoolReader>): PoolReader {
  return new Proxy({} as PoolReader, {
    get(_target, name) {
      const answer = answers[name as keyof PoolReader] ?? ONE_VERSION[name];
      assert(answer !== undefined, `the test says what ${String(name)} answers`);
      return answer;
    },
  });
}

export interface Contents {
  readonly validated?: readonly ConsensusArtifact[];
  readonly unvalidated?: readonly (readonly [ConsensusArtifact, NodeId])[];
}

/** The by-kind questions, answered from lists. */
export function answersFrom({ validated = [], unvalidated = [] }: Contents): Partial<PoolReader> {
  const at = <K extends ConsensusKind>(kind: K, height: Height) =>
    validated.filter((a) => a.kind === kind && heightIn(a) === height) as OfKind<K>[];
  return {
    catchUpHeight: () => 0,
    catchUpPackage: () => undefined,
    proposals: (h) => at("block-proposal", h),
    notarizations: (h) => at("notarization", h),
    notarizationShares: (h) => at("notarization-share", h),
    finalizationShares: (h) => at("finalization-share", h),
    equivocationProofs: (h) => at("equivocation-proof", h),
    disqualified: (h, maker) => at("equivocation-proof", h).some((p) => p.signer === maker),
    randomBeacon: (h) => at("random-beacon", h)[0],
    randomBeaconShares: (h) => at("random-beacon-share", h),
    randomTape: (h) => at("random-tape", h)[0],
    randomTapeShares: (h) => at("random-tape-share", h),
    block(h, hash) {
      const found = at("block-proposal", h).find((p) => p.hash === hash);
      return found && { hash, block: found.block, maker: found.signer };
    },
    validatedAt: <K extends ConsensusKind>(kind: K, h: Height) =>
      at(kind, h).map((a) => encoded(a)) as EncodedArtifact<OfKind<K>>[],
    unvalidatedAt: <K extends ConsensusKind>(kind: K, h: Height) =>
      unvalidated
        .filter(([a]) => a.kind === kind && heightIn(a) === h)
        .map(([a, from]) => ({ ...encoded(a), from })) as Unvalidated<OfKind<K>>[],
    heightsWith: (section, kind) => {
      const list = section === "validated" ? validated : unvalidated.map(([a]) => a);
      return [...new Set(list.filter((a) => a.kind === kind).map(heightIn))].sort((a, b) => a - b);
    },
  };
}

const heightIn = (a: ConsensusArtifact): Height =>
  a.kind === "block-proposal" ? a.block.height : "content" in a ? a.content.height : a.height;

/** Distinguishable blocks: `salt` goes into the payload. */
export function proposalOf(
  signer: NodeId,
  rank: Rank,
  height: Height,
  options: { readonly salt?: number; readonly block?: Partial<Block> } = {},
): BlockProposal {
  const block: Block = {
    parent: "00".repeat(32),
    height,
    rank,
    context: { certifiedHeight: 0, registryVersion: 1, time: 1n },
    payload: { ingress: [Uint8Array.of(options.salt ?? 0)] },
    ...options.block,
  };
  const hash = hashBlock(block);
  return {
    kind: "block-proposal",
    block,
    hash,
    subnet: SUBNET,
    signer,
    signature: new Uint8Array(0),
  };
}

/** What a component sees, with answers for what the test leaves out. */
export function viewOf(pool: PoolReader, over: Partial<View> = {}): View {
  const subnet = over.subnet ?? subnetOf(4);
  const nodes = subnet.nodes.map((n) => n.id);
  const me = over.me ?? nodes[0]!;
  return {
    pool,
    me,
    subnet,
    crypto: fakeCrypto(me, nodes),
    states: {
      latestHeight: () => 0,
      latestCertifiedHeight: () => 0,
      stateAt: () => undefined,
      rootAt: () => undefined,
      checkpointAt: () => undefined,
      inHistory: () => false,
    },
    payloads: { build: () => ({ ingress: [] }), validate: () => ({ kind: "valid" }) },
    latestRegistryVersion: 1,
    deliveredHeight: 0,
    now: 0,
    ...over,
  };
}
