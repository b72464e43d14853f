import { generateKeyPairSync, sign as nodeSign } from "node:crypto";
import { ECDSAKeyIdentity, Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, fromHex, utf8 } from "../base/bytes.ts";
import { ED25519_DER_PREFIX, ed25519PublicKey, ed25519Sign } from "./ed25519.ts";
import { parsePublicKey, verifyPlain } from "./public-key.ts";

function verifySignature(der: Uint8Array, m: Uint8Array, signature: Uint8Array): boolean {
  const key = parsePublicKey(der);
  if (!key.ok || key.value.scheme === "webauthn" || key.value.scheme === "canister") return false;
  return verifyPlain(key.value, m, signature);
}

const message = utf8("\x0aic-request and an id");

interface Signer {
  readonly name: string;
  readonly der: Uint8Array;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}

/** The official agent's identities, and keys of Node's own OpenSSL. */
async function signers(): Promise<Signer[]> {
  const ed = Ed25519KeyIdentity.generate(new Uint8Array(32).fill(1));
  const p = await ECDSAKeyIdentity.generate();
  const k = Secp256k1KeyIdentity.generate(new Uint8Array(32).fill(1));
  const agents = [ed, p, k].map((id, i) => ({
    name: `agent ${["Ed25519", "P-256", "secp256k1"][i]}`,
    der: new Uint8Array(id.getPublicKey().toDer()),
    sign: async (m: Uint8Array) => new Uint8Array(await id.sign(m)),
  }));
  const openssl = [
    generateKeyPairSync("ed25519"),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
    generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
  ].map(({ publicKey, privateKey }, i) => ({
    name: `openssl ${["Ed25519", "P-256", "secp256k1"][i]}`,
    der: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    sign: async (m: Uint8Array) =>
      new Uint8Array(nodeSign(i === 0 ? null : "sha256", m, { key: privateKey, dsaEncoding: "ieee-p1363" })),
  }));
  return [...agents, ...openssl];
}

describe.each(await signers())("$name", ({ der, sign }) => {
  test("its signatures verify, and no other bytes do", async () => {
    const signature = await sign(message);
    expect(verifySignature(der, message, signature)).toBe(true);
    const not = (d: Uint8Array, m: Uint8Array, s: Uint8Array) => expect(verifySignature(d, m, s)).toBe(false);
    not(der, utf8("another"), signature);
    not(der, message, signature.with(40, signature[40]! ^ 1));
    not(der, message, signature.subarray(1));
    not(der, message, concat(signature, Uint8Array.of(0)));
    not(der.with(der.length - 1, der.at(-1)! ^ 1), message, signature);
    not(concat(der, Uint8Array.of(0)), message, signature);
    not(der.subarray(0, -1), message, signature);
  });

  test("no bytes make it throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(verifySignature(der, message, bytes)).toBe(false);
        expect(verifySignature(concat(der.subarray(0, 20), bytes), message, bytes)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  { curve: p256, prefix: "3059301306072a8648ce3d020106082a8648ce3d030107034200" },
  { curve: secp256k1, prefix: "3056301006072a8648ce3d020106052b8104000a034200" },
])("an s in the upper half is taken, as browsers make it (A21, A22)", ({ curve, prefix }) => {
  const secret = new Uint8Array(32).fill(9);
  const der = concat(fromHex(prefix), curve.getPublicKey(secret, false));
  const low = curve.Signature.fromBytes(curve.sign(message, secret, { lowS: true }));
  const high = new curve.Signature(low.r, curve.Point.Fn.ORDER - low.s);
  expect(verifySignature(der, message, low.toBytes())).toBe(true);
  expect(verifySignature(der, message, high.toBytes())).toBe(true);
  // One key, one principal: the compressed form of the same point is refused.
  expect(parsePublicKey(concat(fromHex(prefix), curve.getPublicKey(secret, true))).ok).toBe(false);
});

test("signatures in DER are not ECDSA's here (A21)", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  expect(verifySignature(der, message, nodeSign("sha256", message, privateKey))).toBe(false);
});

test("what is not supported is named", () => {
  const because = (hex: string) => {
    const parsed = parsePublicKey(fromHex(hex));
    return parsed.ok ? "parsed" : parsed.because;
  };
  expect(because("302a300506032b6570032100")).toMatch(/44 bytes, this has 12/);
  expect(because(`302a300506032b6571032100${"00".repeat(32)}`)).toMatch(/0x2b6571 is not supported/);
  expect(because(`3056301006072a8648ce3d020106052b8104000a034200${"04".repeat(65)}`)).toMatch(/point/);
  expect(because("")).toBe("not a public key in DER");
  expect(because("30")).toBe("not a public key in DER");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  expect(because(rsa.export({ type: "spki", format: "der" }).toString("hex"))).toMatch(/RSA/);
});

const WEBAUTHN = "300c060a2b0601040183b8430101";
const CANISTER = "300c060a2b0601040183b8430102";

test("DER-wrapped keys hold one BIT STRING and nothing else (A23, A26)", () => {
  const parsed = (hex: string) => parsePublicKey(fromHex(hex));
  const seed = "01020304";
  const good = `3018${CANISTER}03080002abcd${seed}`;
  expect(parsed(good)).toEqual({
    ok: true,
    value: { scheme: "canister", canister: fromHex("abcd"), seed: fromHex(seed) },
  });
  expect(parsed(`3012${WEBAUTHN}03020001`)).toEqual({
    ok: true,
    value: { scheme: "webauthn", cose: fromHex("01") },
  });
  for (const bad of [
    `${good}00`,
    good.replace("3018", "308118"),
    good.replace("030800", "030801"),
    `3019${CANISTER}03080002abcd${seed}00`,
    `3014${CANISTER}0304001eabcd`,
    `3010${CANISTER}0300`,
  ]) {
    expect(parsed(bad).ok).toBe(false);
  }
});

test("Ed25519 keys are named in DER by the RFC 8410 prefix", () => {
  const seed = new Uint8Array(32).fill(5);
  const der = concat(ED25519_DER_PREFIX, ed25519PublicKey(seed));
  expect(der).toEqual(new Uint8Array(Ed25519KeyIdentity.generate(seed).getPublicKey().toDer()));
  expect(verifySignature(der, message, ed25519Sign(seed, message))).toBe(true);
});
