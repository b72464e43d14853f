/**
 * Plain data as bytes, in parts. A value whose encoding is long becomes a part of its own, named by its SHA-256, and in
 * its place stands the name. What two values share is therefore hashed, kept and sent once, and one hash names a whole
 * state with every page of its memories.
 *
 *   D1  Equal values have equal names, on every machine. The order of a map's or set's entries is part of the value; that
 *       of an object's properties is not, and a property that is undefined is as good as absent.
 *   D2  Reading gives an equal value; what was one part is one object, shared by all who name it.
 *   D3  What was written or read once is not looked at again: values are immutable, so their identity is remembered.
 *   D4  No part is longer than PART_MAX, however long the value: bytes are cut, lists are grouped.
 *   D5  Bytes of a part that are damaged or missing give a sentence that names the part, never an exception or a wrong
 *       value.
 *
 * Shapes: a tag byte each; numbers as LEB128, magnitudes of negative ones less one; floats as 8 bytes, big-endian.
 *
 *   0 undefined  1 null  2 false  3 true  4 natural  5 negative  6 float  7 bigint  8 negative bigint
 *   9 text [length, UTF-8]   10 bytes [length, …]   11 array [count, item…]   12 map [count, key, value, …]
 *   13 set [count, item…]    14 object [count, name, value, …], names in order
 *   15 part [hash]           16 part that names no other [hash]
 *   17 long bytes [count, value…]   18 long array, 19 long map, 20 long set [count, group…], groups being arrays
 *
 * Source: replica C.3 (manifests), where mainnet hashes files in chunks of 1 MiB: see DIVERGENCES.md.
 */
import { compareText, equalBytes, fromHex, toHex, utf8, utf8Strict } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { BugError } from "../base/assert.ts";
import { sha256 } from "../crypto/hash.ts";

type Hash = string;

/** Encodings from here on are parts: twice what a name and its keeping cost. */
const PART_MIN = 256;
/** Bytes are cut here: a part and its neighbours fit into one message. */
const PART_MAX = 1 << 20;
const GROUP_ITEMS = 256;
const DEPTH_MAX = 200;

export interface Parts {
  /** The name of the value. Hands `store` the parts that it does not have: one that it has, it has with all below. */
  write(value: unknown, store: PartStore): Hash;
  /** The value of that name. `find`: the bytes of a part, unchecked, or undefined when it is not there. */
  read(hash: Hash, find: (hash: Hash) => Uint8Array | undefined): Decoded<unknown>;
}

export interface PartStore {
  has(hash: Hash): boolean;
  keep(hash: Hash, bytes: Uint8Array): void;
}

export const isPart = (hash: Hash, bytes: Uint8Array): boolean => equalBytes(sha256(bytes), fromHex(hash));

interface Name {
  readonly hash: Hash;
  /** Names no other part. */
  readonly leaf: boolean;
  /** Only a root has a part of its own though it is short: within another value it stands as it is. */
  readonly short: boolean;
}

export function createParts(): Parts {
  const names = new WeakMap<object, Name>();
  return {
    write: (value, store) => writer(names, store)(value),
    read(hash, find) {
      try {
        return decoded(reader(names, find)(hash));
      } catch (error) {
        if (error instanceof Damaged) return undecodable(error.message);
        throw error;
      }
    },
  };
}

// ---- writing -------------------------------------------------------------------------------------------------------

