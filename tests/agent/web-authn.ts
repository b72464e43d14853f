/** Authenticators for tests: keys of Node's OpenSSL behind the official agent's WebAuthn identity. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { WebAuthnIdentity } from "@icp-sdk/core/identity";
import { encode } from "cborg";

export type Authenticator = "P-256" | "Ed25519" | "RSA";
export const AUTHENTICATORS: readonly Authenticator[] = ["P-256", "Ed25519", "RSA"];

/** The key as an authenticator gives it, in COSE. */
function coseOf(kind: Authenticator, key: KeyObject): Uint8Array {
  const jwk = key.export({ format: "jwk" });
  const bytes = (name: "x" | "y" | "n" | "e") => new Uint8Array(Buffer.from(jwk[name]!, "base64url"));
  const map = new Map<number, unknown>();
  if (kind === "P-256") map.set(1, 2).set(3, -7).set(-1, 1).set(-2, bytes("x")).set(-3, bytes("y"));
  if (kind === "Ed25519") map.set(1, 1).set(3, -8).set(-1, 6).set(-2, bytes("x"));
  if (kind === "RSA") map.set(1, 3).set(3, -257).set(-1, bytes("n")).set(-2, bytes("e"));
  return encode(map);
}

/** An identity whose `navigator.credentials` is the given authenticator. */
export function webAuthnIdentity(kind: Authenticator): WebAuthnIdentity {
  const { publicKey, privateKey } =
    kind === "P-256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : kind === "Ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const get = ({ publicKey: { challenge } }: { publicKey: { challenge: Uint8Array } }) => {
    const authenticatorData = new Uint8Array(37).fill(5);
    const clientDataJSON = Buffer.from(
      JSON.stringify({
        type: "webauthn.get",
        challenge: Buffer.from(challenge).toString("base64url"),
        origin: "https://terrarium.example",
      }),
    );
    const signed = Buffer.concat([authenticatorData, createHash("sha256").update(clientDataJSON).digest()]);
    const signature = new Uint8Array(sign(kind === "Ed25519" ? null : "sha256", signed, privateKey));
    return Promise.resolve({
      authenticatorAttachment: null,
      response: { authenticatorData, clientDataJSON: new Uint8Array(clientDataJSON), signature },
    });
  };
  class Identity extends WebAuthnIdentity {
    override async sign(blob: Uint8Array) {
      const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
      Object.defineProperty(globalThis, "navigator", { configurable: true, value: { credentials: { get } } });
      const signature = super.sign(blob); // asks the authenticator before it first waits
      if (before === undefined) Reflect.deleteProperty(globalThis, "navigator");
      else Object.defineProperty(globalThis, "navigator", before);
      return await signature;
    }
  }
  return new Identity(new Uint8Array(16).fill(1), coseOf(kind, publicKey), undefined);
}
