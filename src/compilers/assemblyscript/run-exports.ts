/**
 * Runs a module's undecorated functions beside the editor: those it exports that are no methods, so that an author can
 * try an algorithm without a subnet. A module keeps its variables from call to call.
 *
 * Inside here there is no canister: `print` is kept and shown, every other call of the System API says so.
 */
import type { ASUtil } from "@assemblyscript/loader";
import type { Diagnostic, SourceFiles } from "../compiler.ts";
import { textFile } from "../diagnostics.ts";
import { findDecorated } from "./decorated.ts";
import { runAsc } from "./run-asc.ts";

export interface RunnableExport {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly type: RunnableType }[];
  readonly result: RunnableType | "void";
}

/**
 * AssemblyScript's names: bool, i8…i64, u8…u64, isize, usize, f32, f64, string, Uint8Array, i32[], f64[], string[].
 * Functions with other types are left out.
 */
export type RunnableType = string;

/** number for up to 32 bits and floats, bigint for 64 bits. */
export type RunnableValue =
  boolean | number | bigint | string | Uint8Array | readonly number[] | readonly string[];

/** Plain data: it may cross from the worker that compiles to the worker that runs. */
export type RunnableModule =
  | { readonly ok: true; readonly wasm: Uint8Array; readonly exports: readonly RunnableExport[]; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] }; // prettier-ignore

export type RunOutcome = { readonly printed: readonly string[] } & (
  | { readonly ok: true; readonly value: RunnableValue | undefined }
  | { readonly ok: false; readonly message: string }
);

export interface RunningModule {
  call(name: string, args: readonly RunnableValue[]): RunOutcome;
}

/**
 * The entry passes everything on and tells the ids of the classes that arguments may need: they differ from module to
 * module, and the loader cannot make an array without.
 */
const ENTRY_PATH = "@run.ts";
const CLASS_IDS: ReadonlyMap<RunnableType, string> = new Map([
  ["Uint8Array", "__idOfBytes"],
  ["i32[]", "__idOfI32s"],
  ["f64[]", "__idOfF64s"],
  ["string[]", "__idOfStrings"],
]);
const entryOf = (main: string): string =>
  [
    `export * from "./${main.replace(/\.ts$/, "")}";`,
    ...[...CLASS_IDS].map(([type, name]) => `export function ${name}(): u32 { return idof<${type}>(); }`),
  ].join("\n");

const FLAGS = ["--runtime", "incremental", "--exportRuntime", "--bindings", "raw"];

export async function compileRunnable(files: SourceFiles, main: string): Promise<RunnableModule> {
  const text = textFile(files, main);
  if (typeof text !== "string") return { ok: false, diagnostics: [text] };
  const decorated = new Set<string>();
  const { written, diagnostics } = await runAsc(
    { ...files, [ENTRY_PATH]: entryOf(main) },
    ENTRY_PATH,
    FLAGS,
    {
      afterParse({ sources }) {
        for (const source of sources) {
          if (source.normalizedPath !== main) continue;
          const { methods, hooks } = findDecorated(source, () => {});
          for (const { declaration } of [...methods, ...hooks]) decorated.add(declaration.name.text);
        }
      },
    },
  );
  const declarations = written["d.ts"];
  if (!(written.wasm instanceof Uint8Array) || typeof declarations !== "string")
    return { ok: false, diagnostics };
  const exports = readDeclarations(declarations).filter(
    ({ name }) => !name.startsWith("__") && !decorated.has(name),
  );
  return { ok: true, wasm: written.wasm, exports, diagnostics };
}

const PLAIN: ReadonlyMap<string, RunnableType> = new Map([
  ...["bool", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64"].map(
    (name) => [name, name] as const,
  ),
  ["~lib/string/String", "string"],
  ["~lib/typedarray/Uint8Array", "Uint8Array"],
  ["~lib/array/Array<i32>", "i32[]"],
  ["~lib/array/Array<f64>", "f64[]"],
  ["~lib/array/Array<~lib/string/String>", "string[]"],
]);

