/**
 * From a word in a source to what it names: a declaration here, in another file of the project or in a package.
 *
 *   N1  A chain of names (`Map.add`) is followed through imports, modules, objects and classes by the texts alone, so it
 *       works in a line that is half written.
 *   N2  Where the chain begins with a value, its type decides: the members of the type's declaration, then functions of
 *       modules that take such a value as `self`.
 */
import { type Importable, importable } from "./imports.ts";
import { type Type, typeOfExpression } from "./probe.ts";
import {
  chainBefore,
  type Declaration,
  exported,
  isDeprecated,
  readSource,
  receiverStart,
  seenAt,
  type Source,
  tokens,
  within,
} from "./source.ts";
import type { Workspace } from "./workspace.ts";

/** A declaration with its file; without one, the file itself (what an import names). */
export interface Named {
  readonly path: string;
  readonly declaration: Declaration | undefined;
}

/** N1. */
export function follow(
  workspace: Workspace,
  path: string,
  source: Source,
  chain: readonly string[],
  offset: number,
): Named | undefined {
  const [head, ...rest] = chain;
  const declared = seenAt(source, offset).get(head!);
  if (declared === undefined) return undefined;
  let at: Named | undefined = imported(workspace, { path, declaration: declared });
  for (const name of rest) {
    if (at === undefined) return undefined;
    const member = membersOf(workspace, at).find((m) => m.name === name);
    at = member === undefined ? undefined : imported(workspace, { path: at.path, declaration: member });
  }
  return at;
}

/** What an import means: the file, or the member that it takes. */
export function imported(workspace: Workspace, named: Named): Named | undefined {
  const from = named.declaration?.from;
  if (from === undefined) return named;
  const path = workspace.resolve(named.path, from.path);
  if (path === undefined) return undefined;
  if (from.member === undefined) return { path, declaration: undefined };
  const declaration = membersOf(workspace, { path, declaration: undefined }).find(
    (m) => m.name === from.member,
  );
  return declaration && { path, declaration };
}

/** What a module, object, actor or class offers by name. */
export function membersOf(workspace: Workspace, { path, declaration }: Named): readonly Declaration[] {
  const text = workspace.textOf(path);
  if (text === undefined) return [];
  const source = readSource(text);
  if (declaration === undefined) return exported(source);
  if (declaration.body === undefined || declaration.kind === "func" || declaration.kind === "type") return [];
  return within(source, declaration.body).filter((d) => d.isPublic || declaration.kind === "actor");
}

/** What a word names, by the texts or by the type of what stands before its dot. `index` is its token. */
export function namedAt(
  workspace: Workspace,
  path: string,
  source: Source,
  index: number,
): Named | undefined {
  const token = source.tokens[index]!;
  const chain = chainBefore(source, token.to);
  const named = chain && follow(workspace, path, source, chain, token.from);
  if (named !== undefined || source.tokens[index - 1]?.text !== ".") return named;
  return valueMembers(workspace, path, source, index - 1).find((m) => m.name === token.text)?.named;
}

/** N2: the members of the value before a dot; `dot` is the dot's token. */
export function valueMembers(
  workspace: Workspace,
  path: string,
  source: Source,
  dot: number,
): readonly Member[] {
  const from = receiverStart(source, dot);
  if (from === undefined) return [];
  const receiver = [from, source.tokens[dot - 1]!.to] as const;
  const type = typeOfExpression(workspace, path, source.text, receiver);
  if (type === undefined) return [];
  const own = typeMembers(workspace, path, type);
  return [
    ...own,
    ...selfFunctions(workspace, path, source, type).filter((f) => !own.some((m) => m.name === f.name)),
  ];
}

export interface Member {
  readonly name: string;
  readonly type: string;
  readonly named?: Named;
  /** Of a function that takes the value as `self`: its module, and whether the file imports that already. */
  readonly through?: { readonly module: Importable; readonly imported: boolean };
}

const HOMES: Readonly<Record<string, string>> = { "[": "Array", "[var": "VarArray", "?": "Option" };

