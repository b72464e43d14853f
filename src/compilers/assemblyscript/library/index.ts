/**
 * The `ic` library of AssemblyScript canisters, as sources for its compiler: `import { caller, update } from "ic"`.
 * `ic` is what authors see; its parts are beside this file. `ic/method` is what the generated wrappers call.
 */
import { CALLS } from "./calls.ts";
import { CANDID } from "./candid.ts";
import { NUMBERS } from "./numbers.ts";
import { PRINCIPAL } from "./principal.ts";
import { STABLE } from "./stable.ts";
import { SYSTEM } from "./system.ts";
import { TIMERS } from "./timers.ts";

const INDEX = `
import { callerBytes, isControllerBytes, selfBytes } from "./system";
import { Principal } from "./principal";
export { Principal };
export { Int, Nat } from "./numbers";
export { Some } from "./candid";
export { Answer, Call, call, later, randomness, Reject, reply } from "./calls";
export { clearTimer, setInterval, setTimer } from "./timers";
export {
  acceptCycles, argBytes, canisterVersion, cycleBalance, cyclesAvailable, dataCertificate, methodName,
  performanceCounter, print, reject, replyBytes, setCertifiedData, stableGrow, stableRead, stableSize, stableWrite,
  time, trap,
} from "./system";

// Decorators. The compiler reads them; these only give the names something to stand for.
export function query(): void {}
export function update(): void {}
export function init(): void {}
export function inspect(): void {}
export function heartbeat(): void {}
export function preUpgrade(): void {}
export function postUpgrade(): void {}
export function stable(): void {}

/** Who sent this message. */
export function caller(): Principal { return new Principal(callerBytes()); }

/** This canister. */
export function self(): Principal { return new Principal(selfBytes()); }

export function isController(id: Principal): bool { return isControllerBytes(id.bytes); }
`;

const METHOD = `
import { acceptMessage, argBytes, beginMessage, context, endMessage, isAnswered, replyBytes } from "./system";
import { Bytes, Reader, Types, Writer } from "./candid";
export { acceptMessage, beginMessage, Bytes, endMessage, Reader, Types };
export { accepts, decode, encode, typeOf } from "./candid";
export { Restoring, Saving } from "./stable";
export { runTimers } from "./timers";

/** The arguments of a message, to be read one by one. */
export function readArguments(): Reader { return new Reader(argBytes(), "the arguments"); }

/** Sends what a method returned, unless it has answered or will do so later. */
export function answer<T>(value: T): void {
  if (isAnswered() || context().later) return;
  const writer = new Writer();
  writer.add<T>(value);
  replyBytes(writer.toBytes());
}
export function answerNothing(): void {
  if (!isAnswered() && !context().later) replyBytes(new Writer().toBytes());
}
`;

/** By the name under which the compiler looks for a library file, without ".ts". */
export const IC_LIBRARY: Readonly<Record<string, string>> = {
  "ic/index": INDEX,
  "ic/calls": CALLS,
  "ic/candid": CANDID,
  "ic/method": METHOD,
  "ic/numbers": NUMBERS,
  "ic/principal": PRINCIPAL,
  "ic/stable": STABLE,
  "ic/system": SYSTEM,
  "ic/timers": TIMERS,
};

/** The library's function that `abort` becomes: asc's own would be an import from "env". */
export const ABORT = "~lib/ic/system/abort";
