/** Calls between canisters: callbacks, cleanup, starvation, cycles, limits. Source: interface §5; replica E.1. */
import { IDL } from "@icp-sdk/core/candid";
import { describe, expect, test } from "vitest";
import { brokenPromises } from "../../../src/lab/simulation/promises.ts";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import { draftOf } from "../../../src/replica/state/draft.ts";
import type { Guest, Program } from "./scripted-host.ts";
import { idOf, SECOND, subnetOf, told, World } from "./world.ts";

const ID = "rwlgt-iiaaa-aaaaa-aaaaa-cai";
const CALLEE: Program = {
  exports: {
    "canister_update echo": (g) => g.reply(g.arg()),
    "canister_update refuse": (g) => g.reject("no"),
    "canister_update trap": (g) => g.trap("ouch"),
    "canister_update take": (g) => {
      const taken = g.accept(BigInt(g.argText()));
      g.reply(`${taken}`);
    },
    "canister_update take and trap": (g) => {
      g.accept(1_000_000n);
      g.unreachable();
    },
    "canister_update silent": () => {},
    "canister_update deadline": (g) => g.reply(`${g.raw("msg_deadline")}`),
    "canister_update balance": (g) => g.reply(`${g.amount("canister_cycle_balance128")}`),
  },
};

/** Calls canister 1's method named in the argument and replies with what came back. */
const relay = (extra: Partial<Program["exports"]> = {}): Program => ({
  exports: {
    "canister_update relay": (g) => {
      const [method, arg = "", cycles = "0"] = g.argText().split("|");
      const result = g.call(idOf(1), method!, { arg, onReply: 0, onReject: 1, cycles: BigInt(cycles) });
      if (result !== 0) g.reply(`perform ${result}`);
    },
    ...(extra as Program["exports"]),
  },
  table: [
    (g) => g.reply(`reply ${g.argText()} refund ${g.amount("msg_cycles_refunded128")}`),
    (g) => {
      const code = g.ic0("msg_reject_code");
      const text = new TextDecoder().decode(g.read("msg_reject_msg"));
      g.reply(`reject ${code} ${text} refund ${g.amount("msg_cycles_refunded128")}`);
    },
  ],
});

