/**
 * Reads a service's interface (`.did`) into plain types, from which forms, encodings and texts are made.
 * Source: the Candid specification's grammar. Imports of other files are refused: a canister's own interface has none.
 * Checked by: candid.test.ts.
 */
import { IDL } from "@icp-sdk/core/candid";
import { CandidFault, Cursor, quotedText } from "./tokens.ts";

export const PRIMITIVES = [
  "nat", "nat8", "nat16", "nat32", "nat64", "int", "int8", "int16", "int32", "int64",
  "float32", "float64", "bool", "text", "null", "reserved", "empty", "principal",
] as const; // prettier-ignore
export type Primitive = (typeof PRIMITIVES)[number];

export interface Field {
  /** A name, or a number in decimal digits. */
  readonly label: string;
  readonly type: DidType;
}
export type DidType =
  | { readonly kind: Primitive }
  | { readonly kind: "opt" | "vec"; readonly of: DidType }
  | { readonly kind: "record" | "variant"; readonly fields: readonly Field[] }
  | { readonly kind: "func"; readonly func: DidFunction }
  | {
      readonly kind: "service";
      readonly methods: readonly { readonly name: string; readonly type: DidType }[];
    }
  | { readonly kind: "name"; readonly name: string };

export interface Argument {
  readonly name: string | undefined;
  readonly type: DidType;
}
export interface DidFunction {
  readonly args: readonly Argument[];
  readonly results: readonly Argument[];
  readonly modes: readonly ("query" | "composite_query" | "oneway")[];
}
export interface DidMethod {
  readonly name: string;
  readonly func: DidFunction;
}
export interface Interface {
  readonly types: ReadonlyMap<string, DidType>;
  readonly init: readonly Argument[];
  readonly methods: readonly DidMethod[];
}

/** Throws a CandidFault with line and column. */
export function parseDid(source: string): Interface {
  const cursor = new Cursor(source);
  const types = new Map<string, DidType>();
  while (cursor.accept("type")) {
    const name = cursor.word("a type's name");
    if (types.has(name)) throw cursor.fault(`type ${name} is defined twice`);
    cursor.expect("=");
    types.set(name, type(cursor));
    if (!cursor.accept(";")) break;
  }
  if (cursor.is("import")) throw cursor.fault("an interface with imports cannot be read here");
  let init: readonly Argument[] = [];
  let service: DidType = { kind: "service", methods: [] };
  if (cursor.accept("service")) {
    if (cursor.token.kind === "word") cursor.take();
    cursor.expect(":");
    if (cursor.is("(")) {
      init = tuple(cursor);
      cursor.expect("->");
    }
    service = cursor.is("{") ? serviceType(cursor) : { kind: "name", name: cursor.word("a service") };
    cursor.accept(";");
  }
  if (cursor.token.kind !== "end") throw cursor.fault(`unexpected ${cursor.token.value}`);
  const known = resolve(service, types);
  if (known.kind !== "service") throw new CandidFault("the service is of another type");
  for (const [name, of] of types) checkNames(of, types, name);
  const methods = known.methods.map(({ name, type: of }): DidMethod => {
    const func = resolve(of, types);
    if (func.kind !== "func") throw new CandidFault(`method ${name} is no function`);
    for (const a of [...func.func.args, ...func.func.results]) checkNames(a.type, types, name);
    return { name, func: func.func };
  });
  return { types, init, methods };
}

/** Follows names until something else. Throws on an unknown or circular name. */
export function resolve(of: DidType, types: ReadonlyMap<string, DidType>): DidType {
  const seen = new Set<string>();
  let at = of;
  while (at.kind === "name") {
    const next = types.get(at.name);
    if (next === undefined) throw new CandidFault(`type ${at.name} is not defined`);
    if (seen.has(at.name)) throw new CandidFault(`type ${at.name} is defined by itself`);
    seen.add(at.name);
    at = next;
  }
  return at;
}

export const isBlob = (of: DidType, types: ReadonlyMap<string, DidType>): boolean =>
  of.kind === "vec" && resolve(of.of, types).kind === "nat8";

/** Numbered 0, 1, 2 …: a tuple. */
export const isTuple = (fields: readonly Field[]): boolean =>
  fields.length > 0 && fields.every((f, i) => f.label === String(i));

export function typeText(of: DidType): string {
  switch (of.kind) {
    case "name":
      return of.name;
    case "opt":
      return `opt ${typeText(of.of)}`;
    case "vec":
      return of.of.kind === "nat8" ? "blob" : `vec ${typeText(of.of)}`;
    case "record":
      if (isTuple(of.fields)) return `record { ${of.fields.map((f) => typeText(f.type)).join("; ")} }`;
      return `record { ${of.fields.map((f) => `${f.label} : ${typeText(f.type)}`).join("; ")} }`;
    case "variant":
      return `variant { ${of.fields.map((f) => (f.type.kind === "null" ? f.label : `${f.label} : ${typeText(f.type)}`)).join("; ")} }`;
    case "func":
      return `func ${functionText(of.func)}`;
    case "service":
      return "service";
    default:
      return of.kind;
  }
}
export const functionText = (func: DidFunction): string =>
  `(${argsText(func.args)}) -> (${argsText(func.results)})${func.modes.map((m) => ` ${m}`).join("")}`;
const argsText = (args: readonly Argument[]): string =>
  args.map((a) => (a.name === undefined ? typeText(a.type) : `${a.name} : ${typeText(a.type)}`)).join(", ");

