/**
 * COSE keys, as authenticators give them: a CBOR map with small integers as keys. Source: RFC 9053 §7; interface
 * A23–A25.
 */
import { decode } from "cborg";
import { concat } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";

export type CoseKey =
  /** An uncompressed point: 65 bytes, beginning with 04. Not yet checked to lie on the curve. */
  | { readonly kind: "p256"; readonly point: Uint8Array }
  | { readonly kind: "ed25519"; readonly key: Uint8Array }
  /** Big-endian. */
  | { readonly kind: "rsa"; readonly modulus: Uint8Array; readonly exponent: Uint8Array };

const KEY_TYPE = 1;
const ALGORITHM = 3;
const OKP = 1;
const EC2 = 2;
const RSA = 3;

/** The key, or a sentence that says what the bytes are instead. */
export function parseCoseKey(bytes: Uint8Array): Decoded<CoseKey> {
  const map = integerMap(bytes);
  if (map === undefined) return undecodable("the COSE key is no CBOR map");
  const kind = map.get(KEY_TYPE);
  const algorithm = map.get(ALGORITHM);
  const field = (label: number, length?: number): Uint8Array | undefined => {
    const value = map.get(label);
    return value instanceof Uint8Array && (length === undefined || value.length === length)
      ? Uint8Array.from(value)
      : undefined;
  };
  if (kind === EC2 && algorithm === -7 && map.get(-1) === 1) {
    const [x, y] = [field(-2, 32), field(-3, 32)];
    return x && y
      ? decoded({ kind: "p256", point: concat(Uint8Array.of(4), x, y) })
      : undecodable("the coordinates of a COSE P-256 key have 32 bytes each");
  }
  if (kind === OKP && algorithm === -8 && map.get(-1) === 6) {
    const key = field(-2, 32);
    return key ? decoded({ kind: "ed25519", key }) : undecodable("a COSE Ed25519 key has 32 bytes");
  }
  if (kind === RSA && algorithm === -257) {
    const [modulus, exponent] = [field(-1), field(-2)];
    return modulus && exponent
      ? decoded({ kind: "rsa", modulus, exponent })
      : undecodable("a COSE RSA key holds a modulus and an exponent");
  }
  return undecodable("the COSE key is none of ECDSA on P-256, Ed25519 and RSA with SHA-256");
}

function integerMap(bytes: Uint8Array): ReadonlyMap<unknown, unknown> | undefined {
  try {
    const value: unknown = decode(bytes, { useMaps: true, rejectDuplicateMapKeys: true });
    return value instanceof Map ? value : undefined;
  } catch {
    return undefined;
  }
}