describe("an answer comes back", () => {
  const world = new World([relay(), CALLEE]);
  test.each([
    ["echo|hello", "reply hello refund 0"],
    ["refuse", "reject 4 no refund 0"],
    ["take|300|1000", "reply 300 refund 700"],
    ["take|3000|1000", "reply 1000 refund 0"],
    ["silent||5", "reject 5 No response refund 5"],
  ])("%s", (arg, expected) => {
    expect(world.ask(0, "relay", arg)).toBe(expected);
    expect(world.missingCycles()).toBe(0n);
    expect(world.canister(0).callbacks.size).toBe(0);
    expect(world.canister(0).contexts.size).toBe(0);
  });

  test("a trap takes accepted cycles back, and says what happened", () => {
    const answer = world.ask(0, "relay", "take and trap||500");
    expect(answer).toMatch(
      /^reject 5 IC0502: Error from Canister rrkah-\S+: Canister trapped: unreachable\./,
    );
    expect(answer).toMatch(/refund 500$/);
  });

  test("nobody there", () => {
    const lost = new World([relay()]);
    const call = lost.ingress(idOf(0), "relay", "echo||77");
    lost.round([call]);
    expect(told(lost.status(call))).toBe("(processing)");
    expect(lost.missingCycles()).toBe(0n);
    expect(brokenPromises(lost.state)).toEqual([]);
    lost.round();
    expect(told(lost.status(call))).toBe("reject 3 Canister rrkah-fqaaa-aaaaa-aaaaq-cai not found refund 77");
    expect(lost.missingCycles()).toBe(0n);
  });

  test("nobody open: what was sent there waits a round, in order, and goes through if it is opened meanwhile", () => {
    for (const opens of [true, false]) {
      const caller: Program = {
        exports: {
          "canister_update two": (g) => {
            g.call(idOf(1), "echo", { arg: "1", onReply: 0, onReject: 1 });
            g.call(idOf(1), "echo", { arg: "2", onReply: 0, onReject: 1 });
          },
        },
        table: [
          (g) => g.print(`reply ${g.argText()}`),
          (g) =>
            g.print(
              `reject ${g.ic0("msg_reject_code")} ${new TextDecoder().decode(g.read("msg_reject_msg"))}`,
            ),
        ],
      };
      const stopped = (c: CanisterState): CanisterState => ({ ...c, status: { kind: "stopped" } });
      const w = new World([caller, CALLEE], { change: (c, i) => (i === 1 ? stopped(c) : c) });
      w.round([w.ingress(idOf(0), "two")]);
      expect(w.state.held.map((m) => m.receiver)).toEqual([idOf(1), idOf(1)]);
      if (opens) {
        const canisters = new Map(w.state.canisters);
        canisters.set(idOf(1), { ...w.canister(1), status: { kind: "running" } });
        w.state = { ...w.state, canisters };
      }
      w.round();
      const prints = w.facts.flatMap((f) => (f.kind === "debug-print" ? [f.text] : []));
      const rejected = "reject 5 Canister rrkah-fqaaa-aaaaa-aaaaq-cai is stopped";
      expect(prints).toEqual(opens ? ["reply 1", "reply 2"] : [rejected, rejected]);
      expect(w.state.held).toEqual([]);
      expect(w.missingCycles()).toBe(0n);
    }
  });

  test("a held call that is late is dropped, and its caller told once", () => {
    const caller: Program = {
      exports: {
        "canister_update go": (g) =>
          void g.call(idOf(1), "echo", { onReply: 0, onReject: 0, timeout: 1, cycles: 9n }),
      },
      table: [
        (g) => g.reply(`reject ${g.ic0("msg_reject_code")} refund ${g.amount("msg_cycles_refunded128")}`),
      ],
    };
    const w = new World([caller]);
    const call = w.ingress(idOf(0), "go");
    w.round([call]);
    w.round([], 2n);
    expect(told(w.status(call))).toBe("reject 6 refund 0");
    expect(w.state.held).toEqual([]);
    expect(w.missingCycles()).toBe(0n);
    expect(w.canister(0).inputs).toEqual([]);
  });

  test("what an iteration's executions send is handed over in the order of their senders, and senders take turns", () => {
    const sender = (name: string): Program => ({
      exports: {
        "canister_update go": (g) => {
          for (const n of [1, 2]) g.call(idOf(2), "note", { arg: `${name}${n}`, onReply: 0 });
          g.reply("");
        },
      },
      table: [() => {}],
    });
    const noting: Program = {
      exports: {
        "canister_update note": (g) => {
          g.print(g.argText());
          g.reply("");
        },
      },
    };
    const w = new World([sender("a"), sender("b"), noting]);
    w.round([w.ingress(idOf(1), "go"), w.ingress(idOf(0), "go"), w.ingress(idOf(2), "note", "u")]);
    const prints = w.facts.flatMap((f) => (f.kind === "debug-print" ? [f.text] : []));
    expect(prints).toEqual(["u", "a1", "b1", "a2", "b2"]);
  });
});

