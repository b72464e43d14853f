/** The `ic` library as the editor knows it: what authors import, with a sentence each. A test holds the names. */
export const IC_TYPES = `
declare module "ic" {
  type Decorator = (...target: any[]) => any;

  /** A method that one node answers at once. What it changes is forgotten. */
  export const query: Decorator;
  /** A method that all nodes run, in the order on which they agreed. */
  export const update: Decorator;
  /** Runs when the canister is installed. Its parameters are the arguments of the installation. */
  export const init: Decorator;
  /** Runs in the old code before an upgrade. A trap here stops the upgrade. */
  export const preUpgrade: Decorator;
  /** Runs in the new code after an upgrade, when the @stable variables are back. */
  export const postUpgrade: Decorator;
  /** Runs in every round, for which the canister pays. A timer is cheaper. */
  export const heartbeat: Decorator;
  /** Returns whether to let a call from a user in. One node asks, before the subnet agrees: a filter, no protection. */
  export const inspect: Decorator;
  /** Before a variable: kept over upgrades, under its name, in Candid's bytes from the start of stable memory. */
  export const stable: Decorator;

  /** The name of a user or a canister. */
  export class Principal {
    constructor(bytes: Uint8Array);
    readonly bytes: Uint8Array;
    static anonymous(): Principal;
    /** The management canister, aaaaa-aa. */
    static management(): Principal;
    /** Traps on anything that toString does not write. */
    static fromString(text: string): Principal;
    readonly isAnonymous: bool;
    toString(): string;
  }

  /** A whole number from zero up, of any size: Candid's nat. Knows + - * / % and comparisons. */
  export class Nat {
    static from(value: u64): Nat;
    static fromString(digits: string): Nat;
    static readonly zero: Nat;
    readonly isZero: bool;
    readonly fitsU64: bool;
    /** Traps when it is larger than 64 bits. */
    toU64(): u64;
    toString(): string;
  }

  /** A whole number of any size, below zero too: Candid's int. Knows + - * / % and comparisons. */
  export class Int {
    static from(value: i64): Int;
    static fromNat(value: Nat): Int;
    static fromString(digits: string): Int;
    static readonly zero: Int;
    readonly size: Nat;
    readonly negative: bool;
    /** Traps when it does not fit. */
    toI64(): i64;
    /** Traps when it is below zero. */
    toNat(): Nat;
    toString(): string;
  }

  /** A value with a place of its own, so that a number can be optional: Some<u64> | null is opt nat64. */
  export class Some<T> {
    constructor(value: T);
    value: T;
  }

  /** Who sent this message. */
  export function caller(): Principal;
  /** This canister. */
  export function self(): Principal;
  /** Whether someone may install, stop and delete this canister. */
  export function isController(id: Principal): bool;
  /** Nanoseconds since 1970, the same for all nodes in this round. */
  export function time(): u64;
  /** A line in the canister's log. */
  export function print(message: string): void;
  /** Ends the message with an error: every change it made is undone, and the caller reads these words. */
  export function trap(message: string): void;
  /** Answers with an error, but keeps what the message changed. */
  export function reject(message: string): void;
  /** In @inspect: which method is called. */
  export function methodName(): string;
  /** Instructions that this message has used. */
  export function performanceCounter(): u64;
  /** Counts up with every change to the canister's code or settings. */
  export function canisterVersion(): u64;

  /** A call to another canister. It leaves when this message ends. */
  export function call(canister: Principal, method: string): Call;
  export class Call {
    /** One more argument: .arg("Ada").arg<u64>(5). */
    arg<T>(value: T): Call;
    /** Candid bytes instead of arguments. */
    raw(bytes: Uint8Array): Call;
    /** Cycles that go with the call; what the other does not take comes back. */
    cycles(amount: u64): Call;
    /** An object for the callbacks, which cannot see this function's variables. */
    keep<T>(object: T): Call;
    /** Goes on here when the other has answered. */
    onReply(then: (answer: Answer) => void): Call;
    /** Goes on here when the call failed. Without, whoever waits for an answer is told. */
    onReject(otherwise: (reject: Reject) => void): Call;
  }
  /** What the other canister answered. */
  export class Answer {
    /** The answer's next value. Traps when it is of another type. */
    value<T>(): T;
    readonly bytes: Uint8Array;
    /** What the call kept. */
    kept<T>(): T;
    /** Attached cycles that came back. */
    readonly refunded: u64;
  }
  /** Why a call failed. */
  export class Reject {
    /** 1 and 2 the system, 3 no such canister, 4 refused, 5 trapped or has no such method, 6 unknown. */
    readonly code: i32;
    readonly message: string;
    kept<T>(): T;
  }
  /** What a method returns that answers later: return later<u64>(). */
  export function later<T>(): T;
  /** Answers the caller, from a callback of a method that returned later(). Of the type that the method returns. */
  export function reply<T>(value: T): void;
  /** 32 random bytes that nobody could know before: answer.value<Uint8Array>(). */
  export function randomness(then: (answer: Answer) => void): Call;

  /** Runs a function once, so many nanoseconds from now: a second is 1_000_000_000. Set again after an upgrade. */
  export function setTimer(delay: u64, run: () => void): u32;
  /** Runs a function again and again. */
  export function setInterval(every: u64, run: () => void): u32;
  export function clearTimer(id: u32): void;

  /** Cycles of this canister; u64.MAX_VALUE stands for more than fits. */
  export function cycleBalance(): u64;
  /** Cycles that the caller attached and nobody took yet. */
  export function cyclesAvailable(): u64;
  /** Takes up to so many of the attached cycles; gives what it took. */
  export function acceptCycles(max: u64): u64;

  /** At most 32 bytes, which the subnet signs with its state from the next height on. */
  export function setCertifiedData(bytes: Uint8Array): void;
  /** In a query: the certificate of the certified data, or null. */
  export function dataCertificate(): Uint8Array | null;

  /** Pages of stable memory, 64 KiB each. */
  export function stableSize(): u64;
  /** Gives the size before, or -1 when there is no room. */
  export function stableGrow(pages: u64): i64;
  export function stableRead(offset: u64, length: i32): Uint8Array;
  /** Grows as needed. @stable variables are written from byte 0: use other places, or no such variables. */
  export function stableWrite(offset: u64, bytes: Uint8Array): void;

  /** The Candid bytes of the arguments. */
  export function argBytes(): Uint8Array;
  /** Answers with Candid bytes of your own. */
  export function replyBytes(bytes: Uint8Array): void;
}
`;
