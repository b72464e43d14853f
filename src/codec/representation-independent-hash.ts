/**
 * The hash of a map that does not depend on how the map was encoded: request ids, delegations, query replies.
 *
 *   For each field that is there: H(name) ‖ H(value); these 64-byte strings sorted and concatenated; H of that.
 *   A nested map counts as its own such hash; an array as H of its elements' hashes in order.
 *
 * Source: interface A1–A6.
 */
import { BoundedCache } from "../base/bounded-cache.ts";
import { compareBytes, concat, toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import type { CborValue } from "./cbor.ts";
import { encodeLeb, encodeSleb } from "./leb128.ts";

/** Negative numbers hash as int, others as nat. Plain objects count as maps without their undefined properties. */
export type Hashable = Uint8Array | string | number | bigint | readonly Hashable[] | HashableMap;
export type HashableMap = ReadonlyMap<string, Hashable> | { readonly [key: string]: Hashable | undefined };

/** 32 bytes. */
export function hashOfMap(map: HashableMap): Uint8Array {
  const pairs: Uint8Array[] = [];
  for (const [name, value] of map instanceof Map ? map : Object.entries(map)) {
    if (value !== undefined) pairs.push(concat(hashOfName(name), hashOfValue(value)));
  }
  return sha256(concat(...pairs.sort(compareBytes)));
}

/** Names are few, and half of all that is hashed. Whoever invents others fills this no further. */
const NAMES = new BoundedCache<Uint8Array>(64);
const hashOfName = (name: string): Uint8Array =>
  name.length <= 32 ? NAMES.get(name, () => sha256(utf8(name))) : sha256(utf8(name));

/** 32 bytes. */
export function hashOfValue(value: Hashable): Uint8Array {
  if (typeof value === "string") return sha256(utf8(value));
  if (value instanceof Uint8Array) return sha256(value);
  if (typeof value === "number" || typeof value === "bigint") {
    return sha256(value < 0 ? encodeSleb(value) : encodeLeb(value));
  }
  if (isArray(value)) return sha256(concat(...value.map(hashOfValue)));
  return hashOfMap(value);
}

/** In hex, as map keys have it. */
export const requestId = (content: HashableMap): string => toHex(hashOfMap(content));

/** Whether every part of a decoded value has a hash: booleans and null have none. */
export function isHashable(value: CborValue): value is CborValue & Hashable {
  if (value === null || typeof value === "boolean") return false;
  if (value instanceof Map) return [...value.values()].every(isHashable);
  if (Array.isArray(value)) return value.every(isHashable);
  return true;
}

const isArray = (value: Hashable): value is readonly Hashable[] => Array.isArray(value);
