/**
 * Canister signatures: a canister signs by certifying a tree that holds the message.
 *
 *   N1  The certificate is the subnet's and reveals the canister's certified data, which is the root of the tree.
 *   N2  The tree is well formed and holds an empty leaf at ["sig", H(seed), H(message)].
 *   N3  How old the certificate is does not matter.
 *   N4  There is one subnet, which is the root: nobody has a delegation from it, so a certificate that carries one is
 *       nobody's.
 *
 * Source: interface A26, A27.
 */
import { concat, equalBytes, utf8 } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import { decodeCbor, isBytes, isCborMap } from "../../codec/cbor.ts";
import { type HashTree, rootHash, treeFromCbor } from "../../codec/hash-tree.ts";
import { isWellFormed, lookup } from "../../codec/witness.ts";
import { domainSeparator, sha256 } from "../../crypto/hash.ts";

/** Whether `signature` is the subnet's over `message`, domain separator included. */
export type VerifyCertification = (message: Uint8Array, signature: Uint8Array) => boolean;

const STATE_ROOT = domainSeparator("ic-state-root");

/** Why the signature is not the canister's over the message; undefined when it is. */
export function canisterSignatureFault(
  key: { readonly canister: Uint8Array; readonly seed: Uint8Array },
  message: Uint8Array,
  signature: Uint8Array,
  verify: VerifyCertification,
): string | undefined {
  const parts = readSignature(signature);
  if (!parts.ok) return `malformed canister signature: ${parts.because}`;
  const { certificate, tree } = parts.value;
  if (!isWellFormed(tree)) return "the tree of the canister signature is not well formed";
  const leaf = lookup(tree, [utf8("sig"), sha256(key.seed), sha256(message)]);
  if (leaf.kind !== "found") return `the signature tree doesn't contain sig/seed_hash/msg_hash path`;
  if (leaf.value.length > 0) return "the leaf of the signature tree is not empty";
  const shown = readCertificate(certificate);
  if (!shown.ok) return `malformed certificate: ${shown.because}`;
  if (!verify(concat(STATE_ROOT, rootHash(shown.value.tree)), shown.value.signature)) {
    return "certificate verification failed: its signature is not this network's root key's";
  }
  const data = lookup(shown.value.tree, [utf8("canister"), key.canister, utf8("certified_data")]);
  if (data.kind !== "found") return "the certificate shows no certified data of the signing canister";
  return equalBytes(data.value, rootHash(tree))
    ? undefined
    : "the certified data of the canister is not the root of the signature tree";
}

function readSignature(
  bytes: Uint8Array,
): Decoded<{ readonly certificate: Uint8Array; readonly tree: HashTree }> {
  const cbor = decodeCbor(bytes);
  if (!cbor.ok) return cbor;
  if (!isCborMap(cbor.value)) return undecodable("it is no CBOR map");
  const certificate = cbor.value.get("certificate");
  if (!isBytes(certificate)) return undecodable("it holds no certificate");
  const tree = treeFromCbor(cbor.value.get("tree"));
  return tree.ok ? decoded({ certificate, tree: tree.value }) : tree;
}

function readCertificate(
  bytes: Uint8Array,
): Decoded<{ readonly tree: HashTree; readonly signature: Uint8Array }> {
  const cbor = decodeCbor(bytes);
  if (!cbor.ok) return cbor;
  if (!isCborMap(cbor.value)) return undecodable("it is no CBOR map");
  if (cbor.value.has("delegation")) return undecodable("its delegation names no subnet of this network");
  const signature = cbor.value.get("signature");
  if (!isBytes(signature)) return undecodable("it holds no signature");
  const tree = treeFromCbor(cbor.value.get("tree"));
  return tree.ok ? decoded({ tree: tree.value, signature }) : tree;
}