/** The agent's own types, made once per interface so that recursion ties. */
export function idlOf(
  of: DidType,
  types: ReadonlyMap<string, DidType>,
  known = new Map<string, IDL.Type>(),
): IDL.Type {
  const go = (t: DidType): IDL.Type => idlOf(t, types, known);
  switch (of.kind) {
    case "name": {
      const before = known.get(of.name);
      if (before !== undefined) return before;
      const rec = IDL.Rec();
      known.set(of.name, rec);
      const target = go(resolve(of, types));
      if (target instanceof IDL.PrimitiveType) {
        known.set(of.name, target);
        return target;
      }
      rec.fill(target as IDL.ConstructType);
      return rec;
    }
    case "opt":
      return IDL.Opt(go(of.of));
    case "vec":
      return IDL.Vec(go(of.of));
    case "record":
      return IDL.Record(Object.fromEntries(of.fields.map((f) => [fieldKey(f.label), go(f.type)])));
    case "variant":
      return IDL.Variant(Object.fromEntries(of.fields.map((f) => [fieldKey(f.label), go(f.type)])));
    case "func":
      return IDL.Func(
        of.func.args.map((a) => go(a.type)) as [IDL.Type, ...IDL.Type[]],
        of.func.results.map((a) => go(a.type)) as [IDL.Type, ...IDL.Type[]],
        [...of.func.modes],
      );
    case "service":
      return IDL.Service(Object.fromEntries(of.methods.map((m) => [m.name, go(m.type) as IDL.FuncClass])));
    default:
      return PRIMITIVE_IDL[of.kind];
  }
}
/** How the agent's library names a numbered field. */
export const fieldKey = (label: string): string => (/^\d+$/.test(label) ? `_${label}_` : label);

const PRIMITIVE_IDL: Record<Primitive, IDL.Type> = {
  nat: IDL.Nat, nat8: IDL.Nat8, nat16: IDL.Nat16, nat32: IDL.Nat32, nat64: IDL.Nat64,
  int: IDL.Int, int8: IDL.Int8, int16: IDL.Int16, int32: IDL.Int32, int64: IDL.Int64,
  float32: IDL.Float32, float64: IDL.Float64, bool: IDL.Bool, text: IDL.Text, null: IDL.Null,
  reserved: IDL.Reserved, empty: IDL.Empty, principal: IDL.Principal,
}; // prettier-ignore

function type(cursor: Cursor): DidType {
  const word = cursor.word("a type");
  switch (word) {
    case "opt":
    case "vec":
      return { kind: word, of: type(cursor) };
    case "blob":
      return { kind: "vec", of: { kind: "nat8" } };
    case "record": {
      let next = 0;
      const fields = cursor.list("{", "}", ";", () => {
        const label = fieldLabel(cursor);
        const f = { label: label ?? String(next), type: type(cursor) };
        next = /^\d+$/.test(f.label) ? Number(f.label) + 1 : 0;
        return f;
      });
      return { kind: "record", fields: distinct(cursor, fields) };
    }
    case "variant": {
      const fields = cursor.list("{", "}", ";", (): Field => {
        const label = fieldLabel(cursor);
        if (label !== undefined) return { label, type: type(cursor) };
        const token = cursor.take();
        if (token.kind === "sign" || token.kind === "end")
          throw cursor.fault("expected a case of the variant");
        return {
          label: token.kind === "text" ? quotedText(token.value) : token.value,
          type: { kind: "null" },
        };
      });
      return { kind: "variant", fields: distinct(cursor, fields) };
    }
    case "func":
      return { kind: "func", func: functionType(cursor) };
    case "service":
      return serviceType(cursor);
    default:
      if ((PRIMITIVES as readonly string[]).includes(word)) return { kind: word as Primitive };
      return { kind: "name", name: word };
  }
}

/** `label :`, if that is what comes. */
function fieldLabel(cursor: Cursor): string | undefined {
  if (cursor.after.value !== ":" || cursor.token.kind === "sign") return undefined;
  const token = cursor.take();
  cursor.expect(":");
  return token.kind === "text"
    ? quotedText(token.value)
    : token.value.replaceAll("_", token.kind === "number" ? "" : "_");
}

function distinct(cursor: Cursor, fields: readonly Field[]): readonly Field[] {
  if (new Set(fields.map((f) => f.label)).size < fields.length)
    throw cursor.fault("a field's name is used twice");
  return fields;
}

function tuple(cursor: Cursor): Argument[] {
  return cursor.list("(", ")", ",", () => {
    const name = fieldLabel(cursor);
    return { name, type: type(cursor) };
  });
}

function functionType(cursor: Cursor): DidFunction {
  const args = tuple(cursor);
  cursor.expect("->");
  const results = tuple(cursor);
  const modes: ("query" | "composite_query" | "oneway")[] = [];
  for (;;) {
    const mode = (["query", "composite_query", "oneway"] as const).find((m) => cursor.accept(m));
    if (mode === undefined) return { args, results, modes };
    modes.push(mode);
  }
}

function serviceType(cursor: Cursor): DidType {
  const methods = cursor.list("{", "}", ";", () => {
    const token = cursor.take();
    if (token.kind !== "word" && token.kind !== "text") throw cursor.fault("expected a method's name");
    const name = token.kind === "text" ? quotedText(token.value) : token.value;
    cursor.expect(":");
    const of: DidType = cursor.is("(")
      ? { kind: "func", func: functionType(cursor) }
      : { kind: "name", name: cursor.word("a function type") };
    return { name, type: of };
  });
  return { kind: "service", methods };
}

function checkNames(of: DidType, types: ReadonlyMap<string, DidType>, where: string): void {
  switch (of.kind) {
    case "name":
      if (!types.has(of.name)) throw new CandidFault(`type ${of.name}, used in ${where}, is not defined`);
      return;
    case "opt":
    case "vec":
      checkNames(of.of, types, where);
      return;
    case "record":
    case "variant":
      for (const f of of.fields) checkNames(f.type, types, where);
      return;
    default:
      return;
  }
}
