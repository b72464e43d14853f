import { type Pages, loadPages, PAGE, readPages, withPages } from "../../../state/pages.ts";
import type { ImportTable, RunRequest, RunResult, WasmHost } from "../../../interfaces/wasm-host.ts";

/**
 * A host whose canisters do what a script says: real modules pass through the rewriter, and their entry points are
 * played here on a real copy of the heap.
 */
export type Play = (entry: string, heap: Uint8Array, ic0: ImportTable, request: RunRequest) => void;
export interface ScriptedHost extends WasmHost {
  readonly played: string[];
}

export const INSTRUCTIONS = 1_000n;
export const ILL_TYPED = "Canister's Wasm module is not valid: types";

export function scripted(play: Play): ScriptedHost {
  const played: string[] = [];
  return {
    played,
    validate: (raw) => (WebAssembly.validate(raw.slice()) ? undefined : ILL_TYPED),
    run(request: RunRequest): RunResult {
      const name = request.entry.kind === "export" ? request.entry.name : "table";
      played.push(name);
      const length = request.heap?.length ?? 0;
      const memory = new Uint8Array(length);
      if (request.heap !== undefined) loadPages(request.heap, memory);
      let left = request.instructionLimit;
      const ic0 = request.imports({
        memory: () => memory,
        touch: () => {},
        counter: () => left,
        setCounter: (n) => {
          left = n;
        },
      });
      try {
        play(name, memory, ic0, request);
      } catch (error) {
        if (error !== TRAP) throw error;
        return {
          outcome: { kind: "trapped", trap: "unreachable" },
          instructions: INSTRUCTIONS,
          heap: undefined,
          globals: undefined,
          writtenBytes: 0,
        };
      }
      return {
        outcome: { kind: "returned" },
        instructions: INSTRUCTIONS,
        heap: request.heap === undefined ? undefined : whole(request.heap, memory),
        globals: request.globals,
        writtenBytes: 0,
      };
    },
  };
}

export const TRAP = new Error("trap");
export const whole = (old: Pages, memory: Uint8Array): Pages =>
  withPages(
    old,
    new Map(
      Array.from({ length: memory.length / PAGE }, (_, i) => [i, memory.slice(i * PAGE, (i + 1) * PAGE)]),
    ),
  );

export const byteAt = (pages: Pages, offset: number): number => {
  const out = new Uint8Array(1);
  readPages(pages, offset, out);
  return out[0]!;
};
