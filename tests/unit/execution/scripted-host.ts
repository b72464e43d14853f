/**
 * A Wasm host whose modules are TypeScript: entry points are functions that call the System API as compiled code
 * would, with numbers and pointers. Execution's rules can be tried with it without compiling anything; the true host
 * runs the same rules on true modules in its own tests.
 */
import { concat, toHex, utf8, utf8Lossy } from "../../../src/base/bytes.ts";
import {
  WasmStop,
  type ImportTable,
  type RunRequest,
  type RunResult,
  type RunningInstance,
  type TrapKind,
  type WasmHost,
} from "../../../src/replica/interfaces/wasm-host.ts";
import type { CanisterHook, CanisterState, InstalledCode } from "../../../src/replica/state/canister.ts";
import { grownPages, PAGE, readPages, withPages, zeroPages } from "../../../src/replica/state/pages.ts";
import { principalBytes } from "../../../src/types/principal.ts";

export type Entry = (guest: Guest, environment: bigint) => void;

export interface Program {
  readonly exports: Readonly<Record<string, Entry>>;
  /** Callbacks by table slot. */
  readonly table?: readonly (Entry | undefined)[];
  readonly wide?: boolean;
}

class Trap extends Error {
  readonly kind: TrapKind;
  constructor(kind: TrapKind) {
    super(kind);
    this.kind = kind;
  }
}
class Exhausted extends Error {}

/** Where guests put what they pass to the System API; below it is their own memory. */
const SCRATCH = 4096;
const HEAP_BYTES = 65_536 * 4;

/** The running program's view of its world. */
export class Guest {
  memory: Uint8Array;
  counter: bigint;
  globals: (number | bigint)[];
  readonly wide: boolean;
  readonly request: RunRequest;
  private api: ImportTable = {};
  private free = SCRATCH;

  constructor(request: RunRequest, wide: boolean) {
    this.request = request;
    this.wide = wide;
    this.memory = new Uint8Array(request.heap?.length ?? 0);
    if (request.heap !== undefined) readPages(request.heap, 0, this.memory);
    this.counter = request.instructionLimit;
    this.globals = [...request.globals];
    const instance: RunningInstance = {
      memory: () => this.memory,
      touch: () => {},
      counter: () => this.counter,
      setCounter: (left) => {
        this.counter = left;
      },
    };
    this.api = request.imports(instance);
  }

  /** A System API call with raw Wasm values. */
  raw(name: string, ...args: (number | bigint)[]): number | bigint | undefined {
    const f = this.api[name] as ((...a: (number | bigint)[]) => number | bigint | undefined) | undefined;
    if (f === undefined) throw new Error(`no import ic0.${name}`);
    return f(...args);
  }

  /** Pointers in the width of the memory. */
  pointer(n: number): number | bigint {
    return this.wide ? BigInt(n) : n | 0;
  }

  ic0(name: string, ...args: (number | bigint)[]): number {
    return Number(this.raw(name, ...args.map((a) => (typeof a === "number" ? this.pointer(a) : a))));
  }

  put(data: Uint8Array | string): [number, number] {
    const bytes = typeof data === "string" ? utf8(data) : data;
    const at = this.free;
    this.memory.set(bytes, at);
    this.free += bytes.length;
    return [at, bytes.length];
  }

  /** `<name>_size` and `<name>_copy`. */
  read(name: string): Uint8Array {
    const size = this.ic0(`${name}_size`);
    this.ic0(`${name}_copy`, SCRATCH, 0, size);
    return this.memory.slice(SCRATCH, SCRATCH + size);
  }
  arg(): Uint8Array {
    return this.read("msg_arg_data");
  }
  argText(): string {
    return utf8Lossy(this.arg());
  }
  caller(): string {
    return toHex(this.read("msg_caller"));
  }
  reply(data: Uint8Array | string): void {
    this.ic0("msg_reply_data_append", ...this.put(data));
    this.ic0("msg_reply");
  }
  reject(text: string): void {
    this.ic0("msg_reject", ...this.put(text));
  }
  print(text: string): void {
    this.ic0("debug_print", ...this.put(text));
  }
  trap(text: string): void {
    this.ic0("trap", ...this.put(text));
  }
  unreachable(): never {
    throw new Trap("unreachable");
  }
  burnInstructions(n: bigint): void {
    this.counter -= n;
    if (this.counter < 0n) throw new Exhausted();
  }

  amount(name: string): bigint {
    this.ic0(name, SCRATCH);
    return this.u128(SCRATCH);
  }
  accept(max: bigint): bigint {
    this.raw("msg_cycles_accept128", max >> 64n, BigInt.asUintN(64, max), this.pointer(SCRATCH));
    return this.u128(SCRATCH);
  }
  burnCycles(max: bigint): bigint {
    this.raw("cycles_burn128", max >> 64n, BigInt.asUintN(64, max), this.pointer(SCRATCH));
    return this.u128(SCRATCH);
  }
  private u128(at: number): bigint {
    let value = 0n;
    for (let i = 15; i >= 0; i--) value = (value << 8n) | BigInt(this.memory[at + i]!);
    return value;
  }