function writer(names: WeakMap<object, Name>, store: PartStore) {
  const kept = new Set<Hash>();
  let out = new Uint8Array(1 << 16);
  let at = 0;
  /** Names written so far: a part that adds none is a leaf. */
  let named = 0;

  function room(bytes: number): void {
    if (at + bytes <= out.length) return;
    const wider = new Uint8Array(Math.max(2 * out.length, at + bytes));
    wider.set(out.subarray(0, at));
    out = wider;
  }
  function byte(value: number): void {
    room(1);
    out[at++] = value;
  }
  function raw(bytes: Uint8Array): void {
    room(bytes.length);
    out.set(bytes, at);
    at += bytes.length;
  }
  function natural(value: number): void {
    let rest = value;
    while (rest >= 128) {
      byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    byte(rest);
  }
  function bigNatural(value: bigint): void {
    let rest = value;
    while (rest >= 128n) {
      byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    byte(Number(rest));
  }
  function text(value: string): void {
    const bytes = utf8(value);
    natural(bytes.length);
    raw(bytes);
  }
  function name({ hash, leaf }: Pick<Name, "hash" | "leaf">): void {
    byte(leaf ? 16 : 15);
    raw(fromHex(hash));
    named++;
  }

  function number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      byte(value < 0 ? 5 : 4);
      natural(value < 0 ? -(value + 1) : value);
      return;
    }
    byte(6);
    room(8);
    new DataView(out.buffer).setFloat64(at, value);
    at += 8;
  }

  function any(value: unknown): void {
    if (value === undefined) byte(0);
    else if (value === null) byte(1);
    else if (typeof value === "boolean") byte(value ? 3 : 2);
    else if (typeof value === "number") number(value);
    else if (typeof value === "bigint") {
      byte(value < 0n ? 8 : 7);
      bigNatural(value < 0n ? -(value + 1n) : value);
    } else if (typeof value === "string") {
      byte(9);
      text(value);
    } else if (typeof value === "object") whole(value);
    else throw new BugError(`${typeof value} is no plain data`);
  }

  const has = (hash: Hash): boolean => kept.has(hash) || store.has(hash);

  /** The value, or its name when it is known or turns out to be long. */
  function whole(value: object): void {
    const known = names.get(value);
    if (known !== undefined && !known.short && has(known.hash)) {
      name(known);
      return;
    }
    const start = at;
    const namedBefore = named;
    contents(value);
    if (at - start < PART_MIN) return;
    const made = part(start, namedBefore);
    names.set(value, made);
    name(made);
  }

  /** What was written since `start`, taken out as a part. */
  function part(start: number, namedBefore: number): Name {
    const bytes = out.slice(start, at);
    const made = {
      hash: toHex(sha256(bytes)),
      leaf: named === namedBefore,
      short: bytes.length < PART_MIN,
    };
    if (!has(made.hash)) store.keep(made.hash, bytes);
    kept.add(made.hash);
    at = start;
    named = namedBefore;
    return made;
  }

  function contents(value: object): void {
    if (value instanceof Uint8Array) bytes(value);
    else if (Array.isArray(value)) list(11, value, 1);
    else if (value instanceof Map) list(12, [...value].flat(1), 2);
    else if (value instanceof Set) list(13, [...value], 1);
    else {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      entries.sort(([a], [b]) => compareText(a, b));
      byte(14);
      natural(entries.length);
      for (const [key, item] of entries) {
        text(key);
        any(item);
      }
    }
  }

  function bytes(value: Uint8Array): void {
    if (value.length <= PART_MAX) {
      byte(10);
      natural(value.length);
      raw(value);
      return;
    }
    byte(17);
    natural(Math.ceil(value.length / PART_MAX));
    for (let from = 0; from < value.length; from += PART_MAX) whole(value.subarray(from, from + PART_MAX));
  }

  /** `per`: how many items are one entry. */
  function list(tag: 11 | 12 | 13, items: readonly unknown[], per: number): void {
    if (items.length <= GROUP_ITEMS) {
      byte(tag);
      natural(items.length / per);
      for (let i = 0; i < items.length; i++) any(items[i]); // holes are undefined
      return;
    }
    byte(tag + 7);
    natural(Math.ceil(items.length / GROUP_ITEMS));
    for (let from = 0; from < items.length; from += GROUP_ITEMS) whole(items.slice(from, from + GROUP_ITEMS));
  }

  return (value: unknown): Hash => {
    if (typeof value === "object" && value !== null) {
      const known = names.get(value);
      if (known !== undefined && has(known.hash)) return known.hash;
    }
    any(value);
    // A long value left its name behind; a short one becomes a part all the same.
    if (out[0] === 15 || out[0] === 16) return toHex(out.subarray(1, 33));
    const made = part(0, 0);
    if (typeof value === "object" && value !== null) names.set(value, made);
    return made.hash;
  };
}

// ---- reading -------------------------------------------------------------------------------------------------------

/** Thrown and caught in this file only. */
class Damaged extends Error {}