describe("traps in callbacks", () => {
  const world = new World([
    {
      exports: {
        "canister_update go": (g) => {
          g.set(0, 1);
          const cleanup = g.argText() === "clean" ? { onCleanup: 1 } : {};
          const bad = g.argText() === "bad" ? { onCleanup: 2 } : {};
          g.call(idOf(1), "echo", { onReply: 0, ...cleanup, ...bad });
        },
        "canister_query marks": (g) => g.reply(`${g.get(0)} ${g.get(1)} ${g.get(2)}`),
      },
      table: [
        (g) => {
          g.set(1, 1);
          g.print("in callback");
          g.trap("late");
        },
        (g) => g.set(2, g.get(1) === 0 ? 9 : 1),
        (g) => g.unreachable(),
      ],
    },
    CALLEE,
  ]);
  const text = `5 IC0503: Error from Canister ${ID}: Canister called \`ic0.trap\` with message: 'late'.\nConsider`;

  test("without cleanup: only the callback is undone", () => {
    expect(world.ask(0, "go").startsWith(text)).toBe(true);
    expect(world.query(0, "marks")).toBe("1 0 0");
  });

  test("cleanup runs on the state before the callback", () => {
    expect(world.ask(0, "go", "clean").startsWith(text)).toBe(true);
    expect(world.query(0, "marks")).toBe("1 0 9");
  });

  test("both errors are told when cleanup traps too", () => {
    expect(world.ask(0, "go", "bad")).toBe(
      `5 IC0503: Error from Canister ${ID}: Canister called \`ic0.trap\` with message: 'late'\n\n` +
        "call_on_cleanup also failed:\n\nCanister trapped: unreachable",
    );
  });

  test("logs of what was rolled back stay", () => {
    const logs = world.canister(0).logs.map((r) => new TextDecoder().decode(r.content));
    const once = ["in callback", "[TRAP]: late"];
    expect(logs).toEqual([...once, ...once, ...once, "[TRAP]: unreachable"]);
    expect(world.missingCycles()).toBe(0n);
  });
});

describe("contexts", () => {
  test("the caller is answered once; work after the answer still runs (M2, M8)", () => {
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => {
            g.call(idOf(1), "echo", { onReply: 0 });
            g.reply("early");
          },
          "canister_update twice": (g) => {
            g.reply("a");
            g.reply("b");
          },
          "canister_update again": (g) => {
            g.call(idOf(1), "echo", { onReply: 1 });
            g.reply("early");
          },
          "canister_query mark": (g) => g.reply(`${g.get(0)}`),
        },
        table: [(g) => g.set(0, 7), (g) => g.reply("late")],
      },
      CALLEE,
    ]);
    expect(world.ask(0, "go")).toBe("early");
    expect(world.query(0, "mark")).toBe("7");
    expect(world.ask(0, "twice")).toContain("IC0504");
    expect(world.ask(0, "again")).toBe("early");
    const trapped = world.facts.filter((f) => f.kind === "message-executed" && f.outcome === "trapped");
    expect(trapped.length).toBe(2);
    expect(world.canister(0).contexts.size).toBe(0);
  });

  test("a silent method keeps its state and is rejected for it (M5)", () => {
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => g.set(0, 5),
          "canister_query mark": (g) => g.reply(`${g.get(0)}`),
        },
      },
    ]);
    expect(world.ask(0, "go")).toBe(`5 IC0506: Canister ${ID} did not reply to the call`);
    expect(world.query(0, "mark")).toBe("5");
  });

  test("a trap while other calls are out waits for them before anybody is told (M6)", () => {
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => {
            g.call(idOf(1), "echo", { onReply: 0 });
            g.call(idOf(1), "echo", { onReply: 1 });
          },
        },
        table: [(g) => g.trap("first"), (g) => g.reply("second")],
      },
      CALLEE,
    ]);
    expect(world.ask(0, "go")).toBe("second");
  });

  test("a missing callback function is IC0513, and cleanup runs (S22)", () => {
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => g.call(idOf(1), "echo", { onReply: 99, onCleanup: 0 }),
          "canister_query mark": (g) => g.reply(`${g.get(0)}`),
        },
        table: [(g) => g.set(0, 3)],
      },
      CALLEE,
    ]);
    expect(world.ask(0, "go")).toContain("IC0513");
    expect(world.query(0, "mark")).toBe("3");
  });
});

