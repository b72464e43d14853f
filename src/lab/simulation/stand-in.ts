/**
 * A stand-in for the signature schemes, for simulations of thousands of heights: the same Shamir and Lagrange algebra,
 * but over plain scalars instead of curve points. A "public key" is its secret, so anyone can forge; in exchange an
 * operation takes microseconds. Lengths and record shapes are the real scheme's.
 *
 *   signature = secret · H(message) mod r, in 48 bytes; multi-signatures add up; shares interpolate at zero.
 *   node signature = SHA-256(public key ‖ message), in 64 bytes.
 *
 * A test keeps it out of shell and page (tests/layers.test.ts).
 */
import { assert, defined } from "../../base/assert.ts";
import { BoundedCache } from "../../base/bounded-cache.ts";
import { concat, equalBytes, toHex, utf8 } from "../../base/bytes.ts";
import { ed25519Der } from "../../crypto/ed25519.ts";
import { sha256 } from "../../crypto/hash.ts";
import {
  bigintOf,
  evaluateAt,
  GROUP_ORDER,
  invert,
  lagrangeAtZero,
  reduce,
  scalarBytes,
} from "../../crypto/lagrange.ts";
import { highThreshold, lowThreshold, subnetAt, type SubnetRecord } from "../../registry/registry.ts";
import type { ReplicaCrypto, ThresholdKind } from "../../replica/interfaces/crypto.ts";
import type { NodeSecrets } from "../../shell/node-crypto.ts";
import type { NodeId } from "../../types/ids.ts";
import { type Genesis, type GenesisSettings, type KeyScheme, makeGenesis } from "../genesis.ts";

const padded = (length: number, bytes: Uint8Array): Uint8Array =>
  concat(new Uint8Array(length - bytes.length), bytes);
const keyOf = (secret: bigint): Uint8Array => padded(96, scalarBytes(secret));
const signature = (scalar: bigint): Uint8Array => padded(48, scalarBytes(scalar));

/** The scalar of a signature, or undefined when these are not 48 bytes of one. */
function scalarOf(bytes: Uint8Array): bigint | undefined {
  const scalar = bytes.length === 48 ? bigintOf(bytes) : GROUP_ORDER;
  return scalar < GROUP_ORDER ? scalar : undefined;
}

const HASHES = new BoundedCache<bigint>(1024);
const hashed = (suite: string, message: Uint8Array): bigint =>
  HASHES.get(`${suite} ${toHex(message)}`, () => reduce(bigintOf(sha256(concat(utf8(suite), message)))));

const sign = (suite: string, secret: bigint, message: Uint8Array): Uint8Array =>
  signature(reduce(secret * hashed(suite, message)));

const nodeSignature = (publicKeyDer: Uint8Array, message: Uint8Array): Uint8Array =>
  padded(64, sha256(concat(publicKeyDer, message)));

export const STAND_IN: KeyScheme = {
  nodeKey: (seed) => ed25519Der(sha256(seed)),
  blsKey: keyOf,
  provePossession: (secret) => sign("possession", secret, keyOf(secret)),
  verifyPossession: (key, proof) => equalBytes(proof, sign("possession", bigintOf(key), key)),
};

/** `cryptos` in the order of the record's nodes. */
export function makeStandInGenesis(
  settings: GenesisSettings,
  random: (n: number) => Uint8Array,
): Genesis & { readonly cryptos: readonly ReplicaCrypto[] } {
  const genesis = makeGenesis(settings, random, STAND_IN);
  const subnet = subnetAt(genesis.registry, genesis.registry.latestVersion);
  return { ...genesis, cryptos: genesis.secrets.map((s) => createStandInCrypto(s, subnet)) };
}

export function createStandInCrypto(secrets: NodeSecrets, subnet: SubnetRecord) {
  const n = subnet.nodes.length;
  const indices = new Map(subnet.nodes.map((node, i) => [node.id, i]));
  const recordOf = (id: NodeId) => subnet.nodes[indices.get(id) ?? n];
  const multiSigKeys = new Map(subnet.nodes.map(({ id, multiSigKey }) => [id, bigintOf(multiSigKey)]));
  const thresholds = { low: lowThreshold(n), high: highThreshold(n) };
  const polynomials = {
    low: subnet.lowCoefficients.map(bigintOf),
    high: subnet.highCoefficients.map(bigintOf),
  };
  const constant = (kind: ThresholdKind): bigint =>
    defined(polynomials[kind][0], "a polynomial has a constant term");
  const weightsOf = new BoundedCache<readonly bigint[]>(256);

  return {
    signThreshold: (kind, message) =>
      sign("threshold", kind === "low" ? secrets.lowShare : secrets.highShare, message),

    combineThreshold(kind, shares) {
      const byIndex: { index: number; share: bigint }[] = [];
      for (const [signer, bytes] of shares) {
        const index = indices.get(signer);
        const share = scalarOf(bytes);
        if (index === undefined) continue;
        if (share === undefined) return undefined;
        byIndex.push({ index, share });
      }
      if (byIndex.length < thresholds[kind]) return undefined;
      byIndex.sort((a, b) => a.index - b.index).length = thresholds[kind];
      const chosen = byIndex.map((s) => s.index);
      const weights = weightsOf.get(chosen.join(), () => weightsAtZero(chosen));
      return signature(reduce(byIndex.reduce((sum, s, k) => sum + weights[k]! * s.share, 0n)));
    },

    verifyThreshold: (kind, message, bytes) => equalBytes(bytes, sign("threshold", constant(kind), message)),

    verifyThresholdShare(kind, message, signer, share) {
      const index = indices.get(signer);
      if (index === undefined) return false;
      return equalBytes(share, sign("threshold", evaluateAt(polynomials[kind], index), message));
    },

    signMulti: (message) => sign("multi", secrets.multiSigSecret, message),

    combineMulti(shares) {
      let sum = 0n;
      for (const bytes of shares.values()) {
        const share = scalarOf(bytes);
        if (share === undefined) return undefined;
        sum += share;
      }
      return signature(reduce(sum));
    },

    verifyMulti(message, signers, bytes) {
      if (signers.length === 0 || new Set(signers).size !== signers.length) return false;
      let key = 0n;
      for (const id of signers) {
        const its = multiSigKeys.get(id);
        if (its === undefined) return false;
        key += its;
      }
      return equalBytes(bytes, sign("multi", reduce(key), message));
    },

    verifyMultiShare(message, signer, share) {
      const key = multiSigKeys.get(signer);
      return key !== undefined && equalBytes(share, sign("multi", key, message));
    },

    sign: (message) => nodeSignature(STAND_IN.nodeKey(secrets.signingSeed), message),
    verify(message, signer, bytes) {
      const record = recordOf(signer);
      return record !== undefined && equalBytes(bytes, nodeSignature(record.publicKey, message));
    },
  } satisfies ReplicaCrypto;
}

function weightsAtZero(indices: readonly number[]): bigint[] {
  const { weights, denominator } = lagrangeAtZero(indices);
  assert(denominator > 0n, "weights share a positive denominator");
  const inverse = invert(denominator);
  return weights.map((w) => reduce(w * inverse));
}
