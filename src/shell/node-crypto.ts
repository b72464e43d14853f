/**
 * A node's own keys at work: `ReplicaCrypto` over the real schemes.
 *
 * What follows from the registry alone (decoded keys, share keys, keys of signer sets, verdicts on signatures) is kept
 * beside the record, so that nodes which live in one thread and hold one record compute it once between them.
 *
 * Source: chain-key §1, §1.4, §2.
 */
import { defined } from "../base/assert.ts";
import { BoundedCache } from "../base/bounded-cache.ts";
import { toHex } from "../base/bytes.ts";
import type { Bls, PublicKey, Suite } from "../crypto/bls.ts";
import { combineShares, sharePublicKey } from "../crypto/bls-threshold.ts";
import { ED25519_DER_PREFIX, ed25519Sign, ed25519Verify } from "../crypto/ed25519.ts";
import { highThreshold, lowThreshold, type SubnetRecord } from "../registry/registry.ts";
import type { ReplicaCrypto, ThresholdKind } from "../replica/interfaces/crypto.ts";
import type { NodeId } from "../types/ids.ts";

/** All that one node knows and no other does. Plain data: it travels once, into the node's worker. */
export interface NodeSecrets extends ThresholdShares {
  readonly node: NodeId;
  /** Ed25519, 32 bytes. */
  readonly signingSeed: Uint8Array;
  /** A scalar of BLS12-381. */
  readonly multiSigSecret: bigint;
}

/** Of one registry version. Scalars of BLS12-381. */
export interface ThresholdShares {
  readonly lowShare: bigint;
  readonly highShare: bigint;
}

/** Where the record does not know the node, it can judge what others sign, and its own shares are nobody's. */
export function createNodeCrypto(secrets: NodeSecrets, subnet: SubnetRecord, bls: Bls) {
  const keys = keysOf(subnet, bls);
  const check = (
    what: string,
    suite: Suite,
    key: () => PublicKey | undefined,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean =>
    keys.verdicts.get(`${what} ${toHex(message)} ${toHex(signature)}`, () => {
      const known = key();
      return known !== undefined && bls.verify(suite, known, message, signature);
    });

  return {
    signThreshold: (kind, message) =>
      bls.sign("threshold", kind === "low" ? secrets.lowShare : secrets.highShare, message),

    combineThreshold(kind, shares) {
      const byIndex: [number, Uint8Array][] = [];
      for (const [signer, share] of shares) {
        const index = keys.indices.get(signer);
        if (index !== undefined) byIndex.push([index, share]);
      }
      const needed = keys.thresholds[kind];
      if (byIndex.length < needed) return undefined;
      byIndex.sort(([a], [b]) => a - b);
      return combineShares(bls, new Map(byIndex.slice(0, needed)));
    },

    verifyThreshold: (kind, message, signature) =>
      check(kind, "threshold", () => keys.threshold[kind], message, signature),

    verifyThresholdShare: (kind, message, signer, share) =>
      check(`${kind} ${signer}`, "threshold", () => keys.share(kind, signer), message, share),

    signMulti: (message) => bls.sign("multi", secrets.multiSigSecret, message),
    combineMulti: (shares) => bls.sumOfSignatures([...shares.values()].map((share) => [1n, share])),
    verifyMulti(message, signers, signature) {
      if (signers.length === 0 || new Set(signers).size !== signers.length) return false;
      const set = [...signers].sort();
      return check(set.join(), "multi", () => keys.multi(set), message, signature);
    },
    verifyMultiShare: (message, signer, share) =>
      check(signer, "multi", () => keys.multi([signer]), message, share),

    sign: (message) => ed25519Sign(secrets.signingSeed, message),
    verify(message, signer, signature) {
      const key = keys.signing.get(signer);
      return key !== undefined && ed25519Verify(key, message, signature);
    },
  } satisfies ReplicaCrypto;
}

/** The public side of a subnet's keys, decoded as it is needed. */
interface SubnetKeys {
  readonly indices: ReadonlyMap<NodeId, number>;
  readonly thresholds: Readonly<Record<ThresholdKind, number>>;
  readonly threshold: Readonly<Record<ThresholdKind, PublicKey>>;
  /** Ed25519, 32 bytes. */
  readonly signing: ReadonlyMap<NodeId, Uint8Array>;
  readonly verdicts: BoundedCache<boolean>;
  share(kind: ThresholdKind, signer: NodeId): PublicKey | undefined;
  /** The key of a set of signers in order; undefined when one of them is unknown. */
  multi(signers: readonly NodeId[]): PublicKey | undefined;
}

const KNOWN = new WeakMap<Bls, WeakMap<SubnetRecord, SubnetKeys>>();
const VERDICTS_MAX = 1024;
const SIGNER_SETS_MAX = 64;

function keysOf(subnet: SubnetRecord, bls: Bls): SubnetKeys {
  const ofLibrary = KNOWN.get(bls) ?? new WeakMap<SubnetRecord, SubnetKeys>();
  KNOWN.set(bls, ofLibrary);
  const known = ofLibrary.get(subnet) ?? decodeKeys(subnet, bls);
  ofLibrary.set(subnet, known);
  return known;
}

function decodeKeys(subnet: SubnetRecord, bls: Bls): SubnetKeys {
  /** A key from the registry, which holds no other than valid ones. */
  const registered = (bytes: Uint8Array | undefined): PublicKey =>
    defined(bytes && bls.decodePublicKey(bytes), "the registry's keys are points");
  const n = subnet.nodes.length;
  const indices = new Map(subnet.nodes.map((node, i) => [node.id, i]));
  const coefficients = { low: subnet.lowCoefficients, high: subnet.highCoefficients };
  const shares = new BoundedCache<PublicKey>(2 * n);
  const sets = new BoundedCache<PublicKey>(SIGNER_SETS_MAX);
  const multiKeys = new Map(subnet.nodes.map((node) => [node.id, registered(node.multiSigKey)]));
  return {
    indices,
    thresholds: { low: lowThreshold(n), high: highThreshold(n) },
    threshold: {
      low: registered(subnet.lowCoefficients[0]),
      high: registered(subnet.highCoefficients[0]),
    },
    signing: new Map(
      subnet.nodes.map((node) => [node.id, node.publicKey.subarray(ED25519_DER_PREFIX.length)]),
    ),
    verdicts: new BoundedCache(VERDICTS_MAX),
    share(kind, signer) {
      const index = indices.get(signer);
      if (index === undefined) return undefined;
      return shares.get(`${kind} ${index}`, () => sharePublicKey(bls, coefficients[kind], index));
    },
    multi(signers) {
      if (!signers.every((id) => multiKeys.has(id))) return undefined;
      return sets.get(signers.join(), () =>
        bls.sumOfKeys(signers.map((id) => [1n, defined(multiKeys.get(id), "the signer is known")])),
      );
    },
  };
}
