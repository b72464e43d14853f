/**
 * Candid types as values, and the TypeScript types of what they hold. The management canister's own types are in
 * `candid.ts`; reading is in `candid-decode.ts`, writing in `candid-encode.ts`.
 *
 * What a value is here: principals are ids in hex, numbers bigints, blobs bytes, an absent option `undefined`, a
 * variant `{ tag, value }`. All of it is plain data that may enter the state.
 */
import { utf8 } from "../../../base/bytes.ts";
import type { PrincipalId } from "../../../types/ids.ts";

export type Primitive =
  | "null"
  | "bool"
  | "nat"
  | "int"
  | "nat32"
  | "nat64"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "text"
  | "reserved"
  | "principal";
export type Shape =
  | { readonly kind: Primitive }
  | { readonly kind: "blob" }
  | { readonly kind: "opt" | "vec"; readonly of: Shape }
  | { readonly kind: "record" | "variant"; readonly fields: readonly Field[] };
export interface Field {
  readonly name: string;
  readonly hash: number;
  readonly type: Shape;
}

declare const value: unique symbol;
/** A Candid type whose values are V here. */
export type Type<V> = Shape & { readonly [value]?: V };
export type ValueOf<T> = T extends { readonly [value]?: infer V } ? V : never;

type Fields = Readonly<Record<string, Shape>>;
export type Variant<F> = { [K in keyof F]: { readonly tag: K; readonly value: ValueOf<F[K]> } }[keyof F];

export const Null: Type<null> = { kind: "null" };
export const Bool: Type<boolean> = { kind: "bool" };
export const Nat: Type<bigint> = { kind: "nat" };
export const Nat64: Type<bigint> = { kind: "nat64" };
export const Int32: Type<bigint> = { kind: "int32" };
export const Int64: Type<bigint> = { kind: "int64" };
/** Floats are their bits, unsigned: JavaScript keeps no bits of a NaN. */
export const Float32: Type<bigint> = { kind: "float32" };
export const Float64: Type<bigint> = { kind: "float64" };
export const Reserved: Type<null> = { kind: "reserved" };
export const Text: Type<string> = { kind: "text" };
export const Principal: Type<PrincipalId> = { kind: "principal" };
export const Blob: Type<Uint8Array> = { kind: "blob" };
export const Opt = <T extends Shape>(of: T): Type<ValueOf<T> | undefined> => ({ kind: "opt", of });
export const Vec = <T extends Shape>(of: T): Type<readonly ValueOf<T>[]> => ({ kind: "vec", of });
export const Record = <F extends Fields>(fields: F): Type<{ readonly [K in keyof F]: ValueOf<F[K]> }> => ({
  kind: "record",
  fields: byHash(fields),
});
export const Variant = <F extends Fields>(fields: F): Type<Variant<F>> => ({
  kind: "variant",
  fields: byHash(fields),
});

const byHash = (fields: Fields): Field[] =>
  Object.entries(fields)
    .map(([name, type]) => ({ name, hash: fieldHash(name), type }))
    .sort((a, b) => a.hash - b.hash);

export function fieldHash(name: string): number {
  let hash = 0;
  for (const byte of utf8(name)) hash = (Math.imul(hash, 223) + byte) >>> 0;
  return hash;
}

/** Type constructors on the wire. Primitive types have numbers of their own, all negative too. */
export const OP = { opt: -18, vec: -19, record: -20, variant: -21, func: -22, service: -23, principal: -24 };
