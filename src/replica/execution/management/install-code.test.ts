import { createWasmHost } from "../../../shell/wasm-host.ts";
import { wat } from "../../../shell/testing/wat.ts";
import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../../../base/bytes.ts";
import { sha256 } from "../../../crypto/hash.ts";
import { canisterIdOf, principalText } from "../../../types/principal.ts";
import type { CanisterId } from "../../../types/ids.ts";
import type { WasmHost } from "../../interfaces/wasm-host.ts";
import type { Draft } from "../../state/draft.ts";
import { zeroPages } from "../../state/pages.ts";
import { NO_STANDING } from "../../state/standing.ts";
import { executionFee, freezingLimit } from "../cycles.ts";
import * as candid from "./candid.ts";
import type { ManagementOutcome } from "./call.ts";
import {
  ALICE,
  BOB,
  T,
  subnet,
  newRound,
  isReply,
  byUser,
  byCanister,
  replyOf,
  errorOf,
  textOf,
  made,
  canister,
  change,
} from "./testing/calls.ts";
import {
  type ScriptedHost,
  INSTRUCTIONS,
  ILL_TYPED,
  scripted,
  TRAP,
  byteAt,
} from "./testing/scripted-host.ts";

const HOOKS = ["canister_init", "canister_pre_upgrade", "canister_post_upgrade"];
/** One page of memory whose byte 0 is `mark`; all hooks; a start function; a mutable global of 7. */
const moduleText = (mark: string, pages = 1): string => `(module
  (memory ${pages}) (data (i32.const 0) "${mark}")
  (global (mut i32) (i32.const 7))
  (func $start) (start $start)
  ${HOOKS.map((h) => `(func (export "${h}"))`).join("\n")})`;
/** What it has once instrumented: 66 and three globals that are always added, a global, and four empty functions of 11. */
const COMPILING = 20_000_000n + 6_000n * (72n + 2n + 4n * 11n);
const plain = (mark: string, pages = 1): Uint8Array => wat(moduleText(mark, pages));
const sectioned = (module: Uint8Array, name: string, content = ""): Uint8Array => {
  const body = concat(Uint8Array.of(name.length), utf8(name), utf8(content));
  return concat(module, Uint8Array.of(0, body.length), body);
};
const persistent = (mark: string, pages = 1): Uint8Array =>
  sectioned(plain(mark, pages), "icp:private enhanced-orthogonal-persistence");

const install = (
  draft: Draft,
  id: CanisterId,
  wasm_module: Uint8Array,
  mode: candid.InstallMode,
  host: WasmHost,
  sender = ALICE,
): ManagementOutcome =>
  byUser(
    draft,
    "install_code",
    candid.InstallCodeArgs,
    { mode, canister_id: id, wasm_module, arg: utf8("argument"), sender_canister_version: undefined },
    sender,
    host,
  );
const INSTALL: candid.InstallMode = { tag: "install", value: null };
const REINSTALL: candid.InstallMode = { tag: "reinstall", value: null };
const upgrade = (
  persistence?: "keep" | "replace",
  skip?: boolean,
): candid.InstallMode & { readonly tag: "upgrade" } => ({
  tag: "upgrade",
  value: {
    skip_pre_upgrade: skip,
    wasm_memory_persistence: persistence === undefined ? undefined : { tag: persistence, value: null },
  },
});
const idle = (): ScriptedHost => scripted(() => {});

function installed(module: Uint8Array, host: WasmHost = idle()): { draft: Draft; id: CanisterId } {
  const draft = newRound();
  const id = made(draft);
  const outcome = install(draft, id, module, INSTALL, host);
  expect(textOf(outcome)).toBe("");
  return { draft, id };
}

