/** Rewritten modules against bare ones, warm hosts against fresh ones, damaged modules against nothing at all. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { equalBytes } from "../base/bytes.ts";
import { prng } from "../base/prng.ts";
import { SYSTEM_API } from "../replica/execution/wasm/imports.ts";
import { rewrite } from "../replica/execution/wasm/rewrite.ts";
import { type ImportTable, type RunningInstance, WasmStop } from "../replica/interfaces/wasm-host.ts";
import { PAGE, pageAt } from "../replica/state/pages.ts";
import { RANDOM_GLOBALS, randomModule } from "./testing/random-module.ts";
import { ALL_API, bytesOf, freshImage, type Image, rewritten, runOn, wat } from "./testing/wat.ts";
import { createWasmHost } from "./wasm-host.ts";

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);

interface Seen {
  readonly trap: string | undefined;
  readonly memory: Uint8Array;
  readonly globals: readonly bigint[];
}

function bare(wasm: Uint8Array): Seen {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
  let trap: string | undefined;
  try {
    (exports["canister_query go"] as () => void)();
  } catch (error) {
    trap = (error as Error).message;
  }
  const memory = new Uint8Array((exports.m as WebAssembly.Memory).buffer.slice(0));
  const bits = new DataView(new ArrayBuffer(8));
  const globals = Array.from({ length: RANDOM_GLOBALS }, (_, g) => {
    const value = (exports[`g${g}`] as WebAssembly.Global).value as number | bigint;
    if (g < 2) return BigInt(value);
    bits.setFloat64(0, value as number);
    return bits.getBigInt64(0);
  });
  return { trap, memory, globals };
}

describe("a rewritten module does what the module does", () => {
  test("over random modules", () => {
    const host = createWasmHost();
    let returned = 0;
    for (const seed of SEEDS) {
      const wasm = randomModule(seed);
      expect([seed, host.validate(wasm)]).toEqual([seed, undefined]);
      const expected = bare(wasm);
      const r = rewritten(wasm);
      const image = freshImage(r);
      const got = runOn(host, r.module, image, "go", { limit: 10n ** 12n });
      expect([seed, got.outcome.kind]).toEqual([seed, expected.trap === undefined ? "returned" : "trapped"]);
      if (got.heap === undefined) continue;
      returned++;
      const bytes = bytesOf(got.heap);
      expect([seed, equalBytes(bytes, expected.memory)]).toEqual([seed, true]);
      expect([seed, got.globals!.map(BigInt)]).toEqual([seed, expected.globals]);
      // Written pages are those whose bytes differ, and no other page is a new array.
      const before = bytesOf(image.heap);
      let differing = 0;
      for (let p = 0; p * PAGE < bytes.length; p++) {
        const was =
          p * PAGE < before.length ? before.subarray(p * PAGE, (p + 1) * PAGE) : new Uint8Array(PAGE);
        const same = equalBytes(bytes.subarray(p * PAGE, (p + 1) * PAGE), was);
        expect([seed, p, pageAt(got.heap, p) === pageAt(image.heap, p)]).toEqual([seed, p, same]);
        if (!same) differing++;
      }
      expect(got.writtenBytes).toBeGreaterThanOrEqual(differing * PAGE);
    }
    expect(returned).toBeGreaterThan(SEEDS.length / 3);
    expect(returned).toBeLessThan(SEEDS.length);
  });

  test("warm and fresh hosts give equal results, also when instructions run short", () => {
    const warm = createWasmHost({ memoryUnits: 4 });
    const fresh = createWasmHost({ alwaysFresh: true });
    const random = prng(7);
    for (const seed of SEEDS.slice(0, 12)) {
      const r = rewritten(randomModule(seed));
      let image: Image = freshImage(r);
      const old = image;
      for (let step = 0; step < 6; step++) {
        const limit = random.chance(0.3) ? BigInt(random.below(20_000)) : 10n ** 9n;
        const [a, b] = [warm, fresh].map((host) => runOn(host, r.module, image, "go", { limit }));
        expect([seed, a!.outcome, a!.instructions, a!.globals, a!.writtenBytes]).toEqual([
          seed,
          b!.outcome,
          b!.instructions,
          b!.globals,
          b!.writtenBytes,
        ]);
        runOn(warm, r.module, old, "go", { limit });
        if (a!.heap === undefined) continue;
        expect(equalBytes(bytesOf(a!.heap), bytesOf(b!.heap!))).toBe(true);
        image = { heap: a!.heap, globals: a!.globals! };
      }
    }
  });
});

describe("no bytes make the rewriter crash or hang", () => {
  test("cut short or with bits flipped, modules are refused or rewritten, and what is valid stays valid", () => {
    const host = createWasmHost();
    const random = prng(99);
    let stillValid = 0;
    for (let n = 0; n < 500; n++) {
      const wasm = randomModule(1 + random.below(20));
      const damaged = random.chance(0.2) ? wasm.subarray(0, random.below(wasm.length)) : wasm;
      for (let k = random.below(3); k >= 0 && damaged.length > 0; k--) {
        damaged[random.below(damaged.length)]! ^= 1 << random.below(8);
      }
      const r = rewrite(damaged, "damaged", ALL_API);
      if (!r.ok || host.validate(damaged) !== undefined) continue;
      stillValid++;
      expect([n, WebAssembly.validate(r.module.bytes as Uint8Array<ArrayBuffer>)]).toEqual([n, true]);
    }
    expect(stillValid).toBeGreaterThan(20);
  });
});

describe("NaNs are canonical where they can be seen (DESIGN §6)", () => {
  test("scalars and lanes, whatever the operand's payload", () => {
    const odd = "(f64.reinterpret_i64 (i64.const 0xfff4000000000123))";
    const odd32 = "(f32.reinterpret_i32 (i32.const 0xffa00123))";
    const lanes = "(v128.const i64x2 0xfff4000000000123 0x3ff0000000000000)";
    const store = (at: number, value: string) => `(f64.store (i32.const ${at}) ${value})`;
    const r = rewritten(
      wat(`(module (memory 1) (func (export "canister_query go")
      ${store(0, `(f64.add ${odd} (f64.const 1))`)}
      ${store(8, `(f64.sqrt (f64.const -1))`)}
      ${store(16, `(f64.min (f64.const 1) ${odd})`)}
      ${store(24, `(f64.promote_f32 ${odd32})`)}
      ${store(32, `(f64.mul (f64.const 0) (f64.add ${odd} (f64.const 1)))`)}
      (v128.store (i32.const 64) (f64x2.add ${lanes} ${lanes}))
      ${store(40, odd)}
      ${store(48, `(f64.neg ${odd})`)}
      (f32.store (i32.const 56) (f32.demote_f64 ${odd}))
      (f32.store (i32.const 60) (f32.max ${odd32} (f32.const 0)))))`),
    );
    const ran = runOn(createWasmHost(), r.module, freshImage(r), "go");
    const view = new DataView(bytesOf(ran.heap!).buffer);
    const bits = (at: number) => view.getBigUint64(at, true).toString(16);
    expect([0, 8, 16, 24, 32, 64].map(bits)).toEqual(new Array(6).fill("7ff8000000000000"));
    expect(bits(72)).toBe("4000000000000000");
    // Moving a NaN, and its sign, is not arithmetic.
    expect([40, 48].map(bits)).toEqual(["fff4000000000123", "7ff4000000000123"]);
    expect([56, 60].map((at) => view.getUint32(at, true).toString(16))).toEqual(["7fc00000", "7fc00000"]);
  });
});

describe("Motoko", () => {
  interface Compiler {
    saveFile(name: string, text: string): void;
    gcFlags(flags: string): void;
    compileWasm(mode: string, name: string): { code: { wasm: Uint8Array } };
  }
  const source = `persistent actor { var n = 0; var log : [var Text] = [var "", "", ""];
    public query func deep() : async () { func f(i : Nat) : Nat { if (i == 0) 0 else 1 + f(i - 1) }; ignore f(100_000_000) };
    public func inc() : async () { n += 1; log[n % 3] := debug_show n } }`;
  const compiler = (): Compiler => {
    const module: { exports: { Motoko?: Compiler } } = { exports: {} };
    const text = readFileSync("node_modules/motoko/versions/latest/moc.min.js", "utf8");
    new Function("module", "exports", text)(module, module.exports);
    const found = (module.exports.Motoko ?? (globalThis as { Motoko?: Compiler }).Motoko)!;
    found.saveFile("Main.mo", source);
    return found;
  };
  const noArguments = new TextEncoder().encode("DIDL\0\0");

  /** As little of the System API as lets a method without arguments run. */
  const imports =
    (wide: boolean) =>
    (instance: RunningInstance): ImportTable => {
      const pointer = (n: number) => (wide ? BigInt(n) : n);
      const answers: Record<string, unknown> = {
        msg_arg_data_size: pointer(noArguments.length),
        canister_status: 1,
        in_replicated_execution: 1,
      };
      const functions: Record<string, (...args: (number | bigint)[]) => unknown> = {};
      for (const [name, { results }] of SYSTEM_API) {
        const nothing = results[0] === "i64" || (results[0] === "I" && wide) ? 0n : 0;
        functions[name] = () => answers[name] ?? nothing;
      }
      functions.msg_arg_data_copy = (to) => {
        instance.memory().set(noArguments, Number(to));
        instance.touch(Number(to), noArguments.length, true);
      };
      functions.trap = () => {
        throw new WasmStop("trap");
      };
      return functions as ImportTable;
    };

  test("actors with 64-bit and 32-bit pointers are installed and called", { timeout: 120_000 }, () => {
    const moc = compiler();
    for (const address of ["i64", "i32"]) {
      if (address === "i32") moc.gcFlags("classicOP");
      const { wasm } = moc.compileWasm("ic", "Main.mo").code;
      const r = rewritten(wasm);
      const { module } = r;
      expect([module.memory?.address, module.hasTable, module.freshEachTime]).toEqual([address, true, false]);
      const host = createWasmHost();
      expect(host.validate(wasm)).toBeUndefined();
      const doing = { imports: imports(address === "i64"), limit: 10n ** 10n };
      let image: Image = freshImage(r);
      for (const name of ["canister_start", "canister_init", "canister_update inc", "canister_update inc"]) {
        const ran = runOn(host, module, image, "", { ...doing, entry: name });
        expect([name, ran.outcome]).toEqual([name, { kind: "returned" }]);
        if (name.startsWith("canister_update")) expect(ran.writtenBytes).toBeLessThan(12 * 65_536);
        image = { heap: ran.heap!, globals: ran.globals! };
      }
      const deep = runOn(host, module, image, "deep", doing);
      expect(deep.outcome).toEqual({ kind: "trapped", trap: "stack-overflow" });
    }
  });
});
