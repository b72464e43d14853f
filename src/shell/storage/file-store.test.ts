import { describe, expect, test } from "vitest";
import { createParts } from "../../codec/parts.ts";
import type { Part } from "../../replica/interfaces/storage.ts";
import { openFileStore, STORE_FILES, type StoreFiles } from "./file-store.ts";
import { memoryFile } from "./sync-file.ts";

type MemoryFiles = Record<keyof StoreFiles, ReturnType<typeof memoryFile>>;
const freshFiles = (): MemoryFiles =>
  Object.fromEntries(STORE_FILES.map((name) => [name, memoryFile()])) as MemoryFiles;

const pages = (fill: number, count: number) =>
  Array.from({ length: count }, (_, i) => new Uint8Array(4096).fill(fill + i));
const artifact = (n: number) => new Uint8Array(40).fill(n);

/** Quicker to compare than the value. */
const nameOf = (value: unknown): string => createParts().write(value, { has: () => false, keep: () => {} });

describe("file store", () => {
  test("artifacts, checkpoints and their parts are there again", () => {
    const files = freshFiles();
    const store = openFileStore(files);
    const parts = createParts();
    const value = { pages: pages(1, 10) };
    const handed: Part[] = [];
    const state = parts.write(value, { has: store.has, keep: (hash, bytes) => handed.push({ hash, bytes }) });
    store.write({
      artifacts: [artifact(1)],
      parts: handed,
      checkpoints: [{ height: 10, state }],
      isWhole: false,
    });
    store.write({ artifacts: [artifact(2)], parts: [], checkpoints: [], isWhole: false });

    const again = openFileStore(files);
    expect(again.fault).toBeUndefined();
    expect(again.load()).toEqual({
      artifacts: [artifact(1), artifact(2)],
      checkpoints: [{ height: 10, state }],
    });
    expect(createParts().read(state, (hash) => again.part(hash))).toEqual({ ok: true, value });
  });

  test("what a whole batch makes superfluous goes, and the file does not grow for ever", () => {
    const files = freshFiles();
    const parts = createParts();
    let store = openFileStore(files);
    let largest = 0;
    let state = "";
    for (let round = 1; round <= 12; round++) {
      const value = { pages: pages(round, 100), fresh: new Uint8Array(1_000_000).fill(round) };
      const handed: Part[] = [];
      state = parts.write(value, { has: store.has, keep: (hash, bytes) => handed.push({ hash, bytes }) });
      store.write({
        artifacts: [artifact(round)],
        parts: handed,
        checkpoints: [{ height: round * 10, state }],
        isWhole: true,
      });
      largest = Math.max(largest, files["parts-a"].getSize() + files["parts-b"].getSize());
      if (round % 5 === 0) store = openFileStore(files);
      expect(nameOf(createParts().read(state, (hash) => store.part(hash)))).toBe(nameOf({ ok: true, value }));
    }
    expect(largest).toBeLessThan(9_000_000);
    expect(openFileStore(files).load()).toEqual({
      artifacts: [artifact(12)],
      checkpoints: [{ height: 120, state }],
    });
  });

  test("a loss is remembered over restarts, until all that is needed was written anew", () => {
    const files = freshFiles();
    const empty = { artifacts: [artifact(1)], parts: [], checkpoints: [] };
    openFileStore(files).noteLost();
    openFileStore(files).write({ ...empty, isWhole: false });
    expect(openFileStore(files).fault).toBe("its journal was lost or damaged before");
    openFileStore(files).write({ ...empty, isWhole: true });
    expect(openFileStore(files).fault).toBeUndefined();
  });

  test("a changed artifact is a fault; a changed part is only missing", () => {
    const files = freshFiles();
    const store = openFileStore(files);
    const state = createParts().write(pages(1, 3), {
      has: () => false,
      keep: (hash, bytes) =>
        store.write({ artifacts: [artifact(1)], parts: [{ hash, bytes }], checkpoints: [], isWhole: false }),
    });
    files["parts-a"].bytes()[5000]! ^= 1;
    const damagedPart = openFileStore(files);
    expect(damagedPart.fault).toBeUndefined();
    expect(createParts().read(state, (hash) => damagedPart.part(hash)).ok).toBe(false);
    files["journal-a"].bytes()[40]! ^= 1;
    expect(openFileStore(files).fault).toBe("its journal is damaged: 1 of its records changed on the disk");
  });
});
