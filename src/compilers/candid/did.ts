/**
 * Reads a Candid interface description (`.did`): enough of a parser to know a service's methods, to embed the text with
 * a good conscience, and to say where it is wrong. It resolves no imports: one file is the whole interface.
 *
 * Source: Candid specification, "Core grammar" and "Syntactic shorthands"; interface C (Candid).
 */
import { utf8 } from "../../base/bytes.ts";

export type DidPrimitive =
  | "nat" | "nat8" | "nat16" | "nat32" | "nat64"
  | "int" | "int8" | "int16" | "int32" | "int64"
  | "float32" | "float64" | "bool" | "text" | "null" | "reserved" | "empty" | "principal"; // prettier-ignore

export type DidType =
  | { readonly kind: "primitive"; readonly name: DidPrimitive }
  | { readonly kind: "opt" | "vec"; readonly of: DidType }
  | { readonly kind: "record" | "variant"; readonly fields: readonly DidField[] }
  | { readonly kind: "func"; readonly func: DidFunc }
  | { readonly kind: "service"; readonly methods: readonly DidMethod[] }
  | { readonly kind: "named"; readonly name: string };

export interface DidField {
  /** What travels: the given number or the hash of the name. */
  readonly id: number;
  readonly name: string | undefined;
  readonly type: DidType;
}

export interface DidArgument {
  readonly name: string | undefined;
  readonly type: DidType;
}

export interface DidFunc {
  readonly args: readonly DidArgument[];
  readonly results: readonly DidArgument[];
  readonly mode: "update" | "query" | "composite_query" | "oneway";
}

export interface DidMethod {
  readonly name: string;
  /** 1-based line of the name. */
  readonly line: number;
  /** A reference to a func type is already followed, unless nobody defined it. */
  readonly func: DidFunc;
}

export interface Did {
  readonly types: ReadonlyMap<string, DidType>;
  /** Arguments of installation: `service : (nat) -> { … }`. Empty without. */
  readonly init: readonly DidArgument[];
  readonly methods: readonly DidMethod[];
}

export type ParsedDid =
  | { readonly ok: true; readonly did: Did }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

const PRIMITIVES: ReadonlySet<string> = new Set<DidPrimitive>(
  "nat nat8 nat16 nat32 nat64 int int8 int16 int32 int64 float32 float64 bool text null reserved empty principal"
    .split(" ") as DidPrimitive[], // prettier-ignore
);
const MODES: ReadonlySet<string> = new Set(["query", "composite_query", "oneway"]);

/** The number under which a field travels: h(name) mod 2^32. */
export function fieldHash(name: string): number {
  let hash = 0;
  for (const byte of utf8(name)) hash = (Math.imul(hash, 223) + byte) >>> 0;
  return hash;
}

interface Token {
  readonly kind: "word" | "text" | "number" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

class DidError extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export function parseDid(source: string): ParsedDid {
  try {
    return { ok: true, did: new Parser(source).program() };
  } catch (error) {
    if (!(error instanceof DidError)) throw error;
    const before = source.slice(0, error.at).split("\n");
    return { ok: false, message: error.message, line: before.length, column: before.at(-1)!.length + 1 };
  }
}

/** The type behind a name, as often as it takes; undefined for an unknown name or a name that only names itself. */
export function resolveDid(type: DidType, types: ReadonlyMap<string, DidType>): DidType | undefined {
  let found: DidType | undefined = type;
  for (let hops = 0; found?.kind === "named"; hops++) {
    if (hops > types.size) return undefined;
    found = types.get(found.name);
  }
  return found;
}

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const TOKEN =
  /([A-Za-z_][A-Za-z0-9_]*)|"((?:[^"\\]|\\.)*)"|(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)|(->|[{}();:,=])/y;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(source)?.[0].length ?? 0;
    if (at >= source.length) break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null) throw new DidError(`unexpected "${source[at]}"`, at);
    const [whole, word, text, number, sign] = match;
    if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else if (text !== undefined) tokens.push({ kind: "text", text: unescapeText(text, at), at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number.replaceAll("_", ""), at });
    else tokens.push({ kind: "sign", text: sign!, at });
    at += whole.length;
  }
  tokens.push({ kind: "end", text: "the end of the file", at: source.length });
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

function unescapeText(text: string, at: number): string {
  return text.replace(/\\(?:u\{([0-9a-fA-F_]+)\}|([0-9a-fA-F]{2})|(.))/g, (_, unicode, byte, sign) => {
    const code = unicode ?? byte;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code.replaceAll("_", ""), 16));
    const plain = ESCAPES[sign];
    if (plain === undefined) throw new DidError(`unknown escape \\${sign}`, at);
    return plain;
  });
}

