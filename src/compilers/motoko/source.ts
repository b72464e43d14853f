/**
 * A Motoko text as its words say it, without the compiler: what is declared where, seen from where, with which words
 * above it. It reads texts that are half written, which is when an editor asks; types come from the compiler (typed.ts).
 *
 *   S1  Comments and texts hold no declarations.
 *   S2  A declaration is seen in the block that holds it; parameters and patterns in the body that follows them.
 *   S3  Brackets that do not match end at the end of what holds them.
 */
import type { Position } from "../language-service.ts";

export interface Token {
  readonly kind: "word" | "text" | "number" | "sign" | "comment";
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const TOKEN =
  /(\/\/[^\n]*)|([A-Za-z_]\w*)|("(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\[^'\n]+|\\')')|(\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?|0x[\da-fA-F_]+)|(->|:=|=>|<:|\|>|[^\s\w])/y;

/** All of a text's tokens, comments too. Block comments nest. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const from = at;
    if (text.startsWith("/*", at)) {
      at = endOfComment(text, at);
      found.push({ kind: "comment", text: text.slice(from, at), from, to: at });
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    at = match === null ? at + 1 : TOKEN.lastIndex;
    if (match === null) continue;
    const kind =
      match[1] !== undefined
        ? "comment"
        : match[2] !== undefined
          ? "word"
          : match[3] !== undefined
            ? "text"
            : match[4] !== undefined
              ? "number"
              : "sign";
    found.push({ kind, text: match[0], from, to: at });
  }
  return found;
}

function endOfComment(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("/*", at)) {
      depth++;
      at++;
    } else if (text.startsWith("*/", at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

export type DeclarationKind =
  | "import"
  | "let"
  | "var"
  | "func"
  | "type"
  | "class"
  | "module"
  | "object"
  | "actor"
  | "parameter"
  | "label";

export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  readonly isPublic: boolean;
  /** Offset of its name. */
  readonly at: number;
  /** From its first word to before its body or value. */
  readonly header: readonly [from: number, to: number];
  /** Where its name means this. */
  readonly seen: readonly [from: number, to: number];
  /** Inside its braces; of a type, its right side. */
  readonly body: readonly [from: number, to: number] | undefined;
  /** Of an import: what it names, and which member it takes of it. */
  readonly from?: { readonly path: string; readonly member: string | undefined };
}

export interface Source {
  readonly text: string;
  /** Without comments. */
  readonly tokens: readonly Token[];
  /** For each closing bracket's token the one that it closes. */
  readonly opening: ReadonlyMap<number, number>;
  readonly declarations: readonly Declaration[];
}

const known = new Map<string, Source>();
const KNOWN_MAX = 200;

/** The same text is read once: packages are asked for again and again. */
export function readSource(text: string): Source {
  const before = known.get(text);
  if (before !== undefined) return before;
  const code = tokens(text).filter((t) => t.kind !== "comment");
  const { closing, opening } = matchBrackets(code);
  const declarations = declarationsOf(text, code, closing, opening);
  const source = { text, tokens: code, opening, declarations };
  if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!);
  known.set(text, source);
  return source;
}

const CLOSER: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]" };
const MODIFIERS = new Set(
  "public private shared query composite stable flexible transient persistent system func let var type class actor module object mixin".split(
    " ",
  ),
);
export const KEYWORDS: readonly string[] = (
  "actor and assert async await break case catch class composite continue debug debug_show do else false finally for " +
  "from_candid func if ignore import in include label let loop mixin module not null object or persistent private public " +
  "query return shared stable switch system throw to_candid transient true try type var while with"
).split(" ");
const RESERVED = new Set([...KEYWORDS, "flexible", "implicit", "weak"]);

