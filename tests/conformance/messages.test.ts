/**
 * Messages between canisters, row by row of the reference, by scriptable canisters on the true Wasm host.
 * Source: interface §5.
 */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { describe, expect, test } from "vitest";
import { callPrepayment } from "../../src/replica/execution/cycles.ts";
import { principalText } from "../../src/types/principal.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { idOf, SECOND, told } from "../unit/execution/world.ts";
import * as s from "./scriptable/script.ts";
import { numberIn, Subnet } from "./scriptable/subnet.ts";

const A = "rwlgt-iiaaa-aaaaa-aaaaa-cai";
const B = "rrkah-fqaaa-aaaaa-aaaaq-cai";
const b = idOf(1);
const REFER = "See documentation: https://internetcomputer.org/docs/current/references/execution-errors#";
const HANDLE =
  "Consider gracefully handling failures from this canister or altering the canister to handle exceptions.";
const trapped = (id: string, text: string): string =>
  `Error from Canister ${id}: Canister called \`ic0.trap\` with message: '${text}'.\n${HANDLE} ${REFER}trapped-explicitly`;

/** A reply of `forwardReject`: code and message. */
function rejectIn(text: string): [number, string] {
  const raw = new TextEncoder().encode(text);
  return [Number(numberIn(raw)), text.slice(8)];
}
const two = (cycles?: bigint): Subnet => new Subnet([{}, {}], cycles);
const open = (subnet: Subnet, index: number): number[] => [
  subnet.world.canister(index).contexts.size,
  subnet.world.canister(index).callbacks.size,
];

