/**
 * The table of the System API, by true modules: every function from every entry point, with 32-bit and with 64-bit
 * memory, is either allowed or traps with IC0504 in mainnet's words. Source: interface §4.3, §4.4.
 */
import { describe, expect, test } from "vitest";
import { SYSTEM_API } from "../../src/replica/execution/wasm/imports.ts";
import { idOf } from "../unit/execution/world.ts";
import { call, hook, ic0, print, push, reply, script, type Script, trap } from "./scriptable/script.ts";
import { Subnet } from "./scriptable/subnet.ts";

const STAR = "I G U RQ NRQ CQ Ry Rt CRy CRt C CC F T";
const EVERY = `s ${STAR}`;
const ANSWER = "U RQ NRQ CQ Ry Rt CRy CRt";
const CALL = "U CQ Ry Rt CRy CRt T";
const REPLICATED = "I G U RQ Ry Rt C T";

/** Where functions are allowed; those not named here are allowed everywhere but in the start function. */
const ALLOWED: Readonly<Record<string, string>> = {
  ...named("I U RQ NRQ CQ Ry CRy F", "msg_arg_data_size msg_arg_data_copy"),
  ...named(
    "U RQ NRQ CQ Ry Rt CRy CRt C CC F",
    "msg_caller_info_data_size msg_caller_info_data_copy msg_caller_info_signer_size msg_caller_info_signer_copy",
  ),
  ...named("Ry Rt CRy CRt C", "msg_reject_code"),
  ...named("Rt CRt", "msg_reject_msg_size msg_reject_msg_copy"),
  ...named(ANSWER, "msg_deadline msg_reply_data_append msg_reply msg_reject"),
  ...named(
    "U RQ Ry Rt",
    "msg_cycles_available msg_cycles_available128 msg_cycles_accept msg_cycles_accept128",
  ),
  ...named("Ry Rt", "msg_cycles_refunded msg_cycles_refunded128"),
  ...named(REPLICATED, "cycles_burn128 root_key_size root_key_copy"),
  ...named("F", "msg_method_name_size msg_method_name_copy accept_message"),
  ...named(CALL, "call_new call_on_cleanup call_data_append call_with_best_effort_response call_perform"),
  ...named("U Ry Rt T", "call_cycles_add call_cycles_add128 mint_cycles128"),
  ...named("I G U Ry Rt T", "certified_data_set"),
  ...named("NRQ CQ", "data_certificate_size data_certificate_copy"),
  ...named("I G U Ry Rt C T", "global_timer_set"),
  ...named(
    EVERY,
    "stable64_size stable64_grow stable64_write stable64_read stable_size stable_grow stable_write stable_read " +
      "performance_counter is_controller in_replicated_execution cost_call cost_create_canister cost_http_request " +
      "cost_sign_with_ecdsa cost_sign_with_schnorr cost_vetkd_derive_key debug_print trap",
  ),
};

function named(contexts: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, contexts]));
}

const MODES: Readonly<Record<string, string>> = {
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
  T: "heartbeat",
};

