/** The examples, as they were prepared when the page was built. A page built without them still works, without examples. */
import { IDL } from "@icp-sdk/core/candid";
import { type Example, type ExampleValue, type PrebuiltIndex, sourceHash } from "../../compilers/prebuilt.ts";
import {
  type Did,
  type DidType,
  fieldKey,
  idlOf,
  readInterface,
  shapeOf,
  type Types,
} from "./candid/shape.ts";
import { readNumber, readPrincipal } from "./candid/value.ts";
import type { NewProject } from "./project.svelte.ts";

export const FIRST_EXAMPLE = "counter-motoko";
const README = "README.md";

const urlOf = (file: string): URL => new URL(`prebuilt/${file}`, document.baseURI);
let index: Promise<readonly Example[]> | undefined;

export function examples(): Promise<readonly Example[]> {
  index ??= fetch(urlOf("index.json"))
    .then(async (r) => (r.ok ? ((await r.json()) as PrebuiltIndex).examples : []))
    .catch(() => []);
  return index;
}

export async function loadExample(id: string): Promise<NewProject | undefined> {
  const all = await examples();
  const example = all.find((e) => e.id === id) ?? all[0];
  if (example === undefined) return undefined;
  return {
    name: example.title,
    main: example.main,
    files: { ...example.files, [README]: example.readme },
    extra: { example: example.id },
  };
}

export interface Prebuilt {
  readonly name: string;
  readonly main: string;
  readonly did: string;
  readonly init: readonly ExampleValue[];
  readonly wasm: () => Promise<Uint8Array>;
}
/** The canisters of a project that were compiled from exactly these files, in the order in which to install them. */
export async function prebuiltOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Prebuilt[]> {
  const found: Prebuilt[] = [];
  for (const canister of (await examples()).flatMap((e) => e.canisters)) {
    if (!Object.hasOwn(files, canister.main)) continue;
    if (canister.sourceHash !== sourceHash(files, canister.main)) continue;
    const { name, main, did, init } = canister;
    found.push({ name, main, did, init, wasm: () => wasmOf(canister.wasm) });
  }
  return found;
}
async function wasmOf(file: string): Promise<Uint8Array> {
  const response = await fetch(urlOf(file));
  if (!response.ok) throw new Error(`the prebuilt module ${file} is missing (${response.status})`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // A host that answers every address with the page itself would hand us that.
  if (bytes[0] !== 0 || bytes[1] !== 0x61) throw new Error(`the prebuilt module ${file} is missing`);
  return bytes;
}

/** Installation arguments; `{store}` stands for the id of the canister of that name. */
export function encodeInit(
  didText: string,
  init: readonly ExampleValue[],
  idOf: (name: string) => string | undefined,
): Uint8Array {
  const did: Did = readInterface(didText);
  const values = did.init.map((a, i) => toValue(init[i] ?? null, a.type, did.types, idOf));
  return IDL.encode(idlOf(did.init, did.types), values);
}
function toValue(
  value: ExampleValue,
  type: DidType,
  types: Types,
  idOf: (name: string) => string | undefined,
): unknown {
  const shape = shapeOf(type, types);
  if (shape.kind === "principal") {
    const named = /^\{(.+)\}$/.exec(String(value))?.[1];
    return readPrincipal(named === undefined ? String(value) : (idOf(named) ?? `no canister ${named}`));
  }
  if (shape.kind === "opt") return value === null ? [] : [toValue(value, shape.of, types, idOf)];
  if (shape.kind === "vec" && Array.isArray(value))
    return value.map((v) => toValue(v, shape.of, types, idOf));
  if ((shape.kind === "record" || shape.kind === "variant") && isFields(value)) {
    const given = shape.fields.filter((f) => Object.hasOwn(value, f.label));
    return Object.fromEntries(
      given.map((f) => [fieldKey(f.label), toValue(value[f.label]!, f.type, types, idOf)]),
    );
  }
  return typeof value === "number" ? readNumber(String(value), shape.kind) : value;
}

const isFields = (value: ExampleValue): value is { readonly [field: string]: ExampleValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
