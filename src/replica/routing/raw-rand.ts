/**
 * The bytes with which this round answers calls for randomness made in earlier ones, when nobody could know this
 * round's tape. Each call gets bytes of its own. Source: chain-key §6 (which our bytes follow in shape, not in value).
 */
import { concat, utf8 } from "../../base/bytes.ts";
import { domainSeparator, sha256 } from "../../crypto/hash.ts";

/** 32 bytes for the `index`-th call of the round. */
export const rawRandBytes = (randomness: Uint8Array, index: number): Uint8Array =>
  sha256(concat(domainSeparator("ic-crypto-prng-execution-thread"), randomness, utf8(`${index}`)));