/** Runs the program in a context and tells all that is known of how it ended. */
function attempts(wide: boolean): Readonly<Record<string, (program: Script) => string>> {
  const hooks = ["canister_pre_upgrade", "canister_inspect_message", "canister_heartbeat"] as const;
  const subnet = new Subnet([
    { wide },
    { wide, hooks: [] },
    { wide, hooks: hooks.slice(0, 1) },
    { wide, hooks: [hooks[1]] },
    { wide, hooks: [hooks[2]] },
  ]);
  const { world } = subnet;
  // Of a task nobody hears why it failed: with this variable, whose name is empty, nothing fails but for its context.
  const ticking = world.canister(4);
  const settings = { ...ticking.settings, environmentVariables: [{ name: "", value: "" }] };
  world.state = {
    ...world.state,
    canisters: new Map(world.state.canisters).set(ticking.id, { ...ticking, settings }),
  };
  const other = idOf(1);
  const certificate = Uint8Array.of(1, 2, 3);
  const nothing = new Uint8Array(0);
  const answers = reply("x");
  const refuses = trap("x");
  return {
    s: (program) => subnet.install(1, { wide, start: program }, "reinstall"),
    I: (program) => subnet.install(1, { wide }, "reinstall", program),
    G: (program) => {
      subnet.install(2, { wide, hooks: hooks.slice(0, 1) }, "reinstall", hook(hooks[0], program));
      return subnet.install(2, { wide, hooks: hooks.slice(0, 1) }, "upgrade");
    },
    U: (program) => subnet.update(0, program),
    RQ: (program) => subnet.update(0, program, "q"),
    NRQ: (program) => subnet.query(0, program, "q", certificate),
    CQ: (program) => subnet.query(0, program, "c", certificate),
    Ry: (program) => subnet.update(0, call(other, "u", answers, { reply: program })),
    Rt: (program) => subnet.update(0, call(other, "u", refuses, { reject: program })),
    CRy: (program) => subnet.query(0, call(other, "q", answers, { reply: program }), "c"),
    CRt: (program) => subnet.query(0, call(other, "q", refuses, { reject: program }), "c"),
    C: (program) => subnet.update(0, call(other, "u", answers, { reply: trap("first"), cleanup: program })),
    CC: (program) =>
      subnet.query(0, call(other, "q", answers, { reply: trap("first"), cleanup: program }), "c"),
    F: (program) => {
      subnet.update(3, script(hook(hooks[1], ic0("accept_message")), reply()));
      subnet.update(3, script(hook(hooks[1], program), reply()));
      const { content } = world.ingress(idOf(3), "u", nothing);
      return world.execution.ingressFilter.refusal(world.state, content, world.subnet)?.message ?? "";
    },
    T: (program) => {
      subnet.update(4, script(hook(hooks[2], script(program, print("came through"))), reply()));
      const from = world.canister(4).nextLogIndex;
      world.round();
      subnet.update(4, script(hook(hooks[2], nothing), reply()));
      const told = world.canister(4).logs.filter((record) => record.index >= from);
      const through = told.some((record) => new TextDecoder().decode(record.content) === "came through");
      return through ? "" : `"ic0_?" cannot be executed in heartbeat mode`;
    },
  };
}

/** Of tasks it is told only whether they failed. */
const ALWAYS_FAIL = ["trap", "mint_cycles128"];

/** Every parameter zero, after whatever the function wants to have happened. */
function program(name: string, context: string): Script {
  const zeros = SYSTEM_API.get(name)!.params.map(() => push(0));
  const begun = context === "T" && name.startsWith("call_") && name !== "call_new";
  const before = begun ? ic0("call_new", ...Array.from({ length: 8 }, () => push(0))) : script();
  return script(before, ic0(name, ...zeros));
}

describe.each([
  ["32", false],
  ["64", true],
] as const)("functions and entry points, %s-bit memory (S20, S21, S41)", (_, wide) => {
  const names = [...SYSTEM_API].filter(([, f]) => !(wide && f.only32)).map(([name]) => name);
  test.each(Object.entries(attempts(wide)))("%s", (context, attempt) => {
    const seen = names.filter((name) => context !== "T" || !ALWAYS_FAIL.includes(name));
    const allowed = seen.filter((name) => {
      const told = attempt(program(name, context));
      const denied = /"ic0_([a-z0-9_?]+)" cannot be executed in ([a-z ]+) mode/.exec(told);
      if (denied === null) return true;
      expect([name, denied[2]]).toEqual([name, MODES[context]]);
      if (context !== "T") expect(denied[1]).toBe(name);
      return false;
    });
    const expected = seen.filter((name) => (ALLOWED[name] ?? STAR).split(" ").includes(context));
    expect(allowed).toEqual(expected);
  });
});
