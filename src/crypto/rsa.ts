/**
 * RSASSA-PKCS1-v1_5 over SHA-256, verification only: what some authenticators sign WebAuthn assertions with. No kept,
 * audited library verifies RSA synchronously, so the five steps of RFC 8017 §8.2.2 are here; nothing in them is secret,
 * and the power itself is the curve library's.
 *
 *   K1  A modulus has 2,048 to 8,192 bits, an exponent is odd and below 2^33. Others are no keys.
 *   K2  The padded digest is built and compared whole; nothing of the signature's padding is parsed.
 *
 * Source: interface A24; limits: dfinity/ic rs/crypto/…/rsa_pkcs1.
 */
import { pow } from "@noble/curves/abstract/modular.js";
import { concat, equalBytes, fromHex } from "../base/bytes.ts";
import { sha256 } from "./hash.ts";

export interface RsaKey {
  /** Big-endian. */
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

const MIN_BITS = 2048;
const MAX_BITS = 8192;
const MAX_EXPONENT = 1n << 33n;
/** DigestInfo of SHA-256 up to the digest: RFC 8017 §9.2. */
const DIGEST_INFO = fromHex("3031300d060960864801650304020105000420");

/** K1. */
export function isRsaKey({ modulus, exponent }: RsaKey): boolean {
  if (modulus.length > MAX_BITS / 8 + 1 || exponent.length > 8) return false;
  const n = natOf(modulus);
  const e = natOf(exponent);
  const bits = n.toString(2).length;
  return bits >= MIN_BITS && bits <= MAX_BITS && n % 2n === 1n && e > 2n && e < MAX_EXPONENT && e % 2n === 1n;
}

/** False for whatever is no signature or no key. */
export function rsaVerify(key: RsaKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isRsaKey(key)) return false;
  const n = natOf(key.modulus);
  const bytes = Math.ceil(n.toString(2).length / 8);
  const s = natOf(signature);
  if (signature.length !== bytes || s >= n) return false;
  return equalBytes(bytesOf(pow(s, natOf(key.exponent), n), bytes), padded(message, bytes));
}

/** K2. */
function padded(message: Uint8Array, bytes: number): Uint8Array {
  const info = concat(DIGEST_INFO, sha256(message));
  const ones = new Uint8Array(bytes - info.length - 3).fill(0xff);
  return concat(Uint8Array.of(0, 1), ones, Uint8Array.of(0), info);
}

const natOf = (bytes: Uint8Array): bigint => {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(`0x0${hex}`);
};
const bytesOf = (n: bigint, length: number): Uint8Array => fromHex(n.toString(16).padStart(2 * length, "0"));
