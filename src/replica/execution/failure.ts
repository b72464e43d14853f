/**
 * Why an execution failed, in mainnet's words. A failure becomes a reject only at the end, when it is known which
 * canister it happened in; until then it is what System API functions throw.
 *
 * Source: interface §9 (frame, codes); [ic] rs/interfaces/src/execution_environment/errors.rs for the wording.
 */
import { utf8, utf8Lossy } from "../../base/bytes.ts";
import { IC, rejectOf, type ErrorCode } from "../../types/errors.ts";
import type { CanisterId } from "../../types/ids.ts";
import type { Reject } from "../../types/messages.ts";
import { principalText } from "../../types/principal.ts";
import { WasmStop, type TrapKind } from "../interfaces/wasm-host.ts";
import type { CallOrigin } from "../state/messages.ts";

export interface Failure {
  readonly error: ErrorCode;
  readonly text: string;
  /** What a developer might do about it; empty when mainnet has no advice. */
  readonly help: string;
  /** What the canister's log keeps of it, if anything. */
  readonly logged?: string;
  /** The System API function in which it happened, where mainnet has that function inside the module. */
  readonly inside?: string;
}

/** Ends the run in hand. */
export function fail(failure: Failure): never {
  throw new WasmStop<Failure>(failure);
}

export function isFailure(reason: unknown): reason is Failure {
  return typeof reason === "object" && reason !== null && "error" in reason && "text" in reason;
}

const MAX_REJECT_BYTES = 8 * 1024;
const ELLIPSIS = "...";

export function rejectFrom(canister: CanisterId, failure: Failure): Reject {
  const frame = `Error from Canister ${principalText(canister)}: ${failure.text}`;
  return rejectOf(failure.error, ellipsized(failure.help === "" ? frame : `${frame}.\n${failure.help}`));
}

/**
 * A failed execution as its caller hears of it. Users get the error code beside the text; canisters get no such field,
 * so that it stands before the text.
 */
export function toldTo(origin: CallOrigin, reject: Reject): Reject {
  if (origin.kind !== "canister" || reject.error === undefined) return reject;
  return { ...reject, message: ellipsized(`${reject.error}: ${reject.message}`) };
}

/** At most 8 KiB: of longer texts the first three quarters and the end are kept, cut between characters. */
export function ellipsized(message: string): string {
  const bytes = utf8(message);
  if (bytes.length <= MAX_REJECT_BYTES) return message;
  const inside = (at: number): boolean => (bytes[at]! & 0xc0) === 0x80;
  let head = (MAX_REJECT_BYTES * 3) / 4;
  let tail = bytes.length - (MAX_REJECT_BYTES - ELLIPSIS.length - head);
  while (inside(head)) head -= 1;
  while (tail < bytes.length && inside(tail)) tail += 1;
  return utf8Lossy(bytes.subarray(0, head)) + ELLIPSIS + utf8Lossy(bytes.subarray(tail));
}

const TOOLCHAIN =
  "If you are running this canister in a test environment (e.g., dfx), make sure the test environment is up to date. " +
  "Otherwise, this is likely an error with the compiler/CDK toolchain being used to build the canister. Please report the " +
  "error to IC devs on the forum: https://forum.dfinity.org and include which language/CDK was used to create the canister.";

const advice = (suggestion: string, section: string): string =>
  `${suggestion} See documentation: https://internetcomputer.org/docs/current/references/execution-errors#${section}`;

const HANDLE =
  "Consider gracefully handling failures from this canister or altering the canister to handle exceptions.";

