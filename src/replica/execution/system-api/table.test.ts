/** Every System API function in every context: allowed or IC0504, and its type and charge. Source: interface §4.4. */
import { describe, expect, test } from "vitest";
import { APPLICATION_LIMITS, type SubnetRecord } from "../../../registry/registry.ts";
import { WasmStop } from "../../interfaces/wasm-host.ts";
import { defaultSettings, emptyCanister } from "../../../../tests/unit/execution/empty-canister.ts";
import { isFailure } from "../failure.ts";
import { SYSTEM_API as SIGNATURES } from "../wasm/imports.ts";
import { bind } from "./define.ts";
import { openSandbox, type Sandbox, type Situation } from "./sandbox.ts";
import { IMPLEMENTED, SYSTEM_API } from "./table.ts";

const ALL = "s I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T".split(" ") as Situation["context"][];
const STAR = ALL.filter((c) => c !== "s").join(" ");
const STAR_S = ALL.join(" ");
const ARG = "I U RQ NRQ CQ Ry CRy F";
const INFO = "U RQ NRQ CQ Ry Rt CRy CRt C CC F";
const ANSWER = "U RQ NRQ CQ Ry Rt CRy CRt";
const CALL = "U CQ Ry Rt CRy CRt T";
const REPLICATED = "I G U RQ Ry Rt C T";

