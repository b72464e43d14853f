/** Candid's tokens, shared by interface files and textual values. Every fault says line and column. */
export interface Token {
  readonly kind: "word" | "text" | "number" | "sign" | "end";
  readonly value: string;
  readonly at: number;
}

export class CandidFault extends Error {
  override name = "CandidFault";
}

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<number>[+-]?(?:0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?))|(?<text>"(?:[^"\\]|\\[\s\S])*")|(?<sign>->|[(){};:,=.])/y;

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw fault(source, at, `unexpected ${JSON.stringify(source[at])}`);
    const { word, number, text, sign } = match.groups!;
    if (word !== undefined) tokens.push({ kind: "word", value: word, at });
    else if (number !== undefined) tokens.push({ kind: "number", value: number, at });
    else if (text !== undefined) tokens.push({ kind: "text", value: text, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", value: sign, at });
  }
  tokens.push({ kind: "end", value: "the end", at: source.length });
  return tokens;
}

export function fault(source: string, at: number, sentence: string): CandidFault {
  const before = source.slice(0, at).split("\n");
  return new CandidFault(`line ${before.length}, column ${before.at(-1)!.length + 1}: ${sentence}`);
}

/** A cursor over tokens with the few moves that both parsers need. */
export class Cursor {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = tokenize(source);
  }
  get token(): Token {
    return this.#tokens[this.#next]!;
  }
  get after(): Token {
    return this.#tokens[Math.min(this.#next + 1, this.#tokens.length - 1)]!;
  }
  take(): Token {
    const token = this.token;
    if (token.kind !== "end") this.#next++;
    return token;
  }
  is(value: string): boolean {
    return this.token.kind !== "text" && this.token.value === value;
  }
  accept(value: string): boolean {
    if (!this.is(value)) return false;
    this.take();
    return true;
  }
  expect(value: string): void {
    if (!this.accept(value)) throw this.fault(`expected "${value}", found ${this.token.value}`);
  }
  word(what: string): string {
    if (this.token.kind !== "word") throw this.fault(`expected ${what}, found ${this.token.value}`);
    return this.take().value;
  }
  /** `open item; item; close`, the separator optional at the end. */
  list<T>(open: string, close: string, separator: string, item: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    while (!this.is(close)) {
      items.push(item());
      if (!this.accept(separator)) break;
    }
    this.expect(close);
    return items;
  }
  fault(sentence: string): CandidFault {
    return fault(this.source, this.token.at, sentence);
  }
}

const encoder = new TextEncoder();
/** The bytes of a quoted token: `\xx` is a byte, so a text may hold what is no UTF-8 (blobs). */
export function quotedBytes(token: string): Uint8Array {
  const out: number[] = [];
  const body = token.slice(1, -1);
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== "\\") {
      const char = String.fromCodePoint(body.codePointAt(i)!);
      out.push(...encoder.encode(char));
      i += char.length - 1;
      continue;
    }
    const letter = body[++i]!;
    const simple = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"', "'": "'" }[letter];
    const unicode = /^u\{([0-9a-fA-F_]+)\}/.exec(body.slice(i));
    const byte = /^[0-9a-fA-F]{2}/.exec(body.slice(i));
    if (simple !== undefined) out.push(...encoder.encode(simple));
    else if (unicode !== null) {
      out.push(...encoder.encode(String.fromCodePoint(Number.parseInt(unicode[1]!.replaceAll("_", ""), 16))));
      i += unicode[0].length - 1;
    } else if (byte !== null) {
      out.push(Number.parseInt(byte[0], 16));
      i++;
    } else throw new CandidFault(`unknown escape \\${letter}`);
  }
  return Uint8Array.from(out);
}
export const quotedText = (token: string): string => new TextDecoder().decode(quotedBytes(token));
