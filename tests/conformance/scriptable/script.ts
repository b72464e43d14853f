/** Writes programs for the scriptable canister. A program is bytes, and programs are joined by writing them in a row. */
import { concat, fromHex, utf8 } from "../../../src/base/bytes.ts";
import { API_NAMES, HOOKS, type Hook, OPS, READABLE } from "./module.ts";

export type Script = Uint8Array;

export const script = (...parts: readonly Script[]): Script => concat(...parts);

const u32 = (n: number): Script => Uint8Array.of(n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24);
const op = (code: number, ...more: readonly Script[]): Script => concat(Uint8Array.of(code), ...more);

export function push(n: number | bigint): Script {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(n)), true);
  return op(OPS.push, bytes);
}

/** Pushes where the bytes are and how many. */
export function bytes(data: Uint8Array | string): Script {
  const raw = typeof data === "string" ? utf8(data) : data;
  return op(OPS.bytes, u32(raw.length), raw);
}

/** Calls a function; what is not pushed before must be given. Its result, if any, is pushed. */
export const ic0 = (name: string, ...args: readonly Script[]): Script =>
  concat(...args, op(OPS.ic0, Uint8Array.of(API_NAMES.indexOf(name))));

export const read = (name: (typeof READABLE)[number]): Script =>
  op(OPS.read, Uint8Array.of(READABLE.indexOf(name)));

/** Keeps a program for a callback and pushes the environment that finds it. */
export const closure = (program: Script): Script => op(OPS.closure, u32(program.length), program);

export const hook = (name: Hook, program: Script): Script =>
  op(OPS.hook, Uint8Array.of(HOOKS.indexOf(name)), u32(program.length), program);

/** The number on top becomes eight bytes in memory. */
export const asBytes: Script = op(OPS.number);
export const drop: Script = op(OPS.drop);
/** The address on top becomes the number there. */
export const load: Script = op(OPS.load);
export const add: Script = op(OPS.add);
export const unreachable: Script = op(OPS.unreachable);
export const keep = (place: number, value: Script): Script =>
  concat(value, op(OPS.keep, Uint8Array.of(place)));
export const kept = (place: number): Script => op(OPS.kept, Uint8Array.of(place));
export const burn = (loops: number | bigint): Script => concat(push(loops), op(OPS.burn));
export const grow = (pages: number): Script => concat(push(pages), op(OPS.grow));
/** Runs `program` if the number on top is not zero. */
export const when = (condition: Script, program: Script): Script =>
  concat(condition, op(OPS.skipUnless, u32(program.length)), program);

export const append = (data: Script): Script => ic0("msg_reply_data_append", data);
export const reply = (data: Uint8Array | string = ""): Script =>
  script(append(bytes(data)), ic0("msg_reply"));
export const reject = (text: string): Script => ic0("msg_reject", bytes(text));
export const trap = (text: string): Script => ic0("trap", bytes(text));
export const print = (text: string): Script => ic0("debug_print", bytes(text));
/** Replies with the number on top as eight bytes. */
export const replyNumber = (value: Script): Script =>
  script(append(script(value, asBytes)), ic0("msg_reply"));
/** Replies with what a callback was told. */
export const forwardReply: Script = script(append(read("msg_arg_data")), ic0("msg_reply"));
export const forwardReject: Script = script(
  append(script(ic0("msg_reject_code"), asBytes)),
  append(read("msg_reject_msg")),
  ic0("msg_reply"),
);
/** Writes 16 bytes at 0 and pushes the lower half. */
export const amount = (name: string, ...args: readonly Script[]): Script =>
  script(ic0(name, ...args, push(0)), push(0), load);
export const accept = (cycles: number | bigint): Script =>
  amount("msg_cycles_accept128", push(0), push(cycles));

export interface CallScript {
  readonly reply?: Script;
  readonly reject?: Script;
  readonly cleanup?: Script;
  readonly cycles?: bigint;
  readonly timeoutSeconds?: number;
  /** Instead of slot 0. */
  readonly slot?: number;
}

/** Makes a call and pushes what `call_perform` said. `callee` is hex. */
export function call(
  callee: string,
  method: string,
  arg: Uint8Array | string,
  more: CallScript = {},
): Script {
  const slot = push(more.slot ?? 0);
  const then = (program: Script | undefined): Script => script(slot, closure(program ?? new Uint8Array(0)));
  return script(
    ic0(
      "call_new",
      bytes(fromHex(callee)),
      bytes(method),
      then(more.reply ?? forwardReply),
      then(more.reject ?? forwardReject),
    ),
    more.cleanup === undefined ? script() : ic0("call_on_cleanup", then(more.cleanup)),
    ic0("call_data_append", bytes(arg)),
    more.cycles === undefined
      ? script()
      : ic0("call_cycles_add128", push(more.cycles >> 64n), push(more.cycles)),
    more.timeoutSeconds === undefined
      ? script()
      : ic0("call_with_best_effort_response", push(more.timeoutSeconds)),
    ic0("call_perform"),
  );
}
