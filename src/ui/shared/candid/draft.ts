/**
 * A half-filled form: one draft per value, shaped like its type, holding what was typed. Reading a draft gives the
 * value or says which field is wrong. Recursive types end where a choice (opt, vec, variant) has not been made yet.
 */
import { type DidType, fieldKey, isBlob, type Shape, shapeOf, type Types } from "./shape.ts";
import { CandidFault } from "./tokens.ts";
import { readNumber, readPrincipal, vector } from "./value.ts";

export type Draft =
  | { kind: "typed"; text: string }
  | { kind: "bool"; on: boolean }
  | { kind: "nothing" }
  | { kind: "opt"; some: boolean; of: Draft }
  | { kind: "vec"; items: Draft[] }
  | { kind: "record"; fields: Draft[] }
  | { kind: "variant"; choice: number; of: Draft };

export function emptyDraft(declared: DidType, types: Types): Draft {
  const of = shapeOf(declared, types);
  switch (of.kind) {
    case "bool":
      return { kind: "bool", on: false };
    case "null":
    case "reserved":
    case "empty":
      return { kind: "nothing" };
    case "opt":
      return { kind: "opt", some: false, of: { kind: "nothing" } };
    case "vec":
      return isBlob(declared, types) ? { kind: "typed", text: "" } : { kind: "vec", items: [] };
    case "record":
      return { kind: "record", fields: of.fields.map((f) => emptyDraft(f.type, types)) };
    case "variant":
      return { kind: "variant", choice: 0, of: caseDraft(of.fields[0]?.type, types) };
    default:
      return { kind: "typed", text: "" };
  }
}

/** A case's own draft, made when the case is chosen. */
export const caseDraft = (of: DidType | undefined, types: Types): Draft =>
  of === undefined ? { kind: "nothing" } : emptyDraft(of, types);

/** Throws a CandidFault that names the field. */
export function readDraft(draft: Draft, declared: DidType, types: Types, label: string): unknown {
  const of = shapeOf(declared, types);
  try {
    switch (draft.kind) {
      case "bool":
        return draft.on;
      case "nothing":
        return null;
      case "opt":
        return of.kind === "opt" && draft.some ? [readDraft(draft.of, of.of, types, label)] : [];
      case "vec":
        if (of.kind !== "vec") break;
        return vector(
          draft.items.map((item, i) => readDraft(item, of.of, types, `${label}[${i}]`)),
          declared,
          types,
        );
      case "record":
        if (of.kind !== "record") break;
        return Object.fromEntries(
          of.fields.map((f, i) => [fieldKey(f.label), readDraft(draft.fields[i]!, f.type, types, f.label)]),
        );
      case "variant": {
        if (of.kind !== "variant") break;
        const chosen = of.fields[draft.choice];
        if (chosen === undefined) throw new Named(`${label}: no case is chosen`);
        return { [fieldKey(chosen.label)]: readDraft(draft.of, chosen.type, types, chosen.label) };
      }
      case "typed":
        return readTyped(draft.text, of);
    }
  } catch (error) {
    if (error instanceof Named || !(error instanceof CandidFault)) throw error;
    throw new Named(`${label}: ${error.message}`);
  }
  throw new Named(`${label}: the form no longer fits its type`);
}

/** A fault that already says where. */
class Named extends CandidFault {}

function readTyped(text: string, of: Shape): unknown {
  if (of.kind === "text") return text;
  if (of.kind === "principal") return readPrincipal(text);
  if (of.kind === "vec") {
    const hex = text.replace(/\s|^0x/g, "");
    if (!/^([0-9a-fA-F]{2})*$/.test(hex))
      throw new CandidFault("bytes are given in hexadecimal, two digits each");
    return Uint8Array.from(hex.match(/../g) ?? [], (b) => Number.parseInt(b, 16));
  }
  if (of.kind === "func" || of.kind === "service")
    throw new CandidFault(`${of.kind} values need the text form`);
  if (text.trim() === "") throw new CandidFault("a number is needed");
  return readNumber(text, of.kind);
}
