/**
 * The form of a System API function: its type, where it may be called, what it costs, what it does. The order of
 * checks is the same for all and observable: charge, context, body.
 *
 *   P1  Pointers and sizes are unsigned in both widths, and a sum of two of them does not wrap (interface S20).
 *   P2  The charge is taken before the body runs, whatever the body then does (replica D.5).
 *   P3  In a wrong context the function traps with IC0504 and has no effect (interface §4.3).
 */
import { assert } from "../../../base/assert.ts";
import { fail, wrongContext } from "../failure.ts";
import { modeName, type Context } from "./contexts.ts";
import { charge, type Sandbox } from "./sandbox.ts";

/** P: pointer or size, of the memory's width. V: any value of that width. */
export type Param = "P" | "V" | "i32" | "i64";
type Arg<P> = P extends "V" | "i64" ? bigint : number;
type Args<P extends readonly Param[]> = { [K in keyof P]: Arg<P[K]> };
export type Result = "P" | "i32" | "i64";

export interface ApiFunction {
  readonly params: readonly Param[];
  readonly result: Result | undefined;
  readonly contexts: ReadonlySet<Context>;
  /** Instructions on every call. */
  readonly cost: number;
  /** Which arguments are byte counts that cost one instruction a byte. */
  readonly bytes: readonly number[];
  /** Absent for modules with a 64-bit memory. */
  readonly only32: boolean;
  readonly run: (sandbox: Sandbox, args: readonly (number | bigint)[]) => unknown;
}

export interface Form<P extends readonly Param[]> {
  readonly params: P;
  readonly result?: Result;
  readonly contexts: ReadonlySet<Context>;
  readonly cost?: number;
  readonly bytes?: readonly number[];
  readonly only32?: true;
  readonly run: (sandbox: Sandbox, ...args: Args<P>) => unknown;
}

export const define = <const P extends readonly Param[]>(form: Form<P>): ApiFunction => ({
  params: form.params,
  result: form.result,
  contexts: form.contexts,
  cost: form.cost ?? 500,
  bytes: form.bytes ?? [],
  only32: form.only32 ?? false,
  run: (sandbox, args) => form.run(sandbox, ...(args as unknown as Args<P>)),
});

/** The function as a module of this width imports it. */
export function bind(
  name: string,
  f: ApiFunction,
  sandbox: Sandbox,
  wide: boolean,
): (...raw: (number | bigint)[]) => number | bigint | undefined {
  const { context, task } = sandbox.situation;
  const fixed = BigInt(f.cost);
  return (...raw) => {
    const args = f.params.map((param, i) => argument(param, raw[i] ?? 0));
    charge(
      sandbox,
      f.bytes.reduce((sum, i) => sum + BigInt(args[i] ?? 0), fixed),
    );
    if (!f.contexts.has(context)) fail(wrongContext(name, modeName(context, task)));
    return result(f.result, f.run(sandbox, args), wide);
  };
}

function argument(param: Param, raw: number | bigint): number | bigint {
  const unsigned = typeof raw === "bigint" ? BigInt.asUintN(64, raw) : raw >>> 0;
  if (param === "V" || param === "i64") return BigInt(unsigned);
  // No memory is that long: a saturated pointer fails every bounds check, as the true one would.
  return typeof unsigned === "bigint" && unsigned > Number.MAX_SAFE_INTEGER
    ? Number.MAX_SAFE_INTEGER
    : Number(unsigned);
}

function result(type: Result | undefined, value: unknown, wide: boolean): number | bigint | undefined {
  if (type === undefined) return undefined;
  assert(typeof value === "number" || typeof value === "bigint", "a function with a result gives one");
  return type === "i64" || (type === "P" && wide) ? BigInt.asIntN(64, BigInt(value)) : Number(value) | 0;
}