function reader(names: WeakMap<object, Name>, find: (hash: Hash) => Uint8Array | undefined) {
  const values = new Map<Hash, unknown>();

  function part(hash: Hash, leaf: boolean, depth: number): unknown {
    if (values.has(hash)) return values.get(hash);
    const bytes = find(hash);
    if (bytes === undefined) throw new Damaged(`part ${hash} is missing`);
    if (!isPart(hash, bytes)) throw new Damaged(`part ${hash} is damaged: its bytes have another hash`);
    const value = readPart(bytes, hash, depth, (inner, isLeaf) => part(inner, isLeaf, depth + 1));
    values.set(hash, value);
    if (typeof value === "object" && value !== null)
      names.set(value, { hash, leaf, short: bytes.length < PART_MIN });
    return value;
  }
  return (hash: Hash): unknown => {
    // Whether a root names others shows only when it is read; as a part of something it was never a leaf or not.
    const bytes = find(hash);
    const leaf = bytes !== undefined && isPart(hash, bytes) && partsNamed(bytes).length === 0;
    return part(hash, leaf, 0);
  };
}

/** The parts that these bytes name; `leaf`: that one names no other. None when the bytes are no part. */
export function partsNamed(bytes: Uint8Array): { readonly hash: Hash; readonly leaf: boolean }[] {
  const found: { hash: Hash; leaf: boolean }[] = [];
  try {
    readPart(bytes, "", 0, (hash, leaf) => {
      found.push({ hash, leaf });
      return undefined;
    });
  } catch (error) {
    if (error instanceof Damaged) return [];
    throw error;
  }
  return found;
}

function readPart(
  bytes: Uint8Array,
  hash: Hash,
  depth: number,
  named: (hash: Hash, leaf: boolean) => unknown,
): unknown {
  let at = 0;
  let deep = depth;
  const wrong = (what: string): never => {
    throw new Damaged(`part ${hash}: ${what} at byte ${at}`);
  };
  function byte(): number {
    return bytes[at++] ?? wrong("it ends early");
  }
  function natural(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const b = byte();
      value += (b & 127) * scale;
      if (!Number.isSafeInteger(value)) wrong("a number is too large");
      if (b < 128) return value;
      scale *= 128;
    }
  }
  function bigNatural(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const b = byte();
      value |= BigInt(b & 127) << shift;
      if (b < 128) return value;
      shift += 7n;
    }
  }
  /** A length or count: never more than there are bytes for. */
  function count(): number {
    const n = natural();
    return n <= bytes.length - at ? n : wrong("a length goes beyond its end");
  }
  function take(length: number): Uint8Array {
    if (at + length > bytes.length) wrong("it ends early");
    at += length;
    return bytes.subarray(at - length, at);
  }
  const text = (): string => utf8Strict(take(count())) ?? wrong("text is not UTF-8");
  const items = (n: number): unknown[] => Array.from({ length: n }, any);
  function pairs(flat: readonly unknown[]): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < flat.length; i += 2) map.set(flat[i], flat[i + 1]);
    return map;
  }
  const groups = (): unknown[] =>
    items(count()).flatMap((group) => (Array.isArray(group) ? (group as unknown[]) : []));
  function joined(): Uint8Array {
    const pieces = items(count()).map((p) => (p instanceof Uint8Array ? p : new Uint8Array(0)));
    const whole = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
    let to = 0;
    for (const piece of pieces) {
      whole.set(piece, to);
      to += piece.length;
    }
    return whole;
  }
  function object(): Record<string, unknown> {
    const entries = Array.from({ length: count() }, () => [text(), any()] as const);
    return Object.fromEntries(entries); // a property named __proto__ is one like others
  }
  function any(): unknown {
    if (++deep > DEPTH_MAX) wrong("it is nested too deeply");
    const value = one();
    deep--;
    return value;
  }
  function one(): unknown {
    const tag = byte();
    switch (tag) {
      case 0:
        return undefined;
      case 1:
        return null;
      case 2:
      case 3:
        return tag === 3;
      case 4:
        return natural();
      case 5:
        return -natural() - 1;
      case 6: {
        const float = take(8);
        return new DataView(float.buffer, float.byteOffset).getFloat64(0);
      }
      case 7:
        return bigNatural();
      case 8:
        return -bigNatural() - 1n;
      case 9:
        return text();
      case 10:
        return take(count()).slice();
      case 11:
        return items(count());
      case 12:
        return pairs(items(2 * count()));
      case 13:
        return new Set(items(count()));
      case 14:
        return object();
      case 15:
      case 16:
        return named(toHex(take(32)), tag === 16);
      case 17:
        return joined();
      case 18:
        return groups();
      case 19:
        return pairs(groups());
      case 20:
        return new Set(groups());
      default:
        return wrong(`tag ${tag} is unknown`);
    }
  }
  const value = any();
  if (at !== bytes.length) wrong("it goes on after its end");
  return value;
}
