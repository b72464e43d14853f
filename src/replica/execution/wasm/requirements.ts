/**
 * What the IC asks of a module beyond being Wasm: known imports of exact type, reserved exports, methods named once,
 * metadata sections, and limits. Each refusal is a sentence as mainnet words it.
 * Source: interface S2–S8; replica D.7.
 */
import { utf8 } from "../../../base/bytes.ts";
import type { CanisterExports, CanisterHook } from "../../state/canister.ts";
import { type Decoded, type FunctionType, I32, I64, typeName } from "./decode.ts";
import { type ApiType, SYSTEM_API } from "./imports.ts";
import { invalid } from "./reader.ts";

const MAX_FUNCTIONS = 50_000;
const MAX_GLOBALS = 1000;
const MAX_METADATA_SECTIONS = 16;
const MAX_METADATA_BYTES = 1024 * 1024;
const MAX_METHODS = 1000;
const MAX_METHOD_NAME_BYTES = 20_000;
/** Source: replica D.7 (12 MiB at HEAD). */
const MAX_CODE_BYTES = 12 * 1024 * 1024;

/** Pages of 64 KiB that a heap may have: 4 GiB, and 6 GiB with 64-bit pointers. Source: interface S40. */
export const MAX_PAGES_32 = 65_536;
export const MAX_PAGES_64 = 98_304;
/** Source: replica D.7. */
export const MAX_TABLE_ELEMENTS = 1_000_000;

export function checkLimits(m: Decoded): void {
  const codeBytes = m.code.end - m.code.start;
  if (codeBytes > MAX_CODE_BYTES) {
    invalid(
      `Wasm module code section size of ${codeBytes} exceeds the maximum allowed size of ${MAX_CODE_BYTES}.`,
    );
  }
  if (m.functions.length > MAX_FUNCTIONS) {
    invalid(
      `Wasm module defined ${m.functions.length} functions which exceeds the maximum number allowed ${MAX_FUNCTIONS}.`,
    );
  }
  if (m.globals.length > MAX_GLOBALS) {
    invalid(
      `Wasm module defined ${m.globals.length} globals which exceeds the maximum number allowed ${MAX_GLOBALS}.`,
    );
  }
  for (const table of m.tables) {
    if (table.limits.min > MAX_TABLE_ELEMENTS) {
      invalid(
        `Wasm module defined a table of ${table.limits.min} elements which exceeds the maximum number allowed ${MAX_TABLE_ELEMENTS}.`,
      );
    }
  }
  if (m.memory !== undefined) {
    const most = m.memory.wide ? MAX_PAGES_64 : MAX_PAGES_32;
    if (m.memory.min > most) {
      invalid(
        `Wasm module declared a memory of ${m.memory.min} pages which exceeds the maximum number allowed ${most}.`,
      );
    }
  }
}

/** `implemented`: the names that this replica has code for. */
export function checkImports(m: Decoded, implemented: ReadonlySet<string>): void {
  const wide = m.memory?.wide ?? false;
  for (const { module, name, type } of m.imports) {
    const refuse = (why: string): never => invalid(`Wasm module has an invalid import section. ${why}`);
    const known = SYSTEM_API.get(name);
    if (known === undefined) {
      invalid(
        `Wasm module has an invalid import section. Module imports function '${name}' from '${module}' that is not exported by the runtime.`,
      );
    }
    if (module !== "ic0") {
      refuse(
        `Module imports function "${name}" from "${module}", expected to be imported from one of ["ic0"] instead.`,
      );
    }
    if (wide && known.only32) {
      refuse(
        `Module imports function '${name}' from 'ic0' that is not available to modules with a 64-bit memory.`,
      );
    }
    if (!implemented.has(name)) {
      refuse(
        `Module imports function '${name}' from 'ic0' that this network does not implement yet (see DIVERGENCES).`,
      );
    }
    checkSignature(name, m.types[type]!, resolve(known.params, wide), resolve(known.results, wide));
  }
}

const resolve = (types: readonly ApiType[], wide: boolean): number[] =>
  types.map((t) => (t === "i64" || (t === "I" && wide) ? I64 : I32));

function checkSignature(
  name: string,
  type: FunctionType,
  params: readonly number[],
  results: readonly number[],
): void {
  const show = (types: readonly number[]): string => `[${types.map(typeName).join(", ")}]`;
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((t, i) => t === b[i]);
  if (!same(type.params, params)) {
    invalid(
      `Wasm module has an invalid function signature. Expected input params ${show(params)} for '${name}', got ${show(type.params)}.`,
    );
  }
  if (!same(type.results, results)) {
    invalid(
      `Wasm module has an invalid function signature. Expected return type ${show(results)} for '${name}', got ${show(type.results)}.`,
    );
  }
}