describe("guards, in their order (M30–M36)", () => {
  const change = { status: { kind: "stopped" } } as const;
  test("stopped, out of cycles, empty, unknown method, composite", () => {
    const program: Program = {
      exports: { "canister_update a": (g) => g.reply("a"), "canister_composite_query c": () => {} },
    };
    const stopped = new World([program], { change: (c) => ({ ...c, ...change, code: undefined }) });
    expect(stopped.ask(0, "a")).toBe(`5 IC0508: Canister ${ID} is stopped`);
    const poor = new World([program], { cycles: 1_000_000_000n, change: (c) => ({ ...c, code: undefined }) });
    expect(poor.ask(0, "a")).toMatch(
      /^2 IC0207: Canister \S+ is out of cycles: please top up .* at least \d+/,
    );
    const empty = new World([program], { change: (c) => ({ ...c, code: undefined }) });
    expect(empty.ask(0, "a")).toContain("IC0537");
    const world = new World([program]);
    expect(world.ask(0, "b")).toBe(
      `5 IC0536: Error from Canister ${ID}: Canister has no update method 'b'..\n` +
        "Check that the method being called is exported by the target canister. See documentation: " +
        "https://internetcomputer.org/docs/current/references/execution-errors#method-not-found",
    );
    expect(world.ask(0, "c")).toBe("5 IC0527: Composite query cannot be called in replicated mode");
    for (const w of [stopped, poor, empty, world]) expect(w.missingCycles()).toBe(0n);
  });
});

describe("the caller's minimum (M35)", () => {
  test("too few cycles are refused and returned; users and the canister itself need none", () => {
    const world = new World(
      [
        relay({
          "canister_update self": (g) => g.call(idOf(0), "echo", { onReply: 0, onReject: 1 }),
          "canister_update echo": (g) => g.reply("self"),
        }),
        CALLEE,
      ],
      {
        change: (c) => ({ ...c, settings: { ...c.settings, minimumIncomingCallCycles: 100n } }),
      },
    );
    expect(world.ask(0, "relay", "echo|x|99")).toMatch(/^reject 5 .* at least 100 cycles .* refund 99$/);
    expect(world.ask(0, "relay", "echo|x|100")).toBe("reply x refund 100");
    expect(world.ask(0, "self")).toBe("reply self refund 0");
    expect(world.ask(1, "echo", "user")).toBe("user");
  });
});

describe("the version (S35)", () => {
  test("rises with every successful update, callback and cleanup, and with nothing else", () => {
    const world = new World([
      relay({ "canister_update ok": (g) => g.reply(""), "canister_query q": (g) => g.reply("") }),
      CALLEE,
    ]);
    const versions = () => [world.canister(0).version, world.canister(1).version];
    world.ask(0, "ok");
    expect(versions()).toEqual([1n, 0n]);
    world.ask(0, "q");
    world.ask(0, "none");
    expect(versions()).toEqual([1n, 0n]);
    world.ask(0, "relay", "echo");
    expect(versions()).toEqual([3n, 1n]);
    world.ask(0, "relay", "trap");
    expect(versions()).toEqual([5n, 1n]);
  });

  test("one that is not its own, named in a management call, makes the message trap (L2)", () => {
    const Args = IDL.Record({ sender_canister_version: IDL.Opt(IDL.Nat64) });
    const create = (version: bigint) => (g: Guest) => {
      const arg = new Uint8Array(IDL.encode([Args], [{ sender_canister_version: [version] }]));
      g.call("", "create_canister", { arg, onReply: 0, onReject: 1 });
    };
    const world = new World([
      relay({ "canister_update right": create(0n), "canister_update wrong": create(1n) }),
    ]);
    expect(world.ask(0, "wrong")).toContain(
      "includes sender canister version 1 that does not match the actual sender canister version 0",
    );
    expect([world.canister(0).version, world.canister(0).callbacks.size]).toEqual([0n, 0]);
    expect(world.ask(0, "right")).not.toContain("does not match");
  });
});

