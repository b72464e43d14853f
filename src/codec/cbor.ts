/**
 * CBOR as the IC's interface and our own artifacts use it.
 *
 *   B1  Encoding is deterministic (RFC 8949 §4.2.1): shortest heads, definite lengths, map keys in byte order of their
 *       encoding. Integers beyond 64 bits become a tag-2 bignum.
 *   B2  Decoding takes definite and indefinite lengths, with or without the self-describing tag in front.
 *   B3  An integer comes back as `number` up to 2^53 − 1 in magnitude and as `bigint` beyond, whatever its encoding.
 *   B4  A map comes back as `Map` with text keys, in the order of the bytes; a repeated key is an error.
 *   B5  Bad bytes give a sentence with an offset, never an exception: so do floats, unknown tags, text that is not
 *       UTF-8, nesting beyond `maxDepth`, and more than `maxItems` data items.
 *
 * Source: interface H20, H21.
 */
import { bigIntEncoder } from "cborg/taglib";
import { type DecodeOptions, decode, encode, Token, Tokenizer, Type } from "cborg";
import { assert } from "../base/assert.ts";
import { concat, utf8Strict } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";

/** What decoding yields. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<string, CborValue>;

/** What can be encoded: besides decoded values, plain objects, whose undefined properties are left out. */
export type CborInput =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborInput[]
  | ReadonlyMap<string, CborInput>
  | { readonly [key: string]: CborInput | undefined };

export type CborMap = ReadonlyMap<string, CborValue>;
export const isCborMap = (value: CborValue | undefined): value is CborMap => value instanceof Map;
export const isCborArray = (value: CborValue | undefined): value is readonly CborValue[] =>
  Array.isArray(value);
export const isBytes = (value: CborValue | undefined): value is Uint8Array => value instanceof Uint8Array;

/** The nat in it, or undefined when it is something else or negative. */
export const cborNat = (value: CborValue | undefined): bigint | undefined =>
  (typeof value === "number" || typeof value === "bigint") && value >= 0 ? BigInt(value) : undefined;

const SELF_DESCRIBING = Uint8Array.of(0xd9, 0xd9, 0xf7);

const encodeOptions = {
  ignoreUndefinedProperties: true,
  typeEncoders: {
    number(value: number): null {
      assert(Number.isSafeInteger(value), "only whole numbers below 2^53 are encoded");
      return null;
    },
    bigint: bigIntEncoder,
  },
};

export const encodeCbor = (value: CborInput): Uint8Array => plain(encode(value, encodeOptions));

/** With the self-describing tag 55799 first, as every body of the public interface has it. */
export const encodeCborTagged = (value: CborInput): Uint8Array =>
  concat(SELF_DESCRIBING, encode(value, encodeOptions));

export interface CborLimits {
  readonly maxDepth?: number;
  readonly maxItems?: number;
}

export function decodeCbor(bytes: Uint8Array, limits: CborLimits = {}): Decoded<CborValue> {
  const tagged = SELF_DESCRIBING.every((b, i) => bytes[i] === b);
  const options: DecodeOptions = {
    useMaps: true,
    rejectDuplicateMapKeys: true,
    allowUndefined: false,
    allowBigInt: true,
    tags: { 2: (content) => bignum(content()) },
  };
  const tokenizer = new BoundedTokenizer(plain(bytes), options, limits);
  if (tagged) tokenizer._pos = SELF_DESCRIBING.length;
  try {
    const value = decode(tokenizer.data, { ...options, tokenizer });
    return decoded(value as CborValue);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return undecodable(`${text.replace("CBOR decode error:", "CBOR:")} at byte ${tokenizer.pos()}`);
  }
}

