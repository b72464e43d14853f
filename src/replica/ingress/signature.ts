/**
 * Whether a signature is a user's key's, whichever scheme the key is of. Source: interface A20–A27; words: dfinity/ic
 * rs/validator (`AuthenticationError`).
 */
import { type PlainKey, parsePublicKey, verifyPlain } from "../../crypto/public-key.ts";
import { canisterSignatureFault, type VerifyCertification } from "./canister-signature.ts";
import { webAuthnFault, webAuthnKey } from "./webauthn.ts";

/** Why `signature` is not the key's over `message` (domain separator included); undefined when it is. */
export function signatureFault(
  publicKeyDer: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  verifyCertification: VerifyCertification,
): string | undefined {
  const parsed = parsePublicKey(publicKeyDer);
  if (!parsed.ok) return `Invalid public key: ${parsed.because}`;
  const key = parsed.value;
  switch (key.scheme) {
    case "webauthn": {
      const cose = webAuthnKey(key.cose);
      return cose.ok ? webAuthnFault(cose.value, message, signature) : `Invalid public key: ${cose.because}`;
    }
    case "canister": {
      const fault = canisterSignatureFault(key, message, signature, verifyCertification);
      return fault && `Invalid canister signature: ${fault}`;
    }
    default:
      return verifyPlain(key, message, signature)
        ? undefined
        : `Invalid basic signature: ${nameOf(key)} signature could not be verified`;
  }
}

const nameOf = (key: PlainKey): string =>
  key.scheme === "ed25519" ? "Ed25519" : key.curve === "p256" ? "EcdsaP256" : "EcdsaSecp256k1";
