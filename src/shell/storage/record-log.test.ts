import { describe, expect, test } from "vitest";
import { type LogRecord, openLog, type RecordLog } from "./record-log.ts";
import { memoryFile, type SyncFile } from "./sync-file.ts";

const record = (n: number, length = 5 + n): LogRecord => ({
  kind: 1 + (n % 3),
  payload: new Uint8Array(length).fill(n),
});
/** Bytes of a head, and of the record that says that those before it are on the disk. */
const MARK = 10;
const pair = () => [memoryFile(), memoryFile()] as const;
function opened(files: readonly [SyncFile, SyncFile]): RecordLog & { readonly contents: readonly number[] } {
  const contents: number[] = [];
  return { ...openLog("log", files, ({ payload }) => contents.push(payload[0]!)), contents };
}
const copyOf = (file: ReturnType<typeof memoryFile>, length = file.bytes().length) => {
  const copy = memoryFile();
  copy.set(file.bytes().slice(0, length));
  return copy;
};

describe("record log", () => {
  test("L1: what was appended is there again, and appending goes on behind it", () => {
    const files = pair();
    const log = openLog("log", files);
    expect(log.existed).toBe(false);
    log.append([record(1), record(2)]);
    log.append([record(3, 3_000_000)]);
    const again = opened(files);
    expect(again.existed).toBe(true);
    expect(again.contents).toEqual([1, 2, 3]);
    again.append([record(4)]);
    expect(opened(files).contents).toEqual([1, 2, 3, 4]);
  });

  test("L2: cut short at any byte, what was whole stays, and what is appended next is found", () => {
    const files = pair();
    const log = openLog("log", files);
    log.append([record(1), record(2)]);
    const safe = files[0].bytes().length;
    log.append([record(3)]);
    for (let length = safe; length < files[0].bytes().length - MARK; length++) {
      const torn = [copyOf(files[0], length), memoryFile()] as const;
      const reopened = opened(torn);
      expect(reopened.damaged).toBe(0);
      expect(reopened.contents).toEqual([1, 2]);
      reopened.append([record(9)]);
      expect(opened(torn).contents).toEqual([1, 2, 9]);
    }
  });

  test("L2: of what was not flushed the end may be there and the beginning not: none of it is a record", () => {
    const files = pair();
    const log = openLog("log", files);
    log.append([record(1)]);
    const safe = files[0].bytes().length;
    log.append([record(2), record(3)]);
    const torn = copyOf(files[0], files[0].bytes().length - MARK);
    torn.bytes()[safe + 2]! ^= 1;
    const reopened = opened([torn, memoryFile()]);
    expect(reopened.contents).toEqual([1]);
    expect(reopened.damaged).toBe(0);
  });

  test("L3: any byte of any record changed on the disk, the last one too: the others are found, and the loss is counted", () => {
    const files = pair();
    const log = openLog("log", files);
    for (const n of [1, 2, 3]) {
      const from = Math.max(24 + MARK, files[0].bytes().length);
      log.append([record(n)]);
      const to = files[0].bytes().length - MARK;
      for (let at = from; at < to; at++) {
        const damaged = copyOf(files[0]);
        damaged.bytes()[at]! ^= 1;
        const reopened = opened([damaged, memoryFile()]);
        expect(reopened.contents).toEqual([1, 2, 3].slice(0, n - 1));
        expect(reopened.damaged).toBe(1);
        reopened.append([record(4)]);
        expect(opened([damaged, memoryFile()]).damaged).toBe(1);
      }
    }
    const middle = copyOf(files[0]);
    middle.bytes()[24 + MARK + MARK + 6 + MARK + 12]! ^= 1;
    expect(opened([middle, memoryFile()]).contents).toEqual([1, 3]);
  });

  test("L2: the first mark lost, and what was written behind it cut short: that is no damage", () => {
    const files = pair();
    const log = openLog("log", files);
    log.append([record(1)]);
    const flushed = files[0].bytes().length - MARK;
    log.append([record(2), record(3)]);
    const torn = copyOf(files[0], files[0].bytes().length - MARK - 1);
    torn.bytes().fill(0, flushed, flushed + MARK);
    const reopened = opened([torn, memoryFile()]);
    expect([reopened.contents, reopened.damaged]).toEqual([[1], 0]);
  });

  test("L5: any byte of the head changed: nothing is lost, and it counts, or it is another format and left as it is", () => {
    for (const which of [0, 1]) {
      const files = pair();
      const log = openLog("log", files);
      log.append([record(1), record(2)]);
      if (which === 1) log.rewrite([record(1), record(2)]);
      for (let at = 0; at < 20; at++) {
        const damaged = copyOf(files[which]!);
        damaged.bytes()[at]! ^= 4;
        const before = damaged.bytes().slice();
        const both = which === 0 ? ([damaged, memoryFile()] as const) : ([memoryFile(), damaged] as const);
        const digit = 14;
        if (at === digit) expect(() => opened(both)).toThrow("its log has format 5");
        else
          expect(opened(both)).toMatchObject({ contents: [1, 2], existed: true, damaged: at < 16 ? 1 : 0 });
        expect(damaged.bytes()).toEqual(before);
      }
    }
    const none = pair();
    expect(opened(none).existed).toBe(false);
    expect(opened(none).existed).toBe(false);
  });

  test("L4: a crash at any byte of a rewrite leaves the old records or the new ones", () => {
    const files = pair();
    const log = openLog("log", files);
    log.append([record(1), record(2), record(3)]);
    const old = copyOf(files[0]);
    log.rewrite([record(3), record(4)]);
    expect(opened(files).contents).toEqual([3, 4]);
    const whole = files[1].bytes();
    for (let length = 0; length < whole.length; length++) {
      const half = memoryFile();
      half.set(whole.slice(0, length));
      if (length >= 24) half.bytes()[20] = 0; // not sealed yet
      expect(opened([copyOf(old), half]).contents).toEqual([1, 2, 3]);
    }
    log.append([record(5)]);
    expect(opened(files).contents).toEqual([3, 4, 5]);
  });
});
