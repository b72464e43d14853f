import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createParts, isPart, partsNamed } from "./parts.ts";

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(undefined, null, true, false, -0, Number.NaN, 1.5, -1, 0, 2 ** 53 - 1, -(2 ** 53 - 1)),
    fc.integer(),
    fc.bigInt({ min: -(2n ** 130n), max: 2n ** 130n }),
    fc.string({ unit: "grapheme" }),
    fc.uint8Array({ maxLength: 400 }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(fc.tuple(fc.string(), tie("value")), { maxLength: 6 }).map((e) => new Map(e)),
    fc.array(fc.integer(), { maxLength: 300 }).map((e) => new Set(e)),
    fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 6 }).map((o) => ({ ...o })),
  ),
})).value;

function kept(value: unknown, parts = createParts(), known: ReadonlyMap<string, Uint8Array> = new Map()) {
  const store = new Map<string, Uint8Array>();
  const hash = parts.write(value, {
    has: (h) => known.has(h) || store.has(h),
    keep: (h, bytes) => store.set(h, bytes),
  });
  return { hash, store };
}
const readBack = ({ hash, store }: ReturnType<typeof kept>) => createParts().read(hash, (h) => store.get(h));

describe("parts", () => {
  test("D1, D2: any plain value comes back equal, and its copy has the same name", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const written = kept(value);
        const back = readBack(written);
        expect(back.ok && back.value).toEqual(value);
        expect(kept(back.ok && back.value).hash).toBe(written.hash);
        expect(kept(structuredClone(value)).hash).toBe(written.hash);
        for (const [hash, bytes] of written.store) expect(isPart(hash, bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("D1: order of properties and undefined ones do not matter; order of entries does", () => {
    expect(kept({ a: 1, b: 2, c: undefined }).hash).toBe(kept({ b: 2, a: 1 }).hash);
    const map = (...entries: [string, number][]) => kept(new Map(entries)).hash;
    expect(map(["a", 1], ["b", 2])).not.toBe(map(["b", 2], ["a", 1]));
  });

  test("D3: what did not change is neither kept again nor hashed again; a change costs the way to it", () => {
    const parts = createParts();
    const page = (fill: number) => new Uint8Array(4096).fill(fill);
    const pages = Array.from({ length: 200 }, (_, i) => page(i));
    const value = { memory: pages, other: new Map([["x", page(250)]]) };
    const first = kept(value, parts).store;
    expect(first.size).toBe(1 + 1 + 201);
    expect(kept(value, parts, first).store.size).toBe(0);
    const changed = { ...value, memory: pages.with(7, page(251)) };
    expect(kept(changed, parts, first).store.size).toBe(3); // the page, the list of pages, the whole

    const { hash, store } = kept(value);
    const reader = createParts();
    const back = reader.read(hash, (h) => store.get(h));
    expect(kept(back.ok && back.value, reader, store)).toEqual({ hash, store: new Map() });
  });

  test("D3: a part that the store has lost meanwhile is handed out again", () => {
    const parts = createParts();
    const module = new Uint8Array(5000).fill(9);
    const { hash, store } = kept({ module }, parts);
    expect(kept({}, parts).store.size).toBe(1); // and the store forgets the module
    expect(kept({ module }, parts)).toEqual({ hash, store });
  });

  test("D4: no part is much longer than a mebibyte", () => {
    const long = {
      bytes: new Uint8Array(3_000_000).fill(7),
      map: new Map(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, "a value of some length "])),
      set: new Set(Array.from({ length: 5_000 }, (_, i) => i)),
    };
    const written = kept(long);
    const longest = Math.max(...[...written.store.values()].map((p) => p.length));
    expect(longest).toBeLessThan(1.01 * 2 ** 20);
    const back = readBack(written);
    const value = (back.ok ? back.value : {}) as typeof long;
    expect(Buffer.compare(value.bytes, long.bytes)).toBe(0);
    expect([...value.map].flat().join()).toBe([...long.map].flat().join());
    expect([...value.set].join()).toBe([...long.set].join());
  });

  test("a part names those below it, and says which of them name none", () => {
    const { hash, store } = kept({
      inner: { page: new Uint8Array(500), more: new Uint8Array(600) },
      x: "y".repeat(300),
    });
    const walk = (h: string, leaf: boolean): number => {
      const below = partsNamed(store.get(h)!);
      expect(below.length === 0).toBe(leaf);
      return below.reduce((n, p) => n + walk(p.hash, p.leaf), 1);
    };
    expect(walk(hash, false)).toBe(store.size);
  });

  test("D5: a missing part and every flipped byte give a sentence", () => {
    const { hash, store } = kept({ a: new Uint8Array(300), b: [1n, "text", { c: new Set([1.5]) }] });
    const read = () => createParts().read(hash, (h) => store.get(h));
    for (const [name, bytes] of [...store]) {
      store.delete(name);
      expect(read()).toEqual({ ok: false, because: `part ${name} is missing` });
      for (const i of bytes.keys()) {
        store.set(name, bytes.with(i, bytes[i]! ^ 1));
        expect(read().ok).toBe(false);
      }
      store.set(name, bytes);
    }
  });

  test("D5: bytes that hash as they should and are no part give a sentence or a value, never an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        partsNamed(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
