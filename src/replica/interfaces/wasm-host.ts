/**
 * The synchronous door to a Wasm engine, implemented by `shell/wasm-host.ts` over the host's `WebAssembly`.
 *
 * A heap is bytes that the state owns; an instance is a cache entry of the host (DESIGN §6). Each `run` behaves as if
 * in a fresh instance of (module, heap, globals), whether or not the host reuses a warm one. The host never decides a
 * canister's fate: a stack overflow, a failed grow below the module's own maximum, or a refused compilation of a
 * module that we validated is thrown as `HostShortage`, which stops the node as a bug.
 */
import type { Pages } from "../state/pages.ts";
import type { Hash } from "../../types/ids.ts";

export class HostShortage extends Error {
  override name = "HostShortage";
}

export type GlobalValue = number | bigint;

/** What the rewriter learned about a module, and all that the host needs to run it. Plain data. */
export interface RewrittenModule {
  /** Names the rewritten bytes, which follow from the uploaded ones: their SHA-256, hex. The host's cache key. */
  readonly key: Hash;
  readonly bytes: Uint8Array;
  readonly memory:
    { readonly address: "i32" | "i64"; readonly minPages: number; readonly maxPages: number } | undefined;
  /**
   * Mutable globals in order, with what their constant expressions evaluate to. i32: signed number; i64: signed bigint.
   * Floats are their bits, since JavaScript loses those of a NaN: f32 as signed 32-bit number, f64 as signed bigint.
   */
  readonly globals: readonly {
    readonly type: "i32" | "i64" | "f32" | "f64";
    readonly initial: GlobalValue;
  }[];
  /**
   * Globals that belong to a canister's state as others see it: exported ones in the order of the exports, then mutable
   * ones that are not. Each is a mutable one, by its place in `globals`, or a constant: its bits, unsigned.
   */
  readonly exportedGlobals: readonly (
    { readonly mutable: number } | { readonly type: "i32" | "i64" | "f32" | "f64"; readonly bits: bigint }
  )[];
  readonly hasTable: boolean;
  /** Function f of the uploaded module is f + shift here, if it is one of the `count` that it defines from `from` on. */
  readonly ownFunctions: { readonly from: number; readonly count: number; readonly shift: number };
  /** True when the module holds table.set/grow/fill/copy/init, elem.drop or data.drop: an instance in which one of them ran is not used again. */
  readonly freshEachTime: boolean;
}

/** Functions of module `ic0`, by name. They may throw `WasmStop` (or anything) to unwind the run. */
export type ImportTable = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The running instance, as System API functions see it. Valid only during the call. */
export interface RunningInstance {
  /** The linear memory as it is now: fetch anew after anything that may grow it. Empty without a memory. */
  memory(): Uint8Array;
  /** Note, and charge, that the host itself reads or writes [offset, offset+length), which lies inside. */
  touch(offset: number, length: number, writes: boolean): void;
  /** Instructions left. Negative: exhausted. */
  counter(): bigint;
  setCounter(left: bigint): void;
}

export type Entry =
  | { readonly kind: "export"; readonly name: string }
  /** A callback: table slot and environment. Missing, null or of the wrong type gives stop "function-not-found". */
  | { readonly kind: "table"; readonly slot: bigint; readonly environment: bigint };

export interface RunRequest {
  readonly module: RewrittenModule;
  /** Heap contents; undefined only for a module without memory. */
  readonly heap: Pages | undefined;
  /** Values of the mutable globals, in order. */
  readonly globals: readonly GlobalValue[];
  readonly entry: Entry;
  readonly instructionLimit: bigint;
  /** A run that uses more than this ends with outcome "long", and nothing of it is kept. Absent: the limit. */
  readonly giveUpAfter?: bigint;
  /** Whether what is written may be committed: a first write of a page is charged for then. */
  readonly keepsWrites: boolean;
  /** Called once with the instance, before the entry runs, to build the imports. */
  imports(instance: RunningInstance): ImportTable;
  /** `memory.grow` by `deltaPages` from `currentPages`: whether the protocol allows it. */
  allowGrow(currentPages: number, deltaPages: number): boolean;
}

/** Why a run ended early. `host` functions throw it with their own reason; Wasm traps are mapped to it. */
export type TrapKind =
  | "unreachable"
  | "heap-out-of-bounds"
  | "table-out-of-bounds"
  | "integer-division-by-zero"
  | "integer-overflow"
  | "invalid-conversion"
  | "indirect-call-null"
  | "indirect-call-signature"
  | "stack-overflow";

/** Thrown by host functions to end a run with a reason of their own; the host passes it through untouched. */
export class WasmStop<R = unknown> extends Error {
  readonly reason: R;
  constructor(reason: R) {
    super("stop");
    this.reason = reason;
  }
}

export type RunOutcome =
  | { readonly kind: "returned" }
  | { readonly kind: "trapped"; readonly trap: TrapKind }
  | { readonly kind: "out-of-instructions" }
  | { readonly kind: "long" }
  | { readonly kind: "function-not-found" }
  | { readonly kind: "stopped"; readonly reason: unknown };

export interface RunResult {
  readonly outcome: RunOutcome;
  /** instructionLimit − what is left, never above the limit. */
  readonly instructions: bigint;
  /** After "returned": the heap as written (a new value sharing unwritten pages) and the globals. Otherwise undefined. */
  readonly heap: Pages | undefined;
  readonly globals: readonly GlobalValue[] | undefined;
  /** Bytes of the 64 KiB heap pages written, also of those written with the bytes that they held. 0 unless "returned". */
  readonly writtenBytes: number;
  /**
   * After "trapped" and "stopped": the functions that were running, by their index in the uploaded module, innermost
   * first, at most `BACKTRACE_FRAMES`. The rewriter's own are left out.
   */
  readonly backtrace?: readonly number[];
}

/** Source: [ic] rs/embedders/src/wasm_utils/validation.rs (`wasm_backtrace_max_frames`). */
export const BACKTRACE_FRAMES = 20;

/** What is known of a job that another thread has in hand. */
export type Progress =
  /** It has used more than so many instructions. */
  | { readonly kind: "running"; readonly instructions: bigint }
  | { readonly kind: "ended"; readonly result: unknown };

export interface WasmHost {
  run(request: RunRequest): RunResult;
  /**
   * Begins a job on another thread, or tells how far it is; when that changes, the host gives its replica a `continue`.
   * `job` and its result are plain data; the shell's sandbox knows what they mean (`execution/long-runs.ts`). Absent where
   * there is one thread only: then long runs end in the call that begins them.
   */
  readonly elsewhere?: (name: string, job: unknown) => Progress;
  /**
   * IC0505's sentence when a raw module, as uploaded and inflated, is not valid Wasm. Asked at install of modules that
   * `rewrite` accepted: the rewriter checks structure and limits and pins the features, so that engines can only agree
   * about the rest, which is the types. The sentence is ours and names no engine's findings.
   */
  validate(wasm: Uint8Array): string | undefined;
}
