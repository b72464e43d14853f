/**
 * WebAuthn assertions as signatures of requests: an authenticator signs `authenticator_data ‖ SHA-256(client data)`,
 * and the client data holds the message as its challenge.
 *
 *   W1  The signature is the COSE key's: ECDSA on P-256 in DER, RSA PKCS#1 v1.5, or Ed25519, each over SHA-256's input.
 *   W2  The challenge, in base64url without padding, is the message.
 *
 * Source: interface A23–A25; order and words: dfinity/ic rs/validator/src/webauthn.rs.
 */
import { concat, equalBytes, utf8, utf8Strict } from "../../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../../base/decoded.ts";
import { decodeCbor, isBytes, isCborMap } from "../../codec/cbor.ts";
import { type CoseKey, parseCoseKey } from "../../codec/cose.ts";
import { ecdsaVerify, isEcdsaKey } from "../../crypto/ecdsa.ts";
import { ed25519Verify } from "../../crypto/ed25519.ts";
import { sha256 } from "../../crypto/hash.ts";
import { isRsaKey, rsaVerify } from "../../crypto/rsa.ts";

/** The key in a DER-wrapped COSE key, or why there is none. */
export function webAuthnKey(cose: Uint8Array): Decoded<CoseKey> {
  const key = parseCoseKey(cose);
  if (!key.ok) return key;
  const { value } = key;
  if (value.kind === "p256" && !isEcdsaKey("p256", value.point)) {
    return undecodable("the COSE key is no point of the curve P-256");
  }
  if (value.kind === "rsa" && !isRsaKey(value)) {
    return undecodable("the COSE key is no RSA key of 2048 to 8192 bits");
  }
  return key;
}

/** Why the assertion does not sign the message; undefined when it does. */
export function webAuthnFault(key: CoseKey, message: Uint8Array, signature: Uint8Array): string | undefined {
  const assertion = readAssertion(signature);
  if (!assertion.ok) return `Failed to parse the WebAuthn signature: ${assertion.because}`;
  const { authenticatorData, clientData, signature: inner } = assertion.value;
  const challenge = challengeOf(clientData);
  if (!challenge.ok) return `WebAuthn envelope creation failed: ${challenge.because}`;
  if (!verify(key, concat(authenticatorData, sha256(clientData)), inner)) {
    return `Verifying signature failed. The ${key.kind} signature of the assertion could not be verified`;
  }
  return equalBytes(challenge.value, message)
    ? undefined
    : `Challenge in webauthn is [${[...challenge.value].join(", ")}] while it is expected to be [${[...message].join(", ")}]`;
}

/** W1. */
function verify(key: CoseKey, message: Uint8Array, signature: Uint8Array): boolean {
  switch (key.kind) {
    case "p256":
      return ecdsaVerify("p256", key.point, message, signature, "der");
    case "ed25519":
      return ed25519Verify(key.key, message, signature);
    case "rsa":
      return rsaVerify(key, message, signature);
  }
}

interface Assertion {
  readonly authenticatorData: Uint8Array;
  readonly clientData: Uint8Array;
  readonly signature: Uint8Array;
}

/** The client data is text by the specification; early clients sent it as bytes, and the replica takes both. */
function readAssertion(bytes: Uint8Array): Decoded<Assertion> {
  const cbor = decodeCbor(bytes, { maxDepth: 4, maxItems: 32 });
  if (!cbor.ok) return cbor;
  if (!isCborMap(cbor.value)) return undecodable("it is no CBOR map");
  const authenticatorData = cbor.value.get("authenticator_data");
  const json = cbor.value.get("client_data_json");
  const signature = cbor.value.get("signature");
  if (!isBytes(authenticatorData) || !isBytes(signature) || (typeof json !== "string" && !isBytes(json))) {
    return undecodable("it lacks one of authenticator_data, client_data_json and signature");
  }
  return decoded({ authenticatorData, clientData: typeof json === "string" ? utf8(json) : json, signature });
}

/** W2. */
function challengeOf(clientData: Uint8Array): Decoded<Uint8Array> {
  let json: unknown;
  try {
    json = JSON.parse(utf8Strict(clientData) ?? "");
  } catch {
    return undecodable("client_data_json is no JSON");
  }
  const challenge = (json as { challenge?: unknown } | null)?.challenge;
  if (typeof challenge !== "string") return undecodable("client_data_json holds no challenge");
  return fromBase64Url(challenge);
}

const BASE64_URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Without padding, and with zeros where the last character has bits to spare: one text for one sequence of bytes. */
function fromBase64Url(text: string): Decoded<Uint8Array> {
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (const character of text) {
    const value = BASE64_URL.indexOf(character);
    if (value < 0) return undecodable("the challenge is not base64url without padding");
    bits = ((bits << 6) | value) & 0xfff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push((bits >> held) & 0xff);
    }
  }
  const spare = bits & ((1 << held) - 1);
  return held < 6 && spare === 0
    ? decoded(Uint8Array.from(bytes))
    : undecodable("the challenge is not base64url without padding");
}
