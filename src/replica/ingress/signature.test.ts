/** Signatures whose inside is CBOR: assertions of real and made authenticators, and trees that a canister certified. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canisterKey, encodeSignature, signatureTree } from "../../../tests/agent/canister-signature.ts";
import { AUTHENTICATORS, webAuthnIdentity } from "../../../tests/agent/web-authn.ts";
import { concat, fromHex, utf8 } from "../../base/bytes.ts";
import { type CborInput, decodeCbor, encodeCborTagged, isCborMap } from "../../codec/cbor.ts";
import { fork, type HashTree, labeled, leaf, pruned, rootHash, treeToCbor } from "../../codec/hash-tree.ts";
import { nobleBls } from "../../crypto/bls-noble.ts";
import { domainSeparator, sha256 } from "../../crypto/hash.ts";
import { signatureFault } from "./signature.ts";

const nobody = () => false;

/** The fields of a CBOR map, changed. */
function changed(signature: Uint8Array, changes: Record<string, CborInput | undefined>): Uint8Array {
  const cbor = decodeCbor(signature);
  if (!cbor.ok || !isCborMap(cbor.value)) throw new Error("no map");
  const fields: Record<string, CborInput | undefined> = { ...Object.fromEntries(cbor.value), ...changes };
  return encodeCborTagged(fields);
}

describe("WebAuthn (A23–A25)", () => {
  const vectors = JSON.parse(readFileSync("tests/vectors/webauthn.json", "utf8")) as Record<
    "ecdsa" | "rsa",
    { key: string; signature: string }
  > & { message: string };
  const hello = fromHex(vectors.message);

  test.each(["ecdsa", "rsa"] as const)("a real authenticator's %s assertion over hello", (kind) => {
    const [key, signature] = [fromHex(vectors[kind].key), fromHex(vectors[kind].signature)];
    expect(signatureFault(key, hello, signature, nobody)).toBeUndefined();
    expect(signatureFault(key, utf8("jello"), signature, nobody)).toBe(
      "Challenge in webauthn is [104, 101, 108, 108, 111] while it is expected to be [106, 101, 108, 108, 111]",
    );
    const other = fromHex(vectors[kind === "rsa" ? "ecdsa" : "rsa"].key);
    expect(signatureFault(other, hello, signature, nobody)).toMatch(/^Verifying signature failed/);
  });

  test.each(AUTHENTICATORS)("%s: every part is signed, and nothing else verifies", async (kind) => {
    const identity = webAuthnIdentity(kind);
    const key = new Uint8Array(identity.getPublicKey().toDer());
    const message = utf8("\x0aic-request and an id");
    const signature = new Uint8Array(await identity.sign(message));
    const fault = (bytes: Uint8Array) => signatureFault(key, message, bytes, nobody);
    expect(fault(signature)).toBeUndefined();
    const cbor = decodeCbor(signature);
    const fields = cbor.ok && isCborMap(cbor.value) ? Object.fromEntries(cbor.value) : {};
    const inner = fields.signature as Uint8Array;
    const json = fields.client_data_json as string;
    expect(fault(changed(signature, { client_data_json: utf8(json) }))).toBeUndefined();
    for (const bad of [
      { signature: inner.with(inner.length - 1, inner.at(-1)! ^ 1) },
      { signature: concat(inner, Uint8Array.of(0)) },
      { signature: inner.subarray(1) },
      { authenticator_data: new Uint8Array(37) },
      { client_data_json: `${json} ` },
    ]) {
      expect(fault(changed(signature, bad))).toMatch(/^Verifying signature failed/);
    }
    for (const bad of ["", "{}", "null", '{"challenge":1}', '{"challenge":"a"}', '{"challenge":"ab=="}']) {
      expect(fault(changed(signature, { client_data_json: bad }))).toMatch(/^WebAuthn envelope creation/);
    }
    for (const lost of ["signature", "authenticator_data", "client_data_json"]) {
      expect(fault(changed(signature, { [lost]: undefined }))).toMatch(/^Failed to parse the WebAuthn/);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(fault(bytes)).toBeDefined();
        expect(signatureFault(concat(key.subarray(0, 30), bytes), message, signature, nobody)).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });
});

describe("canister signatures (A26, A27)", () => {
  const SECRET = 0x1234n;
  const rootKey = nobleBls.publicKeyOf(SECRET);
  const verify = (message: Uint8Array, signature: Uint8Array): boolean =>
    nobleBls.verifyBytes("threshold", rootKey, message, signature);
  const canister = fromHex("00000000000000010101");
  const seed = utf8("user 7");
  const key = canisterKey(canister, seed);
  const message = utf8("\x0aic-request and an id");
  const tree = signatureTree(seed, message);

  /** The certificate of a state in which the canister certifies `data`. */
  function certificate(data: Uint8Array, extra: Record<string, CborInput> = {}, secret = SECRET): Uint8Array {
    const state = labeled(utf8("canister"), labeled(canister, labeled(utf8("certified_data"), leaf(data))));
    const signed = concat(domainSeparator("ic-state-root"), rootHash(state));
    const signature = nobleBls.sign("threshold", secret, signed);
    return encodeCborTagged({ tree: treeToCbor(state), signature, ...extra });
  }
  const signature = (over: HashTree, cert = certificate(rootHash(over))): Uint8Array =>
    encodeSignature(cert, over);
  const fault = (bytes: Uint8Array) => signatureFault(key, message, bytes, verify);

  test("a certified tree that holds the message is the canister's signature", () => {
    expect(fault(signature(tree))).toBeUndefined();
    expect(fault(signature(fork(tree, labeled(utf8("zebra"), pruned(new Uint8Array(32))))))).toBeUndefined();
  });

  const signed = (s: Uint8Array, m: Uint8Array, value: string): HashTree =>
    labeled(utf8("sig"), labeled(sha256(s), labeled(sha256(m), leaf(utf8(value)))));
  test.each<[string, () => Uint8Array, RegExp]>([
    ["another message", () => signature(signed(seed, seed, "")), /path$/],
    ["another seed", () => signature(signed(message, message, "")), /path$/],
    ["a leaf that is not empty", () => signature(signed(seed, message, "x")), /not empty/],
    [
      "labels out of order",
      () => signature(fork(labeled(utf8("zebra"), leaf(utf8(""))), tree)),
      /well formed/,
    ],
    [
      "certified data of another tree",
      () => signature(tree, certificate(new Uint8Array(32))),
      /not the root/,
    ],
    ["another root key", () => signature(tree, certificate(rootHash(tree), {}, 5n)), /root key/],
    [
      "a delegation",
      () => signature(tree, certificate(rootHash(tree), { delegation: {} })),
      /delegation names no subnet/,
    ],
    ["no certificate", () => encodeCborTagged({ tree: treeToCbor(tree) }), /holds no certificate/],
    ["a certificate that is none", () => signature(tree, utf8("x")), /malformed certificate/],
    ["nothing", () => new Uint8Array(0), /malformed canister signature/],
  ])("%s is refused", (_name, bytes, words) => {
    expect(fault(bytes())).toMatch(/^Invalid canister signature: /);
    expect(fault(bytes())).toMatch(words);
  });
});