/** Functions that modules offer for such a value: those that the file imports, and the type's own of `mo:core`. */
function selfFunctions(workspace: Workspace, path: string, source: Source, type: Type): Member[] {
  const imports = new Set(source.declarations.map((d) => d.from && workspace.resolve(path, d.from.path)));
  const head = headOf(type.name);
  const chain = head.split(".");
  const home = chain.length > 1 ? follow(workspace, path, source, chain.slice(0, -1), 0)?.path : undefined;
  const found = importable(workspace, path).filter(
    (m) => imports.has(m.path) || m.imported === `mo:core/${HOMES[head] ?? chain.at(-1)}`,
  );
  return found.flatMap((module) =>
    membersOf(workspace, { path: module.path, declaration: undefined }).flatMap((declaration): Member[] => {
      const text = workspace.textOf(module.path)!;
      const header = text.slice(declaration.at, declaration.header[1]);
      const self = /^\w+\s*:?\s*(?:<[^(]*>)?\s*\(\s*self\s*:\s*([^,)]+)/.exec(header)?.[1];
      if (self === undefined || isDeprecated(text, declaration)) return [];
      const wanted = headOf(self);
      const same = wanted === head || wanted.split(".").at(-1) === chain.at(-1);
      const elsewhere = home !== undefined && home !== module.path && !wanted.includes(".");
      if (!same || elsewhere) return [];
      const through = { module, imported: imports.has(module.path) };
      return [{ name: declaration.name, type: "", named: { path: module.path, declaration }, through }];
    }),
  );
}

/** What kind of type it is: a name without its arguments, or the sign with which it begins. */
const headOf = (type: string): string => /^(?:\[var\b|\[|\?|[\w.]+)/.exec(type.trim())?.[0] ?? type;

const BUILT_IN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  array: {
    size: "() -> Nat",
    get: "(Nat) -> T",
    keys: "() -> Iter<Nat>",
    values: "() -> Iter<T>",
    vals: "() -> Iter<T>",
  },
  Text: { size: "() -> Nat", chars: "() -> Iter<Char>" },
  Blob: {
    size: "() -> Nat",
    get: "(Nat) -> Nat8",
    keys: "() -> Iter<Nat>",
    values: "() -> Iter<Nat8>",
    vals: "() -> Iter<Nat8>",
  },
};

/** The members that a value has by its type. */
function typeMembers(workspace: Workspace, path: string, { name, expanded }: Type): readonly Member[] {
  const builtIn = name.startsWith("[") ? BUILT_IN.array : BUILT_IN[name];
  if (builtIn !== undefined) {
    const item = /^\[(?:var )?([\s\S]*)\]$/.exec(name)?.[1] ?? "";
    const put = name.startsWith("[var") ? { put: "(Nat, T) -> ()" } : {};
    return Object.entries({ ...builtIn, ...put }).map(([member, of]) => ({
      name: member,
      type: of.replaceAll("T>", `${item}>`).replace(/\bT\b/, item),
    }));
  }
  const declared = declarationOfType(workspace, path, /^[\w.]*/.exec(name)![0].split("."));
  const places = declared === undefined ? [] : membersOf(workspace, declared);
  return (fieldsOf(expanded) ?? []).map((field) => {
    const declaration = places.find((p) => p.name === field.name);
    if (declaration === undefined || declared === undefined) return field;
    return { ...field, named: { path: declared.path, declaration } };
  });
}

/** A type's declaration, wherever in the file it is: the compiler prints no scope with a name. */
function declarationOfType(workspace: Workspace, path: string, chain: readonly string[]): Named | undefined {
  const source = readSource(workspace.textOf(path) ?? "");
  const [head] = chain;
  const start = source.declarations.find(
    (d) =>
      d.name === head && (chain.length > 1 || d.kind === "type" || d.kind === "class" || d.kind === "import"),
  );
  return start && follow(workspace, path, source, chain, start.at);
}

/** The fields of `{ name : Type; … }` and its like; undefined for another type. */
export function fieldsOf(type: string): Member[] | undefined {
  const open = /^(?:object |actor |module )?\s*\{/.exec(type);
  if (open === null || !type.trimEnd().endsWith("}")) return undefined;
  const inner = type.slice(open[0].length, type.lastIndexOf("}"));
  const found: Member[] = [];
  for (const part of splitAt(inner, ";")) {
    const match = /^\s*(?:\/\/[^\n]*\n\s*)*(?:var\s+)?([A-Za-z_]\w*)\s*(?:<[^>]*>\s*)?[:(]/.exec(part);
    if (match === null || /^\s*type\b/.test(part)) continue;
    found.push({
      name: match[1]!,
      type: part
        .slice(part.indexOf(":") + 1)
        .trim()
        .replace(/\s+/g, " "),
    });
  }
  return found;
}

/** Parts between separators that stand in no bracket. */
export function splitAt(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let before = "";
  for (const token of tokens(text)) {
    if (token.kind !== "sign") continue;
    if ("({[".includes(token.text) || (token.text === "<" && before !== "")) depth++;
    else if (")}]>".includes(token.text)) depth--;
    else if (token.text === separator && depth === 0) {
      parts.push(text.slice(from, token.from));
      from = token.to;
    }
    before = token.text;
  }
  const last = text.slice(from);
  return last.trim() === "" ? parts : [...parts, last];
}
