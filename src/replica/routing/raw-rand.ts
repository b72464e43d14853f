/**
 * The bytes with which this round answers calls for randomness made in earlier ones, when nobody could know this
 * round's tape. All draw from one stream, in the order in which they were asked. Source: chain-key §6.
 */
import { chacha20Rng, deriveSeed, seedFromBytes, type ChaChaRng } from "../../crypto/chacha.ts";

/** Management calls draw as if they ran on a core of their own, after the four that canisters have on mainnet. */
const PURPOSE = "ic-crypto-prng-execution-thread-4";

export const managementRng = (randomness: Uint8Array): ChaChaRng =>
  chacha20Rng(deriveSeed(seedFromBytes(randomness), PURPOSE));
