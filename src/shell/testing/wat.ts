/** For tests: modules from text, and one run of one method on a fresh or given heap. */
import wabtInit from "wabt";
import { toHex } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { SYSTEM_API } from "../../replica/execution/wasm/imports.ts";
import { type Rewritten, rewrite } from "../../replica/execution/wasm/rewrite.ts";
import type {
  GlobalValue,
  ImportTable,
  RewrittenModule,
  RunningInstance,
  RunRequest,
  RunResult,
  WasmHost,
} from "../../replica/interfaces/wasm-host.ts";
import { NO_PAGES, PAGE, type Pages, readPages, withPages, zeroPages } from "../../replica/state/pages.ts";

const wabt = await wabtInit();
const FEATURES = {
  memory64: true,
  bulk_memory: true,
  reference_types: true,
  tail_call: true,
  simd: true,
  multi_value: true,
  sign_extension: true,
  sat_float_to_int: true,
  mutable_globals: true,
  threads: true,
  exceptions: true,
};

/** `named`: with a name section, of the names that the text gives. */
export function wat(text: string, named = false): Uint8Array {
  const parsed = wabt.parseWat("test.wat", text, FEATURES);
  try {
    return new Uint8Array(parsed.toBinary({ write_debug_names: named }).buffer);
  } finally {
    parsed.destroy();
  }
}

export const ALL_API: ReadonlySet<string> = new Set(SYSTEM_API.keys());

export function rewritten(wasm: Uint8Array | string): Rewritten & { ok: true } {
  const bytes = typeof wasm === "string" ? wat(wasm) : wasm;
  const result = rewrite(bytes, toHex(sha256(bytes)), ALL_API);
  if (!result.ok) throw new Error(result.message);
  return result;
}

/** A canister's state as the host sees it. */
export interface Image {
  readonly heap: Pages;
  readonly globals: readonly GlobalValue[];
}

/** The heap of a fresh install: zeros with the lifted segments written. */
export function freshImage(r: Rewritten & { ok: true }): Image {
  const { memory, globals } = r.module;
  let heap = memory === undefined ? NO_PAGES : zeroPages(memory.minPages * 65_536);
  for (const { offset, bytes } of r.segments) heap = written(heap, offset, bytes);
  return { heap, globals: globals.map((g) => g.initial) };
}

function written(heap: Pages, offset: number, bytes: Uint8Array): Pages {
  const pages = new Map<number, Uint8Array>();
  for (let at = offset; at < offset + bytes.length; at = (Math.floor(at / PAGE) + 1) * PAGE) {
    const page = new Uint8Array(PAGE);
    const first = Math.floor(at / PAGE) * PAGE;
    readPages(heap, first, page);
    page.set(bytes.subarray(at - offset, Math.min(bytes.length, first + PAGE - offset)), at - first);
    pages.set(first / PAGE, page);
  }
  return withPages(heap, pages);
}

export interface Doing {
  readonly limit?: bigint;
  readonly keepsWrites?: boolean;
  readonly imports?: (instance: RunningInstance) => ImportTable;
  readonly allowGrow?: (current: number, delta: number) => boolean;
  /** The export to enter instead of the query. */
  readonly entry?: string;
  readonly callback?: { readonly slot: bigint; readonly environment: bigint };
}

/** Runs the query `method`, or a callback. */
export function runOn(
  host: WasmHost,
  module: RewrittenModule,
  image: Image,
  method: string,
  doing: Doing = {},
): RunResult {
  const entry: RunRequest["entry"] =
    doing.callback === undefined
      ? { kind: "export", name: doing.entry ?? `canister_query ${method}` }
      : { kind: "table", ...doing.callback };
  return host.run({
    module,
    heap: image.heap,
    globals: image.globals,
    entry,
    instructionLimit: doing.limit ?? 1_000_000_000n,
    keepsWrites: doing.keepsWrites ?? true,
    imports: doing.imports ?? (() => ({})),
    allowGrow: doing.allowGrow ?? (() => true),
  });
}

export function bytesOf(heap: Pages): Uint8Array {
  const out = new Uint8Array(heap.length);
  readPages(heap, 0, out);
  return out;
}
