/**
 * A node's store in four files: a log of artifacts and checkpoints, and a log of parts, each with its twin.
 *
 *   F1  Parts are on the disk before the checkpoint that names them.
 *   F2  A part is checked by whoever reads it: its name is its hash. One that is damaged is as good as missing.
 *   F3  A node whose memory of what it signed is damaged is told so by `load`, and must be silent (consensus C6).
 */
import { concat, EMPTY, fromHex, toHex } from "../../base/bytes.ts";
import type { Checkpoint, StorageBatch, StoredNode } from "../../replica/interfaces/storage.ts";
import type { Hash } from "../../types/ids.ts";
import { type NodeStore, reachableParts } from "./node-store.ts";
import { type LogRecord, openLog } from "./record-log.ts";
import type { SyncFile } from "./sync-file.ts";

export const STORE_FILES = ["journal-a", "journal-b", "parts-a", "parts-b"] as const;
export type StoreFiles = Readonly<Record<(typeof STORE_FILES)[number], SyncFile>>;

const ARTIFACT = 1;
const CHECKPOINT = 2;
const PART = 3;
/** Written where the memory of what was signed is gone: whoever reads it must be silent, however often it restarts. */
const LOST = 4;
/** Parts are written anew when what nobody needs is more than what somebody does, and worth it. */
const GARBAGE_MIN = 4 << 20;

export interface FileStore extends NodeStore {
  /** False where nothing was ever written, and where the journal is gone. */
  readonly existed: boolean;
  readonly isEmpty: boolean;
  /** F3: a sentence, undefined when all is well. */
  readonly fault: string | undefined;
  /** Remembers the fault until the next whole batch. */
  noteLost(): void;
  close(): void;
}

export function openFileStore(files: StoreFiles): FileStore {
  const places = new Map<Hash, { readonly at: number; readonly length: number }>();
  const parts = openLog("state", [files["parts-a"], files["parts-b"]], ({ kind, payload }, at) => {
    if (kind === PART && payload.length >= 32)
      places.set(toHex(payload.subarray(0, 32)), { at: at + 32, length: payload.length - 32 });
  });
  const artifacts: Uint8Array[] = [];
  let checkpoints: Checkpoint[] = [];
  let lost = false;
  const journal = openLog("journal", [files["journal-a"], files["journal-b"]], ({ kind, payload }) => {
    if (kind === ARTIFACT) artifacts.push(payload);
    if (kind === CHECKPOINT) checkpoints.push(checkpointOf(payload));
    if (kind === LOST) lost = true;
  });
  let liveBytes = Number.POSITIVE_INFINITY;

  const part = (hash: Hash): Uint8Array | undefined => {
    const place = places.get(hash);
    return place && parts.payloadAt(place.at, place.length);
  };

  function keepParts(records: readonly LogRecord[], at: readonly number[]): void {
    for (const [i, { payload }] of records.entries())
      places.set(toHex(payload.subarray(0, 32)), { at: at[i]! + 32, length: payload.length - 32 });
  }

  function dropGarbage(store: NodeStore): void {
    const live = reachableParts(checkpoints, store);
    liveBytes = 0;
    for (const hash of live) liveBytes += places.get(hash)?.length ?? 0;
    const garbage = parts.size() - liveBytes;
    for (const hash of places.keys()) if (!live.has(hash)) places.delete(hash);
    if (garbage < GARBAGE_MIN || garbage < liveBytes) return;
    const records = [...places.keys()].map((hash) => partRecord(hash, part(hash)!));
    const at = parts.rewrite(records);
    places.clear();
    keepParts(records, at);
  }

  const store: FileStore = {
    existed: journal.existed,
    isEmpty: !lost && artifacts.length + checkpoints.length === 0,
    fault: lost ? "its journal was lost or damaged before" : faultOf(journal.damaged),
    noteLost: () => void journal.append([{ kind: LOST, payload: EMPTY }]),
    has: (hash) => places.has(hash),
    part,
    load(): StoredNode {
      const loaded = { artifacts: [...artifacts], checkpoints: [...checkpoints] };
      artifacts.length = 0; // the replica has them now
      return loaded;
    },
    write(batch: StorageBatch): void {
      if (batch.parts.length > 0) {
        const records = batch.parts.map(({ hash, bytes }) => partRecord(hash, bytes));
        keepParts(records, parts.append(records)); // F1
      }
      const records = [
        ...batch.artifacts.map((payload) => ({ kind: ARTIFACT, payload })),
        ...batch.checkpoints.map(checkpointRecord),
      ];
      if (!batch.isWhole) {
        checkpoints.push(...batch.checkpoints);
        journal.append(records);
        return;
      }
      journal.rewrite(records);
      checkpoints = [...batch.checkpoints];
      dropGarbage(store);
    },
    close() {
      journal.close();
      parts.close();
    },
  };
  return store;
}

const faultOf = (damaged: number): string | undefined =>
  damaged === 0 ? undefined : `its journal is damaged: ${damaged} of its records changed on the disk`;

const partRecord = (hash: Hash, bytes: Uint8Array): LogRecord => ({
  kind: PART,
  payload: concat(fromHex(hash), bytes),
});

/** Height in 8 bytes, little-endian; hash. */
function checkpointRecord({ height, state }: Checkpoint): LogRecord {
  const payload = new Uint8Array(40);
  new DataView(payload.buffer).setBigUint64(0, BigInt(height), true);
  payload.set(fromHex(state), 8);
  return { kind: CHECKPOINT, payload };
}

const checkpointOf = (payload: Uint8Array): Checkpoint => ({
  height: Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0, true)),
  state: toHex(payload.subarray(8, 40)),
});
