/**
 * Compiled canisters run here against a System API of a few lines; the official agent's Candid is the judge of what
 * they read and write. On the real replica they run in tests/unit/assemblyscript.test.ts.
 */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { EMPTY, utf8Lossy } from "../../base/bytes.ts";
import type { SourceFiles } from "../compiler.ts";
import { assemblyscriptCompiler } from "./assemblyscript.ts";
import { build, CALLER, canister } from "./testing/canister.ts";

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

describe("a canister of decorated functions", () => {
  test("methods, hooks and timers get their names; the interface is embedded; nothing but ic0 is imported", async () => {
    const { wasm, did } = await build(
      `import { caller, heartbeat, init, inspect, postUpgrade, query, setTimer, update } from "ic";
       let n: u64 = 0;
       @init function start(from: u64): void { assert(from < 100, "too large"); n = from; }
       /** One more. */
       @update function inc(): u64 { return ++n; }
       // As it is.
       @query function get(): u64 { return n; }
       @update function arm(): void { setTimer(500, () => { n += 10; }); setTimer(400, () => { n *= 2; }); }
       @heartbeat function beat(): void { n++; }
       @inspect function guard(): bool { return n > 42; }
       @postUpgrade function back(): void { n = 7; }
       export function unlisted(): void {}`,
    );
    const { exports, imports, did: embedded } = namesOf(wasm);
    expect(exports.toSorted()).toEqual(
      [
        "canister_global_timer",
        "canister_heartbeat",
        "canister_init",
        "canister_inspect_message",
        "canister_post_upgrade",
        "canister_query get",
        "canister_update arm",
        "canister_update inc",
        "memory",
      ].toSorted(),
    );
    expect(imports.every((name) => name.startsWith("ic0."))).toBe(true);
    expect(embedded).toEqual([did]);
    expect(did).toBe(`service : (from : nat64) -> {
  // One more.
  inc : () -> (nat64);
  // As it is.
  get : () -> (nat64) query;
  arm : () -> ();
}
`);
    const counter = canister(wasm);
    const get = () => counter.call("canister_query get", [], [], [IDL.Nat64])[0];
    counter.raw("canister_init", IDL.encode([IDL.Nat64], [41n]));
    counter.raw("canister_inspect_message", EMPTY);
    expect(counter.accepted()).toBe(false);
    expect(counter.call("canister_update inc", [], [], [IDL.Nat64])).toEqual([42n]);
    counter.raw("canister_heartbeat", EMPTY);
    counter.raw("canister_inspect_message", EMPTY);
    expect(counter.accepted()).toBe(true);
    counter.call("canister_update arm", [], [], []);
    expect(counter.timer()).toBe(1400n);
    counter.setTime(1450n);
    counter.raw("canister_global_timer", EMPTY);
    expect([get(), counter.timer()]).toEqual([86n, 1500n]);
    counter.setTime(1500n);
    counter.raw("canister_global_timer", EMPTY);
    expect([get(), counter.timer()]).toEqual([96n, 0n]);
    counter.raw("canister_post_upgrade", EMPTY);
    expect(get()).toBe(7n);
    expect(() => counter.raw("canister_init", IDL.encode([IDL.Nat64], [100n]))).toThrow(/^too large at /);
  });

  test("caller, principals as text, print, time, reject, trap", async () => {
    const { wasm } = await build(
      `import { caller, Principal, print, query, reject, time, trap, update } from "ic";
       @query function who(): string { print("asked"); return caller().toString(); }
       @update function show(p: Principal): string { return p.toString() + (p == caller() ? "!" : ""); }
       @update function read(text: string): Principal { return Principal.fromString(text); }
       @update function now(): u64 { return time(); }
       @update function no(): u64 { reject("not today"); return 1; }
       @update function boom(): void { trap("boom"); }`,
    );
    const it = canister(wasm);
    expect(it.call("canister_query who", [], [], [IDL.Text])).toEqual([CALLER.toText()]);
    expect(it.printed).toEqual(["asked"]);
    const self = Principal.selfAuthenticating(Uint8Array.of(1, 2, 3));
    for (const p of [CALLER, Principal.anonymous(), Principal.managementCanister(), self]) {
      const shown = it.call("canister_update show", [IDL.Principal], [p], [IDL.Text]);
      expect(shown).toEqual([p.toText() + (p.toText() === CALLER.toText() ? "!" : "")]);
      expect(it.call("canister_update read", [IDL.Text], [p.toText()], [IDL.Principal])).toEqual([p]);
    }
    for (const text of ["", "aaaaa-ab", "AAAAA-AA", "aaaaaaa", "2vxsx-fa", "rwlgt-iiaaa-aaaaa-aaaaa-ca!"]) {
      expect(() => it.raw("canister_update read", IDL.encode([IDL.Text], [text]))).toThrow("is no principal");
    }
    expect(() => it.raw("canister_update no", IDL.encode([], []))).toThrow("rejected: not today");
    // A reject ends with its message.
    expect(it.call("canister_update now", [], [], [IDL.Nat64])).toEqual([1000n]);
    expect(() => it.raw("canister_update boom", IDL.encode([], []))).toThrow("boom");
  });

  test("@stable variables outlive an upgrade, to code that has more and fewer of them", async () => {
    const old = await build(
      `import { query, stable, update } from "ic";
       class Entry { name: string = ""; at: u64 = 0; }
       @stable let entries: Entry[] = [];
       @stable let gone: string = "x";
       @stable let last: Entry | null = null;
       @update function add(name: string): void { const e: Entry = { name, at: 5 }; entries.push(e); last = e; }`,
    );
    const next = await build(
      `import { query, stable, update } from "ic";
       class Entry { at: u64 = 0; name: string = ""; note: string | null = null; }
       @stable let added: u64 = 9;
       @stable let last: Entry | null = null;
       @stable let entries: Entry[] = [];
       @query function all(): string {
         const l = last;
         return entries.map<string>((e) => e.name + e.at.toString() + (e.note === null ? "-" : "?")).join() +
           (l === null ? "" : l.name) + added.toString();
       }`,
    );
    const before = canister(old.wasm);
    for (const name of ["Ada", "Grace"]) before.call("canister_update add", [IDL.Text], [name], []);
    before.raw("canister_pre_upgrade", EMPTY);
    const after = before.upgrade(next.wasm);
    after.raw("canister_post_upgrade", EMPTY);
    expect(after.call("canister_query all", [], [], [IDL.Text])).toEqual(["Ada5-,Grace5-Grace9"]);

    const other = await build(
      `import { query, stable } from "ic";
       @stable let entries: u64[] = [];
       @query function f(): void {}`,
    );
    const wrong = before.upgrade(other.wasm);
    expect(() => wrong.raw("canister_post_upgrade", EMPTY)).toThrow(
      'cannot read the stable variable "entries": value 1: record where nat64 is expected',
    );
    // Nothing kept yet: the variables begin as they are written.
    const fresh = canister(next.wasm);
    fresh.raw("canister_post_upgrade", EMPTY);
    expect(fresh.call("canister_query all", [], [], [IDL.Text])).toEqual(["9"]);
  });

  test("functions of other files are methods too, and types mean what they mean there", async () => {
    const files = {
      "src/main.ts":
        'import { query } from "ic"; import { Point } from "./geometry";\n@query function here(): Point { return { x: 1 }; }',
      "src/geometry.ts":
        'import { query } from "ic"; export class Point { x: i32 = 0; }\nclass Box<T> { held: T; }\n@query function there(b: Box<Point>): Box<u8> { return { held: <u8>b.held.x }; }',
    };
    const made = await assemblyscriptCompiler.compile(files, "src/main.ts");
    if (!made.ok) throw new Error(JSON.stringify(made.diagnostics));
    expect(made.did).toContain("here : () -> (Point) query");
    expect(made.did).toContain("there : (b : Box_Point) -> (Box_nat8) query");
    const it = canister(made.wasm);
    const PointT = IDL.Record({ x: IDL.Int32 });
    expect(it.call("canister_query here", [], [], [PointT])).toEqual([{ x: 1 }]);
    const box = IDL.Record({ held: PointT });
    const there = it.call(
      "canister_query there",
      [box],
      [{ held: { x: 3 } }],
      [IDL.Record({ held: IDL.Nat8 })],
    );
    expect(there).toEqual([{ held: 3 }]);
  });

  test("memory does not grow with every message", async () => {
    const { wasm } = await build(
      'import { update } from "ic"; @update function f(t: string): string { return t + t; }',
    );
    const it = canister(wasm);
    const text = "x".repeat(10_000);
    for (let i = 0; i < 200; i++) it.call("canister_update f", [IDL.Text], [text], [IDL.Text]);
    expect(it.pages()).toBeLessThan(16);
  });
});

