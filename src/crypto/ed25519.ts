/**
 * Ed25519: node keys and users' keys. Verification follows ZIP 215, as the IC's does, so that one and many at a time
 * judge alike. Source: interface A20, H62.
 *
 * A node loads libsodium beside noble (`ed25519-sodium.ts`), ten times as fast. Its rule is the stricter one (no
 * cofactor, no small or uncanonical points): what it takes, ZIP 215 takes. Only noble refuses. So no verdict depends on
 * who has loaded it.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { concat, fromHex } from "../base/bytes.ts";

/** A second implementation: signs alike, and takes no signature that ZIP 215 refuses. */
export interface Swift {
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

let swift: Swift | undefined;
/** Until then noble does everything. */
export function accelerate(by: Swift): void {
  swift = by;
}

/** `seed`: 32 bytes. */
export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => ed25519.getPublicKey(seed);

/** `seed`: 32 bytes. The scheme is deterministic: both libraries sign alike. */
export const ed25519Sign = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  swift?.sign(seed, message) ?? ed25519.sign(message, seed);

/** False for whatever is no signature or no key. */
export function ed25519Verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (swift?.verify(key, message, signature)) return true;
  try {
    return ed25519.verify(signature, message, key);
  } catch {
    return false;
  }
}

export const ED25519_DER_PREFIX = fromHex("302a300506032b6570032100");

/** 44 bytes (RFC 8410). */
export const ed25519Der = (key: Uint8Array): Uint8Array => concat(ED25519_DER_PREFIX, key);
