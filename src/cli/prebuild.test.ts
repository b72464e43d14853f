/** Every example compiles, offers the methods its README promises, and asks the replica for nothing but the System API. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Did, parseDid } from "../compilers/candid/did.ts";
import { type PrebuiltCanister, type PrebuiltIndex, sourceHash } from "../compilers/prebuilt.ts";
import { PREBUILT, prebuild } from "./prebuild.ts";

let index: PrebuiltIndex;
beforeAll(async () => {
  index = await prebuild();
}, 600_000);

const moduleOf = (c: PrebuiltCanister) => new WebAssembly.Module(readFileSync(join(PREBUILT, c.wasm)));
const entriesOf = (c: PrebuiltCanister): string[] =>
  WebAssembly.Module.exports(moduleOf(c)).map((e) => e.name);

function didOf(c: PrebuiltCanister): Did {
  const parsed = parseDid(c.did);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.did;
}

describe("prebuild", () => {
  test("has the examples in their order, each with words, sources and something to press", () => {
    expect(index.examples.map((e) => e.id)).toEqual([
      "counter-motoko",
      "counter-assemblyscript",
      "counter-wat",
      "guestbook-motoko",
      "pixel-wall-motoko",
      "life-motoko",
      "two-canisters-motoko",
      "factory-motoko",
      "icrc1-motoko",
      "certified-motoko",
      "upgrade-motoko",
      "digits-assemblyscript",
    ]);
    for (const { title, sentence, look, picture, readme, files, main, calls } of index.examples) {
      expect(title && sentence && look && readme).toBeTruthy();
      expect(picture).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
      expect(picture).not.toMatch(/<script|href|url\(/);
      expect(files[main]).toBeTruthy();
      expect(calls.length).toBeGreaterThan(0);
    }
  });

  test("what is on disk is what it returned, and a second run compiles nothing", async () => {
    const said: string[] = [];
    expect(await prebuild((line) => said.push(line))).toEqual(index);
    expect(said).toEqual([]);
    expect(JSON.parse(readFileSync(join(PREBUILT, "index.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(index)),
    );
  });

  test("each canister exports exactly its service's methods, by their mode", () => {
    for (const example of index.examples) {
      for (const canister of example.canisters) {
        const promised = didOf(canister).methods.map((m) => `canister_${m.func.mode} ${m.name}`);
        const own = entriesOf(canister).filter((e) =>
          /^canister_(update|query|composite_query) (?!@|__)/.test(e),
        );
        expect(own.toSorted()).toEqual(promised.toSorted());
      }
    }
  });

  test("each imports ic0 alone and names its interface publicly", () => {
    for (const canister of index.examples.flatMap((e) => e.canisters)) {
      const module = moduleOf(canister);
      expect(new Set(WebAssembly.Module.imports(module).map((i) => i.module))).toEqual(new Set(["ic0"]));
      const sections = WebAssembly.Module.customSections(module, "icp:public candid:service");
      // Motoko leaves the arguments of installation out of it: they have a section of their own.
      const methods = sections.map((s) => didOf({ ...canister, did: new TextDecoder().decode(s) }).methods);
      expect(methods.map((list) => list.map((m) => m.name))).toEqual([
        didOf(canister).methods.map((m) => m.name),
      ]);
    }
  });

  test("calls and installation arguments fit the interfaces", () => {
    for (const { canisters, calls } of index.examples) {
      for (const canister of canisters) expect(canister.init.length).toBe(didOf(canister).init.length);
      for (const { canister, method, args } of calls) {
        const found = canisters.find((c) => c.name === canister);
        const promised = found && didOf(found).methods.find((m) => m.name === method);
        expect(promised?.func.args.length).toBe(args.length);
      }
    }
  });

  test("a page knows by the hash whether a module still fits the sources", () => {
    for (const { files, canisters } of index.examples) {
      for (const { main, sourceHash: hash } of canisters) {
        expect(sourceHash(files, main)).toBe(hash);
        expect(sourceHash({ ...files, [main]: `${files[main]} ` }, main)).not.toBe(hash);
        expect(sourceHash({ ...files, "new.mo": "" }, main)).not.toBe(hash);
      }
    }
  });

  test("the timer wakes by itself, the counters survive upgrades where they say so", () => {
    const entries = (id: string) => entriesOf(index.examples.find((e) => e.id === id)!.canisters[0]!);
    expect(entries("life-motoko")).toContain("canister_global_timer");
    expect(entries("counter-assemblyscript")).toEqual(
      expect.arrayContaining(["canister_pre_upgrade", "canister_post_upgrade"]),
    );
    const stableOf = (id: string) => index.examples.find((e) => e.id === id)!.canisters[0]!.stable;
    expect(stableOf("guestbook-motoko")).toContain("stable entries");
    expect(stableOf("counter-motoko")).toContain("stable var count : Nat");
  });
});
