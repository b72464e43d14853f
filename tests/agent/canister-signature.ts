/** Canisters that sign, for tests: their keys, their trees, and an identity of the official agent that uses them. */
import { type DerEncodedPublicKey, SignIdentity } from "@icp-sdk/core/agent";
import { concat, fromHex, utf8 } from "../../src/base/bytes.ts";
import { encodeCborTagged } from "../../src/codec/cbor.ts";
import { type HashTree, labeled, leaf, rootHash, treeToCbor } from "../../src/codec/hash-tree.ts";
import { sha256 } from "../../src/crypto/hash.ts";

/** DER. Together they must stay below 100 bytes. */
export function canisterKey(canister: Uint8Array, seed: Uint8Array): Uint8Array {
  const bits = concat(Uint8Array.of(0, canister.length), canister, seed);
  const algorithm = fromHex("300c060a2b0601040183b8430102");
  const inside = concat(algorithm, Uint8Array.of(3, bits.length), bits);
  return concat(Uint8Array.of(0x30, inside.length), inside);
}

export const signatureTree = (seed: Uint8Array, message: Uint8Array): HashTree =>
  labeled(utf8("sig"), labeled(sha256(seed), labeled(sha256(message), leaf(new Uint8Array(0)))));

export const encodeSignature = (certificate: Uint8Array, tree: HashTree): Uint8Array =>
  encodeCborTagged({ certificate, tree: treeToCbor(tree) });

export class CanisterIdentity extends SignIdentity {
  /** A certificate in which the canister's certified data are these 32 bytes. */
  readonly #certify: (root: Uint8Array) => Promise<Uint8Array>;
  readonly #seed: Uint8Array;
  readonly #der: Uint8Array;

  constructor(canister: Uint8Array, seed: Uint8Array, certify: (root: Uint8Array) => Promise<Uint8Array>) {
    super();
    this.#certify = certify;
    this.#seed = seed;
    this.#der = canisterKey(canister, seed);
  }

  override getPublicKey() {
    return { toDer: () => Uint8Array.from(this.#der) as DerEncodedPublicKey };
  }

  override async sign(message: Uint8Array) {
    const tree = signatureTree(this.#seed, message);
    const signature = encodeSignature(await this.#certify(rootHash(tree)), tree);
    return Object.assign(Uint8Array.from(signature), { __signature__: undefined });
  }
}
