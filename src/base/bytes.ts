/** Byte strings: the only currency below the codecs. Nothing here copies unless its name says so. */
export type Bytes = Uint8Array;

export const EMPTY: Bytes = new Uint8Array(0);

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export function toHex(bytes: Bytes): string {
  let out = "";
  for (const b of bytes) out += HEX[b];
  return out;
}

/** The value of each hex digit by its code, 255 for anything else. */
const DIGITS = new Uint8Array(128).fill(255);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

/** Throws a plain Error that names the offending text when it is not hex. */
export function fromHex(hex: string): Bytes {
  const out = new Uint8Array(hex.length >> 1);
  let wrong = hex.length & 1;
  for (let i = 0; i < out.length; i++) {
    const high = DIGITS[hex.charCodeAt(2 * i)] ?? 255;
    const low = DIGITS[hex.charCodeAt(2 * i + 1)] ?? 255;
    wrong |= (high | low) & 0xf0;
    out[i] = (high << 4) | low;
  }
  if (wrong !== 0) throw new Error(`not hexadecimal: "${hex.slice(0, 40)}"`);
  return out;
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic, shorter first on a tie: the order of labels, principals and hashes everywhere in the core. */
export function compareBytes(a: Bytes, b: Bytes): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!;
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/** Order of strings by code unit. On lower-case hex it is the order of the bytes. Never localeCompare. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const encoder = new TextEncoder();
const lossyDecoder = new TextDecoder("utf-8");
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);
export const utf8Lossy = (bytes: Bytes): string => lossyDecoder.decode(bytes);
/** The text, or undefined when the bytes are not valid UTF-8. */
export function utf8Strict(bytes: Bytes): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}
