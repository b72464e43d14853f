/** Motoko in the editor: hover, completion, signatures, definitions, formatting. */
import type { SourceFiles } from "../compiler.ts";
import { placeAt } from "../diagnostics.ts";
import type { Definition, Hover, LanguageService, Position, Signature } from "../language-service.ts";
import { completionsAt } from "./complete.ts";
import { formatMotoko } from "./format.ts";
import { CORE_DIRECTORY, loadMoc } from "./moc.ts";
import { imported, type Named, namedAt, splitAt, valueMembers } from "./names.ts";
import {
  docAbove,
  docAtTop,
  headerOf,
  KEYWORDS,
  offsetOf,
  overAngles,
  readSource,
  type Source,
  type Token,
} from "./source.ts";
import { type Type, typeOfBinding } from "./probe.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const KEYWORD = new Set(KEYWORDS);

export const motokoService: LanguageService = {
  complete: (files, path, at) => asked(files, path, at, completionsAt),
  hover: (files, path, at) => asked(files, path, at, hoverAt),
  signature: (files, path, at) => asked(files, path, at, signatureAt),
  definition: (files, path, at) => asked(files, path, at, definitionAt),
  async format(files, path) {
    const text = files[path];
    return typeof text === "string" ? formatMotoko(text) : undefined;
  },
};

async function asked<T>(
  files: SourceFiles,
  path: string,
  at: Position,
  answer: (workspace: Workspace, path: string, text: string, at: Position) => T,
): Promise<T | undefined> {
  const loaded = await loadMoc();
  // A library file that was opened to be read belongs to no project, and has definitions all the same.
  const own = libraryPath(path);
  const workspace = openWorkspace(loaded, files);
  const text = workspace.textOf(own);
  return text === undefined ? undefined : answer(workspace, own, text, at);
}

