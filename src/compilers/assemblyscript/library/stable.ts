/**
 * `ic/stable`: what `@stable` variables do in an upgrade. Each is kept under its name in Candid's bytes, so that a later
 * version may add variables, drop them, and add optional fields to their classes.
 *
 * Layout, from byte 0 of stable memory: "ICAS", the length of what follows (u32), then each name and value, sized.
 */
export const STABLE = `
import { stableRead, stableSize, stableWrite } from "./system";
import { Bytes, Reader, Writer } from "./candid";

const MAGIC: u32 = 0x53414349;

/** Before an upgrade. */
export class Saving {
  private out: Bytes = new Bytes();
  put<T>(name: string, value: T): void {
    const writer = new Writer();
    writer.add<T>(value);
    this.out.sized(Uint8Array.wrap(String.UTF8.encode(name)));
    this.out.sized(writer.toBytes());
  }
  finish(): void {
    const all = new Bytes();
    all.fixed<u32>(MAGIC);
    all.fixed<u32>(this.out.length);
    all.append(this.out);
    stableWrite(0, all.toArray());
  }
}

/** After it. */
export class Restoring {
  private kept: Map<string, Uint8Array> = new Map();
  constructor() {
    if (stableSize() > 0) this.readAll(stableRead(0, 8));
  }
  private readAll(head: Uint8Array): void {
    // Another language, or nobody, wrote here.
    if (load<u32>(head.dataStart) != MAGIC) return;
    const bytes = stableRead(8, load<u32>(head.dataStart, 4));
    let at = 0;
    while (at < bytes.length) {
      const name = this.part(bytes, at);
      at = name.byteOffset + name.length;
      const value = this.part(bytes, at);
      at = value.byteOffset + value.length;
      this.kept.set(String.UTF8.decodeUnsafe(name.dataStart, name.length), value);
    }
  }
  private part(bytes: Uint8Array, at: i32): Uint8Array {
    let length = 0;
    let shift = 0;
    while (true) {
      const byte = bytes[at++];
      length |= <i32>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    return bytes.subarray(at, at + length);
  }
  /** The kept value, or what the variable begins with where none was kept. */
  take<T>(name: string, initial: T): T {
    if (!this.kept.has(name)) return initial;
    const bytes = this.kept.get(name);
    return new Reader(bytes, 'the stable variable "' + name + '"').read<T>();
  }
}
`;
