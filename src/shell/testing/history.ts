/**
 * For tests: what a history of runs leaves behind, as one hash: outcomes, backtraces, instructions, heaps and globals of random
 * modules, each run again and again on its own result. It must be the same on every engine, before and after tier-up,
 * warm or always fresh.
 */
import { concat, toHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import { rewrite } from "../../replica/execution/wasm/rewrite.ts";
import type { GlobalValue, RewrittenModule, RunResult } from "../../replica/interfaces/wasm-host.ts";
import { type Pages, readPages, zeroPages } from "../../replica/state/pages.ts";
import { createWasmHost, type WasmHostOptions } from "../wasm-host.ts";
import { randomModule } from "./random-module.ts";

export interface History {
  readonly seeds: readonly number[];
  /** Runs of each module. */
  readonly runs: number;
  readonly limit: number;
}

export function historyHash({ seeds, runs, limit }: History, options: WasmHostOptions): string {
  const host = createWasmHost(options);
  let hash = new Uint8Array(32);
  const note = (...parts: readonly Uint8Array[]): void => {
    hash = sha256(concat(hash, ...parts)) as Uint8Array<ArrayBuffer>;
  };
  for (const seed of seeds) {
    const rewritten = rewrite(randomModule(seed), `${seed}`, new Set());
    if (!rewritten.ok) throw new Error(rewritten.message);
    const { module } = rewritten;
    let image = born(module);
    for (let run = 0; run < runs; run++) {
      const { outcome, instructions, heap, globals, backtrace } = host.run({
        module,
        ...image,
        entry: { kind: "export", name: "canister_query go" },
        instructionLimit: BigInt(limit),
        keepsWrites: true,
        imports: () => ({}),
        allowGrow: () => true,
      });
      const why = outcome.kind === "trapped" ? outcome.trap : outcome.kind;
      note(utf8(`${why} ${instructions} ${(backtrace ?? []).join()} ${(globals ?? []).join()}`));
      if (heap === undefined || globals === undefined) continue;
      image = { heap, globals };
      note(bytesOf(heap));
    }
  }
  return toHex(hash);
}

/** How each query of a module ends, and in which functions, after as many runs of its query `warm`. */
export function trapsOf(wasm: readonly number[], warmings = 0): Record<string, string> {
  const host = createWasmHost();
  const rewritten = rewrite(Uint8Array.from(wasm), "traps", new Set());
  if (!rewritten.ok) throw new Error(rewritten.message);
  const { module, exports } = rewritten;
  const run = (name: string): RunResult =>
    host.run({
      module,
      ...born(module),
      entry: { kind: "export", name: `canister_query ${name}` },
      instructionLimit: 10_000_000_000n,
      keepsWrites: true,
      imports: () => ({}),
      allowGrow: () => true,
    });
  for (let i = 0; i < warmings; i++) run("warm");
  return Object.fromEntries(
    exports.queries.map((name) => {
      const { outcome, backtrace = [] } = run(name);
      return [name, `${outcome.kind === "trapped" ? outcome.trap : outcome.kind} ${backtrace.join()}`.trim()];
    }),
  );
}

const born = (module: RewrittenModule): { heap: Pages; globals: readonly GlobalValue[] } => ({
  heap: zeroPages((module.memory?.minPages ?? 0) * 65_536),
  globals: module.globals.map((g) => g.initial),
});

function bytesOf(heap: Pages): Uint8Array {
  const out = new Uint8Array(heap.length);
  readPages(heap, 0, out);
  return out;
}