/** Name: type, contexts, instructions. Copied from the reference, not from the code. */
const TABLE: Record<string, [string, string, number]> = {
  msg_arg_data_size: ["()P", ARG, 500],
  msg_arg_data_copy: ["(PPP)", ARG, 500],
  msg_caller_size: ["()P", STAR, 500],
  msg_caller_copy: ["(PPP)", STAR, 500],
  msg_caller_info_data_size: ["()P", INFO, 500],
  msg_caller_info_data_copy: ["(PPP)", INFO, 500],
  msg_caller_info_signer_size: ["()P", INFO, 500],
  msg_caller_info_signer_copy: ["(PPP)", INFO, 500],
  msg_reject_code: ["()i32", "Ry Rt CRy CRt C", 500],
  msg_reject_msg_size: ["()P", "Rt CRt", 500],
  msg_reject_msg_copy: ["(PPP)", "Rt CRt", 500],
  msg_deadline: ["()i64", ANSWER, 500],
  msg_reply_data_append: ["(PP)", ANSWER, 500],
  msg_reply: ["()", ANSWER, 500],
  msg_reject: ["(PP)", ANSWER, 500],
  msg_cycles_available128: ["(P)", "U RQ Rt Ry", 500],
  msg_cycles_refunded128: ["(P)", "Rt Ry", 500],
  msg_cycles_accept128: ["(i64 i64 P)", "U RQ Rt Ry", 500],
  cycles_burn128: ["(i64 i64 P)", REPLICATED, 500],
  canister_self_size: ["()P", STAR, 500],
  canister_self_copy: ["(PPP)", STAR, 500],
  canister_cycle_balance128: ["(P)", STAR, 500],
  canister_liquid_cycle_balance128: ["(P)", STAR, 500],
  canister_status: ["()i32", STAR, 500],
  canister_version: ["()i64", STAR, 500],
  subnet_self_size: ["()P", STAR, 500],
  subnet_self_copy: ["(PPP)", STAR, 500],
  msg_method_name_size: ["()P", "F", 500],
  msg_method_name_copy: ["(PPP)", "F", 500],
  accept_message: ["()", "F", 500],
  call_new: ["(PPPPVVVV)", CALL, 1500],
  call_on_cleanup: ["(VV)", CALL, 500],
  call_data_append: ["(PP)", CALL, 500],
  call_with_best_effort_response: ["(i32)", CALL, 500],
  call_cycles_add128: ["(i64 i64)", "U Ry Rt T", 500],
  call_perform: ["()i32", CALL, 5000],
  stable64_size: ["()i64", STAR_S, 0],
  stable64_grow: ["(i64)i64", STAR_S, 100],
  stable64_write: ["(i64 i64 i64)", STAR_S, 20],
  stable64_read: ["(i64 i64 i64)", STAR_S, 20],
  root_key_size: ["()P", REPLICATED, 500],
  root_key_copy: ["(PPP)", REPLICATED, 500],
  mint_cycles128: ["(i64 i64 P)", "U Ry Rt T", 0],
  certified_data_set: ["(PP)", "I G U Ry Rt T", 500],
  data_certificate_present: ["()i32", STAR, 500],
  data_certificate_size: ["()P", "NRQ CQ", 500],
  data_certificate_copy: ["(PPP)", "NRQ CQ", 500],
  time: ["()i64", STAR, 500],
  global_timer_set: ["(i64)i64", "I G U Ry Rt C T", 500],
  performance_counter: ["(i32)i64", STAR_S, 200],
  is_controller: ["(PP)i32", STAR_S, 1000],
  in_replicated_execution: ["()i32", STAR_S, 500],
  cost_call: ["(i64 i64 P)", STAR_S, 500],
  cost_create_canister: ["(P)", STAR_S, 500],
  cost_http_request: ["(i64 i64 P)", STAR_S, 500],
  cost_sign_with_ecdsa: ["(PP i32 P)i32", STAR_S, 500],
  cost_sign_with_schnorr: ["(PP i32 P)i32", STAR_S, 500],
  cost_vetkd_derive_key: ["(PP i32 P)i32", STAR_S, 500],
  env_var_count: ["()P", STAR, 500],
  env_var_name_size: ["(P)P", STAR, 500],
  env_var_name_copy: ["(PPPP)", STAR, 500],
  env_var_name_exists: ["(PP)i32", STAR, 500],
  env_var_value_size: ["(PP)P", STAR, 500],
  env_var_value_copy: ["(PPPPP)", STAR, 500],
  debug_print: ["(PP)", STAR_S, 100],
  trap: ["(PP)", STAR_S, 500],
};
const TABLE_32: Record<string, [string, string, number]> = {
  msg_cycles_available: ["()i64", "U RQ Rt Ry", 500],
  msg_cycles_refunded: ["()i64", "Rt Ry", 500],
  msg_cycles_accept: ["(i64)i64", "U RQ Rt Ry", 500],
  canister_cycle_balance: ["()i64", STAR, 500],
  call_cycles_add: ["(i64)", "U Ry Rt T", 500],
  stable_size: ["()i32", STAR_S, 0],
  stable_grow: ["(i32)i32", STAR_S, 100],
  stable_write: ["(i32 i32 i32)", STAR_S, 20],
  stable_read: ["(i32 i32 i32)", STAR_S, 20],
};

const subnet: SubnetRecord = {
  id: `${"cd".repeat(28)}02`,
  type: "application",
  nodes: [],
  lowCoefficients: [],
  highCoefficients: [],
  publicKeyDer: new Uint8Array(133),
  initialNotaryDelayMs: 0,
  unitDelayMs: 0,
  maxIngressBytesPerMessage: 0,
  maxIngressMessagesPerBlock: 0,
  maxBlockPayloadBytes: 0,
  queryStatsEpochLength: 600,
  dkgIntervalLength: 499,
  canisterRanges: [],
  limits: APPLICATION_LIMITS,
};

