/**
 * Compiled canisters run here against a System API of a few lines; the official agent's Candid is the judge of what
 * they read and write.
 */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { concat, EMPTY, utf8Lossy } from "../../base/bytes.ts";
import type { Compilation, SourceFiles } from "../compiler.ts";
import { assemblyscriptCompiler } from "./assemblyscript.ts";

type Export = () => void;
type Ic0 = Record<string, (...args: (number | bigint)[]) => number | bigint | undefined>;

const compile = (files: SourceFiles): Promise<Compilation> =>
  assemblyscriptCompiler.compile(files, "src/main.ts");

async function wasmOf(source: string, did: string): Promise<Uint8Array> {
  const made = await compile({ "src/main.ts": source, "src/main.did": did });
  if (!made.ok) throw new Error(JSON.stringify(made.diagnostics, null, 1));
  return made.wasm;
}

const CALLER = Principal.fromText("rwlgt-iiaaa-aaaaa-aaaaa-cai");

/** Runs entry points; each call gives the reply, or throws what the canister trapped or rejected with. */
function canister(wasm: Uint8Array) {
  const printed: string[] = [];
  const stable = new Uint8Array(65536 * 4);
  let [arg, reply, rejected, pages, timer] = [EMPTY, EMPTY as Uint8Array | undefined, "", 0n, 0n];
  const view = (at: number | bigint, size: number | bigint): Uint8Array =>
    new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer, Number(at), Number(size));
  const out = (bytes: Uint8Array) => ({
    size: () => bytes.length,
    copy: (dst: number | bigint, at: number | bigint, n: number | bigint) =>
      void view(dst, n).set(bytes.subarray(Number(at), Number(at) + Number(n))),
  });
  const ic0: Ic0 = {
    msg_arg_data_size: () => arg.length,
    msg_arg_data_copy: (d, o, n) => out(arg).copy(d!, o!, n!),
    msg_caller_size: () => CALLER.toUint8Array().length,
    msg_caller_copy: (d, o, n) => out(CALLER.toUint8Array()).copy(d!, o!, n!),
    msg_reply_data_append: (src, n) => {
      reply = concat(reply ?? EMPTY, view(src!, n!).slice());
      return undefined;
    },
    msg_reply: () => {
      reply ??= EMPTY;
      return undefined;
    },
    msg_reject: (src, n) => {
      rejected = utf8Lossy(view(src!, n!));
      return undefined;
    },
    time: () => 1_000n,
    global_timer_set: (at) => {
      const before = timer;
      timer = at as bigint;
      return before;
    },
    debug_print: (src, n) => void printed.push(utf8Lossy(view(src!, n!).slice())),
    trap: (src, n) => {
      throw new Error(utf8Lossy(view(src!, n!).slice()));
    },
    stable64_size: () => pages,
    stable64_grow: (n) => {
      pages += n as bigint;
      return pages - (n as bigint);
    },
    stable64_read: (d, o, n) =>
      view(d!, n!).set(stable.subarray(Number(o), Number(o) + Number(n))) as undefined,
    stable64_write: (o, s, n) => stable.set(view(s!, n!), Number(o)) as undefined,
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), { ic0 });
  return {
    printed,
    timer: () => timer,
    pages: () => (instance.exports.memory as WebAssembly.Memory).buffer.byteLength / 65536,
    raw(entry: string, bytes: Uint8Array): Uint8Array | undefined {
      [arg, reply, rejected] = [bytes, undefined, ""];
      (instance.exports[entry] as Export)();
      if (rejected !== "") throw new Error(`rejected: ${rejected}`);
      return reply;
    },
    call(entry: string, types: IDL.Type[], args: unknown[], results: IDL.Type[]): unknown[] {
      const answer = this.raw(entry, IDL.encode(types, args));
      if (answer === undefined) throw new Error("no reply");
      return IDL.decode(results, answer);
    },
  };
}

