/**
 * The compiler's tree and program, by what the transform touches. Its own declarations would put AssemblyScript's
 * globals into our scope, hence these; numbers are its enumerations'.
 */
export const NODE = {
  namedType: 1,
  import: 43,
  variable: 48,
  classDeclaration: 52,
  fieldDeclaration: 55,
  functionDeclaration: 56,
  methodDeclaration: 59,
} as const;

export const FLAG = { static: 1 << 5, generic: 1 << 16, constant: 1 << 3 } as const;
export const USER = 0;
export const USER_ENTRY = 1;

export interface Node {
  readonly kind: number;
  readonly range: Range;
}
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly source: Source;
}
export interface Source {
  sourceKind: number;
  readonly normalizedPath: string;
  /** Without ".ts". */
  internalPath: string;
  readonly text: string;
  readonly statements: Node[];
}
interface Identifier extends Node {
  readonly text: string;
}
interface TypeName {
  readonly identifier: Identifier;
  readonly next: TypeName | null;
}
export interface TypeNode extends Node {
  readonly isNullable: boolean;
  /** Of a named type. */
  readonly name?: TypeName;
  readonly typeArguments?: readonly TypeNode[] | null;
}
export interface Decorator extends Node {
  readonly name: Identifier;
}
interface Declaration extends Node {
  readonly name: Identifier;
  readonly flags: number;
  readonly decorators: readonly Decorator[] | null;
}
export interface FunctionDeclaration extends Declaration {
  readonly signature: { readonly parameters: readonly Parameter[]; readonly returnType: TypeNode };
}
export interface Parameter extends Node {
  /** 0 plain, 1 optional, 2 rest. */
  readonly parameterKind: number;
  readonly name: Identifier;
  readonly type: TypeNode;
  readonly initializer: Node | null;
}
export interface ClassDeclaration extends Declaration {
  readonly typeParameters: readonly { readonly name: Identifier }[] | null;
  readonly extendsType: TypeNode | null;
  readonly members: Declaration[];
}
export interface FieldDeclaration extends Declaration {
  readonly type: TypeNode | null;
}
export interface VariableStatement extends Node {
  readonly decorators: readonly Decorator[] | null;
  readonly declarations: readonly FieldDeclaration[];
}
export interface ImportStatement extends Node {
  /** Null for `import * as`. */
  readonly declarations: readonly { readonly foreignName: Identifier }[] | null;
  readonly path: { readonly value: string };
}

export interface Parser {
  readonly sources: Source[];
  parseFile(text: string, path: string, isEntry: boolean): void;
}

export const TYPE_VOID = 25;
/** Candid's names of the kinds of plain types. */
export const PLAIN: readonly (string | undefined)[] = [
  "bool", "int8", "int16", "int32", "int64", "int32", "nat8", "nat16", "nat32", "nat64", "nat32", "float32", "float64",
]; // prettier-ignore

export interface Type {
  readonly kind: number;
  readonly isReference: boolean;
  readonly isNullableReference: boolean;
  readonly nonNullableType: Type;
  getClass(): Class | null;
  toString(): string;
}
export interface Class {
  readonly id: number;
  readonly name: string;
  readonly internalName: string;
  readonly isArrayLike: boolean;
  readonly isInterface: boolean;
  readonly typeArguments: readonly Type[] | null;
  readonly contextualTypeArguments: Map<string, Type> | null;
  getArrayValueType(): Type;
  readonly prototype: {
    readonly name: string;
    readonly internalName: string;
    readonly parent: object;
    readonly declaration: ClassDeclaration;
  };
}
export interface Program {
  readonly filesByName: Map<string, object>;
  readonly resolver: {
    resolveType(
      node: TypeNode,
      flow: null,
      scope: object,
      typeArguments?: Map<string, Type> | null,
    ): Type | null;
  };
}

export const isClass = (node: Node): node is ClassDeclaration => node.kind === NODE.classDeclaration;
export const isFunction = (node: Node): node is FunctionDeclaration => node.kind === NODE.functionDeclaration;
export const isVariable = (node: Node): node is VariableStatement => node.kind === NODE.variable;
export const isImport = (node: Node): node is ImportStatement => node.kind === NODE.import;

/** The fields of an instance, in the author's order. */
export const fieldsOf = (declaration: ClassDeclaration): FieldDeclaration[] =>
  declaration.members.filter(
    (m): m is FieldDeclaration => m.kind === NODE.fieldDeclaration && (m.flags & FLAG.static) === 0,
  );

/** A type as it is written; ranges of nullable types end before their "| null". */
export function typeText(node: TypeNode): string {
  if (node.kind !== NODE.namedType || node.name === undefined)
    return node.range.source.text.slice(node.range.start, node.range.end);
  let name = node.name.identifier.text;
  for (let next = node.name.next; next !== null; next = next.next) name += `.${next.identifier.text}`;
  const args = node.typeArguments ?? [];
  const written = args.length === 0 ? name : `${name}<${args.map(typeText).join(", ")}>`;
  return node.isNullable ? `${written} | null` : written;
}
