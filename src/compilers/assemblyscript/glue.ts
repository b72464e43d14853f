/**
 * Writes the entry module between a canister's interface and its plain AssemblyScript functions: decode the arguments,
 * call the author's function, encode what it returns.
 *
 *   G1  One wrapper a method of the service; query methods become `canister_query`, all others `canister_update`.
 *   G2  `init`, `preUpgrade`, `postUpgrade`, `onTimer`, `heartbeat`, `inspectMessage` become entry points unless the
 *       service has a method of that name.
 *   G3  A type maps to the AssemblyScript type that holds it; `nat` and `int` are 64 bits wide here, larger ones trap.
 *   G4  A method with a type beyond these (records, variants, references, optional numbers, several results) is called
 *       bare: it reads `argBytes()` and answers with `replyBytes()` itself.
 *   G5  Garbage is collected after an update, when no reference lives outside the heap.
 *
 * Source: Candid specification "Binary format"; interface §4 (entry points).
 */
import { utf8 } from "../../base/bytes.ts";
import { encodeLeb, encodeSleb } from "../../codec/leb128.ts";
import {
  type Did,
  type DidArgument,
  type DidFunc,
  type DidPrimitive,
  type DidType,
  resolveDid,
} from "../candid/did.ts";

export const GLUE_PATH = "@glue.ts";

export interface Glue {
  readonly source: string;
  /** Export of the glue → its IC name. */
  readonly exports: ReadonlyMap<string, string>;
  /** What wrapper stands on line n + 1 of the source: to say a mistake in it in the author's words. */
  readonly lines: readonly (GlueLine | undefined)[];
  /** Methods and hooks for which the author exports no function. */
  readonly missing: readonly GlueLine[];
}

export interface GlueLine {
  readonly name: string;
  /** Line in the `.did`; 1 for hooks. */
  readonly line: number;
  readonly bare: boolean;
}

const HOOKS: ReadonlyMap<string, string> = new Map([
  ["init", "canister_init"],
  ["preUpgrade", "canister_pre_upgrade"],
  ["postUpgrade", "canister_post_upgrade"],
  ["onTimer", "canister_global_timer"],
  ["heartbeat", "canister_heartbeat"],
  ["inspectMessage", "canister_inspect_message"],
]);

export const isHook = (name: string): boolean => HOOKS.has(name);

/** Names a module's text exports as functions, declared there or in a list. */
export function exportedFunctions(source: string): ReadonlySet<string> {
  const text = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, " "));
  const names = new Set([...text.matchAll(/\bexport\s+function\s+([\w$]+)/g)].map((m) => m[1]!));
  for (const [, list] of text.matchAll(/\bexport\s*\{([^}]*)\}/g)) {
    for (const item of list!.split(",")) {
      const name = item
        .trim()
        .split(/\s+as\s+/)
        .at(-1)!;
      if (name !== "") names.add(name);
    }
  }
  return names;
}

export function writeGlue(did: Did, main: string, functions: ReadonlySet<string>): Glue {
  const source: string[] = [];
  const lines: (GlueLine | undefined)[] = [];
  const exports = new Map<string, string>();
  const missing: GlueLine[] = [];
  const write = (text: string, line?: GlueLine): void => {
    source.push(text);
    lines.push(line);
  };

  write('import { Arguments, Reply } from "ic/candid";');
  write('import { beginMessage } from "ic/system";');
  write('import { Principal } from "ic/principal";');
  write(`import * as canister from "./${main.replace(/\.ts$/, "")}";`);

  for (const [i, method] of did.methods.entries()) {
    const types = plainTypes(method.func, did);
    const line = { name: method.name, line: method.line, bare: types === undefined };
    if (!functions.has(method.name)) {
      missing.push(line);
      continue;
    }
    const query = method.func.mode === "query" || method.func.mode === "composite_query";
    exports.set(`m${i}`, `${entryPoint(method.func)} ${method.name}`);
    const collect = query ? "" : " __collect();";
    const [header, body] =
      types === undefined ? ["", `canister.${method.name}();`] : wrapped(method.name, types, i);
    write(`${header}export function m${i}(): void { beginMessage(); ${body}${collect} }`, line);
  }

  for (const [name, entry] of HOOKS) {
    if (did.methods.some((m) => m.name === name)) continue;
    const args = name === "init" ? did.init.map((a) => plain(a.type, did)) : [];
    const line = { name, line: 1, bare: args.includes(undefined) };
    if (!functions.has(name)) {
      if (args.length > 0) missing.push(line);
      continue;
    }
    exports.set(name, entry);
    const call = line.bare ? `canister.${name}();` : `${callWith(name, args as PlainType[])};`;
    write(`export function ${name}(): void { beginMessage(); ${call} __collect(); }`, line);
  }
  return { source: source.join("\n"), exports, lines, missing };
}

function entryPoint({ mode }: DidFunc): string {
  if (mode === "query") return "canister_query";
  return mode === "composite_query" ? "canister_composite_query" : "canister_update";
}

/** Types that AssemblyScript holds without a class of the author's. `ref`: it can be null, so an opt of it exists. */
type PlainType =
  | { readonly kind: "primitive"; readonly name: DidPrimitive; readonly as: string; readonly ref: boolean }
  | { readonly kind: "blob"; readonly as: "Uint8Array"; readonly ref: true }
  | { readonly kind: "vec" | "opt"; readonly of: PlainType; readonly as: string; readonly ref: boolean };

