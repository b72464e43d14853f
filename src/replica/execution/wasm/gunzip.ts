/**
 * Inflates an uploaded module, purely and within a bound: the output is produced in small steps and given up as soon
 * as it passes the limit, so that a bomb costs no more than an honest module. Source: interface S1, S8.
 */
import { Gunzip } from "fflate";
import { concat } from "../../../base/bytes.ts";

/** Source: interface S8. */
export const MODULE_MAX_BYTES = 100 * 1024 * 1024;

export type Inflated =
  { readonly ok: true; readonly wasm: Uint8Array } | { readonly ok: false; readonly message: string };

const STEP = 16 * 1024;

const refuse = (sentence: string): Inflated => ({
  ok: false,
  message: `Canister's Wasm module is not valid: ${sentence}`,
});

/** The raw Wasm bytes of an upload, which is raw already or one gzip file. `message` is IC0505's. */
export function inflateModule(uploaded: Uint8Array, maxBytes: number = MODULE_MAX_BYTES): Inflated {
  if (startsWith(uploaded, [0x00, 0x61, 0x73, 0x6d])) {
    return uploaded.length > maxBytes ? tooLarge(uploaded.length, maxBytes) : { ok: true, wasm: uploaded };
  }
  if (!startsWith(uploaded, [0x1f, 0x8b, 0x08])) {
    return refuse("Failed to decode wasm module: unsupported canister module format.");
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  const stream = new Gunzip((part, final) => {
    parts.push(part);
    length += part.length;
    ended ||= final;
  });
  try {
    for (let at = 0; at < uploaded.length && length <= maxBytes; at += STEP) {
      stream.push(uploaded.subarray(at, at + STEP), at + STEP >= uploaded.length);
    }
  } catch {
    return refuse("Failed to decode wasm module: the gzip data is damaged.");
  }
  if (length > maxBytes) return tooLarge(length, maxBytes);
  if (!ended) return refuse("Failed to decode wasm module: the gzip data ends early.");
  const wasm = concat(...parts);
  return startsWith(wasm, [0x00, 0x61, 0x73, 0x6d])
    ? { ok: true, wasm }
    : refuse("Failed to decode wasm module: the gzip data holds no Wasm module.");
}

const tooLarge = (size: number, allowed: number): Inflated =>
  refuse(`Wasm module size of ${size} exceeds the maximum allowed size of ${allowed}.`);

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((b, i) => bytes[i] === b);
