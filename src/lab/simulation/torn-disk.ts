/**
 * A node's real store on a disk whose power fails: what was flushed is there afterwards; of what was written since, each
 * write is there, cut at any byte, or lost, and so is each truncation. Which, is drawn.
 */
import type { Prng } from "../../base/prng.ts";
import type { StorageBatch } from "../../replica/interfaces/storage.ts";
import { openFileStore, STORE_FILES, type StoreFiles } from "../../shell/storage/file-store.ts";
import type { NodeStore } from "../../shell/storage/node-store.ts";
import { memoryFile, type SyncFile } from "../../shell/storage/sync-file.ts";

export interface TornDisk {
  readonly store: NodeStore;
  /** The power fails: while this is written, if it is. */
  fail(batch: StorageBatch | undefined): void;
  /** Reads again what is left. Returns what is wrong with it, if anything. */
  restart(): string | undefined;
}

/** A batch takes as many at most: parts, and a journal that is written anew. */
const FLUSHES_MAX = 7;

class PowerFailure extends Error {}

/** `torn`: called for every write that is not whole afterwards. */
export function createTornDisk(draw: Prng, torn: () => void): TornDisk {
  let flushesLeft = Number.POSITIVE_INFINITY;
  const spend = (): void => {
    if (flushesLeft-- <= 0) throw new PowerFailure();
  };
  const files = STORE_FILES.map(() => forgetfulFile(spend));
  const named = Object.fromEntries(STORE_FILES.map((name, i) => [name, files[i]!])) as unknown as StoreFiles;
  let open = openFileStore(named);
  return {
    store: {
      has: (hash) => open.has(hash),
      part: (hash) => open.part(hash),
      load: () => open.load(),
      write: (batch) => open.write(batch),
    },
    fail(batch) {
      flushesLeft = draw.chance(0.5) ? 0 : draw.below(FLUSHES_MAX + 1);
      try {
        if (batch !== undefined) open.write(batch);
      } catch (error) {
        if (!(error instanceof PowerFailure)) throw error;
      }
      flushesLeft = Number.POSITIVE_INFINITY;
      for (const file of files) file.lose(draw, torn);
    },
    restart() {
      open = openFileStore(named);
      return open.fault;
    },
  };
}

/** One that was done and not flushed: what it did, and what undoes it. */
interface Change {
  readonly at: number;
  /** Undefined: a truncation to `at`. */
  readonly bytes: Uint8Array | undefined;
  readonly sizeBefore: number;
  readonly before: Uint8Array;
}

function forgetfulFile(flush: () => void): SyncFile & { lose(draw: Prng, torn: () => void): void } {
  const file = memoryFile();
  const changes: Change[] = [];
  function note(at: number, bytes: Uint8Array | undefined): void {
    const before = file.bytes().slice(at, bytes && at + bytes.length);
    changes.push({ at, bytes: bytes?.slice(), sizeBefore: file.getSize(), before });
  }
  return {
    getSize: () => file.getSize(),
    read: (into, options) => file.read(into, options),
    write(bytes, options) {
      note(options.at, bytes);
      return file.write(bytes, options);
    },
    truncate(size) {
      note(size, undefined);
      file.truncate(size);
    },
    flush() {
      flush();
      changes.length = 0;
    },
    close() {},
    lose(draw, torn) {
      for (const { at, before, sizeBefore } of [...changes].reverse()) {
        file.truncate(sizeBefore);
        file.write(before, { at });
      }
      for (const { at, bytes } of changes.splice(0)) {
        const left = draw.chance(0.5) ? (bytes?.length ?? 1) : draw.below((bytes?.length ?? 1) + 1);
        if (left < (bytes?.length ?? 1)) torn();
        if (bytes !== undefined) file.write(bytes.subarray(0, left), { at });
        else if (left > 0) file.truncate(at);
      }
    },
  };
}
