/** Inside the page: nine kernels as they are and as rewritten, and the calibration by which bars scale. */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { SYSTEM_API } from "../../replica/execution/wasm/imports.ts";
import { rewrite } from "../../replica/execution/wasm/rewrite.ts";
import type { GlobalValue, RunResult } from "../../replica/interfaces/wasm-host.ts";
import { PAGE, type Pages, withPages, zeroPages } from "../../replica/state/pages.ts";
import { createWasmHost } from "../../shell/wasm-host.ts";
import { KERNELS } from "./kernels-source.ts";
import { quantile } from "./scenarios.ts";

const LIMIT = 1_000_000_000_000n;
const TRIES = 3;

/** Milliseconds: a product of two pairings, a copy of 64 MiB. The best of a few, as a machine's speed is. */
export function calibrate(): { pairingMs: number; copyMs: number } {
  const { G1, G2 } = bls12_381;
  const pairs = [
    { g1: G1.Point.BASE.multiply(7n), g2: G2.Point.BASE },
    { g1: G1.Point.BASE.multiply(7n).negate(), g2: G2.Point.BASE },
  ];
  const from = new Uint8Array(64 * 1024 * 1024).fill(1);
  const to = new Uint8Array(from.length);
  return { pairingMs: best(() => bls12_381.pairingBatch(pairs), 20), copyMs: best(() => to.set(from), 10) };
}

/** Time rewritten over time bare, by kernel; `wasm` exports each as a query. `marks`: written pages are marked. */
export function metering(wasm: Uint8Array, marks: boolean): Record<string, number> {
  const bare = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(wasm)), {});
  const host = createWasmHost();
  const module = rewrite(wasm, "kernels", new Set(), marks ? "plain" : "unmarked");
  if (!module.ok) throw new Error(module.message);
  let heap = segmentsOf(module.module.memory?.minPages ?? 0, module.segments);
  let globals: readonly GlobalValue[] = module.module.globals.map((g) => g.initial);
  const run = (name: string): void => {
    const result: RunResult = host.run({
      module: module.module,
      heap,
      globals,
      entry: { kind: "export", name },
      instructionLimit: LIMIT,
      keepsWrites: true,
      imports: () => ({}),
      allowGrow: () => true,
    });
    if (result.outcome.kind !== "returned") throw new Error(`${name}: ${result.outcome.kind}`);
    heap = result.heap ?? heap;
    globals = result.globals ?? globals;
  };
  if (module.exports.hooks.includes("canister_start")) run("canister_start");
  const out: Record<string, number> = {};
  for (const kernel of KERNELS) {
    const name = `canister_query ${kernel}`;
    const original = bare.exports[name] as () => void;
    out[kernel] = best(() => run(name), TRIES) / best(original, TRIES);
  }
  return out;
}

/** Megabytes a second: the first rewriting in this page, and the median of those behind ten. */
export function rewriting(wasm: Uint8Array): { readonly first: number; readonly warm: number } {
  const implemented = new Set(SYSTEM_API.keys());
  const rates = Array.from({ length: 31 }, () => {
    const start = performance.now();
    const module = rewrite(wasm, "rewriting", implemented);
    const seconds = (performance.now() - start) / 1000;
    if (!module.ok) throw new Error(module.message);
    return wasm.length / 1e6 / seconds;
  });
  return { first: rates[0]!, warm: quantile(rates.slice(10), 0.5) };
}

/** The least of some tries, after one that warms up. */
function best(work: () => unknown, tries: number): number {
  work();
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function segmentsOf(wasmPages: number, segments: readonly { offset: number; bytes: Uint8Array }[]): Pages {
  const heap = zeroPages(wasmPages * 65_536);
  const pages = new Map<number, Uint8Array>();
  for (const { offset, bytes } of segments) {
    for (const [i, byte] of bytes.entries()) {
      const page = Math.floor((offset + i) / PAGE);
      const content = pages.get(page) ?? new Uint8Array(PAGE);
      content[(offset + i) % PAGE] = byte;
      pages.set(page, content);
    }
  }
  return withPages(heap, pages);
}
