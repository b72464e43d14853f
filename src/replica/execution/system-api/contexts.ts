/**
 * The context letters of the System API: which kind of entry point runs, and hence which functions may be called.
 * Source: interface §4.2–4.3; mode names as mainnet prints them, [ic] rs/system_api.
 */
import type { CanisterTask } from "../../state/messages.ts";

export type Context =
  "s" | "I" | "G" | "U" | "RQ" | "NRQ" | "CQ" | "Ry" | "Rt" | "CRy" | "CRt" | "C" | "CC" | "F" | "T";

const contexts = (letters: string): ReadonlySet<Context> => new Set(letters.split(" ") as Context[]);

/** `*`: everything but the start function. */
export const ANYWHERE = contexts("I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T");
export const ANYWHERE_OR_START = contexts("s I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T");
export const WITH_ARGUMENT = contexts("I U RQ NRQ CQ Ry CRy F");
export const WITH_CALLER_INFO = contexts("U RQ NRQ CQ Ry Rt CRy CRt C CC F");
export const ANSWERING = contexts("U RQ NRQ CQ Ry Rt CRy CRt");
export const CALLING = contexts("U CQ Ry Rt CRy CRt T");
export const SENDING_CYCLES = contexts("U Ry Rt T");
export const RECEIVING_CYCLES = contexts("U RQ Ry Rt");
export const CALLBACKS = contexts("Ry Rt");
export const REJECT_CODE = contexts("Ry Rt CRy CRt C");
export const REJECT_MESSAGE = contexts("Rt CRt");
export const REPLICATED = contexts("I G U RQ Ry Rt C T");
export const REPLICATED_OR_START = contexts("s I G U RQ Ry Rt C T");
export const CERTIFYING = contexts("I G U Ry Rt T");
export const SETTING_TIMER = contexts("I G U Ry Rt C T");
export const WITH_CERTIFICATE = contexts("NRQ CQ");
/** Where what is written is kept, if only until a composite query ends. Source: [ic] rs/system_api, modification tracking. */
export const KEEPING_WRITES = contexts("s I G U CQ Ry Rt CRy CRt C CC T");
export const INSPECTING = contexts("F");

/** Contexts in which the developer's own memory limit holds. Source: interface S40. */
export const MEMORY_LIMITED = contexts("s I U");
/** Contexts in which growing memory must leave the freezing threshold covered. */
export const GROWTH_CHECKED = contexts("U T");

const MODES: Readonly<Record<Exclude<Context, "T">, string>> = {
  s: "start",
  I: "init",
  G: "pre upgrade",
  U: "update",
  RQ: "replicated query",
  NRQ: "non replicated query",
  CQ: "composite query",
  Ry: "reply callback",
  Rt: "reject callback",
  CRy: "composite reply callback",
  CRt: "composite reject callback",
  C: "cleanup",
  CC: "composite cleanup",
  F: "inspect message",
};

const TASKS: Readonly<Record<CanisterTask, string>> = {
  canister_heartbeat: "heartbeat",
  canister_global_timer: "global timer",
  canister_on_low_wasm_memory: "on low Wasm memory",
};

export const modeName = (context: Context, task: CanisterTask | undefined): string =>
  context === "T" ? TASKS[task ?? "canister_heartbeat"] : MODES[context];