const HELD_AS: Readonly<Partial<Record<DidPrimitive, string>>> = {
  bool: "bool", nat: "u64", nat8: "u8", nat16: "u16", nat32: "u32", nat64: "u64",
  int: "i64", int8: "i8", int16: "i16", int32: "i32", int64: "i64",
  float32: "f32", float64: "f64", text: "string", principal: "Principal",
}; // prettier-ignore

/** How deep types may nest here; a type that names itself is deeper than any. */
const DEPTH_MAX = 8;

function plain(type: DidType, did: Did, depth = 0): PlainType | undefined {
  const known = resolveDid(type, did.types);
  if (known === undefined || depth > DEPTH_MAX) return undefined;
  if (known.kind === "primitive") {
    const as = HELD_AS[known.name];
    if (as === undefined) return undefined;
    return {
      kind: "primitive",
      name: known.name,
      as,
      ref: known.name === "text" || known.name === "principal",
    };
  }
  if (known.kind !== "vec" && known.kind !== "opt") return undefined;
  const of = plain(known.of, did, depth + 1);
  if (of === undefined) return undefined;
  if (known.kind === "vec") {
    if (of.kind === "primitive" && of.name === "nat8") return { kind: "blob", as: "Uint8Array", ref: true };
    return { kind: "vec", of, as: `Array<${of.as}>`, ref: true };
  }
  return of.ref ? { kind: "opt", of, as: `${of.as} | null`, ref: false } : undefined;
}

interface PlainFunc {
  readonly args: readonly PlainType[];
  readonly result: PlainType | undefined;
}

function plainTypes(func: DidFunc, did: Did): PlainFunc | undefined {
  const all = (list: readonly DidArgument[]): PlainType[] | undefined => {
    const types = list.map((a) => plain(a.type, did)).filter((t) => t !== undefined);
    return types.length === list.length ? types : undefined;
  };
  const args = all(func.args);
  const results = all(func.results);
  if (args === undefined || results === undefined || results.length > 1) return undefined;
  return { args, result: results[0] };
}

/** The reply's header (a constant beside the wrapper, on its line) and the wrapper's body. */
function wrapped(name: string, { args, result }: PlainFunc, i: number): [header: string, body: string] {
  const header = `const h${i}: StaticArray<u8> = [${typeHeader(result === undefined ? [] : [result]).join(",")}]; `;
  const call = callWith(name, args, args.length === 0 ? "new Arguments();" : "");
  if (result === undefined) return [header, `${call}; new Reply(h${i}).send();`];
  const [before, expression] = [
    call.slice(0, call.lastIndexOf("canister.")),
    call.slice(call.lastIndexOf("canister.")),
  ];
  return [
    header,
    `${before}const r: ${result.as} = ${expression}; const out = new Reply(h${i}); ${encode(result, "out", "r")}; out.send();`,
  ];
}

/** Statements that decode, then the call as an expression. */
function callWith(name: string, args: readonly PlainType[], empty = ""): string {
  const reads = args.map((type, n) => {
    const advance = type.kind === "opt" ? "a.advanceOptional()" : "a.advance()";
    return `${advance}; const x${n} = ${decode(type, "a")};`;
  });
  const open = args.length > 0 ? "const a = new Arguments();" : empty;
  return `${[open, ...reads].join(" ")} canister.${name}(${args.map((_, n) => `x${n}`).join(", ")})`;
}

function decode(type: PlainType, from: string): string {
  if (type.kind === "primitive") return `${from}.${type.name}()`;
  if (type.kind === "blob") return `${from}.blob()`;
  return `${from}.${type.kind}<${type.of.as}>((a: Arguments): ${type.of.as} => ${decode(type.of, "a")})`;
}

function encode(type: PlainType, to: string, value: string): string {
  if (type.kind === "primitive") return `${to}.${type.name}(${value})`;
  if (type.kind === "blob") return `${to}.blob(${value})`;
  const item = `(o: Reply, v: ${type.of.as}): void => { ${encode(type.of, "o", "v")}; }`;
  return `${to}.${type.kind}<${type.of.as}>(${value}, ${item})`;
}

/** "DIDL", the table of composed types, and the types of the values that will follow. */
export function typeHeader(types: readonly PlainType[]): number[] {
  const table: number[][] = [];
  const code = (type: PlainType): number => {
    if (type.kind === "primitive") return CODES[type.name];
    const entry =
      type.kind === "blob"
        ? [...encodeSleb(CODE_VEC), ...encodeSleb(CODES.nat8)]
        : [...encodeSleb(type.kind === "vec" ? CODE_VEC : CODE_OPT), ...encodeSleb(code(type.of))];
    return table.push(entry) - 1;
  };
  const values = types.map((type) => [...encodeSleb(code(type))]);
  return [
    ...utf8("DIDL"),
    ...encodeLeb(table.length),
    ...table.flat(),
    ...encodeLeb(values.length),
    ...values.flat(),
  ];
}

const CODE_OPT = -18;
const CODE_VEC = -19;
const CODES: Readonly<Record<DidPrimitive, number>> = {
  null: -1, bool: -2, nat: -3, int: -4, nat8: -5, nat16: -6, nat32: -7, nat64: -8, int8: -9, int16: -10, int32: -11,
  int64: -12, float32: -13, float64: -14, text: -15, reserved: -16, empty: -17, principal: -24,
}; // prettier-ignore
