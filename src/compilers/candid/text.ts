/** A Candid type as a person writes it. Names stay names: recursive types come out finite. */
import type { DidArgument, DidField, DidFunc, DidType } from "./did.ts";

export const labelOf = (field: DidField): string => field.name ?? String(field.id);

/** Numbered 0, 1, 2 …: a tuple. */
export const isTuple = (labels: readonly string[]): boolean =>
  labels.length > 0 && labels.every((label, i) => label === String(i));

export function typeText(type: DidType): string {
  switch (type.kind) {
    case "primitive":
    case "named":
      return type.name;
    case "opt":
      return `opt ${typeText(type.of)}`;
    case "vec":
      return type.of.kind === "primitive" && type.of.name === "nat8" ? "blob" : `vec ${typeText(type.of)}`;
    case "record": {
      const bare = isTuple(type.fields.map(labelOf));
      const parts = type.fields.map((f) => (bare ? typeText(f.type) : `${labelOf(f)} : ${typeText(f.type)}`));
      return parts.length === 0 ? "record {}" : `record { ${parts.join("; ")} }`;
    }
    case "variant": {
      const isNull = (t: DidType): boolean => t.kind === "primitive" && t.name === "null";
      const parts = type.fields.map((f) =>
        isNull(f.type) ? labelOf(f) : `${labelOf(f)} : ${typeText(f.type)}`,
      );
      return `variant { ${parts.join("; ")} }`;
    }
    case "func":
      return `func ${functionText(type.func)}`;
    case "service":
      return "service";
  }
}

export function functionText(func: DidFunc): string {
  const list = (args: readonly DidArgument[]): string =>
    args.map((a) => (a.name === undefined ? typeText(a.type) : `${a.name} : ${typeText(a.type)}`)).join(", ");
  return `(${list(func.args)}) -> (${list(func.results)})${func.mode === "update" ? "" : ` ${func.mode}`}`;
}