class Parser {
  private readonly source: string;
  private readonly tokens: readonly Token[];
  private next = 0;
  private readonly types = new Map<string, DidType>();
  private readonly used: { readonly name: string; readonly at: number }[] = [];

  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  program(): Did {
    let init: readonly DidArgument[] = [];
    let methods: readonly DidMethod[] = [];
    let seen = false;
    while (this.peek().kind !== "end") {
      if (seen) throw this.unexpected("nothing after the service");
      if (this.accept("type")) {
        const name = this.word("a type's name");
        this.expect("=");
        if (this.types.has(name.text)) throw new DidError(`type ${name.text} is defined twice`, name.at);
        this.types.set(name.text, this.type());
      } else if (this.accept("import")) {
        throw new DidError("imports are not followed: put the whole interface into one file", this.peek().at);
      } else {
        this.expect("service");
        if (this.peek().kind === "word") this.next++;
        this.expect(":");
        if (this.peek().text === "(") {
          init = this.tuple();
          this.expect("->");
        }
        methods = this.actor();
        seen = true;
      }
      if (this.peek().kind !== "end") this.expect(";");
    }
    for (const { name, at } of this.used) {
      if (!this.types.has(name)) throw new DidError(`type ${name} is not defined`, at);
    }
    return { types: this.types, init, methods: methods.map((m) => this.follow(m)) };
  }

  /** Methods may be declared by the name of a func type that is defined further down. */
  private follow(method: DidMethod & { readonly alias?: Token }): DidMethod {
    if (method.alias === undefined) return method;
    const { name, line, alias } = method;
    const type = resolveDid({ kind: "named", name: alias.text }, this.types);
    if (type?.kind !== "func") throw new DidError(`${alias.text} is not a function`, alias.at);
    return { name, line, func: type.func };
  }

  private actor(): readonly DidMethod[] {
    const name = this.peek();
    if (name.kind !== "word") return this.methods();
    this.next++;
    const type = resolveDid({ kind: "named", name: name.text }, this.types);
    if (type?.kind !== "service") throw new DidError(`${name.text} is not a service`, name.at);
    return type.methods;
  }

  private methods(): (DidMethod & { readonly alias?: Token })[] {
    return this.list("{", "}", ";", () => {
      const name = this.nextToken();
      if (name.kind !== "word" && name.kind !== "text") throw this.unexpected("a method's name", name);
      this.expect(":");
      const line = this.source.slice(0, name.at).split("\n").length;
      const method = { name: name.text, line };
      if (this.peek().kind !== "word") return { ...method, func: this.func() };
      return { ...method, alias: this.nextToken(), func: { args: [], results: [], mode: "update" as const } };
    });
  }

  private func(): DidFunc {
    const args = this.tuple();
    this.expect("->");
    const results = this.tuple();
    let mode: DidFunc["mode"] = "update";
    while (MODES.has(this.peek().text)) mode = this.nextToken().text as DidFunc["mode"];
    return { args, results, mode };
  }

  private tuple(): readonly DidArgument[] {
    return this.list("(", ")", ",", () => {
      const named = this.tokens[this.next + 1]?.text === ":";
      const name = named ? this.nextToken().text : undefined;
      if (named) this.expect(":");
      return { name, type: this.type() };
    });
  }

  private type(): DidType {
    const word = this.word("a type");
    switch (word.text) {
      case "opt":
      case "vec":
        return { kind: word.text, of: this.type() };
      case "blob":
        return { kind: "vec", of: { kind: "primitive", name: "nat8" } };
      case "record":
      case "variant":
        return { kind: word.text, fields: this.fields(word.text) };
      case "func":
        return { kind: "func", func: this.func() };
      case "service":
        return { kind: "service", methods: this.methods() };
    }
    if (PRIMITIVES.has(word.text)) return { kind: "primitive", name: word.text as DidPrimitive };
    this.used.push({ name: word.text, at: word.at });
    return { kind: "named", name: word.text };
  }

  /** `name : type`, `3 : type`; a record's bare type counts up, a variant's bare name holds null. */
  private fields(kind: "record" | "variant"): readonly DidField[] {
    let position = 0;
    const fields = this.list("{", "}", ";", (): DidField => {
      const first = this.peek();
      const labelled = this.tokens[this.next + 1]?.text === ":";
      if (!labelled && kind === "record") return { id: position++, name: undefined, type: this.type() };
      this.next++;
      if (labelled) this.expect(":");
      const type: DidType = labelled ? this.type() : { kind: "primitive", name: "null" };
      if (first.kind === "number") {
        position = Number(first.text) + 1;
        return { id: Number(first.text), name: undefined, type };
      }
      if (first.kind !== "word" && first.kind !== "text") throw this.unexpected("a field", first);
      const id = fieldHash(first.text);
      position = id + 1;
      return { id, name: first.text, type };
    });
    return fields.toSorted((a, b) => a.id - b.id);
  }

  private list<T>(open: string, close: string, separator: string, item: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    while (!this.accept(close)) {
      items.push(item());
      if (this.peek().text !== close) this.expect(separator);
    }
    return items;
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private nextToken(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.next++;
    return token;
  }

  private accept(text: string): boolean {
    const token = this.peek();
    if (token.kind === "text" || token.text !== text) return false;
    this.next++;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`);
  }

  private word(what: string): Token {
    const token = this.nextToken();
    if (token.kind !== "word") throw this.unexpected(what, token);
    return token;
  }

  private unexpected(wanted: string, token = this.peek()): DidError {
    const found = token.kind === "end" ? token.text : `"${token.text}"`;
    return new DidError(`expected ${wanted}, found ${found}`, token.at);
  }
}
