/**
 * The crypto port, written down and answering from what was written. It is a function: equal questions have equal
 * answers, so a question is its name, and the order in which they are asked does not matter. A replay needs neither
 * secrets nor pairings.
 */
import { concat, toHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { ReplicaCrypto } from "../../replica/interfaces/crypto.ts";
import type { NodeId } from "../../types/ids.ts";

export interface CryptoWords {
  signed(question: string, answer: Uint8Array | undefined): void;
  refused(question: string): void;
}

const NAME_BYTES = 16;
const name = (what: string, ...parts: readonly Uint8Array[]): string =>
  toHex(
    sha256(concat(utf8(`${what} ${parts.map((p) => p.length).join()} `), ...parts)).subarray(0, NAME_BYTES),
  );
const nameOfShares = (what: string, shares: ReadonlyMap<NodeId, Uint8Array>): string =>
  name(`${what} ${[...shares.keys()].join()}`, ...shares.values());

/** Every question by its name, whoever answers it. */
function asking(
  sign: (
    question: string,
    answer: (crypto: ReplicaCrypto) => Uint8Array | undefined,
  ) => Uint8Array | undefined,
  verify: (question: () => string, answer: (crypto: ReplicaCrypto) => boolean) => boolean,
): ReplicaCrypto {
  const made = sign as (question: string, answer: (crypto: ReplicaCrypto) => Uint8Array) => Uint8Array;
  return {
    signThreshold: (kind, message, version) =>
      made(name(`sign ${kind} ${version}`, message), (c) => c.signThreshold(kind, message, version)),
    signMulti: (message) => made(name("sign multi", message), (c) => c.signMulti(message)),
    sign: (message) => made(name("sign", message), (c) => c.sign(message)),
    combineThreshold: (kind, shares, version) =>
      sign(nameOfShares(`combine ${kind} ${version}`, shares), (c) =>
        c.combineThreshold(kind, shares, version),
      ),
    combineMulti: (shares) => sign(nameOfShares("combine multi", shares), (c) => c.combineMulti(shares)),
    verifyThreshold: (kind, message, signature) =>
      verify(
        () => name(`verify ${kind}`, message, signature),
        (c) => c.verifyThreshold(kind, message, signature),
      ),
    verifyThresholdShare: (kind, message, signer, share, version) =>
      verify(
        () => name(`verify ${kind} ${version} ${signer}`, message, share),
        (c) => c.verifyThresholdShare(kind, message, signer, share, version),
      ),
    verifyMulti: (message, signers, signature) =>
      verify(
        () => name(`verify multi ${signers.join()}`, message, signature),
        (c) => c.verifyMulti(message, signers, signature),
      ),
    verifyMultiShare: (message, signer, share) =>
      verify(
        () => name(`verify multi share ${signer}`, message, share),
        (c) => c.verifyMultiShare(message, signer, share),
      ),
    verify: (message, signer, signature) =>
      verify(
        () => name(`verify ${signer}`, message, signature),
        (c) => c.verify(message, signer, signature),
      ),
  };
}

export const recordedCrypto = (crypto: ReplicaCrypto, words: CryptoWords): ReplicaCrypto =>
  asking(
    (question, answer) => {
      const made = answer(crypto);
      words.signed(question, made);
      return made;
    },
    (question, answer) => {
      const isRight = answer(crypto);
      if (!isRight) words.refused(question());
      return isRight;
    },
  );

/** Throws at a signature that the node did not make: then this is not what happened. */
export const replayedCrypto = (
  signatures: ReadonlyMap<string, Uint8Array | undefined>,
  refused: ReadonlySet<string>,
): ReplicaCrypto =>
  asking(
    (question) => {
      if (!signatures.has(question)) throw new Error("the replay signs what the node did not sign");
      return signatures.get(question);
    },
    (question) => refused.size === 0 || !refused.has(question()),
  );
