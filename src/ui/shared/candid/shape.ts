/**
 * What forms, texts and encodings need to know of a Candid type: its shape with names followed, its text, and the
 * agent library's own type for it. The interface itself is read by `compilers/candid/did.ts`.
 */
import { IDL } from "@icp-sdk/core/candid";
import {
  type Did,
  type DidArgument,
  type DidFunc,
  type DidPrimitive,
  type DidType,
  parseDid,
  resolveDid,
} from "../../../compilers/candid/did.ts";
import { isTuple as numbered, labelOf, typeText } from "../../../compilers/candid/text.ts";
import { CandidFault } from "./tokens.ts";

export { functionText, typeText } from "../../../compilers/candid/text.ts";
export type { Did, DidArgument, DidFunc, DidMethod, DidType } from "../../../compilers/candid/did.ts";
export type Types = ReadonlyMap<string, DidType>;

export interface Field {
  /** A name, or a number in decimal digits. */
  readonly label: string;
  readonly type: DidType;
}
export type Shape =
  | { readonly kind: DidPrimitive }
  | { readonly kind: "opt" | "vec"; readonly of: DidType }
  | { readonly kind: "record" | "variant"; readonly fields: readonly Field[] }
  | { readonly kind: "func"; readonly func: DidFunc }
  | { readonly kind: "service" };

/** Throws a CandidFault with line and column. */
export function readInterface(source: string): Did {
  const parsed = parseDid(source);
  if (!parsed.ok) throw new CandidFault(`line ${parsed.line}, column ${parsed.column}: ${parsed.message}`);
  return parsed.did;
}

export function shapeOf(type: DidType, types: Types): Shape {
  const found = resolveDid(type, types);
  if (found === undefined || found.kind === "named")
    throw new CandidFault(`${typeText(type)} stands for no type`);
  switch (found.kind) {
    case "primitive":
      return { kind: found.name };
    case "record":
    case "variant":
      return { kind: found.kind, fields: found.fields.map((f) => ({ label: labelOf(f), type: f.type })) };
    case "service":
      return { kind: "service" };
    default:
      return found;
  }
}

export function isBlob(type: DidType, types: Types): boolean {
  const shape = shapeOf(type, types);
  return shape.kind === "vec" && shapeOf(shape.of, types).kind === "nat8";
}

/** Numbered 0, 1, 2 …: a tuple. */
export const isTuple = (fields: readonly Field[]): boolean => numbered(fields.map((f) => f.label));

/** How the agent's library names a numbered field. */
export const fieldKey = (label: string): string => (/^\d+$/.test(label) ? `_${label}_` : label);

export const idlOf = (args: readonly DidArgument[], types: Types): IDL.Type[] => {
  const known = new Map<string, IDL.Type>();
  return args.map((a) => idlType(a.type, types, known));
};

/** `known` ties recursion: a name stands for one library type. */
function idlType(type: DidType, types: Types, known: Map<string, IDL.Type>): IDL.Type {
  const go = (t: DidType): IDL.Type => idlType(t, types, known);
  switch (type.kind) {
    case "primitive":
      return PRIMITIVES[type.name];
    case "named": {
      const before = known.get(type.name);
      if (before !== undefined) return before;
      const target = resolveDid(type, types);
      if (target === undefined) throw new CandidFault(`type ${type.name} is not defined`);
      if (target.kind === "primitive") return go(target);
      const rec = IDL.Rec();
      known.set(type.name, rec);
      rec.fill(go(target) as IDL.ConstructType);
      return rec;
    }
    case "opt":
      return IDL.Opt(go(type.of));
    case "vec":
      return IDL.Vec(go(type.of));
    case "record":
    case "variant": {
      const fields = Object.fromEntries(type.fields.map((f) => [fieldKey(labelOf(f)), go(f.type)]));
      return type.kind === "record" ? IDL.Record(fields) : IDL.Variant(fields);
    }
    case "func": {
      const list = (args: readonly DidArgument[]): [IDL.Type, ...IDL.Type[]] =>
        args.map((a) => go(a.type)) as [IDL.Type, ...IDL.Type[]];
      const { args, results, mode } = type.func;
      return IDL.Func(list(args), list(results), mode === "update" ? [] : [mode]);
    }
    case "service":
      return IDL.Service(
        Object.fromEntries(
          type.methods.map((m) => [m.name, go({ kind: "func", func: m.func }) as IDL.FuncClass]),
        ),
      );
  }
}

const PRIMITIVES: Record<DidPrimitive, IDL.Type> = {
  nat: IDL.Nat, nat8: IDL.Nat8, nat16: IDL.Nat16, nat32: IDL.Nat32, nat64: IDL.Nat64,
  int: IDL.Int, int8: IDL.Int8, int16: IDL.Int16, int32: IDL.Int32, int64: IDL.Int64,
  float32: IDL.Float32, float64: IDL.Float64, bool: IDL.Bool, text: IDL.Text, null: IDL.Null,
  reserved: IDL.Reserved, empty: IDL.Empty, principal: IDL.Principal,
}; // prettier-ignore
