/** Typed values into Candid bytes: the replies of the management canister. */
import { concat, fromHex, toHex, utf8 } from "../../../base/bytes.ts";
import { encodeLeb, encodeSleb } from "../../../codec/leb128.ts";
import type { PrincipalId } from "../../../types/ids.ts";
import { Null, OP, type Primitive, type Shape, type Type } from "./candid-types.ts";

/** A message of one value. */
export function encodeReply<V>(type: Type<V>, reply: V): Uint8Array {
  const table = new TypeTable();
  const reference = table.reference(type);
  return concat(utf8("DIDL"), table.encoded(), encodeLeb(1n), reference, encodeValue(type, reply));
}

/** `()`. */
export const EMPTY_REPLY: Uint8Array = Uint8Array.of(0x44, 0x49, 0x44, 0x4c, 0, 0);

const PRIMITIVE_OP: { readonly [K in Primitive]: number } = {
  null: -1,
  bool: -2,
  nat: -3,
  int: -4,
  nat32: -7,
  nat64: -8,
  int32: -11,
  int64: -12,
  float32: -13,
  float64: -14,
  text: -15,
  reserved: -16,
  principal: -24,
};

class TypeTable {
  private readonly entries: Uint8Array[] = [];
  private readonly known = new Map<string, number>();

  encoded(): Uint8Array {
    return concat(encodeLeb(this.entries.length), ...this.entries);
  }

  reference(type: Shape): Uint8Array {
    switch (type.kind) {
      case "blob":
        return this.entry(concat(encodeSleb(OP.vec), encodeSleb(-5)));
      case "opt":
      case "vec":
        return this.entry(concat(encodeSleb(OP[type.kind]), this.reference(type.of)));
      case "record":
      case "variant": {
        const fields = type.fields.map((f) => concat(encodeLeb(f.hash), this.reference(f.type)));
        return this.entry(concat(encodeSleb(OP[type.kind]), encodeLeb(fields.length), ...fields));
      }
      default:
        return encodeSleb(PRIMITIVE_OP[type.kind]);
    }
  }

  private entry(encoded: Uint8Array): Uint8Array {
    const key = toHex(encoded);
    const index = this.known.get(key) ?? this.entries.push(encoded) - 1;
    this.known.set(key, index);
    return encodeSleb(index);
  }
}

function encodeValue(type: Shape, v: unknown): Uint8Array {
  switch (type.kind) {
    case "null":
    case "reserved":
      return new Uint8Array(0);
    case "bool":
      return Uint8Array.of(v === true ? 1 : 0);
    case "nat":
      return encodeLeb(v as bigint);
    case "int":
      return encodeSleb(v as bigint);
    case "nat32":
    case "int32":
    case "float32":
      return fixed(v as bigint, 4);
    case "nat64":
    case "int64":
    case "float64":
      return fixed(v as bigint, 8);
    case "text":
      return sized(utf8(v as string));
    case "principal":
      return concat(Uint8Array.of(1), sized(fromHex(v as PrincipalId)));
    case "blob":
      return sized(v as Uint8Array);
    case "opt":
      return v === undefined ? Uint8Array.of(0) : concat(Uint8Array.of(1), encodeValue(type.of, v));
    case "vec": {
      const items = v as readonly unknown[];
      return concat(encodeLeb(items.length), ...items.map((item) => encodeValue(type.of, item)));
    }
    case "record": {
      const fields = v as Readonly<Record<string, unknown>>;
      return concat(...type.fields.map((f) => encodeValue(f.type, fields[f.name])));
    }
    case "variant": {
      const { tag, value: held } = v as { readonly tag: string; readonly value: unknown };
      const index = type.fields.findIndex((f) => f.name === tag);
      return concat(encodeLeb(index), encodeValue(type.fields[index]?.type ?? Null, held));
    }
  }
}

const sized = (bytes: Uint8Array): Uint8Array => concat(encodeLeb(bytes.length), bytes);

const fixed = (n: bigint, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => Number((n >> BigInt(8 * i)) & 0xffn));