describe("install_code", () => {
  test("install: start, then init; data in place, hash of the upload, version, history, price", () => {
    const draft = newRound();
    const id = made(draft);
    const host = idle();
    const module = plain("A");
    expect(isReply(install(draft, id, module, INSTALL, host))).toBe(true);
    expect(host.played).toEqual(["canister_start", "canister_init"]);
    const after = canister(draft, id);
    expect(byteAt(after.heap, 0)).toBe(65);
    expect(after.globals).toEqual([7]);
    expect(after.code?.moduleHash).toEqual(sha256(module));
    expect(after).toMatchObject({ version: 1n, lastInstalledAt: draft.time });
    expect(after.history.at(-1)?.details).toEqual({
      kind: "code-deployment",
      mode: "install",
      moduleHash: sha256(module),
    });
    const cost = executionFee(COMPILING + 2n * INSTRUCTIONS, false, subnet);
    expect(after.cycles).toBe(100n * T - cost);
    expect(draft.cyclesBurned).toBe(cost);
  });

  test("init sees its argument, its caller, the new version and a balance without what was prepaid", () => {
    const seen: unknown[] = [];
    const host = scripted((entry, heap, ic0) => {
      if (entry !== "canister_init") return;
      const call = (name: string, ...args: number[]): unknown =>
        (ic0[name] as (...a: number[]) => unknown)(...args);
      call("msg_arg_data_copy", 100, 0, 8);
      seen.push(
        new TextDecoder().decode(heap.subarray(100, 108)),
        call("msg_caller_size"),
        call("canister_version"),
      );
      call("canister_cycle_balance128", 200);
      seen.push(new DataView(heap.buffer).getBigUint64(200, true));
    });
    installed(plain("A"), host);
    const prepaid = executionFee(subnet.limits.install, false, subnet);
    expect(seen).toEqual(["argument", 29, 1n, 100n * T - prepaid]);
  });

  test("IN1: install wants an empty canister, upgrade one with code, reinstall takes any", () => {
    const { draft, id } = installed(plain("A"));
    expect(errorOf(install(draft, id, plain("B"), INSTALL, idle()))).toBe("IC0514");
    const empty = made(draft);
    expect(errorOf(install(draft, empty, plain("B"), upgrade(), idle()))).toBe("IC0537");
    expect(isReply(install(draft, empty, plain("B"), REINSTALL, idle()))).toBe(true);
    expect(errorOf(install(draft, id, plain("B"), REINSTALL, idle(), BOB))).toBe("IC0512");
  });

  test("IN1: reinstall wipes what the old code made and keeps its open calls, settings and chunks", () => {
    const { draft, id } = installed(plain("A", 2));
    const callbacks = new Map([[1, {} as never]]);
    const chunkStore = new Map([["aa", new Uint8Array(1)]]);
    change(draft, id, {
      stable: zeroPages(65_536),
      certifiedData: Uint8Array.of(1),
      globalTimer: 4n,
      logs: [{ index: 0n, at: 0n, content: utf8("old") }],
      nextLogIndex: 1n,
      callbacks,
      chunkStore,
    });
    expect(isReply(install(draft, id, plain("B"), REINSTALL, idle()))).toBe(true);
    const after = canister(draft, id);
    expect(after).toMatchObject({ globalTimer: 0n, logs: [], nextLogIndex: 1n, version: 2n });
    expect([after.heap.length, after.stable.length, after.certifiedData.length]).toEqual([65_536, 0, 0]);
    expect(after.callbacks).toBe(callbacks);
    expect(after.chunkStore).toBe(chunkStore);
  });

  describe("IN2, IN3: upgrade = persistence × old and new module × skip_pre_upgrade", () => {
    for (const persistence of [undefined, "keep", "replace"] as const)
      for (const oldPersists of [false, true])
        for (const newPersists of [false, true])
          for (const skip of [undefined, false, true])
            test(`${persistence} ${oldPersists} ${newPersists} ${skip}`, () => {
              const { draft, id } = installed(oldPersists ? persistent("A", 2) : plain("A", 2));
              const certifiedData = Uint8Array.of(9);
              change(draft, id, { stable: zeroPages(65_536), certifiedData, globalTimer: 4n, globals: [1] });
              const versions: [string, number][] = [];
              const host = scripted((entry, heap, ic0) => {
                // A start function may not ask.
                if (entry === "canister_start") return;
                versions.push([entry, Number((ic0.canister_version as () => bigint)())]);
                if (entry === "canister_pre_upgrade") heap[70_000] = 42;
              });
              const before = canister(draft, id);
              const next = newPersists ? persistent("B") : plain("B");
              const outcome = install(draft, id, next, upgrade(persistence, skip), host);

              const pre: [string, number][] = skip === true ? [] : [["canister_pre_upgrade", 1]];
              const refused =
                persistence === undefined ? oldPersists : persistence === "keep" ? !newPersists : false;
              if (refused) {
                expect(errorOf(outcome)).toBe("IC0504");
                expect(textOf(outcome)).toMatch(
                  persistence === "keep" ? /^Invalid upgrade option: / : /^Missing upgrade option: /,
                );
                const { cycles, consumed } = canister(draft, id);
                expect(canister(draft, id)).toEqual({ ...before, cycles, consumed });
                return;
              }
              expect(textOf(outcome)).toBe("");
              expect(versions).toEqual([...pre, ["canister_post_upgrade", 2]]);
              const after = canister(draft, id);
              expect(after).toMatchObject({ version: 2n, globalTimer: 0n, globals: [7], certifiedData });
              expect(after.stable.length).toBe(65_536);
              if (persistence === "keep") {
                expect(after.heap.length).toBe(131_072);
                expect([byteAt(after.heap, 0), byteAt(after.heap, 70_000)]).toEqual([
                  65,
                  skip === true ? 0 : 42,
                ]);
              } else {
                expect(after.heap.length).toBe(65_536);
                expect(byteAt(after.heap, 0)).toBe(66);
              }
            });
  });

  test("keep grows the heap to the new module's smallest size, and refuses a memory that it does not fit", () => {
    const { draft, id } = installed(persistent("A"));
    expect(isReply(install(draft, id, persistent("B", 3), upgrade("keep"), idle()))).toBe(true);
    expect(canister(draft, id).heap.length).toBe(3 * 65_536);
    const small = sectioned(wat("(module (memory 1 2))"), "icp:private enhanced-orthogonal-persistence");
    expect(errorOf(install(draft, id, small, upgrade("keep"), idle()))).toBe("IC0504");
  });

  for (const trapping of ["canister_start", "canister_init", "canister_pre_upgrade", "canister_post_upgrade"])
    for (const [name, mode] of [
      ["install", INSTALL],
      ["reinstall", REINSTALL],
      ["upgrade", upgrade()],
    ] as const)
      test(`IN5: a trap in ${trapping} during ${name}`, () => {
        const draft = newRound();
        const id = made(draft);
        if (name !== "install") install(draft, id, plain("A"), INSTALL, idle());
        change(draft, id, {
          stable: zeroPages(65_536),
          logs: [{ index: 0n, at: 0n, content: utf8("old") }],
          nextLogIndex: 1n,
        });
        const before = canister(draft, id);
        const burned = draft.cyclesBurned;
        const host = scripted((entry, heap) => {
          if (heap.length > 0) heap[5] = 1;
          if (entry === trapping) throw TRAP;
        });
        const outcome = install(draft, id, plain("B"), mode, host);
        const after = canister(draft, id);
        if (!host.played.includes(trapping)) {
          expect(isReply(outcome)).toBe(true);
          return;
        }
        expect(host.played.at(-1)).toBe(trapping);
        expect(errorOf(outcome)).toBe("IC0502");
        expect(textOf(outcome)).toContain(
          `Error from Canister ${principalText(id)}: Canister trapped: unreachable`,
        );
        const compiling = trapping === "canister_pre_upgrade" ? 0n : COMPILING;
        const cost = executionFee(compiling + BigInt(host.played.length) * INSTRUCTIONS, false, subnet);
        expect(before.cycles - after.cycles).toBe(cost);
        expect(draft.cyclesBurned - burned).toBe(cost);
        expect(after.logs[0]).toEqual(before.logs[0]);
        const { cycles, consumed, logs, nextLogIndex } = after;
        expect(after).toEqual({ ...before, cycles, consumed, logs, nextLogIndex });
      });

  test("IN6: an install must be affordable to its limit, and the canister must not freeze by it", () => {
    const draft = newRound();
    const prepaid = executionFee(subnet.limits.install, false, subnet);
    const id = made(draft, { amount: prepaid });
    const limit = freezingLimit(canister(draft, id), subnet);
    expect(limit).toBeGreaterThan(0n);
    const host = idle();
    const poor = install(draft, id, plain("A"), INSTALL, host);
    expect(errorOf(poor)).toBe("IC0207");
    expect(textOf(poor)).toContain(`at least ${limit} additional cycles`);
    expect(host.played).toEqual([]);

    // Enough to begin with, but the heap of 1000 pages makes the freezing limit rise above it.
    change(draft, id, {
      cycles: prepaid + limit,
      settings: { ...canister(draft, id).settings, freezingThresholdSeconds: 2n ** 40n },
    });
    change(draft, id, { cycles: prepaid + freezingLimit(canister(draft, id), subnet) });
    const before = canister(draft, id);
    const frozen = install(draft, id, plain("A", 1000), INSTALL, idle());
    expect(errorOf(frozen)).toBe("IC0207");
    expect(canister(draft, id)).toMatchObject({ code: undefined, version: before.version });
    expect(before.cycles - canister(draft, id).cycles).toBe(
      executionFee(COMPILING + 2n * INSTRUCTIONS, false, subnet),
    );
  });

  test("a module whose types do not fit is refused by the host's word", () => {
    const draft = newRound();
    const host = idle();
    const refused = install(draft, made(draft), plain("A"), INSTALL, { ...host, validate: () => ILL_TYPED });
    expect(textOf(refused)).toContain(ILL_TYPED);
  });

  test("bytes that are no module, and modules with unknown imports, are refused in words", () => {
    const draft = newRound();
    const id = made(draft);
    const before = canister(draft, id);
    for (const bad of [
      utf8("hello"),
      plain("A").subarray(0, 20),
      wat('(module (import "ic0" "fly" (func)))'),
    ]) {
      const refused = install(draft, id, bad, INSTALL, idle());
      expect(errorOf(refused)).toBe("IC0505");
      expect(textOf(refused)).toContain(
        `Error from Canister ${principalText(id)}: Canister's Wasm module is not valid: `,
      );
    }
    expect(textOf(install(draft, id, wat('(module (import "ic0" "fly" (func)))'), INSTALL, idle()))).toBe(
      `Error from Canister ${principalText(id)}: Canister's Wasm module is not valid: Wasm module has an invalid import section. Module imports function 'fly' from 'ic0' that is not exported by the runtime..\n` +
        "If you are running this canister in a test environment (e.g., dfx), make sure the test environment is up to date. Otherwise, this is likely an error with the compiler/CDK toolchain being used to build the canister. Please report the error to IC devs on the forum: https://forum.dfinity.org and include which language/CDK was used to create the canister.",
    );
    const twice = wat(
      '(module (func $f) (export "canister_update go" (func $f)) (export "canister_query go" (func $f)))',
    );
    expect(textOf(install(draft, id, twice, INSTALL, idle()))).toMatch(
      /call types: update, query, or composite_query\.\.\nTry defining different versions of the function for each call type, e\.g\. `go_update`, `go_query`, etc\. See documentation: \S+#wasm-module-duplicate-exports$/,
    );
    const { cycles, consumed } = canister(draft, id);
    expect(canister(draft, id)).toEqual({ ...before, cycles, consumed });
  });

  describe("IN8: what making a module ready costs", () => {
    /** Cycles that `action` takes from the canister, as instructions beside a base fee. */
    const instructionsOf = (draft: Draft, id: CanisterId, action: () => unknown): bigint => {
      const before = canister(draft, id).cycles;
      action();
      return before - canister(draft, id).cycles - executionFee(0n, false, subnet);
    };
    const hooks = (n: bigint): bigint => n * INSTRUCTIONS;
    const KNOWN = 20_000_000n + (COMPILING - 20_000_000n) / 100n;

    test("a hundredth for what was installed since the last checkpoint, by anybody; not for what failed", () => {
      const draft = newRound();
      const [first, second] = [made(draft), made(draft)];
      const trapping = scripted(() => {
        throw TRAP;
      });
      const fail = (): unknown => install(draft, first, plain("A"), INSTALL, trapping);
      expect(instructionsOf(draft, first, fail)).toBe(COMPILING + hooks(1n));
      expect(instructionsOf(draft, first, fail)).toBe(COMPILING + hooks(1n));
      const go = (id: CanisterId) => () => install(draft, id, plain("A"), INSTALL, idle());
      expect(instructionsOf(draft, first, go(first))).toBe(COMPILING + hooks(2n));
      expect(instructionsOf(draft, second, go(second))).toBe(KNOWN + hooks(2n));
      const upgraded = (): unknown => install(draft, second, plain("A"), upgrade(), idle());
      expect(instructionsOf(draft, second, upgraded)).toBe(KNOWN + hooks(3n));
      draft.scheduler = { ...draft.scheduler, compiled: new Set() };
      expect(instructionsOf(draft, second, upgraded)).toBe(COMPILING + hooks(3n));
    });

    test("a module with a 64-bit memory pays two cycles an instruction", () => {
      const draft = newRound();
      const id = made(draft);
      const wide = wat("(module (memory i64 1) (func))");
      const cost = executionFee(20_000_000n + 6_000n * 83n, true, subnet);
      const go = (): unknown => install(draft, id, wide, INSTALL, idle());
      expect(instructionsOf(draft, id, go)).toBe(cost - executionFee(0n, true, subnet));
    });

    test("bytes that are refused cost as many instructions as they might be; a gzip file is believed about its size", () => {
      const draft = newRound();
      const id = made(draft);
      const cost = (bytes: Uint8Array): bigint =>
        instructionsOf(draft, id, () => {
          expect(errorOf(install(draft, id, bytes, INSTALL, idle()))).toBe("IC0505");
        });
      const half = plain("A").subarray(0, 20);
      expect(cost(utf8("hello"))).toBe(20_000_000n + 6_000n * 5n);
      expect(cost(half)).toBe(20_000_000n + 6_000n * 20n);
      const gzip = (size: number): Uint8Array =>
        concat(Uint8Array.of(0x1f, 0x8b, 8, 0), Uint8Array.of(size & 255, (size >> 8) & 255, 0, 0));
      expect(cost(gzip(1_000))).toBe(20_000_000n + 6_000n * 1_000n);
      expect(cost(gzip(2))).toBe(20_000_000n + 6_000n * 8n);
      const huge = concat(Uint8Array.of(0x1f, 0x8b, 8, 0), new Uint8Array(4).fill(255));
      expect(cost(huge)).toBe(subnet.limits.install);
    });

    test("an install that is refused before it compiles costs its base fee, and what pre_upgrade used", () => {
      const { draft, id } = installed(persistent("A"));
      const refused = (mode: candid.InstallMode, error: string, target = id) =>
        instructionsOf(draft, target, () => {
          expect(errorOf(install(draft, target, plain("B"), mode, idle()))).toBe(error);
        });
      expect(refused(INSTALL, "IC0514")).toBe(0n);
      expect(refused(upgrade(), "IC0537", made(draft))).toBe(0n);
      expect(refused(upgrade(), "IC0504")).toBe(hooks(1n));
      expect(refused(upgrade("keep"), "IC0504")).toBe(hooks(1n));
      change(draft, id, { standing: { ...NO_STANDING, installDebit: 1n } });
      expect(refused(REINSTALL, "IC0209")).toBe(0n);
      expect(canister(draft, id).heap.length).toBe(65_536);
    });

    test("who is no controller, and who cannot pay, pays nothing", () => {
      const { draft, id } = installed(plain("A"));
      const before = canister(draft, id);
      expect(errorOf(install(draft, id, plain("B"), REINSTALL, idle(), BOB))).toBe("IC0512");
      expect(canister(draft, id)).toBe(before);
    });
  });

  test("metadata: public to any canister, private to controllers", () => {
    const module = sectioned(sectioned(plain("A"), "icp:public a", "open"), "icp:private b", "secret");
    const { draft, id } = installed(module);
    const ask = (name: string, sender: CanisterId): ManagementOutcome =>
      byCanister(draft, "canister_metadata", candid.CanisterMetadataArgs, { canister_id: id, name }, sender);
    const stranger = canisterIdOf(30n);
    expect(replyOf(ask("a", stranger), candid.CanisterMetadataReply).value).toEqual(utf8("open"));
    // Who may not see a section is not told that it is there.
    expect(textOf(ask("b", stranger))).toBe(
      `The canister ${principalText(id)} has no metadata section with the name b.`,
    );
    expect(replyOf(ask("b", ALICE), candid.CanisterMetadataReply).value).toEqual(utf8("secret"));
    expect(errorOf(ask("c", stranger))).toBe("IC0406");
  });
});