function declarationsOf(
  text: string,
  code: readonly Token[],
  closing: ReadonlyMap<number, number>,
  opening: ReadonlyMap<number, number>,
): Declaration[] {
  const found: Declaration[] = [];
  const end = text.length;
  /** Innermost block's end offset for each open brace. */
  const blocks: { readonly from: number; readonly to: number; readonly last: number }[] = [];
  const is = (i: number, ...words: string[]): boolean =>
    code[i] !== undefined && words.includes(code[i].text) && code[i].kind !== "text";
  const block = (): readonly [number, number] => {
    const inner = blocks.at(-1);
    return inner === undefined ? [0, end] : [inner.from, inner.to];
  };
  /** Offsets inside the brackets that open at token `i`. */
  const inside = (i: number): readonly [number, number] => [
    code[i]!.to,
    code[closing.get(i) ?? -1]?.from ?? end,
  ];
  const after = (i: number): number => (closing.get(i) ?? code.length - 1) + 1;

  /** The first modifier of the declaration whose keyword is token `i`, over `shared ({ caller })` too. */
  function first(i: number): number {
    let at = i;
    while (at > 0) {
      if (code[at - 1]!.kind === "word" && MODIFIERS.has(code[at - 1]!.text)) at--;
      else if (is(at - 1, ")", "}")) {
        const open = opening.get(at - 1);
        if (open === undefined || !is(open - 1, "shared", "query")) return at;
        at = open - 1;
      } else return at;
    }
    return at;
  }
  function isPublic(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (is(i, "public")) return true;
    return false;
  }
  /** Skips a type that begins at token `i`. */
  function afterType(start: number): number {
    let i = start;
    while (is(i, "async", "?", "shared", "query", "composite", "*", "var", "weak")) i++;
    if (is(i, "{", "(", "[")) i = after(i);
    else {
      while (code[i]?.kind === "word" || is(i, "#")) {
        i++;
        if (is(i, "<")) i = afterAngles(i);
        if (!is(i, ".")) break;
        i++;
      }
    }
    if (is(i, "->", "and", "or")) return afterType(i + 1);
    return i;
  }
  function afterAngles(start: number): number {
    let depth = 0;
    for (let i = start; i < code.length; i++) {
      if (is(i, "<")) depth++;
      else if (is(i, ">")) {
        depth--;
        if (depth === 0) return i + 1;
      } else if (is(i, "(", "[", "{")) i = after(i) - 1;
      else if (is(i, ";", "=", "}", ")")) return i;
    }
    return code.length;
  }
  /** Names that the pattern in tokens [from, to) binds. */
  function binders(from: number, to: number): Token[] {
    const names: Token[] = [];
    for (let i = from; i < to; i++) {
      const token = code[i]!;
      if (is(i, ":")) i = afterType(i + 1) - 1;
      else if (token.kind === "word" && !RESERVED.has(token.text) && token.text !== "_") {
        const isTag = is(i - 1, "#") || is(i - 1, ".");
        const isLabel = is(i + 1, "=") && i + 1 < to;
        if (!isTag && !isLabel) names.push(token);
      } else if (is(i, "type") && code[i + 1]?.kind === "word") i++;
    }
    return names;
  }
  function add(
    name: Token,
    kind: DeclarationKind,
    header: readonly [number, number],
    seen: readonly [number, number],
    more: Partial<Declaration> = {},
  ): void {
    found.push({
      name: name.text,
      kind,
      isPublic: false,
      at: name.from,
      header,
      seen,
      body: undefined,
      ...more,
    });
  }
  function addAll(names: readonly Token[], seen: readonly [number, number]): void {
    for (const name of names) {
      const i = code.indexOf(name);
      const to = is(i + 1, ":") ? code[afterType(i + 2) - 1]!.to : name.to;
      add(name, "parameter", [name.from, to], seen);
    }
  }
  /** Where the body that begins at token `i` ends: its brace, or the end of the statement. */
  function endOfBody(start: number): number {
    for (let i = start; i < code.length; i++) {
      if (is(i, "{", "(", "[")) {
        i = after(i) - 1;
        if (i === start || code[start]?.text === "{") return code[i]?.to ?? end;
      } else if (is(i, ";", "}", ")", "]", ",")) return code[i]!.from;
    }
    return end;
  }

  for (let i = 0; i < code.length; i++) {
    const token = code[i]!;
    while (blocks.length > 0 && i >= blocks.at(-1)!.last) blocks.pop();
    if (is(i, "{")) {
      const [from, to] = inside(i);
      blocks.push({ from, to, last: closing.get(i) ?? code.length });
      continue;
    }
    if (token.kind !== "word" || is(i - 1, ".", "#")) continue;
    const next = code[i + 1];
    if (token.text === "import") readImport(i);
    else if (token.text === "let") {
      let to = i + 1;
      while (to < code.length && !is(to, "=", ";", "let", "func")) to = is(to, "(", "{") ? after(to) : to + 1;
      const start = first(i);
      for (const name of binders(i + 1, to)) {
        const at = code.indexOf(name);
        add(name, "let", [code[start]!.from, code[Math.max(at, to - 1)]!.to], block(), {
          isPublic: isPublic(start, i),
        });
      }
    } else if (token.text === "var" && next?.kind === "word" && !is(i - 1, "[")) {
      const start = first(i);
      const to = is(i + 2, ":") ? afterType(i + 3) : i + 2;
      add(next, "var", [code[start]!.from, code[to - 1]!.to], block(), { isPublic: isPublic(start, i) });
    } else if (token.text === "type" && next?.kind === "word") {
      const start = first(i);
      let to = i + 2;
      if (is(to, "<")) to = afterAngles(to);
      const last = is(to, "=") ? afterType(to + 1) : to;
      add(next, "type", [code[start]!.from, code[last - 1]!.to], block(), {
        isPublic: isPublic(start, i),
        body: is(to, "=") ? [code[to + 1]?.from ?? end, code[last - 1]!.to] : undefined,
      });
    } else if (token.text === "func" || token.text === "class") readFunction(i);
    else if (is(i, "module", "object", "actor") && !is(i + 1, "class")) {
      let open = i + 1;
      const name = code[open]?.kind === "word" && !RESERVED.has(code[open]!.text) ? code[open] : undefined;
      if (name !== undefined) open++;
      if (is(open, "=")) open++;
      if (is(open, "{")) {
        const start = first(i);
        const kind = token.text as "module" | "object" | "actor";
        const word = name ?? { ...token, text: "" };
        add(word, kind, [code[start]!.from, (name ?? token).to], block(), {
          isPublic: isPublic(start, i),
          body: inside(open),
        });
      }
    } else if (token.text === "for" && is(i + 1, "(")) {
      const close = after(i + 1);
      let to = i + 2;
      while (to < close && !is(to, "in")) to = is(to, "(", "{") ? after(to) : to + 1;
      addAll(binders(i + 2, to), [token.from, endOfBody(close)]);
    } else if (is(i, "case", "catch")) {
      const to = is(i + 1, "(") ? after(i + 1) : afterPattern(i + 1);
      addAll(binders(i + 1, to), [token.from, endOfBody(to)]);
    } else if (token.text === "label" && next?.kind === "word") {
      add(next, "label", [token.from, next.to], block());
    }
  }
  return found;

  function afterPattern(start: number): number {
    let i = start;
    while (is(i, "?", "#") || (code[i]?.kind === "word" && is(i - 1, "#"))) i++;
    return is(i, "(", "{") ? after(i) : i + 1;
  }
  function readImport(i: number): void {
    let to = i + 1;
    while (code[to] !== undefined && code[to]!.kind !== "text") {
      if (is(to, ";", "import")) return;
      to++;
    }
    const path = code[to];
    if (path === undefined) return;
    const from = path.text.replaceAll('"', "");
    const members = is(i + 1, "{");
    for (let j = i + 1; j < to; j++) {
      const name = code[j]!;
      if (name.kind !== "word" || RESERVED.has(name.text) || (members && is(j + 1, "="))) continue;
      const member = !members ? undefined : is(j - 1, "=") ? code[j - 2]!.text : name.text;
      add(name, "import", [code[i]!.from, path.to], block(), { from: { path: from, member } });
    }
  }
  function readFunction(i: number): void {
    const start = first(i);
    let at = i + 1;
    const name = code[at]?.kind === "word" && !RESERVED.has(code[at]!.text) ? code[at] : undefined;
    if (name !== undefined) at++;
    const types = at;
    if (is(at, "<")) at = afterAngles(at);
    const open = at;
    if (is(at, "(")) at = after(at);
    else if (code[at]?.kind === "word") at++;
    if (is(at, ":")) at = afterType(at + 1);
    const headerEnd = code[at - 1]!.to;
    if (is(at, "=")) at++;
    // `actor class C() = self { … }`
    const self = code[i]!.text === "class" && code[at]?.kind === "word" ? code[at] : undefined;
    if (self !== undefined) at++;
    const body = is(at, "{") ? inside(at) : undefined;
    const seen = [code[start]!.from, endOfBody(at)] as const;
    if (name !== undefined) {
      add(name, code[i]!.text as "func" | "class", [code[start]!.from, headerEnd], block(), {
        isPublic: isPublic(start, i),
        body,
      });
    }
    if (self !== undefined) add(self, "object", [self.from, self.to], seen, { body });
    for (let j = types + 1; j < open; j++) {
      if (code[j]!.kind === "word" && is(j - 1, "<", ",") && !RESERVED.has(code[j]!.text)) {
        add(code[j]!, "type", [code[j]!.from, code[j]!.to], seen);
      }
    }
    const close = is(open, "(") ? after(open) : open + 1;
    addAll(binders(open, close), seen);
    for (let j = start; j < i; j++) {
      if (is(j, "(", "{") && is(j - 1, "shared", "query")) addAll(binders(j, after(j)), seen);
      else if (is(j - 1, "shared", "query") && !MODIFIERS.has(code[j]!.text)) addAll(binders(j, j + 1), seen);
    }
  }
}

