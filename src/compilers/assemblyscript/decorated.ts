/**
 * Finds what the author decorated in one file: methods, hooks, stable variables; and says where a decorator is misplaced.
 *
 *   `@query` `@update`                          methods
 *   `@init` `@preUpgrade` `@postUpgrade`        run at those moments; a function may have several of these
 *   `@heartbeat` `@inspect`                     run at every height; say whether to let a call in
 *   `@stable let …`                             kept over upgrades
 */
import {
  type Decorator,
  FLAG,
  type FunctionDeclaration,
  isClass,
  isFunction,
  isVariable,
  NODE,
  type Node,
  type Range,
  type Source,
  typeText,
  type VariableStatement,
} from "./ast.ts";

export const HOOKS = {
  init: "canister_init",
  preUpgrade: "canister_pre_upgrade",
  postUpgrade: "canister_post_upgrade",
  heartbeat: "canister_heartbeat",
  inspect: "canister_inspect_message",
} as const;
export type Hook = keyof typeof HOOKS;
const isHook = (role: string): role is Hook => Object.hasOwn(HOOKS, role);
const isMethod = (role: string): boolean => role === "query" || role === "update";
const isRole = (name: string): boolean => isHook(name) || isMethod(name) || name === "stable";

export interface Decorated {
  readonly methods: readonly { readonly declaration: FunctionDeclaration; readonly query: boolean }[];
  readonly hooks: readonly { readonly declaration: FunctionDeclaration; readonly hook: Hook }[];
  /** Names of variables. */
  readonly stable: readonly string[];
}

type Refuse = (where: Range, message: string) => void;

export function findDecorated(source: Source, refuse: Refuse): Decorated {
  const methods: Decorated["methods"][number][] = [];
  const hooks: Decorated["hooks"][number][] = [];
  const stable: string[] = [];
  for (const statement of source.statements) {
    if (isClass(statement)) {
      for (const member of statement.members) misplaced(member.decorators, refuse);
      misplaced(statement.decorators, refuse);
    } else if (isVariable(statement)) {
      for (const role of rolesOf(statement.decorators)) {
        if (role.name.text === "stable") stable.push(...stableNames(statement, refuse));
        else misplaced([role], refuse);
      }
    } else if (isFunction(statement)) {
      const roles = rolesOf(statement.decorators);
      const named = roles.map((role) => role.name.text);
      if (named.includes("stable")) refuse(roles[0]!.range, "@stable stands before a variable");
      const kinds = named.filter(isMethod);
      if (kinds.length + (named.some(isHook) ? 1 : 0) > 1) {
        refuse(roles[1]!.range, `"${statement.name.text}" is decorated twice: choose one`);
      }
      if (roles.length === 0 || takesFunctions(statement, refuse)) continue;
      judge(statement, named, refuse);
      if (kinds.length > 0) methods.push({ declaration: statement, query: kinds[0] === "query" });
      for (const hook of named.filter(isHook)) hooks.push({ declaration: statement, hook });
    }
  }
  return { methods, hooks, stable };
}

const rolesOf = (decorators: readonly Decorator[] | null): Decorator[] =>
  (decorators ?? []).filter(({ name }) => typeof name.text === "string" && isRole(name.text));

function misplaced(decorators: readonly Decorator[] | null, refuse: Refuse): void {
  for (const { name, range } of rolesOf(decorators)) {
    const where = name.text === "stable" ? "a variable" : "a function at the top level of a file";
    refuse(range, `@${name.text} stands before ${where}`);
  }
}

function stableNames(statement: VariableStatement, refuse: Refuse): string[] {
  return statement.declarations.flatMap(({ name, flags, range }) => {
    if ((flags & FLAG.constant) === 0) return [name.text];
    refuse(range, `"${name.text}" never changes: a @stable variable is declared with let`);
    return [];
  });
}

function takesFunctions({ signature }: FunctionDeclaration, refuse: Refuse): boolean {
  const types = [...signature.parameters.map(({ type }) => type), signature.returnType];
  const functions = types.filter(({ kind }) => kind !== NODE.namedType);
  for (const { range } of functions) refuse(range, "Candid has no type for functions");
  return functions.length > 0;
}

/** What a canister's entry points cannot have. */
function judge(
  { flags, name, signature }: FunctionDeclaration,
  roles: readonly string[],
  refuse: Refuse,
): void {
  const { parameters, returnType } = signature;
  if ((flags & FLAG.generic) !== 0)
    refuse(name.range, `"${name.text}" is called from outside, so it cannot be generic`);
  for (const { parameterKind, initializer, range } of parameters) {
    if (parameterKind === 0 && initializer === null) continue;
    refuse(range, "callers send every argument: make it a type with | null instead of an optional one");
  }
  for (const role of roles.filter(isHook)) {
    if (role !== "init" && parameters.length > 0)
      refuse(parameters[0]!.range, `nobody sends arguments to @${role}`);
    const returned = typeText(returnType);
    const wanted = role === "inspect" ? ["bool", "boolean"] : ["void", ""];
    if (!wanted.includes(returned)) refuse(returnType.range, `@${role} returns ${wanted[0]}`);
  }
}

/** The comment right above a node. */
export function commentAbove({ range }: Node): string {
  const before = range.source.text.slice(0, range.start);
  const block = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)?.[1];
  if (block !== undefined) return block.replace(/^[ \t]*\*? ?/gm, "").trim();
  const lines = /((?:^[ \t]*\/\/[^\n]*\n)+)[ \t]*$/m.exec(before)?.[1] ?? "";
  return lines.replace(/^[ \t]*\/\/ ?/gm, "").trim();
}