  /** A whole call: slots are table indexes. Returns what `call_perform` returned. */
  call(
    callee: string,
    method: string,
    options: {
      readonly arg?: Uint8Array | string;
      readonly onReply?: number;
      readonly onReject?: number;
      readonly onCleanup?: number;
      readonly environment?: bigint;
      readonly cycles?: bigint;
      readonly timeout?: number;
    } = {},
  ): number {
    const value = (n: number | bigint): number | bigint => (this.wide ? BigInt(n) : Number(n));
    const environment = options.environment ?? 0n;
    this.raw(
      "call_new",
      ...[...this.put(principalBytes(callee)), ...this.put(method)].map((n) => this.pointer(n)),
      value(options.onReply ?? 0),
      value(environment),
      value(options.onReject ?? options.onReply ?? 0),
      value(environment),
    );
    if (options.onCleanup !== undefined)
      this.raw("call_on_cleanup", value(options.onCleanup), value(environment));
    this.ic0("call_data_append", ...this.put(options.arg ?? ""));
    const cycles = options.cycles ?? 0n;
    if (cycles > 0n) this.raw("call_cycles_add128", cycles >> 64n, BigInt.asUintN(64, cycles));
    if (options.timeout !== undefined) this.raw("call_with_best_effort_response", options.timeout);
    return this.ic0("call_perform");
  }

  /** `memory.grow`: the old size in pages, or −1. */
  grow(pages: number): number {
    const current = this.memory.length / 65_536;
    if (!this.request.allowGrow(current, pages)) return -1;
    const grown = new Uint8Array(this.memory.length + pages * 65_536);
    grown.set(this.memory);
    this.memory = grown;
    return current;
  }

  /** One byte of own memory. */
  get(at: number): number {
    return this.memory[at]!;
  }
  set(at: number, value: number): void {
    this.memory[at] = value;
  }
}

/** A host that knows these programs by key. */
export function scriptedHost(programs: Readonly<Record<string, Program>>): WasmHost {
  return {
    validate: () => undefined,
    run(request) {
      const program = programs[request.module.key]!;
      const guest = new Guest(request, program.wide ?? false);
      const outcome = play(program, guest, request);
      const left = guest.counter < 0n ? 0n : guest.counter;
      const instructions = request.instructionLimit - left;
      if (instructions > (request.giveUpAfter ?? instructions))
        return nothing({ kind: "long" }, instructions);
      if (outcome.kind !== "returned") return nothing(outcome, instructions);
      const { heap, writtenBytes } = written(request, guest);
      return { outcome, instructions, heap, globals: guest.globals, writtenBytes };
    },
  };
}

const nothing = (outcome: RunResult["outcome"], instructions: bigint): RunResult => ({
  outcome,
  instructions,
  heap: undefined,
  globals: undefined,
  writtenBytes: 0,
});

function play(program: Program, guest: Guest, request: RunRequest): RunResult["outcome"] {
  const { entry } = request;
  const f = entry.kind === "export" ? program.exports[entry.name] : program.table?.[Number(entry.slot)];
  if (f === undefined) return { kind: "function-not-found" };
  try {
    guest.burnInstructions(1n);
    f(guest, entry.kind === "table" ? entry.environment : 0n);
    return { kind: "returned" };
  } catch (thrown) {
    if (thrown instanceof WasmStop) return { kind: "stopped", reason: thrown.reason };
    if (thrown instanceof Trap) return { kind: "trapped", trap: thrown.kind };
    if (thrown instanceof Exhausted) return { kind: "out-of-instructions" };
    throw thrown;
  }
}

function written(request: RunRequest, guest: Guest) {
  const before = new Uint8Array(guest.memory.length);
  if (request.heap === undefined) return { heap: undefined, writtenBytes: 0 };
  readPages(request.heap, 0, before.subarray(0, request.heap.length));
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at < SCRATCH; at += PAGE) {
    const now = guest.memory.slice(at, at + PAGE);
    if (now.some((b, i) => b !== before[at + i])) pages.set(at / PAGE, now);
  }
  return { heap: withPages(grownPages(request.heap, guest.memory.length), pages), writtenBytes: pages.size };
}

/** The canister with a program installed, as `install_code` would leave it, but without running init. */
export function withProgram(canister: CanisterState, key: string, program: Program): CanisterState {
  const names = Object.keys(program.exports);
  const methods = (prefix: string): string[] =>
    names.filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length));
  const code: InstalledCode = {
    moduleHash: concat(utf8(key), new Uint8Array(32)).slice(0, 32),
    uploaded: new Uint8Array(1_000),
    module: {
      key,
      bytes: new Uint8Array(0),
      memory: { address: program.wide ? "i64" : "i32", minPages: 4, maxPages: 65_536 },
      globals: [],
      exportedGlobals: [],
      hasTable: true,
      ownFunctions: { from: 0, count: 0, shift: 0 },
      freshEachTime: false,
    },
    exports: {
      updates: methods("canister_update "),
      queries: methods("canister_query "),
      compositeQueries: methods("canister_composite_query "),
      hooks: names.filter((n) => !n.includes(" ")) as CanisterHook[],
    },
    metadata: new Map(),
  };
  return { ...canister, code, heap: zeroPages(HEAP_BYTES), globals: [] };
}
