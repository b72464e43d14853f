/** A System API of a few lines, to run compiled canisters in tests without a subnet. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { concat, EMPTY, utf8Lossy } from "../../../base/bytes.ts";
import { assemblyscriptCompiler } from "../assemblyscript.ts";

/** Calls between canisters are for the real replica. */
const UNUSED = ["call_new", "call_data_append", "call_cycles_add128", "call_perform", "msg_reject_code"];

type Export = () => void;
type Ic0 = Record<string, (...args: (number | bigint)[]) => number | bigint | undefined>;

export async function build(source: string): Promise<{ readonly wasm: Uint8Array; readonly did: string }> {
  const made = await assemblyscriptCompiler.compile({ "src/main.ts": source }, "src/main.ts");
  if (!made.ok || made.did === undefined) throw new Error(JSON.stringify(made.diagnostics, null, 1));
  return { wasm: made.wasm, did: made.did };
}

export const CALLER = Principal.fromText("rwlgt-iiaaa-aaaaa-aaaaa-cai");

/** Runs entry points; each call gives the reply, or throws what the canister trapped or rejected with. */
export function canister(wasm: Uint8Array, stable = new Uint8Array(65536 * 4), used = 0n) {
  const printed: string[] = [];
  let [arg, reply, rejected, pages, timer] = [EMPTY, EMPTY as Uint8Array | undefined, "", used, 0n];
  let clock = 1_000n;
  let accepted = false;
  const view = (at: number | bigint, size: number | bigint): Uint8Array =>
    new Uint8Array((instance.exports.memory as WebAssembly.Memory).buffer, Number(at), Number(size));
  const out = (bytes: Uint8Array) => ({
    size: () => bytes.length,
    copy: (dst: number | bigint, at: number | bigint, n: number | bigint) =>
      void view(dst, n).set(bytes.subarray(Number(at), Number(at) + Number(n))),
  });
  const ic0: Ic0 = {
    msg_arg_data_size: () => arg.length,
    msg_arg_data_copy: (d, o, n) => out(arg).copy(d!, o!, n!),
    msg_caller_size: () => CALLER.toUint8Array().length,
    msg_caller_copy: (d, o, n) => out(CALLER.toUint8Array()).copy(d!, o!, n!),
    msg_reply_data_append: (src, n) => {
      reply = concat(reply ?? EMPTY, view(src!, n!).slice());
      return undefined;
    },
    msg_reply: () => {
      reply ??= EMPTY;
      return undefined;
    },
    msg_reject: (src, n) => {
      rejected = utf8Lossy(view(src!, n!));
      return undefined;
    },
    time: () => clock,
    accept_message: () => {
      accepted = true;
      return undefined;
    },
    ...Object.fromEntries(UNUSED.map((name) => [name, () => 0])),
    global_timer_set: (at) => {
      const before = timer;
      timer = at as bigint;
      return before;
    },
    debug_print: (src, n) => void printed.push(utf8Lossy(view(src!, n!).slice())),
    trap: (src, n) => {
      throw new Error(utf8Lossy(view(src!, n!).slice()));
    },
    stable64_size: () => pages,
    stable64_grow: (n) => {
      pages += n as bigint;
      return pages - (n as bigint);
    },
    stable64_read: (d, o, n) =>
      view(d!, n!).set(stable.subarray(Number(o), Number(o) + Number(n))) as undefined,
    stable64_write: (o, s, n) => stable.set(view(s!, n!), Number(o)) as undefined,
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource), { ic0 });
  return {
    printed,
    timer: () => timer,
    accepted: () => accepted,
    /** A later version of the code takes over what this one left. */
    upgrade: (next: Uint8Array) => canister(next, stable, pages),
    setTime(at: bigint): void {
      clock = at;
    },
    pages: () => (instance.exports.memory as WebAssembly.Memory).buffer.byteLength / 65536,
    raw(entry: string, bytes: Uint8Array): Uint8Array | undefined {
      [arg, reply, rejected, accepted] = [bytes, undefined, "", false];
      (instance.exports[entry] as Export)();
      if (rejected !== "") throw new Error(`rejected: ${rejected}`);
      return reply;
    },
    call(entry: string, types: IDL.Type[], args: unknown[], results: IDL.Type[]): unknown[] {
      const answer = this.raw(entry, IDL.encode(types, args));
      if (answer === undefined) throw new Error("no reply");
      return IDL.decode(results, answer);
    },
  };
}
