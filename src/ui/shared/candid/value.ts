/**
 * Candid values as text, both ways, guided by a type. Values are what the agent's library encodes and decodes:
 * opt is `[]` or `[x]`, a record an object by field key, a variant an object with one key, blobs are bytes.
 * Checked by: candid.test.ts.
 */
import { Principal } from "@icp-sdk/core/principal";
import { toHex } from "../../../base/bytes.ts";
import {
  type DidArgument,
  type DidType,
  type Field,
  fieldKey,
  isBlob,
  isTuple,
  shapeOf,
  type Types,
  typeText,
} from "./shape.ts";
import { CandidFault, Cursor, quotedBytes, quotedText } from "./tokens.ts";

const FIXED = /^(nat|int)(8|16|32|64)$/;

/** Reads `(1, "x")`, or one value without the parentheses. */
export function parseArguments(source: string, args: readonly DidArgument[], types: Types): unknown[] {
  const cursor = new Cursor(source);
  const bare = !cursor.is("(");
  const values: unknown[] = [];
  const one = (): void => {
    const arg = args[values.length];
    if (arg === undefined) throw cursor.fault(`only ${args.length} arguments are taken`);
    values.push(value(cursor, arg.type, types));
  };
  if (!bare) cursor.list("(", ")", ",", one);
  else if (cursor.token.kind !== "end") one();
  if (cursor.token.kind !== "end") throw cursor.fault(`unexpected ${cursor.token.value}`);
  for (let i = values.length; i < args.length; i++) {
    const kind = shapeOf(args[i]!.type, types).kind;
    if (kind !== "opt" && kind !== "null" && kind !== "reserved") {
      throw cursor.fault(`${args.length} arguments are needed, ${values.length} given`);
    }
    values.push(kind === "opt" ? [] : null);
  }
  return values;
}

function value(cursor: Cursor, of: DidType, types: Types): unknown {
  const found = bareValue(cursor, of, types);
  // A type annotation is allowed and must only be readable: the interface decides.
  if (cursor.accept(":")) while (cursor.token.kind === "word") cursor.take();
  return found;
}

function bareValue(cursor: Cursor, declared: DidType, types: Types): unknown {
  const of = shapeOf(declared, types);
  const wrong = (): CandidFault =>
    cursor.fault(`expected ${typeText(declared)}, found ${cursor.token.value}`);
  switch (of.kind) {
    case "text":
      if (cursor.token.kind !== "text") throw wrong();
      return quotedText(cursor.take().value);
    case "bool":
      if (cursor.accept("true")) return true;
      if (cursor.accept("false")) return false;
      throw wrong();
    case "null":
    case "reserved":
      cursor.expect("null");
      return null;
    case "empty":
      throw cursor.fault("no value has the type empty");
    case "principal": {
      cursor.accept("principal");
      if (cursor.token.kind !== "text") throw wrong();
      return readPrincipal(quotedText(cursor.take().value));
    }
    case "opt":
      if (cursor.accept("null")) return [];
      cursor.accept("opt");
      return [value(cursor, of.of, types)];
    case "vec":
      if (isBlob(declared, types) && cursor.accept("blob")) {
        if (cursor.token.kind !== "text") throw wrong();
        return quotedBytes(cursor.take().value);
      }
      cursor.expect("vec");
      return vector(
        cursor.list("{", "}", ";", () => value(cursor, of.of, types)),
        of,
        types,
      );
    case "record": {
      cursor.expect("record");
      return record(cursor, of.fields, types);
    }
    case "variant": {
      cursor.expect("variant");
      cursor.expect("{");
      const token = cursor.take();
      const label = token.kind === "text" ? quotedText(token.value) : token.value;
      const field = of.fields.find((f) => f.label === label);
      if (field === undefined) throw cursor.fault(`${label} is no case of ${typeText(declared)}`);
      const inner = cursor.accept("=") ? value(cursor, field.type, types) : null;
      cursor.accept(";");
      cursor.expect("}");
      return { [fieldKey(label)]: inner };
    }
    case "func": {
      cursor.expect("func");
      if (cursor.token.kind !== "text") throw wrong();
      const principal = readPrincipal(quotedText(cursor.take().value));
      cursor.expect(".");
      const name = cursor.take();
      return [principal, name.kind === "text" ? quotedText(name.value) : name.value];
    }
    case "service":
      cursor.expect("service");
      if (cursor.token.kind !== "text") throw wrong();
      return readPrincipal(quotedText(cursor.take().value));
    default:
      if (cursor.token.kind !== "number") throw wrong();
      return readNumber(cursor.take().value, of.kind);
  }
}

