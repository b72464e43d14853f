/**
 * Records one after the other in a file, and a second file beside it into which they are written anew when most of them
 * are superfluous.
 *
 *   L1  What `append` returned from is read again after any crash, whole and in order.
 *   L2  A record that a crash cut short is no record; what follows it is written over it.
 *   L3  A record whose bytes changed on the disk is left out and counted, and those behind it are found again. What lies
 *       before a record of kind 0 was on the disk once; of what lies behind the last of them nobody knows, so that is L2.
 *   L4  While `rewrite` is at work the old records are the valid ones, until every new one is on the disk.
 *   L5  Opening writes nothing. A file of another format throws a sentence. One whose head is damaged is read all the
 *       same, and counts as a damaged record.
 *
 * File: "terrarium log 1\n", generation and 1 if sealed, 4 bytes each; then records: mark 0xA7, kind, length of the
 * payload in 4 bytes, the first 4 bytes of the SHA-256 of kind and payload; payload. Numbers are little-endian. Kind 0 has
 * no payload and no meaning but L3's; logs without any were written before there was one.
 */
import { concat, EMPTY, equalBytes, utf8, utf8Strict } from "../../base/bytes.ts";
import { sha256Hasher } from "../../crypto/hash.ts";
import type { SyncFile } from "./sync-file.ts";

const NAME = utf8("terrarium log ");
const MAGIC = utf8("terrarium log 1\n");
const HEADER = MAGIC.length + 8;
const MARK = 0xa7;
const HEAD = 10;
const FLUSHED: LogRecord = { kind: 0, payload: EMPTY };

export interface LogRecord {
  /** From 1. */
  readonly kind: number;
  readonly payload: Uint8Array;
}

export interface RecordLog {
  /** False when neither file held a log: nothing was ever written here, or it is gone. */
  readonly existed: boolean;
  /** Records that were there and are not what was written. */
  readonly damaged: number;
  payloadAt(at: number, length: number): Uint8Array;
  /** Returns where each payload lies, when all are on the disk. */
  append(records: readonly LogRecord[]): number[];
  /** L4. Likewise. */
  rewrite(records: Iterable<LogRecord>): number[];
  size(): number;
  close(): void;
}

/** `name` is for L5. `visit` is shown every record, in order, and where its payload lies. */
export function openLog(
  name: string,
  files: readonly [SyncFile, SyncFile],
  visit: (record: LogRecord, at: number) => void = () => {},
): RecordLog {
  const heads = files.map((file) => headerOf(name, file));
  const sealed = heads.map((head) => (typeof head === "number" ? head : 0));
  const isSealed = sealed.some((generation) => generation > 0);
  const existed = isSealed || heads.some((head) => head !== "empty");
  let current = isSealed ? (sealed[1]! > sealed[0]! ? 1 : 0) : heads[0] === "empty" && existed ? 1 : 0;
  let generation = Math.max(1, ...sealed);
  const scanned = scan(files[current]!, visit);
  let end = scanned.end;
  let begun = existed && end > HEADER;
  if (files[current]!.getSize() > end) files[current]!.truncate(end); // L2

  function payloadAt(at: number, length: number): Uint8Array {
    const payload = new Uint8Array(length);
    const got = files[current]!.read(payload, { at });
    return payload.subarray(0, got);
  }

  /** The first mark is on the disk before any record: a log without one is of a time before marks. */
  function begin(): number {
    writeHeader(files[0], generation, true);
    const { end } = writeRecords(files[0], HEADER, [FLUSHED]);
    files[0].flush();
    return end;
  }

  return {
    existed,
    damaged: scanned.damaged + (existed && !isSealed ? 1 : 0),
    payloadAt,
    append(records) {
      if (!begun) end = begin();
      begun = true;
      const written = writeRecords(files[current]!, end, records);
      files[current]!.flush();
      end = writeRecords(files[current]!, written.end, [FLUSHED]).end;
      return written.at;
    },
    rewrite(records) {
      const other = files[1 - current]!;
      generation++;
      begun = true;
      other.truncate(0);
      writeHeader(other, generation, false);
      const written = writeRecords(other, HEADER, records);
      end = writeRecords(other, written.end, [FLUSHED]).end;
      other.flush();
      writeHeader(other, generation, true);
      current = 1 - current;
      files[1 - current]!.truncate(0);
      return written.at;
    },
    size: () => end,
    close() {
      for (const file of files) file.close();
    },
  };
}

function writeHeader(file: SyncFile, generation: number, sealed: boolean): void {
  const numbers = new Uint8Array(8);
  const view = new DataView(numbers.buffer);
  view.setUint32(0, generation, true);
  view.setUint32(4, sealed ? 1 : 0, true);
  write(file, concat(MAGIC, numbers), 0);
  file.flush();
}