function bignum(content: unknown): number | bigint {
  if (!(content instanceof Uint8Array) || content.length > MAX_BIGNUM_BYTES) {
    throw new Error(`CBOR: a bignum holds at most ${MAX_BIGNUM_BYTES} bytes`);
  }
  let value = 0n;
  for (const byte of content) value = (value << 8n) | BigInt(byte);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

const MAX_BIGNUM_BYTES = 64;
const DEFAULT_MAX_DEPTH = 512;
const DEFAULT_MAX_ITEMS = 1 << 20;

/** An open array, map or tag: how many items it still awaits (∞ until a break), and how many it has had. */
interface Frame {
  left: number;
  seen: number;
  readonly map: boolean;
}

/** cborg's tokenizer plus B5's limits, indefinite strings, and the checks cborg leaves out. */
class BoundedTokenizer extends Tokenizer {
  private readonly frames: Frame[] = [];
  private readonly maxDepth: number;
  private itemsLeft: number;

  constructor(bytes: Uint8Array, options: DecodeOptions, limits: CborLimits) {
    super(bytes, options);
    this.maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.itemsLeft = limits.maxItems ?? DEFAULT_MAX_ITEMS;
  }

  override next(): Token {
    if (this.itemsLeft-- <= 0) throw new Error("CBOR: too many data items");
    const token = this.string() ?? super.next();
    const top = this.frames.at(-1);
    const { type } = token;
    if (type === Type.break) {
      if (top?.left !== Number.POSITIVE_INFINITY) throw new Error("CBOR: unexpected break");
      if (top.map && top.seen % 2 === 1) throw new Error("CBOR: a map key without its value");
      this.frames.pop();
      this.finishItem();
      return token;
    }
    if (top?.map && top.seen % 2 === 0 && type !== Type.string) {
      throw new Error("CBOR: a map key that is not text");
    }
    if (type === Type.float) throw new Error("CBOR: floating-point numbers are not used here");
    if (type === Type.array) this.open(token.value, false);
    else if (type === Type.map) this.open(2 * token.value, true);
    else if (type === Type.tag) this.open(1, false);
    else this.finishItem();
    return token;
  }

  private open(count: number, map: boolean): void {
    if (count === 0) {
      this.finishItem();
      return;
    }
    if (this.frames.length >= this.maxDepth) throw new Error("CBOR: nested too deeply");
    this.frames.push({ left: count, seen: 0, map });
  }

  private finishItem(): void {
    for (let top = this.frames.at(-1); top !== undefined; top = this.frames.at(-1)) {
      top.left--;
      top.seen++;
      if (top.left > 0) return;
      this.frames.pop();
    }
  }

  /** Byte and text strings, definite or not; undefined when the next item is no string. */
  private string(): Token | undefined {
    const head = this.data[this._pos];
    if (head === 0x5f) {
      return new Token(Type.bytes, concat(...this.chunks(Type.bytes)), 0);
    }
    if (head === 0x7f) {
      return new Token(Type.string, this.chunks<string>(Type.string).join(""), 0);
    }
    if (head === undefined || head >> 5 !== 3) return undefined;
    const start = this._pos;
    const token = super.next();
    const minor = head & 31;
    const headLength = minor < 24 ? 1 : 1 + (1 << (minor - 24));
    const raw = this.data.subarray(start + headLength, this._pos);
    if (token.value.length === raw.length && !token.value.includes("\ufffd")) return token;
    // cborg's text decoder repairs bad UTF-8 and drops a byte-order mark; both would change what is hashed.
    const text = utf8Strict(raw);
    if (text === undefined) throw new Error("CBOR: text that is not UTF-8");
    return new Token(Type.string, text, token.encodedLength);
  }

  private chunks<T = Uint8Array>(type: Type): T[] {
    this._pos++;
    const parts: T[] = [];
    for (;;) {
      if (this.itemsLeft-- <= 0) throw new Error("CBOR: too many data items");
      const head = this.data[this._pos];
      if (head === 0xff) {
        this._pos++;
        return parts;
      }
      if (head === undefined) throw new Error("CBOR: a string ends early");
      if (head >> 5 !== type.major || (head & 31) === 31) {
        throw new Error("CBOR: a chunk of another kind inside a string");
      }
      parts.push((type === Type.string ? this.string() : super.next())?.value);
    }
  }
}

/** Node's cborg works in Buffers, and tests of equality and clones want what it stands for. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
