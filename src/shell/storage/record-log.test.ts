import { describe, expect, test } from "vitest";
import { type LogRecord, openLog, type RecordLog } from "./record-log.ts";
import { memoryFile } from "./sync-file.ts";

const record = (n: number, length = 5 + n): LogRecord => ({
  kind: n % 3,
  payload: new Uint8Array(length).fill(n),
});
const pair = () => [memoryFile(), memoryFile()] as const;
function contents(log: RecordLog): number[] {
  const found: number[] = [];
  log.read(({ payload }) => found.push(payload[0]!));
  return found;
}
const copyOf = (file: ReturnType<typeof memoryFile>, length = file.bytes().length) => {
  const copy = memoryFile();
  copy.set(file.bytes().slice(0, length));
  return copy;
};

describe("record log", () => {
  test("L1: what was appended is there again, and appending goes on behind it", () => {
    const files = pair();
    const log = openLog(files);
    expect(log.existed).toBe(false);
    log.append([record(1), record(2)]);
    log.append([record(3, 3_000_000)]);
    const again = openLog(files);
    expect(again.existed).toBe(true);
    expect(contents(again)).toEqual([1, 2, 3]);
    again.append([record(4)]);
    expect(contents(openLog(files))).toEqual([1, 2, 3, 4]);
  });

  test("L2: cut short at any byte, what was whole stays, and what is appended next is found", () => {
    const files = pair();
    const log = openLog(files);
    log.append([record(1), record(2)]);
    const safe = files[0].bytes().length;
    log.append([record(3)]);
    for (let length = safe; length < files[0].bytes().length; length++) {
      const torn = [copyOf(files[0], length), memoryFile()] as const;
      const reopened = openLog(torn);
      expect(reopened.damaged).toBe(0);
      expect(contents(reopened)).toEqual([1, 2]);
      reopened.append([record(9)]);
      expect(contents(openLog(torn))).toEqual([1, 2, 9]);
    }
  });

  test("L3: any byte of a record changed on the disk: the others are found, and the loss is counted", () => {
    const files = pair();
    const log = openLog(files);
    log.append([record(1)]);
    const from = files[0].bytes().length;
    log.append([record(2)]);
    const to = files[0].bytes().length;
    log.append([record(3)]);
    for (let at = from; at < to; at++) {
      const damaged = copyOf(files[0]);
      damaged.bytes()[at]! ^= 1;
      const reopened = openLog([damaged, memoryFile()]);
      expect(contents(reopened)).toEqual([1, 3]);
      expect(reopened.damaged).toBe(1);
    }
  });

  test("L4: a crash at any byte of a rewrite leaves the old records or the new ones", () => {
    const files = pair();
    const log = openLog(files);
    log.append([record(1), record(2), record(3)]);
    const old = copyOf(files[0]);
    log.rewrite([record(3), record(4)]);
    expect(contents(openLog(files))).toEqual([3, 4]);
    const whole = files[1].bytes();
    for (let length = 0; length < whole.length; length++) {
      const half = memoryFile();
      half.set(whole.slice(0, length));
      if (length >= 24) half.bytes()[20] = 0; // not sealed yet
      expect(contents(openLog([copyOf(old), half]))).toEqual([1, 2, 3]);
    }
    log.append([record(5)]);
    expect(contents(openLog(files))).toEqual([3, 4, 5]);
  });
});
