/**
 * Users' public keys: which scheme a DER encoding names, and whether a signature is that key's.
 *
 * Only the canonical encoding is taken (uncompressed points, no parameters added): the user's principal is a hash of
 * these very bytes, so one key must not have two. Source: interface A20–A26.
 */
import { equalBytes, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { ECDSA_DER_PREFIXES, type EcdsaCurve, ecdsaVerify, isEcdsaKey } from "./ecdsa.ts";
import { ED25519_DER_PREFIX, ed25519Verify } from "./ed25519.ts";

export type UserPublicKey =
  | { readonly scheme: "ed25519"; readonly key: Uint8Array }
  | { readonly scheme: "ecdsa"; readonly curve: EcdsaCurve; readonly key: Uint8Array };

/** The key, or a sentence that says what the bytes are instead. */
export function parsePublicKey(der: Uint8Array): Decoded<UserPublicKey> {
  const ed25519 = after(der, ED25519_DER_PREFIX);
  if (ed25519 !== undefined) {
    return ed25519.length === 32
      ? decoded({ scheme: "ed25519", key: ed25519 })
      : undecodable(`an Ed25519 key in DER has 44 bytes, this has ${der.length}`);
  }
  for (const curve of ["p256", "secp256k1"] as const) {
    const key = after(der, ECDSA_DER_PREFIXES[curve]);
    if (key === undefined) continue;
    return isEcdsaKey(curve, key)
      ? decoded({ scheme: "ecdsa", curve, key })
      : undecodable(`not an uncompressed point of the curve ${curve}`);
  }
  const oid = algorithmOid(der);
  if (oid === undefined) return undecodable("not a public key in DER");
  return undecodable(OTHER_ALGORITHMS.get(oid) ?? `public key algorithm 0x${oid} is not supported`);
}

export type SignatureVerdict = { readonly valid: true } | { readonly valid: false; readonly because: string };

/** Whether `signature` is the key's over `message` (domain separator included). */
export function verifySignature(
  publicKeyDer: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): SignatureVerdict {
  const parsed = parsePublicKey(publicKeyDer);
  if (!parsed.ok) return { valid: false, because: parsed.because };
  const { value } = parsed;
  const valid =
    value.scheme === "ed25519"
      ? ed25519Verify(value.key, message, signature)
      : ecdsaVerify(value.curve, value.key, message, signature);
  if (valid) return { valid };
  const scheme = value.scheme === "ed25519" ? "Ed25519" : `ECDSA (${value.curve})`;
  return { valid, because: `${scheme} signature could not be verified` };
}

/** Algorithms we know by name and do not verify, by the hex of their object identifier. */
const OTHER_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ["2b0601040183b8430101", "WebAuthn keys are not supported yet"],
  ["2b0601040183b8430102", "canister signatures are not supported yet"],
  ["2a864886f70d010101", "RSA keys are allowed only inside WebAuthn"],
  ["2b0601040182dc7c0503010201", "BLS keys are subnets', not users'"],
  ["2b6570", "an Ed25519 key that is not in its canonical encoding"],
  ["2a8648ce3d0201", "an elliptic-curve key of another curve, or not in its canonical encoding"],
]);

/** The rest of the bytes, if they begin so. */
const after = (der: Uint8Array, prefix: Uint8Array): Uint8Array | undefined =>
  equalBytes(der.subarray(0, prefix.length), prefix) ? der.subarray(prefix.length) : undefined;

/** SubjectPublicKeyInfo: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, … }, … }. Hex of the identifier's content. */
function algorithmOid(der: Uint8Array): string | undefined {
  const info = content(der, 0x30);
  const algorithm = info && content(info, 0x30);
  const oid = algorithm && content(algorithm, 0x06);
  return oid && toHex(oid);
}

/** The content of the element at the front, if it has this tag and fits. */
function content(der: Uint8Array, tag: number): Uint8Array | undefined {
  if (der[0] !== tag) return undefined;
  const first = der[1] ?? 0xff;
  const long = first & 0x80 ? first & 0x7f : 0;
  if (long > 2) return undefined;
  let length = long === 0 ? first : 0;
  for (let i = 0; i < long; i++) length = (length << 8) | (der[2 + i] ?? 0);
  const start = 2 + long;
  return start + length <= der.length ? der.subarray(start, start + length) : undefined;
}
