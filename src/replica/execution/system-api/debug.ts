/** `ic0.debug_print`, which never fails, and `ic0.trap`, which always does. Source: interface §4.4, S37. */
import { utf8, utf8Lossy } from "../../../base/bytes.ts";
import { calledTrap, fail } from "../failure.ts";
import { ANYWHERE_OR_START } from "./contexts.ts";
import { define, type ApiFunction } from "./define.ts";
import type { Sandbox } from "./sandbox.ts";

const MAX_BYTES = 32 * 1024;

function text(s: Sandbox, src: number, size: number): Uint8Array | undefined {
  const n = Math.min(size, MAX_BYTES);
  const memory = s.instance.memory();
  if (src + n > memory.length) return undefined;
  s.instance.touch(src, n, false);
  return memory.slice(src, src + n);
}

export const debugFunctions: Readonly<Record<string, ApiFunction>> = {
  debug_print: define({
    params: ["P", "P"],
    contexts: ANYWHERE_OR_START,
    cost: 100,
    bytes: [1],
    run: (s, src, size) => {
      s.prints.push(text(s, src, size) ?? utf8("(debug_print message out of memory bounds)"));
    },
  }),
  trap: define({
    params: ["P", "P"],
    contexts: ANYWHERE_OR_START,
    bytes: [1],
    run: (s, src, size) => {
      const bytes = text(s, src, size);
      fail(calledTrap(bytes === undefined ? "(trap message out of memory bounds)" : utf8Lossy(bytes)));
    },
  }),
};