function record(cursor: Cursor, fields: readonly Field[], types: Types): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  let next = 0;
  cursor.list("{", "}", ";", () => {
    let label = String(next++);
    if (cursor.after.value === "=" && cursor.token.kind !== "sign") {
      const token = cursor.take();
      cursor.expect("=");
      label = token.kind === "text" ? quotedText(token.value) : token.value;
    }
    const field = fields.find((f) => f.label === label);
    if (field === undefined) throw cursor.fault(`the record has no field ${label}`);
    out[fieldKey(label)] = value(cursor, field.type, types);
  });
  for (const field of fields) {
    if (Object.hasOwn(out, fieldKey(field.label))) continue;
    if (shapeOf(field.type, types).kind !== "opt") throw cursor.fault(`the record lacks ${field.label}`);
    out[fieldKey(field.label)] = [];
  }
  return out;
}

export const vector = (items: unknown[], of: DidType, types: Types): unknown =>
  isBlob(of, types) ? Uint8Array.from(items as number[]) : items;

export function readPrincipal(text: string): Principal {
  try {
    return Principal.fromText(text.trim());
  } catch {
    throw new CandidFault(`"${text}" is no principal`);
  }
}

/** Numbers up to 32 bits are JavaScript numbers, as the library wants; wider ones are bigints. */
export function readNumber(text: string, kind: string): number | bigint {
  const plain = text.trim().replaceAll("_", "");
  if (kind.startsWith("float")) {
    const float = Number(plain);
    if (plain === "" || (Number.isNaN(float) && plain !== "NaN"))
      throw new CandidFault(`"${text}" is no number`);
    return float;
  }
  if (!/^[+-]?(0x[0-9a-fA-F]+|\d+)$/.test(plain)) throw new CandidFault(`"${text}" is no whole number`);
  const negative = plain.startsWith("-");
  const magnitude = BigInt(plain.replace(/^[+-]/, ""));
  const big = negative ? -magnitude : magnitude;
  const fixed = FIXED.exec(kind);
  if (kind.startsWith("nat") && big < 0n) throw new CandidFault(`${kind} cannot be negative`);
  if (fixed === null) return big;
  const bits = BigInt(fixed[2]!);
  const [low, high] = fixed[1] === "nat" ? [0n, 2n ** bits] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n)];
  if (big < low || big >= high) throw new CandidFault(`${text} does not fit into ${kind}`);
  return bits === 64n ? big : Number(big);
}

/** How much of long vectors and blobs is shown for reading; `whole` is what a form or a command takes back. */
export interface Extent {
  readonly items: number;
  readonly bytes: number;
}
const READABLE: Extent = { items: 200, bytes: 48 };
export const WHOLE: Extent = { items: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** One value as text; what is left out is counted. */
export function valueText(x: unknown, declared: DidType, types: Types, extent: Extent = READABLE): string {
  const of = shapeOf(declared, types);
  const go = (inner: unknown, type: DidType): string => valueText(inner, type, types, extent);
  switch (of.kind) {
    case "text":
      return quoted(String(x));
    case "null":
    case "reserved":
      return "null";
    case "principal":
      return `principal "${String(x)}"`;
    case "opt": {
      const option = x as unknown[];
      return option.length === 0 ? "null" : `opt ${go(option[0], of.of)}`;
    }
    case "vec": {
      if (isBlob(declared, types)) {
        const bytes = Uint8Array.from(x as Iterable<number>);
        const shown = toHex(bytes.subarray(0, extent.bytes)).replace(/../g, "\\$&");
        return `blob "${shown}"${bytes.length > extent.bytes ? ` … ${bytes.length} bytes` : ""}`;
      }
      const items = Array.from(x as Iterable<unknown>);
      const shown = items.slice(0, extent.items).map((item) => go(item, of.of));
      if (items.length > extent.items) shown.push(`… ${items.length - extent.items} more`);
      return shown.length === 0 ? "vec {}" : `vec { ${shown.join("; ")} }`;
    }
    case "record": {
      const r = x as Record<string, unknown>;
      const bare = isTuple(of.fields);
      const parts = of.fields.map((f) => {
        const inner = go(r[fieldKey(f.label)], f.type);
        return bare ? inner : `${labelText(f.label)} = ${inner}`;
      });
      return parts.length === 0 ? "record {}" : `record { ${parts.join("; ")} }`;
    }
    case "variant": {
      const [key, inner] = Object.entries(x as object)[0] ?? ["?", null];
      const field = of.fields.find((f) => fieldKey(f.label) === key);
      if (field === undefined || shapeOf(field.type, types).kind === "null")
        return `variant { ${labelText(field?.label ?? key)} }`;
      return `variant { ${labelText(field.label)} = ${go(inner, field.type)} }`;
    }
    case "func": {
      const [principal, method] = x as [unknown, string];
      return `func "${String(principal)}".${method}`;
    }
    case "service":
      return `service "${String(x)}"`;
    default:
      return String(x);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const quoted = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  `"${text.replace(/["\\]/g, "\\$&").replace(/[\u0000-\u001f\u007f]/g, (c) => ESCAPES[c] ?? `\\u{${c.charCodeAt(0).toString(16)}}`)}"`;
const labelText = (label: string): string => (/^([A-Za-z_]\w*|\d+)$/.test(label) ? label : quoted(label));
