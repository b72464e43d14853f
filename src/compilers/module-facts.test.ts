/** Against wabt, which knows the same by another way, and on bytes that are no module. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readModuleFacts } from "./module-facts.ts";
import { loadWabt, WAT_FEATURES } from "./wat/load-wabt.ts";
import { moduleText } from "./wat/text.ts";

const TEXT = `(module
  (type (;0;) (func (param i64 i64)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "debug_print" (func $print (type 0)))
  (memory (export "memory") i64 1 4)
  (table 2 funcref)
  (global $n (export "n") (mut i64) (i64.const -5))
  (func $inc (export "canister_update inc") (result i32) (i32.const 1))
  (func $other)
  (elem (i32.const 0) $inc)
  (data (i64.const 0) "hello"))`;
async function binary(text: string): Promise<Uint8Array> {
  const module = (await loadWabt()).parseWat("m.wat", text, WAT_FEATURES);
  try {
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}

test("sections, imports and exports with their types", async () => {
  const facts = readModuleFacts(await binary(TEXT));
  if (!facts.ok) throw new Error(facts.because);
  const { imports, exports, functions, memories, sections } = facts.value;
  expect(imports.map((i) => `${i.module}.${i.name} ${i.kind} ${i.type}`)).toEqual([
    "ic0.msg_reply func ",
    "ic0.debug_print func (param i64 i64)",
  ]);
  expect(exports).toEqual([
    { name: "memory", kind: "memory", type: "i64 1 4", index: 0 },
    { name: "n", kind: "global", type: "(mut i64)", index: 0 },
    { name: "canister_update inc", kind: "func", type: "(result i32)", index: 2 },
  ]);
  expect(functions).toBe(2);
  expect(memories).toEqual(["i64 1 4"]);
  const names = "type import function table memory global export element code data name".split(" ");
  expect(sections.map((s) => s.name)).toEqual(names);
});

test("as text again, with a line for each exported function", async () => {
  const { text, lines } = await moduleText(await binary(TEXT));
  const rows = text.split("\n");
  expect(rows[lines[2]! - 1]).toContain("(func $inc");
  expect(rows[lines[3]! - 1]).toContain("(func $other");
  expect(await binary(text)).toEqual(await binary(text.replace(/\s+/g, " ")));
});

test("bytes that are no module, or end too early, are a sentence", async () => {
  const whole = await binary(TEXT);
  const cut = fc.nat({ max: whole.length - 1 }).map((n) => whole.slice(0, n));
  const spoiled = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
    const bytes = whole.slice();
    bytes[at] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(cut, spoiled, fc.uint8Array()), (bytes) => {
      const facts = readModuleFacts(bytes);
      expect(facts.ok || facts.because.length > 0).toBe(true);
    }),
  );
});