function sandboxIn(context: Situation["context"], more: Partial<Situation> = {}): Sandbox {
  const settings = {
    ...defaultSettings([]),
    environmentVariables: [
      { name: "B", value: "two" },
      { name: "A", value: "one" },
    ],
  };
  const canister = emptyCanister("00000000000000010101", settings, 10n ** 14n, 1n, {
    kind: "user",
    user: "04",
  });
  const sandbox = openSandbox(canister, {
    context,
    arg: Uint8Array.of(1, 2, 3),
    caller: "04",
    time: 5n,
    subnet,
    instructionLimit: 1_000_000n,
    maxReplyBytes: 100,
    method: "m",
    reject: context === "Rt" || context === "CRt" ? { code: 4, message: "no" } : undefined,
    certificate: Uint8Array.of(9),
    call: { id: 0, responded: false, availableCycles: 7n, instructions: 40n, deadline: 0n },
    ...more,
  });
  const memory = new Uint8Array(65_536);
  let counter = 1_000_000n;
  sandbox.instance = {
    memory: () => memory,
    touch: () => {},
    counter: () => counter,
    setCounter: (left) => {
      counter = left;
    },
  };
  return sandbox;
}

/** The failure's text, or undefined. */
function attempt(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (stop) {
    if (stop instanceof WasmStop && isFailure(stop.reason)) return `${stop.reason.error} ${stop.reason.text}`;
    throw stop;
  }
}

const typeOf = (name: string): string => {
  const f = SYSTEM_API[name]!;
  return `(${f.params.join("")})${f.result ?? ""}`;
};
const zeros = (name: string): (number | bigint)[] =>
  SYSTEM_API[name]!.params.map((p) => (p === "i64" ? 0n : 0));

describe("the table", () => {
  test("75 functions, nine of them for 32-bit memories only", () => {
    expect([...IMPLEMENTED].sort()).toEqual([...Object.keys(TABLE), ...Object.keys(TABLE_32)].sort());
    expect(IMPLEMENTED.size).toBe(75);
    const only32 = [...IMPLEMENTED].filter((name) => SYSTEM_API[name]!.only32);
    expect(only32.sort()).toEqual(Object.keys(TABLE_32).sort());
  });

  test.each(Object.entries({ ...TABLE, ...TABLE_32 }))("%s", (name, [type, contexts, cost]) => {
    expect(typeOf(name)).toBe(type.replaceAll(" ", ""));
    expect(SYSTEM_API[name]!.cost).toBe(cost);
    const allowed = ALL.filter((context) => {
      const sandbox = sandboxIn(context);
      const failure = attempt(() => bind(name, SYSTEM_API[name]!, sandbox, false)(...zeros(name)));
      expect(1_000_000n - sandbox.instance.counter()).toBe(BigInt(cost));
      if (!failure?.includes("cannot be executed in")) return true;
      expect(failure).toMatch(`IC0504 Canister violated contract: "ic0_${name}" cannot be executed in `);
      return false;
    });
    expect(allowed.join(" ")).toBe(ALL.filter((c) => contexts.split(" ").includes(c)).join(" "));
  });

  test("the rewriter demands the same types", () => {
    expect(SIGNATURES.size).toBe(IMPLEMENTED.size);
    for (const [name, { params, results, only32 }] of SIGNATURES) {
      expect([name, typeOf(name).replaceAll(/[PV]/g, "I")]).toEqual([
        name,
        `(${params.join("")})${results.join("")}`,
      ]);
      expect([name, SYSTEM_API[name]!.only32]).toEqual([name, only32]);
    }
  });

  test("a charge beyond the limit ends the message before the body runs", () => {
    const sandbox = sandboxIn("U");
    sandbox.instance.setCounter(499n);
    expect(attempt(() => bind("msg_reply", SYSTEM_API.msg_reply!, sandbox, false)())).toBe(
      "IC0522 Canister exceeded the limit of 1000000 instructions for single message execution.",
    );
    expect(sandbox.answer).toBeUndefined();
  });
});

