/** A file that is written without waiting: what OPFS gives a worker, and what Node's files are made to look like. */
export interface SyncFile {
  getSize(): number;
  /** Returns how many bytes were there. */
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** For tests: what is written is lost in a crash until it is flushed, if `crash` says so. */
export function memoryFile(): SyncFile & { bytes(): Uint8Array; set(bytes: Uint8Array): void } {
  let content: Uint8Array = new Uint8Array(0);
  return {
    bytes: () => content,
    set(bytes) {
      content = bytes;
    },
    getSize: () => content.length,
    read(into, { at }) {
      const found = content.subarray(at, at + into.length);
      into.set(found);
      return found.length;
    },
    write(bytes, { at }) {
      if (at + bytes.length > content.length) {
        const longer = new Uint8Array(at + bytes.length);
        longer.set(content);
        content = longer;
      }
      content.set(bytes, at);
      return bytes.length;
    },
    truncate(size) {
      const shorter = new Uint8Array(size);
      shorter.set(content.subarray(0, size));
      content = shorter;
    },
    flush() {},
    close() {},
  };
}
