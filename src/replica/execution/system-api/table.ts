/** The whole System API: every function that a canister may import from `ic0`. Source: interface §4.4. */
import type { ImportTable, RunningInstance } from "../../interfaces/wasm-host.ts";
import { isWasm64 } from "../cycles.ts";
import { callFunctions } from "./call.ts";
import { canisterFunctions } from "./canister.ts";
import { cyclesFunctions } from "./cycles.ts";
import { debugFunctions } from "./debug.ts";
import { bind, type ApiFunction } from "./define.ts";
import { msgFunctions } from "./msg.ts";
import type { Sandbox } from "./sandbox.ts";
import { stableFunctions } from "./stable.ts";

export const SYSTEM_API: Readonly<Record<string, ApiFunction>> = {
  ...msgFunctions,
  ...callFunctions,
  ...stableFunctions,
  ...cyclesFunctions,
  ...canisterFunctions,
  ...debugFunctions,
};

/** Names that the rewriter lets a module import. */
export const IMPLEMENTED: ReadonlySet<string> = new Set(Object.keys(SYSTEM_API));

const FUNCTIONS = Object.entries(SYSTEM_API);

export function importsFor(sandbox: Sandbox, instance: RunningInstance): ImportTable {
  sandbox.instance = instance;
  const wide = isWasm64(sandbox.canister);
  const table: Record<string, (...raw: (number | bigint)[]) => unknown> = {};
  for (const [name, f] of FUNCTIONS) if (!(wide && f.only32)) table[name] = bind(name, f, sandbox, wide);
  return table as unknown as ImportTable;
}