describe("pointers (S20)", () => {
  const copy = (wide: boolean, ...args: (number | bigint)[]) =>
    attempt(() => bind("msg_arg_data_copy", SYSTEM_API.msg_arg_data_copy!, sandboxIn("U"), wide)(...args));

  test.each([
    ["whole", [0, 0, 3], true],
    ["part", [65_534, 1, 2], true],
    ["nothing at the very end", [65_536, 3, 0], true],
    ["nothing beyond the end", [65_537, 0, 0], false],
    ["beyond the memory", [65_534, 0, 3], false],
    ["beyond the argument", [0, 1, 3], false],
    ["a sum that would wrap in 32 bits", [-1, 0, 3], false],
    ["an offset that would wrap", [0, -1, 3], false],
  ] as const)("%s", (_, args, ok) => {
    expect(copy(false, ...args) === undefined).toBe(ok);
    expect(copy(true, ...args.map((a) => BigInt(a))) === undefined).toBe(ok);
  });

  test("results have the width of the memory", () => {
    const sizeOf = (wide: boolean) =>
      bind("msg_arg_data_size", SYSTEM_API.msg_arg_data_size!, sandboxIn("U"), wide)();
    expect(sizeOf(false)).toBe(3);
    expect(sizeOf(true)).toBe(3n);
  });
});

describe("bytes cost an instruction each (D.5)", () => {
  test.each([
    ["msg_arg_data_copy", [0, 0, 3], 503],
    ["msg_reply_data_append", [0, 30], 530],
    ["call_new", [0, 0, 0, 10, 0, 0, 0, 0], 1510],
    ["debug_print", [0, 40], 140],
    ["is_controller", [0, 29], 1029],
  ] as const)("%s", (name, args, cost) => {
    const sandbox = sandboxIn("U");
    bind(name, SYSTEM_API[name]!, sandbox, false)(...args);
    expect(1_000_000n - sandbox.instance.counter()).toBe(BigInt(cost));
  });

  test("a 64 KiB page of stable memory costs 80,000 when it is first accessed, and again when it is first written", () => {
    const sandbox = sandboxIn("U");
    const ic0 = (name: string, ...args: bigint[]) => {
      const before = sandbox.instance.counter();
      bind(name, SYSTEM_API[name]!, sandbox, false)(...args);
      return before - sandbox.instance.counter();
    };
    expect(ic0("stable64_grow", 3n)).toBe(100n);
    expect(ic0("stable64_write", 4_090n, 0n, 10n)).toBe(20n + 10n + 160_000n);
    expect(ic0("stable64_write", 65_530n, 0n, 10n)).toBe(30n + 160_000n);
    expect(ic0("stable64_read", 0n, 0n, 10n)).toBe(30n);
    expect(ic0("stable64_read", 0n, 140_000n, 10n)).toBe(30n + 80_000n);
    expect(ic0("stable64_write", 140_000n, 0n, 10n)).toBe(30n + 80_000n);
    expect(ic0("stable64_write", 140_000n, 0n, 0n)).toBe(20n);
  });
});

