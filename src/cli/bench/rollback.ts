/** What it costs to undo a message that traps, on a heap of 64 MiB: beside the same message that returns. */
import { createWasmHost } from "../../shell/wasm-host.ts";
import { freshImage, rewritten, runOn } from "../../shell/testing/wat.ts";

/** Touches `pages` pages of 4 KiB, then returns or traps. */
const WAT = (pages: number, end: string): string => `
(module
  (memory 1024 1024)
  (func (export "canister_update go") (local $i i32)
    (loop $more
      (i32.store8 (i32.shl (local.get $i) (i32.const 12)) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const ${pages}))))
    ${end}))`;

export interface Rollback {
  readonly pages: number;
  readonly returnedMs: number;
  readonly trappedMs: number;
}

export function rollbacks(): Rollback[] {
  return [1, 256, 16_384].map((pages) => ({
    pages,
    returnedMs: run(WAT(pages, "")),
    trappedMs: run(WAT(pages, "unreachable")),
  }));
}

function run(text: string): number {
  const host = createWasmHost();
  const module = rewritten(text);
  let image = freshImage(module);
  const times: number[] = [];
  for (let k = 0; k < 9; k++) {
    const start = performance.now();
    const result = runOn(host, module.module, image, "go", {
      entry: "canister_update go",
      limit: 40_000_000_000n,
    });
    times.push(performance.now() - start);
    if (result.heap !== undefined) image = { ...image, heap: result.heap };
  }
  return times.sort((a, b) => a - b)[4]!;
}