/** For each bracket's token the token of its partner. */
function matchBrackets(code: readonly Token[]): {
  closing: Map<number, number>;
  opening: Map<number, number>;
} {
  const closing = new Map<number, number>();
  const opening = new Map<number, number>();
  const open: number[] = [];
  for (const [i, { kind, text }] of code.entries()) {
    if (kind !== "sign") continue;
    if (CLOSER[text] !== undefined) open.push(i);
    else if (text === "}" || text === ")" || text === "]") {
      const at = open.findLastIndex((o) => CLOSER[code[o]!.text] === text);
      if (at < 0) continue;
      closing.set(open[at]!, i);
      opening.set(i, open[at]!);
      open.length = at;
    }
  }
  return { closing, opening };
}

/** The documentation right above a declaration: lines of `///`, or one comment of two stars. */
export function docAbove(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n").slice(0, -1);
  const doc: string[] = [];
  while (lines.at(-1)?.trim().startsWith("///") === true) doc.unshift(lines.pop()!.trim().slice(3));
  if (doc.length > 0) return dedent(doc);
  const above = lines.join("\n").trimEnd();
  const block = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/$/.exec(above);
  if (block === null) return "";
  return dedent(block[1]!.split("\n").map((l) => l.replace(/^\s*\* ?/, " ")));
}

