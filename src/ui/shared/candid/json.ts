/**
 * Candid values as JSON, both ways, guided by a type. Numbers beyond 53 bits are text, blobs `"0x…"`, principals text,
 * an absent option null, a variant `{ "Case": value }` or `"Case"`, a function `{ "principal", "method" }`.
 * Faults say where: `$[0].at`. Checked by: candid.test.ts.
 */
import type { Principal } from "@icp-sdk/core/principal";
import { fromHex, toHex } from "../../../base/bytes.ts";
import {
  type DidArgument,
  type DidType,
  fieldKey,
  isBlob,
  isTuple,
  shapeOf,
  type Types,
  typeText,
} from "./shape.ts";
import { CandidFault } from "./tokens.ts";
import { readNumber, readPrincipal, vector } from "./value.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function jsonOf(x: unknown, declared: DidType, types: Types): Json {
  const of = shapeOf(declared, types);
  switch (of.kind) {
    case "bool":
    case "text":
      return x as Json;
    case "null":
    case "reserved":
    case "empty":
      return null;
    case "principal":
    case "service":
      return String(x);
    case "func": {
      const [principal, method] = x as [Principal, string];
      return { principal: principal.toText(), method };
    }
    case "opt": {
      const option = x as unknown[];
      if (option.length === 0) return null;
      const inner = jsonOf(option[0], of.of, types);
      // `opt opt nat`: null inside must not read as no option.
      return isNullable(of.of, types) ? [inner] : inner;
    }
    case "vec":
      return isBlob(declared, types)
        ? `0x${toHex(Uint8Array.from(x as Iterable<number>))}`
        : Array.from(x as Iterable<unknown>, (item) => jsonOf(item, of.of, types));
    case "record": {
      const r = x as Record<string, unknown>;
      const parts = of.fields.map((f) => [f.label, jsonOf(r[fieldKey(f.label)], f.type, types)] as const);
      return isTuple(of.fields) ? parts.map(([, value]) => value) : Object.fromEntries(parts);
    }
    case "variant": {
      const [key, inner] = Object.entries(x as object)[0]!;
      const field = of.fields.find((f) => fieldKey(f.label) === key)!;
      if (shapeOf(field.type, types).kind === "null") return field.label;
      return { [field.label]: jsonOf(inner, field.type, types) };
    }
    default:
      if (typeof x === "bigint")
        return x >= Number.MIN_SAFE_INTEGER && x <= Number.MAX_SAFE_INTEGER ? Number(x) : String(x);
      return Number.isFinite(x) ? (x as number) : String(x);
  }
}

const isNullable = (type: DidType, types: Types): boolean =>
  ["opt", "null", "reserved"].includes(shapeOf(type, types).kind);

/** A list of arguments; a single one may stand by itself unless it is a list. */
export function argumentsFromJson(source: string, args: readonly DidArgument[], types: Types): unknown[] {
  let json: Json;
  try {
    json = JSON.parse(source.trim() === "" ? "[]" : source) as Json;
  } catch (error) {
    throw new CandidFault(error instanceof Error ? error.message : String(error));
  }
  const list = Array.isArray(json) ? (json as readonly Json[]) : [json];
  if (list.length !== args.length)
    throw new CandidFault(`${args.length} arguments are needed in a list [ … ], ${list.length} given`);
  return args.map((a, i) => fromJson(list[i]!, a.type, types, `$[${i}]`));
}

export function fromJson(json: Json, declared: DidType, types: Types, at: string): unknown {
  const of = shapeOf(declared, types);
  const wrong = (): CandidFault =>
    new CandidFault(`${at}: expected ${typeText(declared)}, found ${JSON.stringify(json)?.slice(0, 60)}`);
  const guarded = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw error instanceof CandidFault && !error.message.startsWith("$")
        ? new CandidFault(`${at}: ${error.message}`)
        : error;
    }
  };
  switch (of.kind) {
    case "bool":
      if (typeof json !== "boolean") throw wrong();
      return json;
    case "text":
      if (typeof json !== "string") throw wrong();
      return json;
    case "null":
    case "reserved":
      return null;
    case "empty":
      throw new CandidFault(`${at}: no value has the type empty`);
    case "principal":
    case "service":
      if (typeof json !== "string") throw wrong();
      return guarded(() => readPrincipal(json));
    case "func": {
      const { principal, method } = object(json, wrong);
      if (typeof principal !== "string" || typeof method !== "string") throw wrong();
      return [guarded(() => readPrincipal(principal)), method];
    }
    case "opt": {
      if (json === null) return [];
      const inner = isNullable(of.of, types) && Array.isArray(json) ? (json as readonly Json[])[0]! : json;
      return [fromJson(inner, of.of, types, at)];
    }
    case "vec": {
      if (isBlob(declared, types) && typeof json === "string") {
        if (!/^0x([0-9a-fA-F]{2})*$/.test(json)) throw wrong();
        return fromHex(json.slice(2).toLowerCase());
      }
      if (!Array.isArray(json)) throw wrong();
      const items = (json as readonly Json[]).map((item, i) => fromJson(item, of.of, types, `${at}[${i}]`));
      return vector(items, declared, types);
    }
    case "record": {
      const given: Readonly<Record<string, Json>> =
        Array.isArray(json) && isTuple(of.fields)
          ? Object.fromEntries((json as readonly Json[]).entries())
          : object(json, wrong);
      const stray = Object.keys(given).find((key) => !of.fields.some((f) => f.label === key));
      if (stray !== undefined) throw new CandidFault(`${at}: the record has no field ${stray}`);
      const entries = of.fields.map((f) => {
        const inner = given[f.label];
        if (inner === undefined && !isNullable(f.type, types))
          throw new CandidFault(`${at}: the record lacks ${f.label}`);
        return [fieldKey(f.label), fromJson(inner ?? null, f.type, types, `${at}.${f.label}`)] as const;
      });
      return Object.fromEntries(entries);
    }
    case "variant": {
      const entries =
        typeof json === "string" ? [[json, null] as const] : Object.entries(object(json, wrong));
      const [label, inner] = entries[0] ?? [];
      const field = of.fields.find((f) => f.label === label);
      if (entries.length !== 1 || field === undefined) throw wrong();
      return { [fieldKey(field.label)]: fromJson(inner ?? null, field.type, types, `${at}.${field.label}`) };
    }
    default:
      if (typeof json !== "number" && typeof json !== "string") throw wrong();
      return guarded(() => readNumber(String(json), of.kind));
  }
}

function object(json: Json, wrong: () => CandidFault): Readonly<Record<string, Json>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw wrong();
  return json as Readonly<Record<string, Json>>;
}
