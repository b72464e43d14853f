/**
 * ECDSA over SHA-256 on P-256 and secp256k1: users' keys. Plain signatures are r ‖ s, 64 bytes, never DER. An s in the
 * upper half is taken: browsers' own P-256 makes one every other time, and mainnet takes it on both curves.
 *
 * Source: interface A21, A22; dfinity/ic rs/crypto/…/ecdsa_secp256k1 (verification "with malleability").
 */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { fromHex } from "../base/bytes.ts";

export type EcdsaCurve = "p256" | "secp256k1";
const CURVES = { p256, secp256k1 };

/** The DER of a key up to the uncompressed point (65 bytes, beginning with 04). */
export const ECDSA_DER_PREFIXES: Readonly<Record<EcdsaCurve, Uint8Array>> = {
  p256: fromHex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
  secp256k1: fromHex("3056301006072a8648ce3d020106052b8104000a034200"),
};

/** Whether the bytes are an uncompressed point of the curve. */
export function isEcdsaKey(curve: EcdsaCurve, key: Uint8Array): boolean {
  if (key.length !== 65) return false;
  try {
    return !CURVES[curve].Point.fromBytes(key).is0();
  } catch {
    return false;
  }
}

/**
 * False for whatever is no signature or no key. `format`: r ‖ s, or the DER that WebAuthn puts inside its assertions.
 */
export function ecdsaVerify(
  curve: EcdsaCurve,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  format: "compact" | "der" = "compact",
): boolean {
  if (format === "compact" && signature.length !== 64) return false;
  try {
    return CURVES[curve].verify(signature, message, key, { lowS: false, prehash: true, format });
  } catch {
    return false;
  }
}