/** Its documentation says that it will go. */
export function isDeprecated(text: string, { header: [from] }: Declaration): boolean {
  const lines = text.slice(0, from).split("\n").slice(0, -1);
  for (let line = lines.pop(); line?.trim().startsWith("///") === true; line = lines.pop()) {
    if (line.includes("@deprecated")) return true;
  }
  return false;
}

/** What a module says of itself in its first lines. */
export function docAtTop(text: string): string {
  const top = /^(?:[ \t]*\/\/\/[^\n]*\n)+/.exec(text)?.[0] ?? "";
  return dedent(
    top
      .trimEnd()
      .split("\n")
      .map((l) => l.trim().slice(3)),
  );
}

const dedent = (lines: readonly string[]): string =>
  lines
    .map((l) => l.replace(/^ /, ""))
    .filter((l) => !l.startsWith("@deprecated"))
    .join("\n")
    .trim();

/** The header in one line, or as it is written where one line would be long. */
export const headerOf = (text: string, { header: [from, to] }: Declaration): string => {
  const line = text.slice(from, to).replace(/\s+/g, " ");
  return line.length <= 90 ? line : text.slice(from, to).replace(/\n {2}/g, "\n");
};

/** The words of `a.b` before the dot at an offset, when it is nothing but names. */
export function chainBefore({ tokens: code }: Source, dot: number): string[] | undefined {
  let i = code.findLastIndex((t) => t.to <= dot);
  const chain: string[] = [];
  for (;;) {
    const word = code[i];
    if (word?.kind !== "word") return undefined;
    chain.unshift(word.text);
    if (code[i - 1]?.text !== ".") return chain;
    i -= 2;
  }
}

