/**
 * A Wasm binary as a list of sections: enough to read and add custom sections and to rewrite the export section,
 * without understanding the rest. Everything not asked for comes out byte for byte.
 *
 * Source: WebAssembly core specification, "Binary Format", Modules.
 */
import { concat, utf8, utf8Strict } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { decodeLeb, encodeLeb } from "../codec/leb128.ts";

export interface Section {
  readonly id: number;
  readonly payload: Uint8Array;
}

export const CUSTOM_SECTION = 0;
export const EXPORT_SECTION = 7;

const HEADER = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
/** LEB128 of a u32 takes at most five bytes. */
const U32_MAX_BYTES = 5;

export function readU32(
  bytes: Uint8Array,
  at: number,
): Decoded<{ readonly value: number; readonly next: number }> {
  const leb = decodeLeb(bytes, at, U32_MAX_BYTES);
  return leb.ok ? decoded({ value: Number(leb.value.value), next: leb.value.next }) : leb;
}

/** A length and that many bytes. */
export function readVector(
  bytes: Uint8Array,
  at: number,
): Decoded<{ readonly value: Uint8Array; readonly next: number }> {
  const length = readU32(bytes, at);
  if (!length.ok) return length;
  const end = length.value.next + length.value.value;
  if (end > bytes.length)
    return undecodable(`${length.value.value} bytes promised at byte ${at}, but the file ends`);
  return decoded({ value: bytes.subarray(length.value.next, end), next: end });
}

export const writeVector = (bytes: Uint8Array): Uint8Array => concat(encodeLeb(bytes.length), bytes);

export function readSections(wasm: Uint8Array): Decoded<Section[]> {
  if (HEADER.some((byte, i) => wasm[i] !== byte)) {
    return undecodable("this is no Wasm module: it does not begin with \\0asm and version 1");
  }
  const sections: Section[] = [];
  for (let at = HEADER.length; at < wasm.length;) {
    const payload = readVector(wasm, at + 1);
    if (!payload.ok) return payload;
    sections.push({ id: wasm[at]!, payload: payload.value.value });
    at = payload.value.next;
  }
  return decoded(sections);
}

export const writeSections = (sections: readonly Section[]): Uint8Array =>
  concat(HEADER, ...sections.flatMap(({ id, payload }) => [Uint8Array.of(id), writeVector(payload)]));

/** The content of the custom section `name`, where the module has one. */
export function customSection(sections: readonly Section[], name: string): Uint8Array | undefined {
  for (const { id, payload } of sections) {
    if (id !== CUSTOM_SECTION) continue;
    const found = readVector(payload, 0);
    if (found.ok && utf8Strict(found.value.value) === name) return payload.subarray(found.value.next);
  }
  return undefined;
}

/** A replica serves a canister's interface from this section to anyone who asks. Source: interface, metadata. */
export const CANDID_SERVICE = "icp:public candid:service";

export const candidSection = (did: string): Section => ({
  id: CUSTOM_SECTION,
  payload: concat(writeVector(utf8(CANDID_SERVICE)), utf8(did)),
});
