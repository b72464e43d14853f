/** What may be written at a place: members after a dot, paths in an import, else names in scope and keywords. */
import { placeAt } from "../diagnostics.ts";
import type { Completion, Completions, Edit, Position } from "../language-service.ts";
import { importable, importPlace } from "./imports.ts";
import { follow, membersOf, valueMembers } from "./names.ts";
import {
  chainBefore,
  type Declaration,
  docAbove,
  docAtTop,
  headerOf,
  isDeprecated,
  KEYWORDS,
  offsetOf,
  readSource,
  seenAt,
  type Source,
  tokens,
} from "./source.ts";
import type { Workspace } from "./workspace.ts";

const TYPES =
  "Nat Int Text Bool Float Principal Blob Char Nat8 Nat16 Nat32 Nat64 Int8 Int16 Int32 Int64 Error Region Any None Null".split(
    " ",
  );

const SNIPPETS: readonly (readonly [label: string, insert: string, detail: string])[] = [
  ["public func", "public func $1($2) : async $3 {\n  $0\n};", "an update method"],
  ["public query func", "public query func $1($2) : async $3 {\n  $0\n};", "a query method"],
  ["for in", "for ($1 in $2.values()) {\n  $0\n};", "a loop over items"],
  ["switch option", "switch ($1) {\n  case (?$2) { $0 };\n  case null { };\n};", "an option's two cases"],
];

const KIND: Readonly<Record<Declaration["kind"], Completion["kind"]>> = {
  import: "module",
  module: "module",
  let: "variable",
  var: "variable",
  object: "variable",
  actor: "variable",
  parameter: "variable",
  label: "variable",
  func: "function",
  type: "type",
  class: "class",
};

export function completionsAt(
  workspace: Workspace,
  path: string,
  text: string,
  at: Position,
): Completions | undefined {
  const offset = offsetOf(text, at);
  const inside = tokens(text).find((t) => t.from < offset && offset <= t.to && t.kind !== "word");
  if (inside?.kind === "comment" && (offset < inside.to || inside.text.startsWith("//"))) return undefined;
  const source = readSource(text);
  if (inside?.kind === "text" && !closed(inside.text, inside.to, offset)) {
    const line = text.slice(text.lastIndexOf("\n", inside.from) + 1, inside.from);
    if (!/^\s*import\b/.test(line)) return undefined;
    const to = inside.text.length > 1 && inside.text.endsWith('"') ? inside.to - 1 : inside.to;
    return {
      items: importPaths(workspace, path, /^\s*import\s+(\w+)/.exec(line)?.[1]),
      replaces: { start: placeAt(text, inside.from + 1), end: placeAt(text, to) },
    };
  }
  const from = offset - /[A-Za-z_]?\w*$/.exec(text.slice(0, offset))![0].length;
  const replaces = { start: placeAt(text, from), end: at };
  const before = text.slice(0, from);
  if (/(^|[^\d.])\d+\.$/.test(before)) return undefined;
  if (/\.\s*$/.test(before)) {
    return { items: members(workspace, path, source, before.lastIndexOf("."), from), replaces };
  }
  if (/#\s*$/.test(before)) return undefined;
  if (/^[ \t]*import[ \t]+$/.test(before.slice(before.lastIndexOf("\n") + 1))) {
    return { items: wholeImports(workspace, path), replaces };
  }
  return { items: inScope(workspace, path, source, from), replaces };
}

const closed = (text: string, to: number, offset: number): boolean =>
  offset === to && text.length > 1 && /["']$/.test(text);

function importPaths(workspace: Workspace, path: string, name: string | undefined): Completion[] {
  return importable(workspace, path).map((m) => ({
    label: m.imported,
    kind: m.imported.startsWith("mo:") ? "module" : "file",
    doc: docAtTop(workspace.textOf(m.path) ?? ""),
    rank: m.name === name ? 0 : 1,
  }));
}

function wholeImports(workspace: Workspace, path: string): Completion[] {
  return importable(workspace, path).map((m) => ({
    label: m.name,
    kind: "module",
    detail: m.imported,
    doc: docAtTop(workspace.textOf(m.path) ?? ""),
    insert: `${m.name} "${m.imported}";`,
    rank: 1,
  }));
}

/** `dot` and `from` are offsets: of the dot, and of the name after it (which may not be there yet). */
function members(
  workspace: Workspace,
  path: string,
  source: Source,
  dot: number,
  from: number,
): Completion[] {
  const chain = chainBefore(source, dot);
  const named = chain && follow(workspace, path, source, chain, from);
  if (named !== undefined) {
    const text = workspace.textOf(named.path) ?? "";
    const found = membersOf(workspace, named).filter((m) => !isDeprecated(text, m));
    if (found.length > 0 || named.declaration === undefined) return found.map((m) => itemOf(text, m, 0));
  }
  const token = source.tokens.findIndex((t) => t.from === dot);
  return valueMembers(workspace, path, source, token).map((member): Completion => {
    const { name, type, through } = member;
    const declaration = member.named?.declaration;
    if (declaration === undefined) {
      return { label: name, kind: type.includes("->") ? "method" : "field", detail: type, rank: 1 };
    }
    const item = itemOf(workspace.textOf(member.named!.path) ?? "", declaration, 0);
    if (through === undefined) return item;
    const { module, imported } = through;
    const method: Completion = {
      ...item,
      kind: "method",
      detail: `${module.name}${item.detail}`,
      rank: imported ? 0 : 2,
    };
    return imported ? method : { ...method, also: [importEdit(source.text, module.name, module.imported)] };
  });
}

const importEdit = (text: string, name: string, imported: string): Edit => {
  const at = importPlace(text);
  return { start: at, end: at, text: `import ${name} "${imported}";\n` };
};

function itemOf(text: string, declaration: Declaration, rank: number): Completion {
  const { name, kind, isPublic } = declaration;
  const header = headerOf(text, declaration).replace(/^public /, "");
  const at = header.indexOf(name);
  return {
    label: name,
    kind: kind === "let" && header.includes("->") ? "function" : KIND[kind],
    detail: kind === "func" || kind === "class" || isPublic ? header.slice(at + name.length) : header,
    doc: docAbove(text, declaration.header[0]),
    rank,
  };
}

function inScope(workspace: Workspace, path: string, source: Source, offset: number): Completion[] {
  const seen = seenAt(source, offset);
  const own = [...seen.values()].map((d): Completion => {
    if (d.kind !== "import") return itemOf(source.text, d, 0);
    return { label: d.name, kind: "module", detail: d.from!.path, rank: 0 };
  });
  const modules = importable(workspace, path)
    .filter((m) => !seen.has(m.name))
    .filter((m, i, all) => all.findIndex((other) => other.name === m.name) === i)
    .map((m): Completion => ({
      label: m.name,
      kind: "module",
      detail: `import from ${m.imported}`,
      doc: docAtTop(workspace.textOf(m.path) ?? ""),
      also: [importEdit(source.text, m.name, m.imported)],
      rank: 3,
    }));
  return [
    ...own,
    ...TYPES.filter((t) => !seen.has(t)).map((label): Completion => ({ label, kind: "type", rank: 2 })),
    ...KEYWORDS.map((label): Completion => ({ label, kind: "keyword", rank: 2 })),
    ...SNIPPETS.map(([label, insert, detail]): Completion => ({
      label,
      kind: "keyword",
      insert,
      snippet: true,
      detail,
      rank: 2,
    })),
    ...modules,
  ];
}