/** Its generation, if it is a sealed log. L5. */
function headerOf(logName: string, file: SyncFile): number | "empty" | "unsealed" {
  const header = new Uint8Array(HEADER);
  if (file.read(header, { at: 0 }) < HEADER) return "empty";
  const name = header.subarray(0, MAGIC.length);
  if (!equalBytes(name, MAGIC)) {
    const isLog = equalBytes(name.subarray(0, NAME.length), NAME);
    const [format] = isLog ? (/^\d+(?=\n)/.exec(utf8Strict(name.subarray(NAME.length)) ?? "") ?? []) : [];
    if (format === undefined) return "unsealed";
    throw new Error(`its ${logName} has format ${format}, and this version of Terrarium knows format 1`);
  }
  const view = new DataView(header.buffer);
  const isSealed = view.getUint32(MAGIC.length + 4, true) === 1;
  return isSealed ? view.getUint32(MAGIC.length, true) : "unsealed";
}

function writeRecords(
  file: SyncFile,
  from: number,
  records: Iterable<LogRecord>,
): { readonly end: number; readonly at: number[] } {
  const at: number[] = [];
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let end = from;
  const drain = (): void => {
    write(file, concat(...waiting), end);
    end += bytes;
    waiting = [];
    bytes = 0;
  };
  for (const record of records) {
    at.push(end + bytes + HEAD);
    waiting.push(headOf(record), record.payload);
    bytes += HEAD + record.payload.length;
    if (bytes >= BLOCK) drain();
  }
  drain();
  return { end, at };
}

function headOf({ kind, payload }: LogRecord): Uint8Array {
  const head = new Uint8Array(HEAD);
  head[0] = MARK;
  head[1] = kind;
  new DataView(head.buffer).setUint32(2, payload.length, true);
  head.set(checkOf(kind, payload), 6);
  return head;
}

const checkOf = (kind: number, payload: Uint8Array): Uint8Array =>
  sha256Hasher().update(Uint8Array.of(kind)).update(payload).digest().subarray(0, 4);

function write(file: SyncFile, bytes: Uint8Array, at: number): void {
  const written = file.write(bytes, { at }); // Chromium gives a number beyond the length where there is no room
  if (written !== bytes.length) throw new Error(`no room for ${bytes.length} bytes`);
}

const BLOCK = 1 << 20;

/** `end`: where the next record goes. */
function scan(
  file: SyncFile,
  visit: (record: LogRecord, at: number) => void,
): { readonly end: number; readonly damaged: number } {
  const size = file.getSize();
  let window = new Uint8Array(0);
  let base = 0;
  /** The bytes at [at, at + length), or fewer at the end of the file. */
  function bytes(at: number, length: number): Uint8Array {
    if (at < base || at + length > base + window.length) {
      window = new Uint8Array(Math.min(Math.max(length, BLOCK), Math.max(0, size - at)));
      file.read(window, { at });
      base = at;
    }
    return window.subarray(at - base, at - base + length);
  }
  function recordAt(at: number): LogRecord | undefined {
    const head = bytes(at, HEAD);
    if (head.length < HEAD || head[0] !== MARK) return undefined;
    const kind = head[1]!;
    const check = head.slice(6);
    const length = new DataView(head.buffer, head.byteOffset).getUint32(2, true);
    if (at + HEAD + length > size) return undefined;
    const payload = bytes(at + HEAD, length).slice();
    return equalBytes(checkOf(kind, payload), check) ? { kind, payload } : undefined;
  }

  let at = HEADER;
  let read = HEADER;
  let end = HEADER;
  let damaged = 0;
  let marked = false;
  /** What was found since bytes that are no record: it counts if it turns out that all of it was on the disk once. */
  let gaps = 0;
  let behind: { readonly record: LogRecord; readonly at: number }[] = [];
  const believe = (): void => {
    for (const { record, at } of behind) visit(record, at);
    damaged += gaps;
    behind = [];
    gaps = 0;
    end = read;
  };
  while (at < size) {
    const record = recordAt(at);
    if (record === undefined) {
      at++;
      continue;
    }
    if (at > read) gaps++;
    const payloadAt = at + HEAD;
    at = payloadAt + record.payload.length;
    read = at;
    if (record.kind !== FLUSHED.kind) behind.push({ record, at: payloadAt });
    else marked = true;
    if (gaps === 0 || record.kind === FLUSHED.kind) believe();
  }
  if (!marked) believe();
  return { end, damaged };
}