/** What to do about a module that passes a limit, by how the sentence about it goes on; all else is the toolchain's. */
const MODULE_ADVICE: readonly (readonly [RegExp, string, string])[] = [
  [
    /Duplicate function '(.*)' exported/,
    "Try defining different versions of the function for each call type, e.g. `$1_update`, `$1_query`, etc.",
    "wasm-module-duplicate-exports",
  ],
  [
    /: The number of exported/,
    "Try combining multiple endpoints into a single endpoint.",
    "wasm-module-exports-too-many-methods",
  ],
  [/: The sum of /, "Try using shorter method names.", "wasm-module-sum-of-exported-name-lengths-too-large"],
  [
    /: Wasm module defined \d+ functions/,
    "Try spliting this canister into multiple canisters.",
    "wasm-module-too-many-functions",
  ],
  [
    /: Wasm module defined \d+ globals/,
    "Try collecting multiple globals into a single structured which can be stored on the heap.",
    "wasm-module-too-many-globals",
  ],
  [
    / with complexity \d+/,
    "Try breaking large functions up into multiple smaller functions.",
    "wasm-module-function-complexity-too-high",
  ],
  [
    /: Wasm module contains a function at index \d+ of /,
    "Try breaking large functions up into multiple smaller functions.",
    "wasm-module-function-too-large",
  ],
  [
    /: Wasm module code section size/,
    "Try shrinking the module code section using tools like `ic-wasm` or splitting the logic across multiple canisters.",
    "wasm-module-code-section-too-large",
  ],
  [
    /: Wasm module size of/,
    "Try shrinking the module using tools like `ic-wasm` or splitting the logic across multiple canisters.",
    "wasm-module-too-large",
  ],
];

/** `text` says all of it: "Canister's Wasm module is not valid: …". Source: dfinity/ic rs/types/wasm_types errors. */
export function invalidModule(text: string): Failure {
  const found = MODULE_ADVICE.map(([words, suggestion, section]) => {
    const match = words.exec(text);
    return match && advice(suggestion.replaceAll("$1", match[1] ?? ""), section);
  }).find((help) => help !== null);
  return { error: IC.CanisterInvalidWasm, text, help: found ?? TOOLCHAIN };
}

/** The System API was used in a way that only a broken CDK would. */
export const toolchainViolation = (error: string): Failure => ({
  error: IC.CanisterContractViolation,
  text: `Canister violated contract: ${error}`,
  help: TOOLCHAIN,
});

/** The System API was used in a way that its author can mend. */
export const userViolation = (error: string, suggestion = "", section = ""): Failure => ({
  error: IC.CanisterContractViolation,
  text: `Canister violated contract: ${error}`,
  help: suggestion === "" ? "" : advice(suggestion, section),
});

export const wrongContext = (name: string, mode: string): Failure =>
  userViolation(
    `"ic0_${name}" cannot be executed in ${mode} mode`,
    "Check the ICP documentation to make sure APIs are being called in the correct message types.",
    "calling-a-system-api-from-the-wrong-mode",
  );

export const outOfBounds = (what: string, offset: number, size: number, length: number): Failure =>
  toolchainViolation(`${what}: src=${offset} + length=${size} exceeds the slice size=${length}`);

export const invalidPrincipal: Failure = {
  error: IC.CanisterContractViolation,
  text: "Canister provided invalid principal id",
  help: TOOLCHAIN,
};

/** `what` as in "heap out of bounds". */
export const trapped = (what: string): Failure => ({
  error: IC.CanisterTrapped,
  text: `Canister trapped: ${what}`,
  help: advice(HANDLE, "trapped"),
  logged: `[TRAP]: ${what}`,
});

const TRAPS: Readonly<Record<TrapKind, string>> = {
  unreachable: "unreachable",
  "heap-out-of-bounds": "heap out of bounds",
  "table-out-of-bounds": "table out of bounds",
  "integer-division-by-zero": "integer division by 0",
  "integer-overflow": "unknown",
  "invalid-conversion": "unknown",
  "indirect-call-null": "unknown",
  "indirect-call-signature": "unknown",
  "stack-overflow": "stack overflow",
};
export const wasmTrap = (kind: TrapKind): Failure => trapped(TRAPS[kind]);

