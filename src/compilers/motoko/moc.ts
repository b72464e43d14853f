/**
 * Loads the official Motoko compiler with `mo:core`, once a thread. It is 2.8 MB, so only who compiles Motoko pays.
 *
 * The package's own wrapper pulls in Node's `url` and `debug`; we take the compiled compiler beneath it. It publishes
 * itself on `module.exports`, which under Node and under Vite becomes the default export.
 *
 * Source: measurements, Compilers.
 */
import type core from "motoko/packages/latest/core.json";
import type { Moc } from "motoko/versions/latest/moc.min.js";

/** Where the package lives in the compiler's own file system: no project path begins with "@". */
export const CORE_DIRECTORY = "@core";

export interface LoadedMoc {
  readonly moc: Moc;
  /** The files of `mo:core` by their path in the compiler's file system. */
  readonly core: Readonly<Record<string, string>>;
}

let loading: Promise<LoadedMoc> | undefined;

export function loadMoc(): Promise<LoadedMoc> {
  loading ??= load();
  return loading;
}

async function load(): Promise<LoadedMoc> {
  const [compiler, core] = await Promise.all([import("motoko/versions/latest/moc.min.js"), loadCore()]);
  const moc = compiler.default.Motoko;
  // With this flag there is no way back in the same thread, so it follows from the host alone.
  if (!hostHasMemory64()) moc.gcFlags("classicOP");
  const files = Object.fromEntries(
    Object.entries(core.files).map(([path, { content }]) => [`${CORE_DIRECTORY}/${path}`, content]),
  );
  for (const [path, content] of Object.entries(files)) moc.saveFile(path, content);
  moc.setPublicMetadata(["candid:service", "candid:args"]);
  return { moc, core: files };
}

/** Node wants to be told that it is JSON; a browser would then refuse the module that Vite makes of it. */
async function loadCore(): Promise<typeof core> {
  const found = isNode
    ? await import("motoko/packages/latest/core.json", { with: { type: "json" } })
    : await import("motoko/packages/latest/core.json");
  return found.default;
}

const isNode = typeof process === "object";

/** (module (memory i64 1) (table i64 1 funcref)): what Motoko emits by default, and older browsers refuse. */
const MEMORY64 = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x04, 0x04, 0x01, 0x70, 0x04, 0x01, 0x05, 0x03, 0x01, 0x04, 0x01,
); // prettier-ignore

const hostHasMemory64 = (): boolean => WebAssembly.validate(MEMORY64);
