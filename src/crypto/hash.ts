/** SHA-256 and SHA-224: the only hashes of the core. 32 and 28 bytes out. */
import { sha224 as nobleSha224, sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes);
export const sha224 = (bytes: Uint8Array): Uint8Array => nobleSha224(bytes);

/** Feed parts one after the other, then take `digest` once. */
export interface Hasher {
  update(part: Uint8Array): Hasher;
  digest(): Uint8Array;
}

export const sha256Hasher = (): Hasher => nobleSha256.create();

/** A domain as the IC writes it before what is hashed or signed: one length byte, then ASCII. Source: chain-key §1.1. */
export function domainSeparator(domain: string): Uint8Array {
  const out = new Uint8Array(1 + domain.length);
  out[0] = domain.length;
  for (let i = 0; i < domain.length; i++) out[1 + i] = domain.charCodeAt(i);
  return out;
}