export const calledTrap = (message: string): Failure => ({
  error: IC.CanisterCalledTrap,
  text: `Canister called \`ic0.trap\` with message: '${message}'`,
  help: advice(HANDLE, "trapped-explicitly"),
  logged: `[TRAP]: ${message === "" ? "(no message)" : message}`,
});

export const instructionLimitExceeded = (limit: bigint): Failure => ({
  error: IC.InstructionLimitExceeded,
  text: `Canister exceeded the limit of ${limit} instructions for single message execution.`,
  help: advice(
    "Try optimizing this method to consume fewer instructions or split the work across multiple messages.",
    "instruction-limit-exceeded",
  ),
});

export const functionNotFound = (slot: bigint): Failure => ({
  error: IC.CanisterFunctionNotFound,
  text: `Canister requested to invoke a non-existent Wasm function ${slot} from table 0`,
  help: TOOLCHAIN,
});

export const methodNotFound = (kind: "update" | "query" | "composite_query", name: string): Failure => ({
  error: IC.CanisterMethodNotFound,
  text: `Canister has no ${kind} method '${name}'.`,
  help: advice("Check that the method being called is exported by the target canister.", "method-not-found"),
});

export const noWasmModule: Failure = {
  error: IC.CanisterWasmModuleNotFound,
  text: "Attempted to execute a message, but the canister contains no Wasm module.",
  help: advice("Please install code to this canister before calling it.", "wasm-module-not-found"),
};

export const messageRejected: Failure = {
  error: IC.CanisterRejectedMessage,
  text: "Canister rejected the message",
  help: "",
};

/** `missing`: how many cycles would do. It is told to controllers only. */
export function outOfCyclesText(canister: CanisterId, missing: bigint, reveal: boolean): string {
  const out = `Canister ${principalText(canister)} is out of cycles`;
  return reveal ? `${out}: please top up the canister with at least ${missing} additional cycles` : out;
}

export const cyclesAddTooMuch = (canister: CanisterId, missing: bigint, reveal: boolean): Failure => ({
  error: IC.CanisterContractViolation,
  text: outOfCyclesText(canister, missing, reveal),
  help: "",
});

export const memoryGrowTooDear = (bytes: number, missing: bigint, reveal: boolean): Failure => ({
  error: IC.InsufficientCyclesInMemoryGrow,
  text:
    `Canister cannot grow memory by ${bytes} bytes due to insufficient cycles.` +
    (reveal ? ` At least ${missing} additional cycles are required.` : ""),
  help: advice("Try topping up the canister.", "insufficient-cycles-in-memory-grow"),
});

export const memoryAccessLimit = (what: string): Failure => ({
  error: IC.MemoryAccessLimitExceeded,
  text: `Canister exceeded memory access limits: ${what}`,
  help: advice(
    "Try optimizing the use of stable memory so that individual messages don't need to access as much stable memory.",
    "memory-access-limit-exceeded",
  ),
});

export const wasmMemoryLimitExceeded = (bytes: number, limit: bigint): Failure => ({
  error: IC.WasmMemoryLimitExceeded,
  text:
    `Canister exceeded its current Wasm memory limit of ${limit} bytes. The peak Wasm memory usage was ${bytes} bytes. ` +
    "If the canister reaches 4GiB, then it may stop functioning and may become unrecoverable. Please reach out to the " +
    "canister owner to investigate the reason for the increased memory usage. It might be necessary to move data from the " +
    "Wasm memory to the stable memory. If such high Wasm memory usage is expected and safe, then the developer can " +
    "increase the Wasm memory limit in the canister settings.",
  help: advice(
    "Try checking the canister for a possible memory leak or modifying it to use more stable memory instead of Wasm memory.",
    "wasm-memory-limit-exceeded",
  ),
});

/** A callback trapped, and then its cleanup did. */
export const cleanupFailed = (callback: Failure, cleanup: Failure): Failure => ({
  error: callback.error,
  text: `${callback.text}\n\ncall_on_cleanup also failed:\n\n${cleanup.text}`,
  help: "",
});
