/**
 * What the core may ask of cryptography. Implemented with real BLS12-381 by `shell/node-crypto.ts`, and for
 * simulations only by `lab/simulation/stand-in.ts` (same Lagrange algebra over scalars; a test keeps it out of shell
 * and page). Every `message` is already domain-separated (`types/artifact.ts: signedBytes`). Nothing here throws on
 * bytes from a peer: a signature that does not decode does not verify; shares given to `combine*` have the right
 * length but may be wrong, and then the result does not verify (or is undefined when a share does not decode).
 *
 * Combined signatures are verified, shares only when a combination failed: sound because node keys carry proofs of
 * possession. Source: chain-key §1–2, §1.4.
 */
import type { NodeId, RegistryVersion } from "../../types/ids.ts";

/** low: f+1 shares (beacon, tape). high: 2f+1 (certification, catch-up packages). */
export type ThresholdKind = "low" | "high";

/** `version`: the registry's, whose nodes hold the shares. Combined signatures are of one key whoever holds its shares. */
export interface ReplicaCrypto {
  signThreshold(kind: ThresholdKind, message: Uint8Array, version: RegistryVersion): Uint8Array;
  /** Any t valid shares give the same signature. */
  combineThreshold(
    kind: ThresholdKind,
    shares: ReadonlyMap<NodeId, Uint8Array>,
    version: RegistryVersion,
  ): Uint8Array | undefined;
  verifyThreshold(kind: ThresholdKind, message: Uint8Array, signature: Uint8Array): boolean;
  verifyThresholdShare(
    kind: ThresholdKind,
    message: Uint8Array,
    signer: NodeId,
    share: Uint8Array,
    version: RegistryVersion,
  ): boolean;

  signMulti(message: Uint8Array): Uint8Array;
  combineMulti(shares: ReadonlyMap<NodeId, Uint8Array>): Uint8Array | undefined;
  /** `signers` are distinct and known, else false. */
  verifyMulti(message: Uint8Array, signers: readonly NodeId[], signature: Uint8Array): boolean;
  verifyMultiShare(message: Uint8Array, signer: NodeId, share: Uint8Array): boolean;

  /** Ed25519 node key: proposals and query replies. */
  sign(message: Uint8Array): Uint8Array;
  verify(message: Uint8Array, signer: NodeId, signature: Uint8Array): boolean;
}