describe("cycles", () => {
  test("what is not accepted by the end of the execution that answers goes back (M3)", () => {
    const program: Program = {
      exports: {
        "canister_update go": (g) => {
          g.accept(10n);
          g.reply(`${g.amount("msg_cycles_available128")}`);
          g.print(`${g.accept(10n)} ${g.amount("msg_cycles_available128")}`);
        },
      },
    };
    const world = new World([relay(), program]);
    expect(world.ask(0, "relay", "go||25")).toBe("reply 15 refund 5");
    expect(new TextDecoder().decode(world.canister(1).logs[0]!.content)).toBe("10 5");
  });

  test("a call that cannot be performed is gone, and its cycles are back at once", () => {
    const world = new World(
      [
        {
          exports: {
            "canister_update go": (g) => {
              const before = g.amount("canister_cycle_balance128");
              const result = g.call(idOf(1), "echo", { cycles: 5n });
              g.print(`${result} ${g.amount("canister_cycle_balance128") - before}`);
              g.ic0("call_perform");
            },
          },
        },
      ],
      { cycles: 60_000_000_000n },
    );
    expect(world.ask(0, "go")).toContain("when no call is under construction");
    expect(new TextDecoder().decode(world.canister(0).logs[0]!.content)).toBe("2 0");
  });

  test("an update costs induction, the base fee and its instructions, n/13 of each (E.1)", () => {
    for (const [nodes, share] of [
      [13, 13n],
      [4, 4n],
      [1, 1n],
    ] as const) {
      const program: Program = {
        exports: {
          "canister_update a": (g) => {
            g.burnInstructions(999n);
            g.ic0("msg_reply");
          },
        },
      };
      const world = new World([program], { subnet: subnetOf(nodes) });
      const before = world.canister(0).cycles;
      world.call(0, "a", "xyz");
      const paid = before - world.canister(0).cycles;
      // 1 for the function, 999, and 500 for msg_reply; 3 bytes of argument and 1 of name.
      const limit = 40_000_000_000n;
      const execution = ((5_000_000n + limit) * share) / 13n - ((limit - 1_500n) * share) / 13n;
      expect(paid).toBe((1_200_000n * share) / 13n + 4n * ((2_000n * share) / 13n) + execution);
    }
  });

  test("a call prepays the longest answer and the callback's limit, and gets the rest back (S27)", () => {
    let during = 0n;
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => {
            const before = g.amount("canister_cycle_balance128");
            g.call(idOf(1), "echo", { onReply: 0, arg: "12345" });
            during = before - g.amount("canister_cycle_balance128");
          },
        },
        table: [(g) => g.reply("ok")],
      },
      CALLEE,
    ]);
    const before = world.canister(0).cycles;
    expect(world.ask(0, "go")).toBe("ok");
    expect(during).toBe(260_000n + 9n * 1_000n + 2_097_152n * 1_000n + 40_005_000_000n);
    expect(before - world.canister(0).cycles).toBeLessThan(20_000_000n);
    expect(world.missingCycles()).toBe(0n);
  });

  test("what a canister must keep cannot be attached or spent on calls (M54)", () => {
    const keepMost = (c: World["state"]["canisters"] extends ReadonlyMap<string, infer C> ? C : never) => ({
      ...c,
      settings: { ...c.settings, memoryAllocation: 2n ** 30n },
    });
    // 1 GiB for 30 days is kept; executing needs 40.005 G.
    const kept = 127_000n * 2_592_000n;
    const world = new World([relay(), CALLEE], { cycles: kept + 45_000_000_000n, change: keepMost });
    expect(world.ask(0, "relay", "echo|x|6000000000")).toMatch(/IC0504.*is out of cycles/s);
    expect(world.ask(0, "relay", "echo|x|1000")).toBe("perform 2");
    expect(world.missingCycles()).toBe(0n);
  });

  test("500 calls to one canister may be open, and the 501st is refused (M44)", () => {
    const world = new World(
      [
        {
          exports: {
            "canister_update go": (g) => {
              const results = Array.from({ length: 501 }, () => g.call(idOf(1), "echo", { onReply: 0 }));
              g.reply(`${results.filter((r) => r === 0).length} ${results[500]} ${g.call(idOf(0), "x")}`);
            },
          },
          table: [() => {}],
        },
        CALLEE,
      ],
      { cycles: 10n ** 17n },
    );
    expect(world.ask(0, "go")).toBe("500 2 0");
    for (let i = 0; i < 5; i++) world.round();
    expect(world.canister(0).callbacks.size).toBe(0);
    expect(world.missingCycles()).toBe(0n);
  });

  test("a call that is prepared and not performed costs nothing (S26)", () => {
    const world = new World([
      {
        exports: {
          "canister_update go": (g) => {
            g.raw("call_new", 0, 0, 0, 0, 0, 0, 0, 0);
            g.raw("call_cycles_add128", 0n, 5_000n);
            g.reply("ok");
          },
        },
      },
    ]);
    expect(world.ask(0, "go")).toBe("ok");
    expect(world.canister(0).callbacks.size).toBe(0);
    expect(world.missingCycles()).toBe(0n);
  });
});

