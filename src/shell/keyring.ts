/**
 * A node's keys for every registry version that it knows: which shares are combined, and against what they are checked,
 * depends on who holds them. What one node signs by itself, and what a whole subnet signed, does not.
 */
import { defined } from "../base/assert.ts";
import type { ReplicaCrypto } from "../replica/interfaces/crypto.ts";
import type { RegistryVersion } from "../types/ids.ts";

export interface Keyring extends ReplicaCrypto {
  /** To be called before the replica hears of that version. */
  learn(version: RegistryVersion, crypto: ReplicaCrypto): void;
}

export function createKeyring(first: RegistryVersion, crypto: ReplicaCrypto): Keyring {
  const versions = new Map([[first, crypto]]);
  let newest = crypto;
  const of = (version: RegistryVersion): ReplicaCrypto =>
    defined(versions.get(version), "keys come before the registry version that they are for");
  const any = (holds: (crypto: ReplicaCrypto) => boolean): boolean =>
    holds(newest) || [...versions.values()].some((other) => other !== newest && holds(other));
  return {
    learn(version, known) {
      versions.set(version, known);
      newest = known;
    },
    signThreshold: (kind, message, version) => of(version).signThreshold(kind, message, version),
    combineThreshold: (kind, shares, version) => of(version).combineThreshold(kind, shares, version),
    verifyThreshold: (kind, message, signature) => newest.verifyThreshold(kind, message, signature),
    verifyThresholdShare: (kind, message, signer, share, version) =>
      of(version).verifyThresholdShare(kind, message, signer, share, version),
    signMulti: (message) => newest.signMulti(message),
    combineMulti: (shares) => newest.combineMulti(shares),
    // A version that does not know every signer says no at once.
    verifyMulti: (message, signers, signature) =>
      any((known) => known.verifyMulti(message, signers, signature)),
    verifyMultiShare: (message, signer, share) =>
      any((known) => known.verifyMultiShare(message, signer, share)),
    sign: (message) => newest.sign(message),
    verify: (message, signer, signature) => any((known) => known.verify(message, signer, signature)),
  };
}