/** Where the expression before a dot begins; `dot` is the dot's token. Undefined where it ends in a block or a keyword. */
export function receiverStart({ tokens: code, opening }: Source, dot: number): number | undefined {
  let i = dot - 1;
  for (;;) {
    const token = code[i];
    if (token === undefined) return undefined;
    if (token.text === "!") {
      i--;
      continue;
    }
    if (token.text === ")" || token.text === "]") {
      const open = opening.get(i);
      if (open === undefined) return undefined;
      let before = open - 1;
      if (code[before]?.text === ">") before = overAngles(code, before);
      const called = code[before];
      const continues =
        called !== undefined &&
        ((called.kind === "word" && !RESERVED.has(called.text)) || /^[)\]]$/.test(called.text));
      if (!continues) return code[open]!.from;
      i = before;
      continue;
    }
    if (token.kind === "sign" || token.kind === "comment" || RESERVED.has(token.text)) return undefined;
    if (code[i - 1]?.text !== ".") return token.from;
    i -= 2;
  }
}

/** The token before the `<` that the `>` at `from` closes. */
export function overAngles(code: readonly Token[], from: number): number {
  let depth = 0;
  for (let i = from; i >= 0; i--) {
    if (code[i]!.text === ">") depth++;
    if (code[i]!.text === "<") depth--;
    if (depth === 0) return i - 1;
  }
  return from;
}

/** What is seen at an offset, the nearest of each name. */
export function seenAt({ declarations }: Source, offset: number): Map<string, Declaration> {
  const seen = new Map<string, Declaration>();
  for (const d of declarations) {
    if (d.name === "" || offset < d.seen[0] || offset > d.seen[1]) continue;
    const other = seen.get(d.name);
    if (other === undefined || d.seen[1] - d.seen[0] <= other.seen[1] - other.seen[0]) seen.set(d.name, d);
  }
  return seen;
}

/** The declarations right inside a body. */
export const within = (
  { declarations }: Source,
  [from, to]: readonly [number, number],
): readonly Declaration[] =>
  declarations.filter(
    (d) => d.kind !== "parameter" && d.name !== "" && d.seen[0] === from && d.seen[1] === to,
  );

/** What others may use of a file: the public members of its module or class, or its actor's. */
export function exported(source: Source): readonly Declaration[] {
  const [top] = source.declarations.filter(
    (d) => d.seen[0] === 0 && d.body !== undefined && d.kind !== "type",
  );
  if (top?.body === undefined) return [];
  if (top.kind === "class") return [top];
  return within(source, top.body).filter((d) => d.isPublic);
}

export function offsetOf(text: string, { line, column }: Position): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return Math.min(at + column - 1, text.length);
}