const namesOf = (wasm: Uint8Array) => {
  const module = new WebAssembly.Module(wasm as BufferSource);
  return {
    exports: WebAssembly.Module.exports(module).map((e) => e.name),
    imports: WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`),
    did: WebAssembly.Module.customSections(module, "icp:public candid:service").map((s) =>
      utf8Lossy(new Uint8Array(s)),
    ),
  };
};

describe("assemblyscriptCompiler", () => {
  test("methods get their names by the interface, which is embedded; nothing but ic0 is imported", async () => {
    const did = "service : (nat64) -> { inc : () -> (nat64); get : () -> (nat64) query }";
    const wasm = await wasmOf(
      `let n: u64 = 0;
       export function init(start: u64): void { assert(start < 100, "too large"); n = start; }
       export function inc(): u64 { return ++n; }
       export function get(): u64 { return n; }
       export function onTimer(): void { n += 10; }
       export function unlisted(): void {}`,
      did,
    );
    const { exports, imports, did: embedded } = namesOf(wasm);
    expect(exports.toSorted()).toEqual(
      [
        "canister_global_timer",
        "canister_init",
        "canister_query get",
        "canister_update inc",
        "memory",
      ].toSorted(),
    );
    expect(imports.every((name) => name.startsWith("ic0."))).toBe(true);
    expect(embedded).toEqual([did]);

    const counter = canister(wasm);
    counter.raw("canister_init", IDL.encode([IDL.Nat64], [41n]));
    expect(counter.call("canister_update inc", [], [], [IDL.Nat64])).toEqual([42n]);
    counter.raw("canister_global_timer", EMPTY);
    expect(counter.call("canister_query get", [], [], [IDL.Nat64])).toEqual([52n]);
    expect(() => counter.raw("canister_init", IDL.encode([IDL.Nat64], [100n]))).toThrow(/^too large at /);
  });

  test("every plain type goes in and comes out as the official Candid has it", async () => {
    const { Nat, Nat8, Nat16, Nat32, Nat64, Int, Int8, Int16, Int32, Int64, Float32, Float64 } = IDL;
    const max = 2n ** 64n - 1n;
    const cases: [did: string, as: string, type: IDL.Type, values: unknown[]][] = [
      ["bool", "bool", IDL.Bool, [true, false]],
      ["nat", "u64", Nat, [0n, 127n, 128n, 2n ** 63n, max]],
      [
        "int",
        "i64",
        Int,
        [0n, -1n, 63n, 64n, -64n, -65n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 62n), -(2n ** 63n)],
      ],
      ["nat8", "u8", Nat8, [0, 255]],
      ["nat16", "u16", Nat16, [0, 65535]],
      ["nat32", "u32", Nat32, [0, 4294967295]],
      ["nat64", "u64", Nat64, [0n, max]],
      ["int8", "i8", Int8, [-128, 127]],
      ["int16", "i16", Int16, [-32768, 32767]],
      ["int32", "i32", Int32, [-2147483648, 2147483647]],
      ["int64", "i64", Int64, [-(2n ** 63n), 2n ** 63n - 1n]],
      ["float32", "f32", Float32, [0.5, -1.25]],
      ["float64", "f64", Float64, [Math.PI, Number.POSITIVE_INFINITY]],
      ["text", "string", IDL.Text, ["", "Grüße, 🌍"]],
      ["blob", "Uint8Array", IDL.Vec(Nat8), [EMPTY, Uint8Array.of(1, 2, 255)]],
      [
        "principal",
        "Principal",
        IDL.Principal,
        [CALLER, Principal.anonymous(), Principal.managementCanister()],
      ],
      ["vec text", "string[]", IDL.Vec(IDL.Text), [[], ["a", "", "b"]]],
      ["vec blob", "Uint8Array[]", IDL.Vec(IDL.Vec(Nat8)), [[Uint8Array.of(1), EMPTY]]],
      ["opt text", "string | null", IDL.Opt(IDL.Text), [[], ["x"]]],
      [
        "vec opt vec nat32",
        "(Array<u32> | null)[]",
        IDL.Vec(IDL.Opt(IDL.Vec(Nat32))),
        [[[], [Uint32Array.of(7, 8)]]],
      ],
      ["T", "Array<string>", IDL.Vec(IDL.Text), [["named"]]],
    ];
    const wasm = await wasmOf(
      `import { Principal } from "ic";
       ${cases.map(([, as], i) => `export function e${i}(x: ${as}): ${as} { return x; }`).join("\n")}`,
      `type T = vec text; service : { ${cases.map(([did], i) => `e${i} : (${did}) -> (${did});`).join(" ")} }`,
    );
    const echo = canister(wasm);
    for (const [i, [, , type, values]] of cases.entries()) {
      for (const value of values)
        expect(echo.call(`canister_update e${i}`, [type], [value], [type])).toEqual([value]);
    }
  });

  test("arguments: more than asked are ignored, an opt may be absent, wrong ones are refused in words", async () => {
    const wasm = await wasmOf(
      `export function f(a: u64, b: string | null): string { return a.toString() + (b === null ? "-" : b); }
       export function g(a: u64): void {}`,
      "service : { f : (nat64, opt text) -> (text); g : (nat) -> () }",
    );
    const it = canister(wasm);
    const f = (types: IDL.Type[], args: unknown[]) =>
      it.call("canister_update f", types, args, [IDL.Text])[0];
    const record = IDL.Record({ x: IDL.Nat, y: IDL.Variant({ z: IDL.Null }) });
    expect(f([IDL.Nat64, IDL.Opt(IDL.Text), record], [1n, ["x"], { x: 1n, y: { z: null } }])).toBe("1x");
    expect(f([IDL.Nat64], [1n])).toBe("1-");
    expect(f([IDL.Nat64, IDL.Text], [1n, "bare"])).toBe("1bare");
    expect(() => f([IDL.Text], ["x"])).toThrow("cannot read the arguments: argument 1 is not a nat64");
    expect(() => f([], [])).toThrow("there are only 0");
    expect(() => it.raw("canister_update f", Uint8Array.of(1, 2))).toThrow("do not begin with DIDL");
    expect(() => it.raw("canister_update f", IDL.encode([IDL.Nat64], [1n]).slice(0, -1))).toThrow(
      "end early",
    );
    expect(() => it.call("canister_update g", [IDL.Nat], [2n ** 64n], [])).toThrow(
      "does not fit into 64 bits",
    );
  });

  test("caller, principals as text, print, time, timers, reject, trap", async () => {
    const wasm = await wasmOf(
      `import { caller, cancelTimer, Principal, print, reject, setTimer, time, trap } from "ic";
       export function who(): string { print("asked"); return caller().toString(); }
       export function show(p: Principal): string { return p.toString() + (p == caller() ? "!" : ""); }
       export function arm(): u64 { setTimer(500); return time(); }
       export function disarm(): void { cancelTimer(); }
       export function no(): u64 { reject("not today"); return 1; }
       export function boom(): void { trap("boom"); }`,
      `service : { who : () -> (text) query; show : (principal) -> (text); arm : () -> (nat64); disarm : () -> ();
                   no : () -> (nat64); boom : () -> () }`,
    );
    const it = canister(wasm);
    expect(it.call("canister_query who", [], [], [IDL.Text])).toEqual([CALLER.toText()]);
    expect(it.printed).toEqual(["asked"]);
    for (const p of [CALLER, Principal.anonymous(), Principal.managementCanister(), selfAuthenticating()]) {
      const shown = it.call("canister_update show", [IDL.Principal], [p], [IDL.Text]);
      expect(shown).toEqual([p.toText() + (p.toText() === CALLER.toText() ? "!" : "")]);
    }
    expect(it.call("canister_update arm", [], [], [IDL.Nat64])).toEqual([1000n]);
    expect(it.timer()).toBe(1500n);
    it.call("canister_update disarm", [], [], []);
    expect(it.timer()).toBe(0n);
    expect(() => it.raw("canister_update no", IDL.encode([], []))).toThrow("rejected: not today");
    expect(it.call("canister_update arm", [], [], [IDL.Nat64])).toEqual([1000n]); // a reject ends with its message
    expect(() => it.raw("canister_update boom", IDL.encode([], []))).toThrow("boom");
  });

  test("stable memory carries state over an upgrade", async () => {
    const wasm = await wasmOf(
      `import { stableRead, stableSize, stableWrite } from "ic";
       let name = "";
       export function set(n: string): void { name = n; }
       export function get(): string { return name; }
       export function preUpgrade(): void {
         const b = Uint8Array.wrap(String.UTF8.encode(name)); stableWrite(70000, b); name = b.length.toString();
       }
       export function postUpgrade(): void {
         const b = stableRead(70000, i32.parse(name)); name = String.UTF8.decode(b.buffer) + stableSize().toString();
       }`,
      "service : { set : (text) -> (); get : () -> (text) query }",
    );
    const it = canister(wasm);
    it.call("canister_update set", [IDL.Text], ["Ada"], []);
    it.raw("canister_pre_upgrade", EMPTY);
    it.raw("canister_post_upgrade", EMPTY);
    expect(it.call("canister_query get", [], [], [IDL.Text])).toEqual(["Ada2"]);
  });

  test("a type beyond the glue is called bare", async () => {
    const wasm = await wasmOf(
      "import { argBytes, replyBytes } from 'ic'; export function echo(): void { replyBytes(argBytes()); }",
      "type R = record { a : nat; b : text }; service : { echo : (R) -> (R) }",
    );
    const R = IDL.Record({ a: IDL.Nat, b: IDL.Text });
    const value = { a: 5n, b: "x" };
    expect(canister(wasm).call("canister_update echo", [R], [value], [R])).toEqual([value]);
  });

  test("memory does not grow with every message", async () => {
    const wasm = await wasmOf(
      "export function f(t: string): string { return t + t; }",
      "service : { f : (text) -> (text) }",
    );
    const it = canister(wasm);
    const text = "x".repeat(10_000);
    for (let i = 0; i < 200; i++) it.call("canister_update f", [IDL.Text], [text], [IDL.Text]);
    expect(it.pages()).toBeLessThan(16);
  });

  test.each([
    [
      "a type error in the source",
      {
        "src/main.ts": "export function f(): u64 {\n  let a: string = 5;\n  return 1;\n}",
        "src/main.did": "service : { f : () -> (nat64) }",
      },
      { path: "src/main.ts", start: { line: 2, column: 19 }, end: { line: 2, column: 20 } },
      "not assignable",
    ],
    [
      "a syntax error in another file",
      {
        "src/main.ts": 'import { k } from "./k"; export function f(): u64 { return k; }',
        "src/k.ts": "\n\nexport const k: u64 = ;",
        "src/main.did": "service : { f : () -> (nat64) }",
      },
      { path: "src/k.ts", start: { line: 3, column: 23 } },
      "Expression expected",
    ],
    [
      "a method nobody exports",
      { "src/main.ts": "// export function f(): void {}", "src/main.did": "service : {\n  f : () -> ();\n}" },
      { path: "src/main.did", start: { line: 2, column: 1 } },
      'src/main.ts exports no function "f"',
    ],
    [
      "a function that does not fit its interface",
      {
        "src/main.ts": "export function f(n: string): void {}",
        "src/main.did": "service : {\n\n  f : (nat64) -> ();\n}",
      },
      { path: "src/main.did", start: { line: 3, column: 1 } },
      '"f" does not fit its function',
    ],
    ["no interface", { "src/main.ts": "" }, { path: "src/main.ts" }, "src/main.did is missing"],
    [
      "a broken interface",
      { "src/main.ts": "", "src/main.did": "service : {\n f : nat }" },
      { path: "src/main.did", start: { line: 2, column: 6 } },
      "nat is not a function",
    ],
  ])("refuses %s, at its place", async (_, files, where, words) => {
    const made = await compile(files as SourceFiles);
    expect(made.ok).toBe(false);
    expect(made.diagnostics[0]).toMatchObject({
      ...where,
      severity: "error",
      message: expect.stringContaining(words),
    });
  });
});

const selfAuthenticating = (): Principal => Principal.selfAuthenticating(Uint8Array.of(1, 2, 3));
