/**
 * Run by stack-use.test.ts in a Node whose stack is as small, and whose compiler as simple, as those of a Chromium
 * worker before tier-up. Prints, for each shape of recursion, how the run ended.
 */
import { HostShortage } from "../../replica/interfaces/wasm-host.ts";
import { createWasmHost } from "../wasm-host.ts";
import { freshImage, rewritten, runOn } from "./wat.ts";

/** A recursion with so many parameters, locals, operands that wait for the callee, and v128 among them. */
function shape(params: number, locals: number, waiting: number, type: "i64" | "f64" | "v128"): string {
  const some = type === "v128" ? "(v128.const i64x2 1 2)" : `(${type}.const 3)`;
  const opaque = type === "v128" ? "(v128.load (i32.const 0))" : `(${type}.load (i32.const 0))`;
  return `(module (memory 1)
    (func $f ${`(param ${type}) `.repeat(params)} (result ${type}) ${`(local ${type}) `.repeat(locals)}
      ${Array.from({ length: locals }, (_, k) => `(local.set ${params + k} ${opaque})`).join(" ")}
      ${`${opaque} `.repeat(waiting)} ${`${some} `.repeat(params)} call $f ${"drop ".repeat(waiting)}
      ${Array.from({ length: locals }, (_, k) => `(drop (local.get ${params + k}))`).join(" ")})
    (func (export "canister_query go") ${`${some} `.repeat(params)} call $f drop))`;
}

/** Functions that call one another in a row and so lie on no cycle, each with many locals. */
function chain(length: number, locals: number): string {
  const functions = Array.from(
    { length },
    (_, k) => `(func $f${k} (result i64) ${"(local i64) ".repeat(locals)}
      ${Array.from({ length: locals }, (_unused, l) => `(local.set ${l} (i64.load (i32.const 0)))`).join(" ")}
      ${k + 1 < length ? `call $f${k + 1}` : "(i64.const 1)"}
      ${Array.from({ length: locals }, (_unused, l) => `local.get ${l} i64.add`).join(" ")})`,
  );
  return `(module (memory 1) ${functions.join("\n")} (func (export "canister_query go") (drop (call $f0))))`;
}

const modules: Record<string, string> = {
  small: shape(0, 0, 0, "i64"),
  params: shape(24, 0, 0, "i64"),
  floats: shape(24, 3, 5, "f64"),
  locals: shape(1, 60, 0, "i64"),
  operands: shape(1, 0, 60, "i64"),
  vectors: shape(4, 20, 20, "v128"),
  chain: chain(3000, 4),
  broadChain: chain(40, 300),
};
const host = createWasmHost();
for (const [name, text] of Object.entries(modules)) {
  const r = rewritten(text);
  try {
    const { outcome } = runOn(host, r.module, freshImage(r), "go");
    console.log(`${name}: ${outcome.kind === "trapped" ? outcome.trap : outcome.kind}`);
  } catch (error) {
    console.log(`${name}: ${error instanceof HostShortage ? "HOST SHORTAGE" : String(error)}`);
  }
}