const HOOKS: readonly CanisterHook[] = [
  "canister_init",
  "canister_pre_upgrade",
  "canister_post_upgrade",
  "canister_inspect_message",
  "canister_heartbeat",
  "canister_global_timer",
  "canister_on_low_wasm_memory",
];
const RESERVED = new Set([
  "canister counter_instructions",
  "canister counter_dirty_pages",
  "canister counter_accessed_pages",
  "canister_start",
  "stable_memory",
  "stable_bytemap_memory",
]);

export function checkExports(m: Decoded): CanisterExports {
  const methods: Record<"update" | "query" | "composite_query", string[]> = {
    update: [],
    query: [],
    composite_query: [],
  };
  const hooks = new Set<CanisterHook>();
  const names = new Set<string>();
  let nameBytes = 0;
  const refuse = (why: string): never => invalid(`Wasm module has an invalid export section. ${why}`);
  for (const { name, kind, index } of m.exports) {
    if (RESERVED.has(name)) refuse(`Exporting reserved symbol ${name} not allowed.`);
    if (kind !== 0 || !name.startsWith("canister_")) continue;
    const match = /^canister_(update|query|composite_query) ([\s\S]*)$/.exec(name);
    if (match !== null) {
      const method = match[2]!;
      if (names.has(method)) {
        invalid(
          `Duplicate function '${method}' exported multiple times with different call types: update, query, or composite_query.`,
        );
      }
      names.add(method);
      nameBytes += utf8(method).length;
      methods[match[1] as keyof typeof methods].push(method);
    } else if (HOOKS.includes(name as CanisterHook)) hooks.add(name as CanisterHook);
    else refuse(`Exporting reserved function '${name}' with "canister_" prefix`);
    checkSignature(name, typeOfFunction(m, index), [], []);
  }
  const kinds =
    "functions called `canister_update <name>`, `canister_query <name>`, or `canister_composite_query <name>`";
  if (names.size > MAX_METHODS) {
    invalid(`The number of exported ${kinds} is ${names.size} which exceeds ${MAX_METHODS}.`);
  }
  if (nameBytes > MAX_METHOD_NAME_BYTES) {
    invalid(
      `The sum of \`<name>\` lengths in exported ${kinds} is ${nameBytes} which exceeds the allowed limit of ${MAX_METHOD_NAME_BYTES}.`,
    );
  }
  const start: CanisterHook[] = m.start === undefined ? [] : ["canister_start"];
  return {
    updates: methods.update,
    queries: methods.query,
    compositeQueries: methods.composite_query,
    hooks: [...start, ...HOOKS.filter((h) => hooks.has(h))],
  };
}

export function typeOfFunction(m: Decoded, index: number): FunctionType {
  const imported = m.imports[index];
  return m.types[imported?.type ?? m.functions[index - m.imports.length]!]!;
}

export type Metadata = ReadonlyMap<
  string,
  { readonly visibility: "public" | "private"; readonly content: Uint8Array }
>;

/** Contents are copies, so that they do not keep the upload alive. */
export function readMetadata(m: Decoded): Metadata {
  const found = new Map<string, { visibility: "public" | "private"; content: Uint8Array }>();
  let total = 0;
  const refuse = (why: string): never => invalid(`Wasm module has an invalid custom section. ${why}`);
  for (const { name: section, content } of m.customs) {
    if (!section.startsWith("icp:")) continue;
    const match = /^icp:(public|private)( ([\s\S]*))?$/.exec(section);
    if (match === null) {
      return refuse(
        `Invalid custom section: Custom section '${section}' has no public/private scope defined.`,
      );
    }
    if (match[2] === undefined) {
      refuse("'icp:' section names must have a space after the public/private scope");
    }
    const name = match[3]!;
    if (found.has(name)) refuse(`Invalid custom section: name ${name} already exists`);
    total += content.length + utf8(name).length;
    if (total > MAX_METADATA_BYTES) {
      refuse(
        `Invalid custom sections: total size of the custom sections exceeds the maximum allowed: size ${total} bytes, allowed ${MAX_METADATA_BYTES} bytes`,
      );
    }
    found.set(name, { visibility: match[1] as "public" | "private", content: content.slice() });
    if (found.size > MAX_METADATA_SECTIONS) {
      invalid(
        `Wasm module defined ${found.size} custom sections which exceeds the maximum number allowed ${MAX_METADATA_SECTIONS}.`,
      );
    }
  }
  return found;
}
