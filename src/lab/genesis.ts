/**
 * Genesis by a dealer: one place draws every key, hands each node its own secrets, and forgets the rest.
 *
 *   G1  Nodes are named after their Ed25519 keys and stand in the record in byte order: the position is the index of
 *       their threshold shares.
 *   G2  The subnet is named after its high-threshold key, which is also its root key.
 *   G3  Every multi-signature key in the record comes with a proof of possession that was checked.
 *
 * On mainnet the nodes deal to themselves and nobody ever knows a subnet's key (DIVERGENCES.md).
 * Source: chain-key §1–2; interface C15, A62.
 */
import { assert, defined } from "../base/assert.ts";
import { compareText } from "../base/bytes.ts";
import { type Bls, encodeBlsDer } from "../crypto/bls.ts";
import { deal, type Dealing, secretOf } from "../crypto/bls-threshold.ts";
import { ed25519Der, ed25519PublicKey } from "../crypto/ed25519.ts";
import { scalarFrom } from "../crypto/lagrange.ts";
import {
  APPLICATION_LIMITS,
  DKG_INTERVAL_LENGTH,
  GENESIS_VERSION,
  highThreshold,
  lowThreshold,
  QUERY_STATS_EPOCH_LENGTH,
  type Registry,
  type SubnetRecord,
} from "../registry/registry.ts";
import type { NodeSecrets } from "../shell/node-crypto.ts";
import { canisterIdOf, selfAuthenticating } from "../types/principal.ts";
import type { NetworkSettings } from "./lab.ts";
import { type NodeCount, refusedSize } from "./sizes.ts";

export type GenesisSettings = Pick<NetworkSettings, "notaryDelayMs" | "unitDelayMs"> & {
  readonly nodes: number;
  /** Mainnet's when absent. */
  readonly dkgIntervalLength?: number;
};

export interface Genesis {
  readonly registry: Registry;
  /** In the order of the record's nodes. */
  readonly secrets: readonly NodeSecrets[];
}

/** Where keys come from. The simulations' stand-in is the only other one. */
export interface KeyScheme {
  /** DER, 44 bytes. */
  nodeKey(signingSeed: Uint8Array): Uint8Array;
  /** 96 bytes. */
  blsKey(secret: bigint): Uint8Array;
  provePossession(secret: bigint): Uint8Array;
  verifyPossession(publicKey: Uint8Array, proof: Uint8Array): boolean;
}

/** The real schemes, on this library. */
export const keysOn = (bls: Bls): KeyScheme => ({
  nodeKey: (seed) => ed25519Der(ed25519PublicKey(seed)),
  blsKey: bls.publicKeyOf,
  provePossession: bls.provePossession,
  verifyPossession: bls.verifyPossession,
});

/** `random` gives that many unpredictable bytes; a seeded one gives the same genesis again. */
export function makeGenesis(
  settings: GenesisSettings,
  random: (n: number) => Uint8Array,
  scheme: KeyScheme,
): Genesis {
  const n = settings.nodes;
  const nodes = Array.from({ length: n }, () => drawNode(scheme, random)).sort((a, b) =>
    compareText(a.record.id, b.record.id),
  );
  const low = deal(lowThreshold(n), n, random, scheme.blsKey);
  const high = deal(highThreshold(n), n, random, scheme.blsKey);
  const secrets = withShares(nodes, low, high);
  const publicKeyDer = encodeBlsDer(defined(high.coefficients[0], "a dealing has a constant term"));

  const subnet: SubnetRecord = {
    id: selfAuthenticating(publicKeyDer),
    type: "application",
    nodes: nodes.map((node) => node.record),
    lowCoefficients: low.coefficients,
    highCoefficients: high.coefficients,
    publicKeyDer,
    initialNotaryDelayMs: settings.notaryDelayMs,
    unitDelayMs: settings.unitDelayMs,
    maxIngressBytesPerMessage: 2 * 1024 * 1024,
    maxIngressMessagesPerBlock: 1000,
    maxBlockPayloadBytes: 4 * 1024 * 1024,
    queryStatsEpochLength: QUERY_STATS_EPOCH_LENGTH,
    dkgIntervalLength: settings.dkgIntervalLength ?? DKG_INTERVAL_LENGTH,
    canisterRanges: [{ start: canisterIdOf(0n), end: canisterIdOf(0xfffffn) }],
    limits: APPLICATION_LIMITS,
  };
  const versions = new Map([[GENESIS_VERSION, subnet]]);
  return { registry: { latestVersion: GENESIS_VERSION, versions }, secrets };
}

export interface Members {
  readonly subnet: SubnetRecord;
  /** In the order of the record's nodes. */
  readonly secrets: readonly NodeSecrets[];
}

/**
 * The next registry version's nodes, and new shares of the same two keys for all of them, of the new size's thresholds.
 * Growing, it draws newcomers; shrinking, those at the end of the record go.
 *
 *   G4  The public keys do not change.
 *
 * A dealer does it, to whom the nodes tell their shares, and who knows the keys for that moment; on mainnet the nodes
 * reshare among themselves (DIVERGENCES.md).
 */
export function dealAgain(
  { subnet, secrets }: Members,
  size: NodeCount,
  random: (n: number) => Uint8Array,
  scheme: KeyScheme,
): Members {
  assert(refusedSize(size) === undefined, refusedSize(size) ?? "");
  const stay = subnet.nodes.slice(0, size).map((record, i) => ({ record, secrets: secrets[i]! }));
  const come = Array.from({ length: size - stay.length }, () => drawNode(scheme, random));
  const nodes = [...stay, ...come].sort((a, b) => compareText(a.record.id, b.record.id));
  const key = (share: "lowShare" | "highShare", threshold: number): bigint =>
    secretOf(new Map(secrets.slice(0, threshold).map((s, i) => [i, s[share]])));
  const before = subnet.nodes.length;
  const lowKey = key("lowShare", lowThreshold(before));
  const highKey = key("highShare", highThreshold(before));
  const low = deal(lowThreshold(size), size, random, scheme.blsKey, lowKey);
  const high = deal(highThreshold(size), size, random, scheme.blsKey, highKey);
  return {
    subnet: {
      ...subnet,
      nodes: nodes.map(({ record }) => record),
      lowCoefficients: low.coefficients,
      highCoefficients: high.coefficients,
    },
    secrets: withShares(nodes, low, high),
  };
}

const withShares = (
  nodes: readonly { readonly secrets: Omit<NodeSecrets, "lowShare" | "highShare"> }[],
  low: Dealing,
  high: Dealing,
): NodeSecrets[] =>
  nodes.map((node, i) => ({
    ...node.secrets,
    lowShare: defined(low.shares[i], "every node has a share"),
    highShare: defined(high.shares[i], "every node has a share"),
  }));

function drawNode(scheme: KeyScheme, random: (n: number) => Uint8Array) {
  const signingSeed = random(32);
  const multiSigSecret = scalarFrom(random(48));
  const publicKey = scheme.nodeKey(signingSeed);
  const multiSigKey = scheme.blsKey(multiSigSecret);
  const multiSigPop = scheme.provePossession(multiSigSecret);
  assert(scheme.verifyPossession(multiSigKey, multiSigPop), "a node proves that it holds its key");
  const id = selfAuthenticating(publicKey);
  return {
    record: { id, publicKey, multiSigKey, multiSigPop },
    secrets: { node: id, signingSeed, multiSigSecret },
  };
}
