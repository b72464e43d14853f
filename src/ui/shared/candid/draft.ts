/**
 * A half-filled form: one draft per value, shaped like its type, holding what was typed. Reading drafts gives values and
 * says of every field that is wrong what is wrong with it. Recursive types end where a choice (opt, vec, variant) has
 * not been made yet.
 */
import { fromHex, toHex, utf8, utf8Strict } from "../../../base/bytes.ts";
import { type DidType, fieldKey, isBlob, type Shape, shapeOf, type Types } from "./shape.ts";
import { CandidFault } from "./tokens.ts";
import { readNumber, readPrincipal, vector } from "./value.ts";

export type BlobForm = "hex" | "utf8" | "base64" | "file";
export type Draft =
  | { kind: "typed"; text: string }
  | { kind: "bool"; on: boolean }
  | { kind: "nothing" }
  | { kind: "blob"; form: BlobForm; text: string; file: { name: string; bytes: Uint8Array } | undefined }
  | { kind: "func"; principal: string; method: string }
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
      return isBlob(declared, types) ? emptyBlob() : { kind: "vec", items: [] };
    case "record":
      return { kind: "record", fields: of.fields.map((f) => emptyDraft(f.type, types)) };
    case "variant":
      return { kind: "variant", choice: 0, of: caseDraft(of.fields[0]?.type, types) };
    case "func":
      return { kind: "func", principal: "", method: "" };
    default:
      return { kind: "typed", text: "" };
  }
}
const emptyBlob = (): Draft => ({ kind: "blob", form: "hex", text: "", file: undefined });

/** A case's own draft, made when the case is chosen. */
export const caseDraft = (of: DidType | undefined, types: Types): Draft =>
  of === undefined ? { kind: "nothing" } : emptyDraft(of, types);

/** The form that holds this value. */
export function draftOf(x: unknown, declared: DidType, types: Types): Draft {
  const of = shapeOf(declared, types);
  switch (of.kind) {
    case "bool":
      return { kind: "bool", on: x === true };
    case "null":
    case "reserved":
    case "empty":
      return { kind: "nothing" };
    case "opt": {
      const [inner] = x as unknown[];
      const some = (x as unknown[]).length > 0;
      return { kind: "opt", some, of: some ? draftOf(inner, of.of, types) : { kind: "nothing" } };
    }
    case "vec":
      return isBlob(declared, types)
        ? { kind: "blob", form: "hex", text: toHex(Uint8Array.from(x as Iterable<number>)), file: undefined }
        : { kind: "vec", items: Array.from(x as Iterable<unknown>, (item) => draftOf(item, of.of, types)) };
    case "record": {
      const r = x as Record<string, unknown>;
      return { kind: "record", fields: of.fields.map((f) => draftOf(r[fieldKey(f.label)], f.type, types)) };
    }
    case "variant": {
      const [key, inner] = Object.entries(x as object)[0]!;
      const choice = of.fields.findIndex((f) => fieldKey(f.label) === key);
      return { kind: "variant", choice, of: draftOf(inner, of.fields[choice]!.type, types) };
    }
    case "func": {
      const [principal, method] = x as [unknown, string];
      return { kind: "func", principal: String(principal), method };
    }
    default:
      return { kind: "typed", text: String(x) };
  }
}

/** What is wrong, at which field. */
export type Faults = Map<Draft, string>;

/** The value; undefined parts where `faults` has grown. */
export function readDraft(draft: Draft, declared: DidType, types: Types, faults: Faults): unknown {
  const of = shapeOf(declared, types);
  const wrong = (sentence: string): undefined => {
    faults.set(draft, sentence);
  };
  switch (draft.kind) {
    case "bool":
      return draft.on;
    case "nothing":
      return of.kind === "empty" ? wrong("No value has the type empty.") : null;
    case "opt":
      return of.kind === "opt" && draft.some ? [readDraft(draft.of, of.of, types, faults)] : [];
    case "vec":
      if (of.kind !== "vec") break;
      return vector(
        draft.items.map((item) => readDraft(item, of.of, types, faults)),
        declared,
        types,
      );
    case "record":
      if (of.kind !== "record") break;
      return Object.fromEntries(
        of.fields.map((f, i) => [fieldKey(f.label), readDraft(draft.fields[i]!, f.type, types, faults)]),
      );
    case "variant": {
      if (of.kind !== "variant") break;
      const chosen = of.fields[draft.choice];
      if (chosen === undefined) return wrong("Choose a case.");
      return { [fieldKey(chosen.label)]: readDraft(draft.of, chosen.type, types, faults) };
    }
    default:
      try {
        return readLeaf(draft, of);
      } catch (error) {
        if (!(error instanceof CandidFault)) throw error;
        return wrong(sentence(error.message));
      }
  }
  return wrong("The form no longer fits its type.");
}
const sentence = (words: string): string => `${words[0]!.toUpperCase()}${words.slice(1)}.`;

function readLeaf(draft: Draft & { kind: "typed" | "blob" | "func" }, of: Shape): unknown {
  if (draft.kind === "blob") return readBlob(draft);
  if (draft.kind === "func") {
    if (draft.method.trim() === "") throw new CandidFault("a method's name is needed");
    return [readPrincipal(draft.principal), draft.method.trim()];
  }
  const { text } = draft;
  if (of.kind === "text") return text;
  if (of.kind === "principal" || of.kind === "service") {
    if (text.trim() === "") throw new CandidFault("a principal is needed");
    return readPrincipal(text);
  }
  if (text.trim() === "") throw new CandidFault("a number is needed");
  return readNumber(text, of.kind);
}

export function readBlob(draft: Draft & { kind: "blob" }): Uint8Array {
  switch (draft.form) {
    case "utf8":
      return utf8(draft.text);
    case "hex": {
      const hex = draft.text.replace(/\s|^\s*0x/g, "");
      if (!/^([0-9a-fA-F]{2})*$/.test(hex))
        throw new CandidFault("hexadecimal takes two digits for each byte");
      return fromHex(hex.toLowerCase());
    }
    case "base64": {
      const plain = draft.text
        .replace(/\s/g, "")
        .replaceAll("-", "+")
        .replaceAll("_", "/")
        .replace(/=+$/, "");
      if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1)
        throw new CandidFault("this is no base64");
      return Uint8Array.from(atob(plain), (c) => c.charCodeAt(0));
    }
    case "file":
      if (draft.file === undefined) throw new CandidFault("choose a file");
      return draft.file.bytes;
  }
}

/** The same bytes written in another form; the text stays as it is where that cannot be. */
export function blobAs(draft: Draft & { kind: "blob" }, form: BlobForm): string {
  let bytes: Uint8Array;
  try {
    bytes = readBlob(draft);
  } catch {
    return draft.text;
  }
  if (form === "hex") return toHex(bytes);
  if (form === "utf8") return utf8Strict(bytes) ?? draft.text;
  if (form === "base64") return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
  return "";
}