const IC = 'import { init, inspect, query, stable, update } from "ic";\n';

describe("mistakes are said at their place", () => {
  test.each([
    [
      "a type error",
      `${IC}@query function f(): u64 {\n  let a: string = 5;\n  return 1;\n}`,
      { start: { line: 3, column: 19 }, end: { line: 3, column: 20 } },
      "not assignable",
    ],
    ["a syntax error", `${IC}const k: u64 = ;`, { start: { line: 2, column: 16 } }, "Expression expected"],
    [
      "nothing decorated",
      "export function f(): void {}",
      { start: { line: 1, column: 1 } },
      "write @query or @update",
    ],
    [
      "a type without Candid",
      `${IC}@query function f(a: u8, m: Map<string, u64>): void {}`,
      { start: { line: 2, column: 29 } },
      "Candid has no type for Map: send an array instead",
    ],
    [
      "such a type inside a class",
      `${IC}class C {\n  run: (() => void) | null = null;\n}\n@query function f(): C { return {}; }`,
      { start: { line: 3 } },
      "Candid has no type for",
    ],
    [
      "a class that extends another",
      `${IC}class A {}\nclass B extends A {}\n@query function f(b: B): void {}`,
      { start: { line: 3, column: 7 } },
      "B extends another class",
    ],
    [
      "both decorators",
      `${IC}@query @update function f(): void {}`,
      { start: { line: 2, column: 8 } },
      "choose one",
    ],
    ["a decorated class", `${IC}@query class C {}`, { start: { line: 2, column: 1 } }, "before a function"],
    [
      "a decorated member",
      `${IC}class C { @query f(): void {} }`,
      { start: { line: 2, column: 11 } },
      "top level",
    ],
    ["a stable constant", `${IC}@stable const n: u64 = 1;`, { start: { line: 2 } }, "declared with let"],
    [
      "a default",
      `${IC}@query function f(a: u8 = 1): void {}`,
      { start: { line: 2, column: 19 } },
      "callers send",
    ],
    [
      "a generic method",
      `${IC}@query function f<T>(): void {}`,
      { start: { line: 2, column: 17 } },
      "generic",
    ],
    [
      "an inspect that says nothing",
      `${IC}@inspect function f(): void {}`,
      { start: { line: 2 } },
      "returns bool",
    ],
    ["an unknown type", `${IC}@query function f(a: Foo): void {}`, { start: { line: 2, column: 22 } }, "Foo"],
  ])("%s", async (_, source, where, words) => {
    const files = { "src/main.ts": source } satisfies SourceFiles;
    const made = await assemblyscriptCompiler.compile(files, "src/main.ts");
    expect(made.ok).toBe(false);
    expect(made.diagnostics[0]).toMatchObject({
      path: "src/main.ts",
      severity: "error",
      ...where,
      message: expect.stringContaining(words),
    });
    expect(await assemblyscriptCompiler.check!(files, "src/main.ts")).toEqual(made.diagnostics);
  });

  test("in another file", async () => {
    const files = {
      "src/main.ts": `${IC}import { k } from "./k"; @query function f(): u64 { return k; }`,
      "src/k.ts": "\n\nexport const k: u64 = ;",
    };
    const made = await assemblyscriptCompiler.compile(files, "src/main.ts");
    expect(made.diagnostics[0]).toMatchObject({ path: "src/k.ts", start: { line: 3, column: 23 } });
  });
});
