/**
 * Where a canister trapped, in mainnet's words: the functions that were running, innermost first, by the names that the
 * module's `name` section gives them. A module that names none of them has no backtrace.
 *
 * Source: [ic] rs/interfaces/src/execution_environment/errors.rs (words), rs/embedders/src/wasmtime_embedder.rs (which
 * errors have one); the name section: WebAssembly specification, appendix "Custom Sections".
 */
import { BoundedCache } from "../../base/bounded-cache.ts";
import { toHex, utf8Lossy } from "../../base/bytes.ts";
import type { InstalledCode } from "../state/canister.ts";
import { demangled } from "./demangle.ts";
import type { Failure } from "./failure.ts";
import { inflateModule } from "./wasm/gunzip.ts";
import { InvalidWasm, Reader } from "./wasm/reader.ts";

export const withBacktrace = (failure: Failure, trace: string): Failure => ({
  ...failure,
  text: `${failure.text}\n${trace}`,
  logged: `${failure.logged}\n${trace}`,
});

/** Each line ends with a newline. Undefined: nothing is known by name. */
export function backtraceText(
  code: InstalledCode,
  { inside }: Failure,
  functions: readonly number[] = [],
): string | undefined {
  if (functions.length === 0) return undefined;
  const names = NAMES.get(toHex(code.moduleHash), () => functionNames(code.uploaded));
  if (!functions.some((f) => names.has(f))) return undefined;
  const lines = functions.map((f) => names.get(f) ?? `unknown function at index ${f}`);
  return ["Canister Backtrace:", ...(inside === undefined ? lines : [inside, ...lines]), ""].join("\n");
}

/** Found when they are asked for: few canisters trap, and a state need not carry names. */
const NAMES = new BoundedCache<ReadonlyMap<number, string>>(4);

const CUSTOM = 0;
const FUNCTION_NAMES = 1;

/** Of an installed module. What cannot be read names nothing. */
export function functionNames(uploaded: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const inflated = inflateModule(uploaded);
  if (!inflated.ok) return names;
  try {
    for (const section = new Reader(inflated.wasm, 8); !section.done;) {
      const id = section.byte();
      const content = section.sub(section.u32());
      if (id === CUSTOM && content.name() === "name") readNames(content, names);
    }
  } catch (error) {
    if (!(error instanceof InvalidWasm)) throw error;
  }
  return names;
}

function readNames(section: Reader, names: Map<number, string>): void {
  while (!section.done) {
    const id = section.byte();
    const content = section.sub(section.u32());
    if (id !== FUNCTION_NAMES) continue;
    for (let left = content.u32(); left > 0; left--) {
      const index = content.u32();
      names.set(index, demangled(utf8Lossy(content.take(content.u32()))));
    }
  }
}