describe("bounded-wait calls (M60–M66)", () => {
  const waiter = (timeout: number, callee: number): Program => ({
    exports: {
      "canister_update go": (g) =>
        g.call(idOf(callee), g.argText(), { onReply: 0, onReject: 1, timeout, cycles: 1_000n }),
      "canister_update hold": (g) => g.call(idOf(2), "hold"),
    },
    table: [
      (g) => g.reply(g.arg()),
      (g) =>
        g.reply(
          `${g.ic0("msg_reject_code")} ${new TextDecoder().decode(g.read("msg_reject_msg"))} ${g.amount("msg_cycles_refunded128")}`,
        ),
    ],
  });

  test("the callee sees the deadline, at most five minutes away", () => {
    const world = new World([waiter(1000, 1), CALLEE]);
    expect(world.ask(0, "go", "deadline")).toBe(`${world.state.time + 300n * SECOND}`);
  });

  test("an expired call is answered once, however long the answer waits", () => {
    const world = new World([waiter(0, 1), CALLEE], { subnet: subnetOf(13, { round: 1n }) });
    world.round([world.ingress(idOf(0), "go", "echo")]);
    const batch = {
      height: 2,
      time: world.state.time,
      randomness: new Uint8Array(32),
      registryVersion: 1,
      ingress: [],
      blockMaker: "",
      failedBlockMakers: [],
    };
    const draft = draftOf(world.state, batch, world.subnet);
    for (let i = 0; i < 2; i++) world.execution.executor.expireCalls(draft);
    expect(draft.canisters.get(idOf(0))!.inputs.map((input) => input.kind)).toEqual(["response"]);
    expect(draft.canisters.get(idOf(1))!.inputs).toEqual([]);
    expect(draft.cyclesBurned - world.state.totals.cyclesBurned).toBe(1_000n);
  });

  test("past the deadline the caller is told, and a late answer changes nothing", () => {
    // Canister 1 waits for canister 2, whose rounds are too small to get to it.
    let release = false;
    const slow: Program = {
      exports: {
        "canister_update slow": (g) => g.call(idOf(1), "poll", { onReply: 0 }),
        "canister_update poll": (g) => g.reply(""),
      },
      table: [(g) => (release ? g.reply("late") : g.call(idOf(1), "poll", { onReply: 0 }))],
    };
    const world = new World([waiter(2, 1), slow], { subnet: subnetOf(13, { round: 20_000_000n }) });
    const message = world.ingress(idOf(0), "go", "slow");
    world.round([message]);
    expect(world.status(message).kind).toBe("processing");
    world.round();
    world.round();
    world.round();
    const status = world.status(message);
    expect(status.kind === "replied" && new TextDecoder().decode(status.reply)).toBe(
      "6 Call deadline has expired. 0",
    );
    release = true;
    for (let i = 0; i < 5; i++) world.round();
    expect(world.canister(1).contexts.size).toBe(0);
    expect(world.canister(0).inputs.length).toBe(0);
    expect(world.missingCycles()).toBe(0n);
  });
});