describe("who answers, and with what", () => {
  const subnet = two();
  const ask = (callee: s.Script, more: s.CallScript = {}): string =>
    subnet.update(0, s.call(b, "u", callee, more));

  test("M1 a context is there while its call is open, and no longer", () => {
    const waiting = subnet.submit(0, s.call(b, "u", s.call(idOf(0), "u", s.reply("deep"))));
    expect(subnet.finish(waiting).kind).toBe("replied");
    expect([open(subnet, 0), open(subnet, 1)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test("M2 a second answer traps", () => {
    expect(subnet.update(0, s.script(s.reply("one"), s.reply("two")))).toContain(
      "IC0504: Error from Canister rwlgt-iiaaa-aaaaa-aaaaa-cai: Canister violated contract: ic0.msg_reply_data_append: the call is already replied.",
    );
    expect(subnet.update(0, s.script(s.reply("one"), s.reject("two")))).toContain(
      "ic0.msg_reject: the call is already replied",
    );
  });

  test("M4 a trap in the method is told with its text, and the cycles come back", () => {
    const refunded = s.amount("msg_cycles_refunded128");
    const reject = s.script(
      s.append(s.script(refunded, s.asBytes)),
      s.append(s.read("msg_reject_msg")),
      s.ic0("msg_reply"),
    );
    const [cycles, text] = rejectIn(
      ask(s.script(s.accept(30n), s.drop, s.trap("no")), { reject, cycles: 70n }),
    );
    expect([cycles, text]).toEqual([70, `IC0503: ${trapped(B, "no")}`]);
    expect(subnet.update(0, s.trap("no"))).toBe(`5 IC0503: ${trapped(A, "no")}`);
  });

  test("M5 silence is told differently to users and canisters", () => {
    expect(subnet.update(0, s.push(0))).toBe(`5 IC0506: Canister ${A} did not reply to the call`);
    expect(rejectIn(ask(s.push(0)))).toEqual([5, "No response"]);
  });

  test("M6, M4 the last execution of a context decides: an early trap is forgotten, a late one told", () => {
    const both = (first: s.Script, last: s.Script): string =>
      subnet.update(
        0,
        s.script(s.call(b, "u", s.reply(), { reply: first }), s.call(b, "u", s.reply(), { reply: last })),
      );
    expect(both(s.trap("early"), s.reply("fine"))).toBe("fine");
    expect(both(s.trap("early"), s.push(0))).toBe(`5 IC0506: Canister ${A} did not reply to the call`);
    expect(both(s.push(0), s.trap("late"))).toBe(`5 IC0503: ${trapped(A, "late")}`);
    expect(both(s.trap("early"), s.trap("late"))).toBe(`5 IC0503: ${trapped(A, "late")}`);
  });

  test("M7, M8 work goes on after the answer, and the context ends with it", () => {
    const later = s.script(s.keep(1, s.push(9)));
    expect(ask(s.reply(), { reply: later })).toContain("IC0506");
    expect(
      subnet.update(0, s.script(s.call(b, "u", s.reply(), { reply: s.keep(1, s.push(5)) }), s.reply("now"))),
    ).toBe("now");
    expect(subnet.number(0, s.replyNumber(s.kept(1)))).toBe(5n);
    expect(open(subnet, 0)).toEqual([0, 0]);
  });

  test("M9 cleanup runs on the state before the callback", () => {
    const told = ask(s.reply(), {
      reply: s.script(s.keep(2, s.push(1)), s.trap("in callback")),
      cleanup: s.keep(3, s.push(7)),
    });
    expect(told).toBe(`5 IC0503: ${trapped(A, "in callback")}`);
    expect([subnet.number(0, s.replyNumber(s.kept(2))), subnet.number(0, s.replyNumber(s.kept(3)))]).toEqual([
      0n,
      7n,
    ]);
    expect(
      ask(s.reply(), { reply: s.trap("first"), cleanup: s.script(s.keep(3, s.push(8)), s.unreachable) }),
    ).toBe(
      `5 IC0503: Error from Canister ${A}: Canister called \`ic0.trap\` with message: 'first'\n\n` +
        "call_on_cleanup also failed:\n\nCanister trapped: unreachable",
    );
    expect(subnet.number(0, s.replyNumber(s.kept(3)))).toBe(7n);
  });

  test("M10 cleanup may set the timer and burn, and neither call, reply, accept nor certify", () => {
    const clean = (cleanup: s.Script): string => ask(s.reply(), { reply: s.trap("x"), cleanup });
    expect(
      clean(s.script(s.ic0("global_timer_set", s.push(0)), s.amount("cycles_burn128", s.push(0), s.push(5)))),
    ).not.toContain("also failed");
    for (const forbidden of [
      s.ic0("call_new", ...Array.from({ length: 8 }, () => s.push(0))),
      s.ic0("msg_reply"),
      s.accept(1n),
      s.ic0("certified_data_set", s.push(0), s.push(0)),
    ])
      expect(clean(forbidden)).toMatch(/also failed.*cannot be executed in cleanup mode/s);
  });

  test("M20 a canister's own reject has code 4 and its own words", () => {
    expect(rejectIn(ask(s.reject("mine")))).toEqual([4, "mine"]);
    expect(subnet.update(0, s.reject("mine"))).toBe("4 IC0406: mine");
  });

  test("M21 rejects are text, and long ones lose their middle on the way to canisters", () => {
    expect(subnet.update(0, s.ic0("msg_reject", s.bytes(Uint8Array.of(0xff))))).toContain(
      "IC0504: Error from Canister rwlgt-iiaaa-aaaaa-aaaaa-cai: Canister violated contract: ic0.msg_reject: invalid UTF-8 string provided",
    );
    const long = `${"é".repeat(5000)}end`;
    const [, text] = rejectIn(ask(s.reject(long)));
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(8192);
    expect(text).toMatch(/^é+\.\.\.é+end$/);
    expect(subnet.update(0, s.reject(long))).toBe(`4 IC0406: ${long}`);
    expect(subnet.update(0, s.trap("y".repeat(9000)))).toMatch(
      /^5 IC0503: Error from Canister .*y\.\.\.y.*trapped-explicitly$/s,
    );
  });

  test("S22, S23 callbacks are found when they run: a slot that is not there is IC0513, with cleanup", () => {
    expect(ask(s.reply(), { slot: 77 })).toContain(
      `5 IC0513: Error from Canister ${A}: Canister requested to invoke a non-existent Wasm function 77 from table 0`,
    );
    const same = s.script(s.append(s.script(s.ic0("msg_reject_code"), s.asBytes)), s.ic0("msg_reply"));
    expect(numberIn(new TextEncoder().encode(ask(s.reply(), { reply: same })))).toBe(0n);
    expect(numberIn(new TextEncoder().encode(ask(s.trap(""), { reject: same })))).toBe(5n);
  });
});

describe("who cannot be called", () => {
  const refused = (subnet: Subnet, callee = b, method = "u"): [number, string] =>
    rejectIn(subnet.update(0, s.call(callee, method, s.reply())));

  test("M30 nobody there, near and far", () => {
    const subnet = two();
    expect(refused(subnet, idOf(9))).toEqual([3, `Canister ${principalText(idOf(9))} not found`]);
    expect(refused(subnet, `${"ff".repeat(8)}0101`)[1]).toMatch(/^No route to canister \S+-\S+$/);
  });

  test("M31, M33, M34 stopped, empty, without the method", () => {
    const subnet = two();
    expect(refused(subnet, b, "v")).toEqual([
      5,
      `IC0536: Error from Canister ${B}: Canister has no update method 'v'..\nCheck that the method being called is exported by the target canister. ${REFER}method-not-found`,
    ]);
    expect(refused(subnet, b, "c")).toEqual([
      5,
      "IC0527: Composite query cannot be called in replicated mode",
    ]);
    subnet.about("stop_canister", 1);
    expect(refused(subnet)).toEqual([5, `Canister ${B} is stopped`]);
    subnet.about("start_canister", 1);
    subnet.manage("uninstall_code", Id, { canister_id: Principal.fromHex(b) }, 1);
    expect(refused(subnet)).toEqual([
      5,
      `IC0537: Error from Canister ${B}: Attempted to execute a message, but the canister contains no Wasm module..\nPlease install code to this canister before calling it. ${REFER}wasm-module-not-found`,
    ]);
  });

  test("M32, M56 a frozen canister runs callbacks and nothing else", () => {
    const subnet = two();
    const { world } = subnet;
    const poor = (index: number, cycles: bigint): void => {
      const canister = { ...world.canister(index), cycles };
      world.state = { ...world.state, canisters: new Map(world.state.canisters).set(canister.id, canister) };
    };
    const waiting = subnet.submit(0, s.call("", "raw_rand", "DIDL\0\0", { reply: s.reply("back") }));
    expect(world.canister(0).callbacks.size).toBe(1);
    poor(0, 1n);
    expect(subnet.finish(waiting)).toMatchObject({ kind: "replied" });
    poor(0, 1n);
    expect(subnet.update(0, s.reply())).toContain("IC0207");
    expect(subnet.query(0, s.reply())).toContain("IC0207");
    poor(0, 10n ** 14n);
    poor(1, 1n);
    expect(refused(subnet)).toEqual([2, `IC0207: Canister ${B} is out of cycles`]);
  });

  test("M37 aaaaa-aa answers, whatever the state of the canister that the call is about", () => {
    const subnet = two();
    const arg = new Uint8Array(IDL.encode([Id], [{ canister_id: Principal.fromHex(b) }]));
    expect(subnet.update(0, s.call("", "raw_rand", "DIDL\0\0"))).toMatch(/^DIDL/);
    expect(rejectIn(subnet.update(0, s.call("", "no_such", arg)))).toEqual([
      5,
      "Management canister has no method 'no_such'",
    ]);
    expect(rejectIn(subnet.update(0, s.call("", "canister_status", arg)))[0]).toBe(5);
  });
});

const Id = IDL.Record({ canister_id: IDL.Principal });

describe("order and number", () => {
  test("M40, M42, M43 calls to one canister start in the order of call_perform, one at a time, once each", () => {
    const subnet = two();
    const mark = (n: number): s.Script => s.script(s.print(`${n}`), s.reply());
    const quiet = { reply: s.push(0) };
    const calls = [0, 1, 2, 3, 4].map((n) => s.call(b, "u", mark(n), quiet));
    subnet.update(0, s.script(...calls, s.reply()));
    expect(subnet.logs(1)).toEqual(["0", "1", "2", "3", "4"]);
    expect(open(subnet, 0)).toEqual([0, 0]);
  });

  test("M44, M45 five hundred calls to one canister may be open, oneself included", () => {
    for (const callee of [idOf(0), b]) {
      const subnet = two();
      const quiet = { reply: s.push(0), reject: s.push(0) };
      const one = s.call(callee, "u", s.reply(), quiet);
      const many = s.script(...Array.from({ length: 500 }, () => s.script(one, s.drop)));
      expect(subnet.number(0, s.script(many, s.replyNumber(one)))).toBe(2n);
      expect(subnet.number(0, s.replyNumber(s.call(callee, "u", s.reply(), quiet)))).toBe(0n);
    }
  });

  test("M46 payloads have limits", () => {
    const subnet = two();
    const pages = s.grow(200);
    const append = (bytes: number): s.Script => s.ic0("call_data_append", s.push(0), s.push(bytes));
    const begin = s.ic0(
      "call_new",
      s.bytes(Uint8Array.from(Buffer.from(b, "hex"))),
      s.bytes("u"),
      ...[0, 0, 0, 0].map(s.push),
    );
    expect(subnet.update(0, s.script(pages, begin, append(10 * 2 ** 20)))).toContain(
      `Canister violated contract: Request to ${B}:u has a payload size of 10485761, which exceeds the allowed limit of 10485760.`,
    );
    const reply = (bytes: number): s.Script => s.ic0("msg_reply_data_append", s.push(0), s.push(bytes));
    expect(subnet.update(0, s.script(s.grow(40), reply(2 ** 21 + 1)))).toContain(
      "ic0.msg_reply_data_append: application payload size (2097153) cannot be larger than 2097152.",
    );
  });
});

test("the words for a method name that is too long, and for caller info beyond its end (M46, A52)", () => {
  const subnet = two();
  const named = (bytes: number): string =>
    subnet.update(
      0,
      s.script(
        s.ic0(
          "call_new",
          s.bytes(Uint8Array.from(Buffer.from(b, "hex"))),
          s.push(0),
          s.push(bytes),
          ...[0, 0, 0, 0].map(s.push),
        ),
        s.reply("made"),
      ),
    );
  expect(named(20_000)).toBe("made");
  expect(named(20_001)).toBe(
    `5 IC0504: Error from Canister ${A}: Canister violated contract: Size of method_name 20001 exceeds the allowed limit of 20000.`,
  );
  for (const [api, what] of [
    ["msg_caller_info_data_copy", "info"],
    ["msg_caller_info_signer_copy", "signer"],
  ] as const)
    expect(subnet.update(0, s.ic0(api, s.push(0), s.push(0), s.push(1)))).toContain(
      `Canister violated contract: ic0.${api} ${what}: src=0 + length=1 exceeds the slice size=0.`,
    );
});

describe("cycles", () => {
  const balance = s.amount("canister_cycle_balance128");

  test("M50, M51 what is attached is gone at once; what is not accepted comes back", () => {
    const subnet = two();
    const begin = s.ic0(
      "call_new",
      s.bytes(Uint8Array.from(Buffer.from(b, "hex"))),
      s.bytes("u"),
      ...[0, 0, 0, 0].map(s.push),
    );
    const add = s.ic0("call_cycles_add128", s.push(0), s.push(1000));
    const difference = s.script(
      begin,
      s.keep(0, balance),
      add,
      s.append(s.script(s.kept(0), s.asBytes)),
      s.append(s.script(balance, s.asBytes)),
      s.ic0("msg_reply"),
    );
    const status = subnet.finish(subnet.submit(0, difference));
    const reply = status.kind === "replied" ? status.reply : new Uint8Array(16);
    expect(numberIn(reply.subarray(0, 8)) - numberIn(reply.subarray(8))).toBe(1000n);
    const refund = s.replyNumber(s.amount("msg_cycles_refunded128"));
    expect(
      subnet.number(
        0,
        s.call(b, "u", s.script(s.accept(300), s.drop, s.reply()), { reply: refund, cycles: 1000n }),
      ),
    ).toBe(700n);
    expect(subnet.world.missingCycles()).toBe(0n);
  });

  test("M51 what is accepted and what comes back are what was attached, however the call ends", () => {
    const subnet = two();
    const refund = s.replyNumber(s.amount("msg_cycles_refunded128"));
    const back = { reply: refund, reject: refund, cycles: 1000n };
    const ends: [string, s.Script, boolean][] = [
      ["reply", s.reply(), true],
      ["reject", s.reject("no"), true],
      ["silence", s.script(), true],
      ["trap", s.trap("no"), false],
    ];
    for (const [end, script, keeps] of ends) {
      for (const wanted of [0n, 1n, 999n, 1000n, 5000n]) {
        const taken = keeps ? (wanted < 1000n ? wanted : 1000n) : 0n;
        const asked = s.call(b, "u", s.script(s.accept(wanted), s.drop, script), back);
        expect([end, wanted, subnet.number(0, asked)]).toEqual([end, wanted, 1000n - taken]);
        expect(subnet.world.missingCycles()).toBe(0n);
      }
    }
    const late = s.script(s.accept(400), s.drop, s.reply());
    const waiting = s.script(s.accept(300), s.drop, s.call("", "raw_rand", "DIDL\0\0", { reply: late }));
    expect(subnet.number(0, s.call(b, "u", waiting, back))).toBe(300n);
  });

  test("M52 accepting works before and after waiting, until the answer", () => {
    const subnet = two();
    const later = s.script(s.accept(50), s.drop, s.reply());
    const callee = s.script(s.accept(30), s.drop, s.call(b, "u", s.reply(), { reply: later }));
    const refund = s.replyNumber(s.amount("msg_cycles_refunded128"));
    expect(subnet.number(0, s.call(b, "u", callee, { reply: refund, cycles: 100n }))).toBe(20n);
    const kept = s.script(s.accept(30), s.drop, s.call(b, "u", s.reply(), { reply: s.trap("later") }));
    expect(subnet.number(0, s.call(b, "u", kept, { reject: refund, cycles: 100n }))).toBe(70n);
  });

  test("M53 nobody holds more than 2^128 - 1", () => {
    const subnet = two();
    const canister = { ...subnet.world.canister(1), cycles: 2n ** 128n - 1n - 10n ** 12n };
    subnet.world.state = {
      ...subnet.world.state,
      canisters: new Map(subnet.world.state.canisters).set(canister.id, canister),
    };
    const all = s.script(s.accept(10n ** 13n), s.drop, s.reply());
    subnet.update(0, s.call(b, "u", all, { cycles: 10n ** 13n }));
    expect(subnet.world.canister(1).cycles).toBeLessThan(2n ** 128n);
  });

  test("M54, S26 what must be kept can neither be attached nor spent; a call that is not performed costs nothing", () => {
    const subnet = two(10n ** 12n);
    const begin = s.ic0(
      "call_new",
      s.bytes(Uint8Array.from(Buffer.from(b, "hex"))),
      s.bytes("u"),
      ...[0, 0, 0, 0].map(s.push),
    );
    expect(
      subnet.update(0, s.script(begin, s.ic0("call_cycles_add128", s.push(0), s.push(10n ** 12n)))),
    ).toMatch(
      /^5 IC0504: Error from Canister \S+: Canister \S+ is out of cycles: please top up the canister with at least \d+ additional cycles$/,
    );
    const before = subnet.world.canister(0).callbacks.size;
    expect(
      subnet.update(0, s.script(begin, s.ic0("call_cycles_add128", s.push(0), s.push(5)), s.reply("ok"))),
    ).toBe("ok");
    expect([subnet.world.canister(0).callbacks.size, subnet.world.missingCycles()]).toEqual([before, 0n]);
  });

  test("S27 a call prepays the longest answer and its callback, and gets back what they did not cost", () => {
    const subnet = two();
    const { subnet: record } = subnet.world;
    const quiet = { reply: s.reply() };
    const spent = subnet.number(
      0,
      s.script(
        s.keep(0, balance),
        s.call(b, "u", s.reply(), quiet),
        s.drop,
        s.keep(1, balance),
        s.replyNumber(s.kept(1)),
      ),
    );
    expect(spent).toBeGreaterThan(0n);
    const first = subnet.number(0, s.replyNumber(s.kept(0)));
    const second = subnet.number(0, s.replyNumber(s.kept(1)));
    expect(first - second).toBeGreaterThan(callPrepayment(false, record));
    expect(subnet.world.canister(0).cycles).toBeGreaterThan(second);
  });

  test("S28 after call_perform nothing is in preparation", () => {
    const subnet = two();
    for (const name of ["call_data_append", "call_on_cleanup", "call_perform"]) {
      const args = name === "call_perform" ? [] : [s.push(0), s.push(0)];
      expect(subnet.update(0, s.script(s.call(b, "u", s.reply()), s.ic0(name, ...args)))).toContain(
        `Canister violated contract: ic0.${name} called when no call is under construction.`,
      );
    }
  });
});

describe("bounded waiting", () => {
  test("M60, M65 the deadline is whole seconds, at most five minutes away, told to the callee, and not inherited", () => {
    const subnet = two();
    const told = s.replyNumber(s.ic0("msg_deadline"));
    for (const [seconds, at] of [
      [10, 10n],
      [3000, 300n],
    ] as const) {
      const now = subnet.world.state.time + SECOND;
      expect(subnet.number(0, s.call(b, "u", told, { timeoutSeconds: seconds }))).toBe(
        (now / SECOND + at) * SECOND,
      );
    }
    const inner = s.call(b, "u", told);
    expect(subnet.number(0, s.call(b, "u", inner, { timeoutSeconds: 10 }))).toBe(0n);
  });

  test("M61, M62, M63 past the deadline the caller hears of it with code 6, and a late answer changes nothing", () => {
    const subnet = two();
    const slow = s.call("", "raw_rand", "DIDL\0\0", {
      reply: s.script(s.keep(4, s.push(3)), s.reply("late")),
    });
    const waiting = subnet.submit(0, s.call(b, "u", slow, { timeoutSeconds: 1, cycles: 50n }));
    subnet.world.round([], 5n);
    const status = subnet.finish(waiting);
    expect(status.kind).toBe("replied");
    const reply = status.kind === "replied" ? status.reply : new Uint8Array(8);
    expect([numberIn(reply), new TextDecoder().decode(reply.subarray(8))]).toEqual([
      6n,
      "Call deadline has expired.",
    ]);
    subnet.world.round();
    expect(subnet.number(1, s.replyNumber(s.kept(4)))).toBe(3n);
    expect([open(subnet, 0), open(subnet, 1), subnet.world.missingCycles()]).toEqual([[0, 0], [0, 0], 0n]);
  });
});

describe("code that goes while calls are open", () => {
  const slow = s.call("", "raw_rand", "DIDL\0\0", { reply: s.reply("answered") });

  test("M11, M13 uninstalled: callers are rejected at once, late answers pay their refunds and run nothing", () => {
    const subnet = two();
    const waiting = subnet.submit(0, s.call(b, "u", slow));
    subnet.submitManagement("uninstall_code", Id, { canister_id: Principal.fromHex(b) }, 1);
    const status = subnet.finish(waiting);
    const reply = status.kind === "replied" ? status.reply : new Uint8Array(8);
    expect([numberIn(reply), new TextDecoder().decode(reply.subarray(8))]).toEqual([
      4n,
      "Canister has been uninstalled.",
    ]);
    subnet.world.round();
    expect([open(subnet, 1), subnet.world.missingCycles()]).toEqual([[0, 0], 0n]);
  });

  test("M12 reinstalled: callbacks run in the new module", () => {
    const subnet = two();
    const waiting = subnet.submit(1, slow);
    expect(open(subnet, 1)).toEqual([1, 1]);
    subnet.install(1, {}, "reinstall", s.keep(5, s.push(1)));
    // The closure lay in the old heap; the new one has nothing there, so nobody answers.
    expect(subnet.finish(waiting)).toMatchObject({ kind: "rejected", reject: { error: "IC0506" } });
  });

  test("M8, M31 stopping: callbacks still run, new calls do not, and the stop waits for them", () => {
    const subnet = two();
    const waiting = subnet.submit(1, slow);
    const stop = subnet.submitManagement("stop_canister", Id, { canister_id: Principal.fromHex(b) }, 1);
    expect(subnet.finish(waiting)).toMatchObject({ kind: "replied" });
    expect(subnet.finish(stop)).toMatchObject({ kind: "replied" });
    expect(subnet.world.canister(1).status.kind).toBe("stopped");
  });
});

describe("run states and modules", () => {
  test("L44 a stopping canister still makes calls from its callbacks", () => {
    const subnet = two();
    const again = s.call("", "raw_rand", "DIDL\0\0", { reply: s.reply("from there") });
    const waiting = subnet.submit(1, s.call("", "raw_rand", "DIDL\0\0", { reply: again }));
    const stop = subnet.submitManagement("stop_canister", Id, { canister_id: Principal.fromHex(b) }, 1);
    expect(subnet.world.canister(1).status.kind).toBe("stopping");
    expect(told(subnet.finish(waiting))).toBe("from there");
    expect(subnet.finish(stop).kind).toBe("replied");
  });

  test("L48 a canister that waits for its own stop stops only when that wait is over", () => {
    const subnet = two();
    const arg = new Uint8Array(IDL.encode([Id], [{ canister_id: Principal.fromHex(b) }]));
    const own = s.call("", "stop_canister", arg, { reject: s.forwardReject });
    const Args = IDL.Record({
      canister_id: IDL.Principal,
      settings: IDL.Record({ controllers: IDL.Vec(IDL.Principal) }),
    });
    const settings = { controllers: [Principal.fromHex(b)] };
    subnet.manage("update_settings", Args, { canister_id: Principal.fromHex(b), settings }, 1);
    const waiting = subnet.submit(1, own);
    const { world } = subnet;
    world.round([], 299n);
    expect([world.canister(1).status.kind, world.status(waiting).kind]).toEqual(["stopping", "processing"]);
    world.round([], 2n);
    expect(rejectIn(told(subnet.finish(waiting)))).toEqual([2, "Stop canister request timed out"]);
    expect([world.canister(1).status.kind, world.canister(1).contexts.size]).toEqual(["stopped", 0]);
  });

  test("L20 code is installed in a canister that is stopped, too", () => {
    const subnet = two();
    subnet.about("stop_canister", 0);
    for (const mode of ["reinstall", "upgrade"] as const)
      expect(subnet.install(0, {}, mode)).toBe("DIDL\0\0");
    expect(subnet.world.canister(0).status.kind).toBe("stopped");
  });

  test("S30 a module without memory works until something is copied", () => {
    const subnet = two();
    const module = `(module (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
      (func (export "canister_update plain") (call $reply))
      (func (export "canister_update u") (call $copy (i32.const 0) (i32.const 0) (i32.const 1))))`;
    expect(subnet.installWasm(0, wat(module), "reinstall")).toBe("DIDL\0\0");
    expect(subnet.update(0, s.push(1), "plain")).toBe("");
    expect(subnet.update(0, s.push(1))).toContain(
      "Canister violated contract: ic0.msg_arg_data_copy heap: src=0 + length=1 exceeds the slice size=0.",
    );
  });
});

describe("what a trap takes back", () => {
  test("S24 memory, stable memory, globals, timer, certified data; not the log and not the price", () => {
    const subnet = new Subnet([{}]);
    const before = subnet.world.canister(0);
    const changes = s.script(
      s.keep(6, s.push(1)),
      s.ic0("stable64_grow", s.push(1)),
      s.ic0("global_timer_set", s.push(2n ** 60n)),
      s.ic0("certified_data_set", s.bytes("data")),
      s.grow(1),
      s.print("here"),
    );
    expect(subnet.update(0, s.script(changes, s.trap("back")))).toContain("IC0503");
    const after = subnet.world.canister(0);
    expect([after.stable.length, after.globalTimer, after.certifiedData.length, after.heap.length]).toEqual([
      0,
      0n,
      0,
      before.heap.length,
    ]);
    expect(after.globals).toEqual(before.globals);
    expect(subnet.logs(0)).toEqual(["here", "[TRAP]: back"]);
    expect(after.cycles).toBeLessThan(before.cycles);
  });

  test("S39 a message reads and writes 2 GiB of stable memory, a query reads 1 GiB, and no page more", () => {
    const subnet = new Subnet([{}]);
    const pages = (gib: number): number => gib * 2 ** 14;
    const touch = (name: string, api: "read" | "write", count: number): string => {
      const kind = name.startsWith("query") ? "query" : "update";
      return `(func (export "canister_${kind} ${name}") (call $${api} (i64.const ${count})) (call $reply))`;
    };
    const loop = (api: "read" | "write"): string => `(func $${api} (param $n i64) (local $at i64)
      (loop $l
        (call $stable_${api} ${api === "read" ? "(i64.const 0) (local.get $at)" : "(local.get $at) (i64.const 0)"} (i64.const 1))
        (local.set $at (i64.add (local.get $at) (i64.const 0x10000)))
        (br_if $l (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0)))))`;
    const module = `(module
      (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
      (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
      (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
      (memory 1) ${loop("read")} ${loop("write")}
      (func (export "canister_update grow") (drop (call $grow (i64.const ${pages(2) + 1}))) (call $reply))
      ${touch("reads", "read", pages(2))} ${touch("reads more", "read", pages(2) + 1)}
      ${touch("writes more", "write", pages(2) + 1)}
      ${touch("query", "read", pages(1))} ${touch("query more", "read", pages(1) + 1)})`;
    expect(subnet.installWasm(0, wat(module), "reinstall")).toBe("DIDL\0\0");
    expect(subnet.update(0, s.script(), "grow")).toBe("");
    const exceeded = (what: string): string =>
      `5 IC0524: Error from Canister ${A}: Canister exceeded memory access limits: ` +
      `Exceeded the limit for the number of ${what} pages in the stable memory in a single message execution: ` +
      "limit 2097152 KB for regular messages, 8388608 KB for upgrade messages and 1048576 KB for queries.";
    expect(subnet.update(0, s.script(), "reads")).toBe("");
    expect(subnet.update(0, s.script(), "reads more")).toContain(exceeded("accessed"));
    expect(subnet.update(0, s.script(), "writes more")).toContain(exceeded("modified"));
    expect(subnet.world.query(0, "query")).toBe("");
    expect(subnet.world.query(0, "query more")).toContain(exceeded("accessed"));
  });

  test("S25 an upgrade that traps anywhere leaves the old code and state", () => {
    const subnet = new Subnet([{}, { hooks: ["canister_pre_upgrade"] }]);
    subnet.update(
      1,
      s.script(s.keep(7, s.push(4)), s.hook("canister_pre_upgrade", s.trap("not now")), s.reply()),
    );
    const before = subnet.world.canister(1);
    expect(subnet.install(1, {}, "upgrade")).toContain("not now");
    expect(subnet.install(0, {}, "upgrade", s.trap("after"))).toContain("after");
    expect(subnet.world.canister(1).code).toBe(before.code);
    expect(subnet.number(1, s.replyNumber(s.kept(7)))).toBe(4n);
  });

  test("S29 a query called as an update keeps nothing but its log", () => {
    const subnet = new Subnet([{}]);
    expect(subnet.update(0, s.script(s.keep(8, s.push(1)), s.print("seen"), s.reply("q")), "q")).toBe("q");
    expect(subnet.number(0, s.replyNumber(s.kept(8)))).toBe(0n);
    expect(subnet.logs(0)).toEqual(["seen"]);
  });
});

describe("composite queries", () => {
  const ask = (subnet: Subnet, callee: s.Script, more: s.CallScript = {}, method = "q"): string =>
    subnet.query(0, s.call(b, method, callee, more), "c");

  test("M70 they call queries, and neither updates nor with cycles; nobody calls them in replicated mode", () => {
    const subnet = two();
    expect(ask(subnet, s.reply("here"))).toBe("here");
    expect(rejectIn(ask(subnet, s.reply(), {}, "u"))).toMatchObject([
      5,
      expect.stringContaining("no query method 'u'"),
    ]);
    expect(ask(subnet, s.reply(), { cycles: 1n })).toContain(
      '"ic0_call_cycles_add128" cannot be executed in composite query mode',
    );
    expect(subnet.update(0, s.reply(), "c")).toBe(
      "5 IC0527: Composite query cannot be called in replicated mode",
    );
  });

  test("M71 what a composite query changes lasts for its callbacks and is gone at the end", () => {
    const subnet = two();
    const program = s.script(
      s.keep(1, s.push(6)),
      s.call(b, "q", s.reply(), { reply: s.when(s.kept(1), s.reply("kept")) }),
    );
    expect(subnet.query(0, program, "c")).toBe("kept");
    expect(subnet.number(0, s.replyNumber(s.kept(1)))).toBe(0n);
  });

  test("M72 a callback that traps is cleaned up after, and its words are the answer", () => {
    const subnet = two();
    expect(ask(subnet, s.reply(), { reply: s.trap("mine"), cleanup: s.unreachable })).toMatch(
      /'mine'\n\ncall_on_cleanup also failed:\n\nCanister trapped: unreachable$/,
    );
    expect(ask(subnet, s.push(0))).toMatch(/^.{8}Canister \S+ did not produce a response$/s);
  });

  test("M74 they may ask aaaaa-aa four things, as the canisters that they are, and nothing else", () => {
    const subnet = two();
    const asked = (method: string, id: string): [number, string] | string => {
      const arg = new Uint8Array(IDL.encode([Id], [{ canister_id: Principal.fromHex(id) }]));
      const answer = subnet.query(0, s.call("", method, arg, { reject: s.forwardReject }), "c");
      return answer.startsWith("DIDL") ? "DIDL" : rejectIn(answer);
    };
    const methods = ["canister_status", "canister_metrics", "fetch_canister_logs"];
    const refusals = [
      [5, `Caller ${A} is not allowed to call canister_status`],
      [5, expect.stringContaining(`Only the controllers of the canister ${B} can control it.`)],
      [4, `Caller ${A} is not allowed to access canister logs`],
    ];
    expect(methods.map((method) => asked(method, b))).toEqual(refusals);
    expect(asked("canister_status", idOf(0))).toBe("DIDL");
    const Settings = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });
    const args = {
      canister_id: Principal.fromHex(b),
      settings: { controllers: [[Principal.fromHex(idOf(0))]] },
    };
    const Args = IDL.Record({ canister_id: IDL.Principal, settings: Settings });
    expect(subnet.manage("update_settings", Args, args, 1)).toBe("DIDL\0\0");
    expect(methods.map((method) => asked(method, b))).toEqual(["DIDL", "DIDL", "DIDL"]);
    const empty = s.call("", "list_canisters", "DIDL\0\0", { reject: s.forwardReject });
    expect(rejectIn(subnet.query(0, empty, "c"))).toEqual([4, expect.stringContaining("subnet admins")]);
    expect(asked("raw_rand", b)).toEqual([5, expect.stringContaining("raw_rand")]);
  });

  test("M73 a canister may ask itself, from its committed state", () => {
    const subnet = two();
    const self = s.script(
      s.keep(2, s.push(1)),
      s.call(idOf(0), "q", s.when(s.kept(2), s.trap("seen")), { reply: s.reply(), reject: s.reply() }),
    );
    expect(subnet.query(0, s.script(self), "c")).toBe("");
  });

  test("S36 counter 1 spans the callbacks of a context, here and in replicated mode", () => {
    const subnet = two();
    const count = (type: number): s.Script => s.ic0("performance_counter", s.push(type));
    const both = s.script(
      s.append(s.script(count(0), s.asBytes)),
      s.append(s.script(count(1), s.asBytes)),
      s.ic0("msg_reply"),
    );
    const status = subnet.finish(
      subnet.submit(0, s.script(s.burn(10_000), s.call(b, "u", s.reply(), { reply: both }))),
    );
    const reply = status.kind === "replied" ? status.reply : new Uint8Array(16);
    expect(numberIn(reply.subarray(8))).toBeGreaterThan(numberIn(reply.subarray(0, 8)) + 10_000n);
  });
});

describe("64-bit memory", () => {
  test("S41 callbacks are found by an i64 and get an i64", () => {
    const subnet = two();
    const module = `(module
      (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "msg_reply_data_append" (func $append (param i64 i64)))
      (import "ic0" "call_new" (func $new (param i64 i64 i64 i64 i64 i64 i64 i64)))
      (import "ic0" "call_perform" (func $perform (result i32)))
      (memory i64 1) (data (i64.const 0) "\\00\\00\\00\\00\\00\\00\\00\\01\\01\\01u")
      (table 3 funcref) (elem (i32.const 0) $wide $narrow)
      (func $wide (param i64) (i64.store (i64.const 100) (local.get 0))
        (call $append (i64.const 100) (i64.const 8)) (call $reply))
      (func $narrow (param i32) (call $reply))
      (func $call (param i64)
        (call $new (i64.const 0) (i64.const 10) (i64.const 10) (i64.const 1)
          (local.get 0) (i64.const 0x123456789abcdef0) (local.get 0) (i64.const 0x123456789abcdef0))
        (drop (call $perform)))
      (func (export "canister_update 0") (call $call (i64.const 0)))
      (func (export "canister_update 1") (call $call (i64.const 1)))
      (func (export "canister_update 2") (call $call (i64.const 2)))
      (func (export "canister_update far") (call $call (i64.const 0x100000000))))`;
    expect(subnet.installWasm(0, wat(module), "reinstall")).toBe("DIDL\0\0");
    const status = subnet.finish(subnet.submit(0, s.script(), "0"));
    expect(status.kind === "replied" && numberIn(status.reply)).toBe(0x123456789abcdef0n);
    for (const method of ["1", "2", "far"])
      expect([method, subnet.update(0, s.script(), method)]).toEqual([
        method,
        expect.stringMatching(/^5 IC0513: .*non-existent Wasm function (1|2|4294967295) from table 0/),
      ]);
  });
});

describe("hooks", () => {
  test("S33 a due timer fires once, and is off while it runs", () => {
    const subnet = new Subnet([{ hooks: ["canister_global_timer"] }]);
    const { world } = subnet;
    const fires = s.script(s.print("fired"), s.keep(1, s.ic0("global_timer_set", s.push(0))));
    const set = s.ic0("global_timer_set", s.push(world.state.time + 3n * SECOND));
    subnet.update(0, s.script(s.hook("canister_global_timer", fires), s.keep(1, s.push(1)), set, s.reply()));
    world.round();
    expect(subnet.logs(0)).toEqual([]);
    for (let i = 0; i < 4; i++) world.round();
    expect(subnet.logs(0)).toEqual(["fired"]);
    expect(subnet.number(0, s.replyNumber(s.kept(1)))).toBe(0n);
  });

  test("S31 inspect_message guards users' calls alone", () => {
    const subnet = new Subnet([{}, { hooks: ["canister_inspect_message"] }]);
    const { world } = subnet;
    const refusal = () =>
      world.execution.ingressFilter.refusal(world.state, world.ingress(b, "u").content, world.subnet);
    expect(refusal()).toMatchObject({ error: "IC0406" });
    subnet.update(1, s.script(s.hook("canister_inspect_message", s.trap("no")), s.reply()));
    expect(refusal()).toMatchObject({ error: "IC0503" });
    expect(subnet.update(0, s.call(b, "u", s.reply("from a canister")))).toBe("from a canister");
    subnet.update(1, s.script(s.hook("canister_inspect_message", s.ic0("accept_message")), s.reply()));
    expect(refusal()).toBeUndefined();
  });
});