describe("on a real engine", () => {
  /** Start counts in a global, init writes what start counted; upgrades pass a byte through stable memory. */
  const COUNTER = `(module
    (import "ic0" "stable_grow" (func $grow (param i32) (result i32)))
    (import "ic0" "stable_write" (func $write (param i32 i32 i32)))
    (import "ic0" "stable_read" (func $read (param i32 i32 i32)))
    (memory 1) (data (i32.const 8) "\\2a")
    (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (i32.const 5))) (start $start)
    (func (export "canister_init") (i32.store8 (i32.const 0) (global.get $g)))
    (func (export "canister_pre_upgrade")
      (drop (call $grow (i32.const 1)))
      (call $write (i32.const 100) (i32.const 0) (i32.const 1)))
    (func (export "canister_post_upgrade")
      (call $read (i32.const 1) (i32.const 100) (i32.const 1))
      POST))`;
  const module = wat(COUNTER.replace("POST", ""));
  const engine = createWasmHost();

  test("install and upgrade", () => {
    const { draft, id } = installed(module, engine);
    const first = canister(draft, id);
    expect([byteAt(first.heap, 0), byteAt(first.heap, 8), first.globals]).toEqual([5, 42, [5]]);
    expect(textOf(install(draft, id, module, upgrade(), engine))).toBe("");
    const second = canister(draft, id);
    expect([byteAt(second.heap, 0), byteAt(second.heap, 1), byteAt(second.stable, 100)]).toEqual([0, 5, 5]);
  });

  test("a trap in post_upgrade takes back what pre_upgrade wrote", () => {
    const { draft, id } = installed(module, engine);
    const before = canister(draft, id);
    const outcome = install(draft, id, wat(COUNTER.replace("POST", "unreachable")), upgrade(), engine);
    expect(errorOf(outcome)).toBe("IC0502");
    const after = canister(draft, id);
    expect([after.stable, after.heap, after.code, after.version]).toEqual([
      before.stable,
      before.heap,
      before.code,
      before.version,
    ]);
    expect(after.cycles).toBeLessThan(before.cycles);
  });
});
