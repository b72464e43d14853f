/**
 * Users' public keys: which scheme a DER encoding names, and whether a plain signature is that key's. What WebAuthn and
 * canister signatures hold inside is read above the codecs (`replica/ingress`).
 *
 * Only the canonical encoding is taken (uncompressed points, no parameters added): the user's principal is a hash of
 * these very bytes, so one key must not have two. Source: interface A20–A26.
 */
import { concat, equalBytes, fromHex, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { ECDSA_DER_PREFIXES, type EcdsaCurve, ecdsaVerify, isEcdsaKey } from "./ecdsa.ts";
import { ED25519_DER_PREFIX, ed25519Verify } from "./ed25519.ts";

export type PlainKey =
  | { readonly scheme: "ed25519"; readonly key: Uint8Array }
  | { readonly scheme: "ecdsa"; readonly curve: EcdsaCurve; readonly key: Uint8Array };
export type UserPublicKey =
  | PlainKey
  /** A COSE key, not yet read. */
  | { readonly scheme: "webauthn"; readonly cose: Uint8Array }
  | { readonly scheme: "canister"; readonly canister: Uint8Array; readonly seed: Uint8Array };

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
  if (oid === COSE_OID || oid === CANISTER_SIGNATURE_OID) {
    const bits = bitString(der, oid);
    if (bits === undefined) return undecodable("not the DER encoding of one BIT STRING after its algorithm");
    return oid === COSE_OID ? decoded({ scheme: "webauthn", cose: bits }) : canisterKey(bits);
  }
  return undecodable(OTHER_ALGORITHMS.get(oid) ?? `public key algorithm 0x${oid} is not supported`);
}

/** Whether `signature` is the key's over `message` (domain separator included). */
export const verifyPlain = (key: PlainKey, message: Uint8Array, signature: Uint8Array): boolean =>
  key.scheme === "ed25519"
    ? ed25519Verify(key.key, message, signature)
    : ecdsaVerify(key.curve, key.key, message, signature);

const COSE_OID = "2b0601040183b8430101";
const CANISTER_SIGNATURE_OID = "2b0601040183b8430102";
const PRINCIPAL_BYTES_MAX = 29;

/** `|canister| · canister · seed`. */
function canisterKey(bits: Uint8Array): Decoded<UserPublicKey> {
  const [length = 0xff] = bits;
  return length <= PRINCIPAL_BYTES_MAX && 1 + length <= bits.length
    ? decoded({
        scheme: "canister",
        canister: bits.subarray(1, 1 + length),
        seed: bits.subarray(1 + length),
      })
    : undecodable("the canister signature key holds no canister id");
}

/** Algorithms we know by name and do not verify, by the hex of their object identifier. */
const OTHER_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ["2a864886f70d010101", "RSA keys are allowed only inside WebAuthn"],
  ["2b0601040182dc7c0503010201", "BLS keys are subnets', not users'"],
  ["2b6570", "an Ed25519 key that is not in its canonical encoding"],
  ["2a8648ce3d0201", "an elliptic-curve key of another curve, or not in its canonical encoding"],
]);

/** The rest of the bytes, if they begin so. */
const after = (der: Uint8Array, prefix: Uint8Array): Uint8Array | undefined =>
  equalBytes(der.subarray(0, prefix.length), prefix) ? der.subarray(prefix.length) : undefined;

/** The content of the one BIT STRING after an algorithm without parameters, when nothing else is there. */
function bitString(der: Uint8Array, oid: string): Uint8Array | undefined {
  const info = content(der, 0x30);
  const algorithm = fromHex(`300c060a${oid}`);
  const bits = info && after(info, algorithm);
  const found = bits && content(bits, 0x03);
  if (found?.[0] !== 0) return undefined;
  const isWhole = equalBytes(element(0x30, info!), der) && equalBytes(element(0x03, found), bits!);
  return isWhole ? found.subarray(1) : undefined;
}

/** Tag and shortest length before the content: what DER allows, and nothing else. */
function element(tag: number, inside: Uint8Array): Uint8Array {
  const n = inside.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return concat(Uint8Array.of(tag, ...length), inside);
}

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