describe("small behaviours", () => {
  const call = (s: Sandbox, name: string, ...args: (number | bigint)[]) =>
    bind(name, SYSTEM_API[name]!, s, false)(...args);

  test("stable memory: bounds, growth, 32-bit form", () => {
    const s = sandboxIn("U");
    expect(call(s, "stable_grow", 2)).toBe(0);
    expect(call(s, "stable64_grow", 1n)).toBe(2n);
    expect(call(s, "stable_size")).toBe(3);
    expect(call(s, "stable64_grow", 8_192_000n)).toBe(-1n);
    expect(call(s, "stable64_grow", -1n)).toBe(-1n);
    s.instance.memory().set([1, 2, 3]);
    call(s, "stable_write", 3 * 65_536 - 3, 0, 3);
    call(s, "stable64_read", 100n, BigInt(3 * 65_536 - 3), 3n);
    expect([...s.instance.memory().subarray(100, 103)]).toEqual([1, 2, 3]);
    expect(attempt(() => call(s, "stable_write", 3 * 65_536 - 2, 0, 3))).toBe(
      "IC0502 Canister trapped: stable memory out of bounds",
    );
    expect(attempt(() => call(s, "stable64_read", 65_530n, 0n, 10n))).toBe(
      "IC0502 Canister trapped: heap out of bounds",
    );
    call(s, "stable64_grow", 65_536n);
    expect(attempt(() => call(s, "stable_size"))).toMatch("32 bit stable memory api used");
  });

  test("the timer gives back what was set before, also within one execution", () => {
    const s = sandboxIn("U");
    expect(call(s, "global_timer_set", 10n)).toBe(0n);
    expect(call(s, "global_timer_set", -1n)).toBe(10n);
    expect(s.globalTimer).toBe(2n ** 64n - 1n);
  });

  test("performance counter 1 spans the context, and no third exists", () => {
    const s = sandboxIn("U");
    expect(call(s, "performance_counter", 0)).toBe(200n);
    expect(call(s, "performance_counter", 1)).toBe(440n);
    expect(attempt(() => call(s, "performance_counter", 2))).toMatch("IC0504");
  });

  test("environment variables are indexed in the order of their names", () => {
    const s = sandboxIn("U");
    expect(call(s, "env_var_count")).toBe(2);
    call(s, "env_var_name_copy", 0, 0, 0, 1);
    expect(s.instance.memory()[0]).toBe("A".charCodeAt(0));
    expect(call(s, "env_var_value_size", 0, 1)).toBe(3);
    expect(call(s, "env_var_name_exists", 1, 1)).toBe(0);
    expect(attempt(() => call(s, "env_var_name_size", 2))).toMatch("out of bounds");
  });

  test("certified data is at most 32 bytes", () => {
    const s = sandboxIn("U");
    call(s, "certified_data_set", 0, 32);
    expect(s.certifiedData.length).toBe(32);
    expect(attempt(() => call(s, "certified_data_set", 0, 33))).toMatch("IC0504");
  });

  test("printing never fails, trapping always does", () => {
    const s = sandboxIn("U");
    call(s, "debug_print", -1, 10);
    expect(s.prints.length).toBe(1);
    expect(attempt(() => call(s, "trap", -1, 10))).toBe(
      "IC0503 Canister called `ic0.trap` with message: '(trap message out of memory bounds)'",
    );
  });

  test("call functions need a call in preparation, once", () => {
    const s = sandboxIn("U");
    for (const [name, ...args] of [
      ["call_data_append", 0, 0],
      ["call_on_cleanup", 0, 0],
      ["call_cycles_add128", 0n, 1n],
      ["call_with_best_effort_response", 1],
      ["call_perform"],
    ] as const)
      expect(attempt(() => call(s, name, ...args))).toMatch("when no call is under construction");
    call(s, "call_new", 0, 0, 0, 0, 0, 0, 0, 0);
    call(s, "call_on_cleanup", 0, 0);
    expect(attempt(() => call(s, "call_on_cleanup", 0, 0))).toMatch("at most once");
    call(s, "call_with_best_effort_response", 1);
    expect(attempt(() => call(s, "call_with_best_effort_response", 1))).toMatch("already set");
    expect(attempt(() => call(s, "call_new", 0, 30, 0, 0, 0, 0, 0, 0))).toMatch("invalid principal");
    expect(attempt(() => call(s, "call_new", 0, 0, 0, 20_001, 0, 0, 0, 0))).toMatch("20000");
  });

  test("a reply is bounded, and a reject is text", () => {
    const s = sandboxIn("U");
    call(s, "msg_reply_data_append", 0, 60);
    expect(attempt(() => call(s, "msg_reply_data_append", 0, 41))).toMatch("cannot be larger than 100");
    s.instance.memory()[0] = 0xff;
    expect(attempt(() => call(s, "msg_reject", 0, 1))).toMatch("invalid UTF-8");
    call(s, "msg_reject", 1, 1);
    expect(attempt(() => call(s, "msg_reply"))).toMatch("already replied");
    expect(attempt(() => call(s, "msg_reply_data_append", 0, 1))).toMatch("already replied");
  });
});
