/** A module of real code and of any size: a small one whose functions are there several times. */
import { Reader } from "../../replica/execution/wasm/reader.ts";
import { Writer } from "../../replica/execution/wasm/writer.ts";

const FUNCTIONS = 3;
const CODE = 10;

/** `wasm` with all its functions so many times that it has about `size` bytes. The copies are called by nobody. */
export function repeated(wasm: Uint8Array, size: number): Uint8Array {
  const times = Math.max(1, Math.round(size / wasm.length));
  const reader = new Reader(wasm, 8);
  const out = new Writer(size).all(wasm.subarray(0, 8));
  while (!reader.done) {
    const id = reader.byte();
    const section = reader.sub(reader.u32());
    const content = new Writer();
    if (id === FUNCTIONS || id === CODE) content.u32(section.u32() * times);
    const rest = section.take(section.end - section.at);
    content.all(rest);
    if (id === FUNCTIONS || id === CODE) for (let k = 1; k < times; k++) content.all(rest);
    out.section(id, content);
  }
  return out.written();
}