/** `mo:core/Map.mo` is how the page calls what the compiler calls `@core/Map.mo`. */
const libraryPath = (path: string): string => path.replace(/^mo:core\//, `${CORE_DIRECTORY}/`);
const shownPath = (path: string): string =>
  path.startsWith(`${CORE_DIRECTORY}/`) ? `mo:core/${path.slice(CORE_DIRECTORY.length + 1)}` : path;

const indexAt = ({ tokens }: Source, offset: number): number =>
  tokens.findIndex((t) => t.from <= offset && offset <= t.to && (t.kind === "word" || t.kind === "text"));

const spanOf = (text: string, { from, to }: Pick<Token, "from" | "to">) => ({
  start: placeAt(text, from),
  end: placeAt(text, to),
});

/** The import whose path stands at a token. */
function importedAt(workspace: Workspace, path: string, source: Source, token: Token): string | undefined {
  const found = source.declarations.find(
    (d) => d.kind === "import" && d.header[0] < token.from && d.header[1] === token.to,
  );
  return found?.from && workspace.resolve(path, found.from.path);
}

function hoverAt(workspace: Workspace, path: string, text: string, at: Position): Hover | undefined {
  const source = readSource(text);
  const index = indexAt(source, offsetOf(text, at));
  const token = source.tokens[index];
  if (token === undefined || (token.kind === "word" && KEYWORD.has(token.text))) return undefined;
  const span = spanOf(text, token);
  if (token.kind === "text") {
    const file = importedAt(workspace, path, source, token);
    return file === undefined ? undefined : { ...span, ...aboutFile(workspace, file) };
  }
  const named = namedAt(workspace, path, source, index);
  if (named === undefined) {
    if (source.tokens[index - 1]?.text !== ".") return undefined;
    const field = valueMembers(workspace, path, source, index - 1).find((m) => m.name === token.text);
    return field && { ...span, code: `${field.name} : ${field.type}`, doc: "" };
  }
  const { declaration } = named;
  if (declaration === undefined) return { ...span, ...aboutFile(workspace, named.path) };
  const home = workspace.textOf(named.path)!;
  const doc = docAbove(home, declaration.header[0]);
  const header = headerOf(home, declaration);
  const typed = /^\w+\s*:/.test(home.slice(declaration.at));
  if (!["let", "var", "parameter"].includes(declaration.kind) || typed) return { ...span, code: header, doc };
  const type = typeOfBinding(workspace, named.path, home, declaration.at + declaration.name.length);
  return { ...span, code: type === undefined ? header : `${header} : ${worded(type)}`, doc };
}

const EXPANDED_MAX = 200;
/** With what its name stands for, where that is short. */
const worded = ({ name, expanded }: Type): string =>
  name === expanded || name.includes(".") || expanded.length > EXPANDED_MAX ? name : `${name} = ${expanded}`;

function aboutFile(workspace: Workspace, path: string): Pick<Hover, "code" | "doc"> {
  const shown = shownPath(path).replace(/(\/lib)?\.mo$/, "");
  return { code: `module "${shown}"`, doc: docAtTop(workspace.textOf(path) ?? "") };
}

function definitionAt(
  workspace: Workspace,
  path: string,
  text: string,
  at: Position,
): Definition | undefined {
  const source = readSource(text);
  const index = indexAt(source, offsetOf(text, at));
  const token = source.tokens[index];
  if (token === undefined || (token.kind === "word" && KEYWORD.has(token.text))) return undefined;
  if (token.kind === "text") {
    const file = importedAt(workspace, path, source, token);
    return file === undefined ? undefined : placeOf(workspace, { path: file, declaration: undefined });
  }
  const named = namedAt(workspace, path, source, index);
  if (named?.declaration === undefined) return named && placeOf(workspace, named);
  return placeOf(workspace, imported(workspace, named) ?? named);
}

function placeOf(workspace: Workspace, { path, declaration }: Named): Definition | undefined {
  const text = workspace.textOf(path);
  if (text === undefined) return undefined;
  const [from, to] =
    declaration === undefined ? [0, 0] : [declaration.at, declaration.at + declaration.name.length];
  const place = { path: shownPath(path), ...spanOf(text, { from, to }) };
  return workspace.files[path] === undefined ? { ...place, library: text } : place;
}

function signatureAt(workspace: Workspace, path: string, text: string, at: Position): Signature | undefined {
  const source = readSource(text);
  const call = openCall(source, offsetOf(text, at));
  if (call === undefined) return undefined;
  const { callee } = call;
  const token = source.tokens[callee]!;
  const named = namedAt(workspace, path, source, callee);
  const declaration = named?.declaration;
  if (named !== undefined && (declaration?.kind === "func" || declaration?.kind === "class")) {
    const home = workspace.textOf(named.path)!;
    const header = home.slice(declaration.at, declaration.header[1]).replace(/\s+/g, " ");
    return signatureOf(
      header,
      call.args,
      docAbove(home, declaration.header[0]),
      isMethodCall(source, callee, workspace, path),
    );
  }
  if (named === undefined || declaration === undefined) return undefined;
  // A variable that holds a function.
  const home = workspace.textOf(named.path)!;
  const type =
    /^\w+\s*:\s*([^=;{]*->[^=;{]*)/.exec(home.slice(declaration.at))?.[1]?.trim() ??
    typeOfBinding(workspace, named.path, home, declaration.at + declaration.name.length)?.name;
  if (type === undefined || !type.includes("->")) return undefined;
  const method = isMethodCall(source, callee, workspace, path);
  return signatureOf(`${token.text} : ${type}`, call.args, docAbove(home, declaration.header[0]), method);
}

interface Call {
  /** Token before the parenthesis. */
  readonly callee: number;
  /** What is written of each argument so far. */
  readonly args: readonly string[];
}

/** The call whose parentheses hold an offset. */
function openCall({ text, tokens }: Source, offset: number): Call | undefined {
  let depth = 0;
  for (let i = tokens.findLastIndex((t) => t.to <= offset); i > 0; i--) {
    const { text: sign, kind, to } = tokens[i]!;
    if (kind !== "sign") continue;
    if (")]}".includes(sign)) depth++;
    else if ("([{".includes(sign) && depth > 0) depth--;
    else if (sign === "{" || sign === "[" || (sign === ";" && depth === 0)) return undefined;
    else if (sign === "(") {
      const callee = tokens[i - 1]?.text === ">" ? overAngles(tokens, i - 1) : i - 1;
      const word = tokens[callee];
      const declares = ["func", "class"].includes(tokens[callee - 1]?.text ?? "");
      if (word?.kind !== "word" || KEYWORD.has(word.text) || declares) return undefined;
      const written = text.slice(to, offset);
      const args = splitAt(written, ",");
      return { callee, args: /,\s*$/.test(written) ? [...args, ""] : args.length === 0 ? [""] : args };
    }
  }
  return undefined;
}

/** `value.name(` and not `Module.name(`: then the value is the first argument. */
function isMethodCall(source: Source, callee: number, workspace: Workspace, path: string): boolean {
  if (source.tokens[callee - 1]?.text !== ".") return false;
  const receiver = source.tokens[callee - 2];
  if (receiver?.kind !== "word") return true;
  const named = namedAt(workspace, path, source, callee - 2);
  return named !== undefined && named.declaration !== undefined && named.declaration.kind !== "module";
}

/** `implicit` arguments are found by the compiler; who writes them writes `Nat.compare` or the like. */
const EXPLICIT = /\.(compare|equal|toText)\w*\s*$/;

function signatureOf(header: string, args: readonly string[], doc: string, method: boolean): Signature {
  const open = header.indexOf("(");
  if (open < 0) return { label: header, parameters: [], active: 0, doc };
  const parts = splitAt(header.slice(open + 1, closeOf(header, open)), ",");
  const hidden = args.some((a) => EXPLICIT.test(a)) ? -1 : parts.findIndex((p) => p.includes("implicit :"));
  const parameters: [number, number][] = [];
  let at = open + 1;
  for (const [i, part] of parts.entries()) {
    const from = at + (part.length - part.trimStart().length);
    const isSelf = method && i === 0 && /^\s*self\b/.test(part);
    if (!isSelf && i !== hidden) parameters.push([from, at + part.trimEnd().length]);
    at += part.length + 1;
  }
  return {
    label: header,
    parameters,
    active: Math.min(args.length, Math.max(1, parameters.length)) - 1,
    doc,
  };
}

function closeOf(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "(") depth++;
    else if (text[i] === ")" && --depth === 0) return i;
  }
  return text.length;
}