/** asc writes each function's real types into the comment above its declaration. */
function readDeclarations(text: string): RunnableExport[] {
  const found: RunnableExport[] = [];
  for (const [, comment, name] of text.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export function ([\w$]+)\(/g,
  )) {
    const params = [...comment!.matchAll(/@param ([\w$]+) `([^`]*)`/g)].map(([, param, type]) => ({
      name: param!,
      type: PLAIN.get(type!),
    }));
    const returned = /@returns `([^`]*)`/.exec(comment!)?.[1];
    const result = returned === undefined ? "void" : PLAIN.get(returned);
    const plain = params.flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type }]));
    if (result !== undefined && plain.length === params.length)
      found.push({ name: name!, params: plain, result });
  }
  return found;
}

type Imported = (...args: number[]) => unknown;
type Exported = (...args: (number | bigint)[]) => number | bigint | undefined;
type Runtime = ASUtil & Record<string, Exported>;

export async function startRunnable(
  wasm: Uint8Array,
  exports: readonly RunnableExport[],
): Promise<RunningModule> {
  const { instantiate } = await import("@assemblyscript/loader");
  const printed: string[] = [];
  let memory: WebAssembly.Memory | undefined;
  const outside: Record<string, Imported> = {
    debug_print: (at, size) => {
      if (memory) printed.push(new TextDecoder().decode(new Uint8Array(memory.buffer, at! >>> 0, size)));
    },
  };
  for (const { module, name } of WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource))) {
    if (module !== "ic0") continue;
    outside[name] ??= () => {
      throw new Error(`ic0.${name} works only inside a canister: deploy it and call a method`);
    };
  }
  const { exports: runtime } = await instantiate<Record<string, Exported>>(wasm as BufferSource, {
    ic0: outside,
  });
  memory = runtime.memory;

  return {
    call(name, args) {
      printed.length = 0;
      const signature = exports.find((e) => e.name === name);
      const run = runtime[name];
      if (signature === undefined || run === undefined) {
        return { ok: false, message: `there is no function ${name} to run`, printed: [] };
      }
      if (args.length !== signature.params.length) {
        return { ok: false, message: `${name} takes ${signature.params.length} arguments`, printed: [] };
      }
      const pinned: number[] = [];
      try {
        const lowered = signature.params.map(({ type }, i) => lower(type, args[i]!, runtime, pinned));
        const value = lift(signature.result, run(...lowered), runtime);
        return { ok: true, value, printed: [...printed] };
      } catch (error) {
        return {
          ok: false,
          message: error instanceof Error ? error.message : String(error),
          printed: [...printed],
        };
      } finally {
        for (const pointer of pinned) runtime.__unpin(pointer);
      }
    },
  };
}

/** What is no number is copied in, and pinned against the collector until the call is over. */
function lower(
  type: RunnableType,
  value: RunnableValue,
  runtime: Runtime,
  pinned: number[],
): number | bigint {
  const pin = (pointer: number): number => {
    pinned.push(runtime.__pin(pointer));
    return pointer;
  };
  const idName = CLASS_IDS.get(type);
  if (idName !== undefined) {
    const id = Number(runtime[idName]!());
    const items =
      type === "string[]" ? (value as string[]).map((text) => pin(runtime.__newString(text))) : value;
    return pin(runtime.__newArray(id, items as number[] | Uint8Array));
  }
  if (type === "string") return pin(runtime.__newString(String(value)));
  if (type === "i64" || type === "u64") return BigInt(value as bigint);
  return Number(value);
}

function lift(
  type: RunnableType | "void",
  value: number | bigint | undefined,
  runtime: Runtime,
): RunnableValue | undefined {
  if (type === "void" || value === undefined) return undefined;
  switch (type) {
    case "bool":
      return value !== 0;
    case "string":
      return runtime.__getString(Number(value));
    case "Uint8Array":
      return runtime.__getUint8Array(Number(value));
    case "i32[]":
    case "f64[]":
      return runtime.__getArray(Number(value));
    case "string[]":
      return runtime.__getArray(Number(value)).map((pointer) => runtime.__getString(pointer));
    case "u32":
    case "usize":
      return Number(value) >>> 0;
    case "u64":
      return BigInt.asUintN(64, BigInt(value));
    case "u8":
    case "u16":
      return Number(value) & (type === "u8" ? 0xff : 0xffff);
    default:
      return value;
  }
}
