/** Queries, composite queries, and the filter before induction. Source: interface H44–H45, H64–H68, S31, C42, §5.7. */
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, subnetOf, USER, World } from "./world.ts";

const ID = "rwlgt-iiaaa-aaaaa-aaaaa-cai";

describe("queries", () => {
  const program: Program = {
    exports: {
      "canister_query bump": (g) => {
        g.set(0, g.get(0) + 1);
        g.reply(`${g.get(0)}`);
      },
      "canister_query certificate": (g) => {
        if (g.ic0("data_certificate_present") === 0) g.reply("none");
        else g.reply(g.read("data_certificate"));
      },
      "canister_query refuse": (g) => g.reject("no"),
      "canister_query silent": () => {},
      "canister_query call": (g) => g.call(idOf(0), "bump"),
      "canister_query loop": (g) => g.burnInstructions(10_000_000_000n),
      "canister_query replicated": (g) => g.reply(`${g.ic0("in_replicated_execution")}`),
      "canister_update up": (g) => g.reply("up"),
      "canister_composite_query whole": (g) => g.reply(g.read("data_certificate")),
    },
  };
  const world = new World([program]);

  test.each([
    ["bump", "1"],
    ["bump", "1"],
    ["certificate", "none"],
    ["refuse", "4 IC0406: no"],
    ["silent", `5 IC0506: Canister ${ID} did not produce a response`],
    ["replicated", "0"],
  ])("%s", (method, expected) => {
    const before = world.state;
    expect(world.query(0, method)).toBe(expected);
    expect(world.state).toBe(before);
  });

  test.each([
    ["call", /IC0504: .*"ic0_call_new" cannot be executed in non replicated query mode/],
    ["loop", /IC0522: .* limit of 5000000000 instructions/],
    ["up", /IC0536: .* no query method 'up'/],
  ])("%s", (method, expected) => expect(world.query(0, method)).toMatch(expected));

  test("the data certificate is shown", () => {
    expect(world.query(0, "certificate", "", new TextEncoder().encode("cert"))).toBe("cert");
    expect(world.query(0, "whole", "", new TextEncoder().encode("cert"))).toBe("cert");
    expect(world.ask(0, "certificate")).toBe("none");
  });

  test("what is counted of them: each method that ran, with its argument and its reply", () => {
    const counts = (method: string, arg = "", change: Partial<CanisterState> = {}) => {
      const w = new World([program], { change: (c) => ({ ...c, ...change }) });
      const query = { sender: USER, receiver: idOf(0), method, arg: utf8(arg) };
      return w.execution.queries
        .query(w.state, query, undefined, w.subnet, "q")!
        .counts.map(({ stats }) => stats);
    };
    const one = { calls: 1n, requestBytes: 0n, responseBytes: 0n };
    expect(counts("bump", "abc")).toMatchObject([{ ...one, requestBytes: 3n, responseBytes: 1n }]);
    expect(counts("refuse")).toMatchObject([one]);
    expect(counts("silent")).toMatchObject([one]);
    expect(counts("loop")).toEqual([{ ...one, instructions: 5_000_000_000n }]);
    expect(counts("bump", "", { status: { kind: "stopping", waiting: [] } })).toEqual([
      { ...one, instructions: 0n },
    ]);
    expect(counts("up")).toEqual([]);
    expect(counts("bump", "", { cycles: 10n })).toEqual([]);
    expect(counts("bump", "", { status: { kind: "stopped" } })).toEqual([]);
  });

  test("closed canisters", () => {
    const closed = (
      change: (c: World["state"]["canisters"] extends ReadonlyMap<string, infer C> ? C : never) => typeof c,
    ) => new World([program], { change }).query(0, "bump");
    expect(closed((c) => ({ ...c, status: { kind: "stopped" } }))).toBe(
      `5 IC0508: Canister ${ID} is stopped and therefore does not have a CallContextManager`,
    );
    expect(closed((c) => ({ ...c, code: undefined }))).toContain("IC0537");
    expect(closed((c) => ({ ...c, cycles: 10n }))).toBe(
      `2 IC0207: Canister ${ID} is unable to process query calls because it's frozen. Please top up the canister with cycles and try again.`,
    );
    expect(world.query(5, "bump")).toContain("IC0301");
  });
});

describe("composite queries", () => {
  const inner: Program = {
    exports: {
      "canister_query twice": (g) => {
        if (g.ic0("data_certificate_present") === 1) g.trap("no certificate here");
        g.reply(g.argText().repeat(2));
      },
      "canister_update up": (g) => g.reply("up"),
      "canister_query heavy": (g) => {
        g.burnInstructions(1_000_000_000n);
        g.reply("done");
      },
      "canister_query trap": (g) => g.trap("inner"),
    },
  };
  const outer: Program = {
    exports: {
      "canister_composite_query ask": (g) => {
        g.set(0, 1);
        const [method, arg = ""] = g.argText().split("|");
        g.call(idOf(1), method!, { arg, onReply: 0, onReject: 1 });
      },
      "canister_composite_query many": (g) => {
        for (let i = 0; i < 6; i++) g.call(idOf(1), "heavy", { onReply: 2, onReject: 1 });
      },
      "canister_composite_query deep": (g) => {
        const depth = Number(g.argText());
        g.call(idOf(0), "deep", { arg: `${depth + 1}`, onReply: 0, onReject: 1 });
      },
      "canister_composite_query chain": (g) => {
        const left = Number(g.argText());
        if (left === 0) g.reply("end");
        else g.call(idOf(0), "chain", { arg: `${left - 1}`, onReply: 7, onReject: 1 });
      },
      "canister_composite_query seen": (g) => {
        g.set(1, g.ic0("data_certificate_present"));
        g.call(idOf(1), "twice", { onReply: 5, onReject: 1 });
      },
      "canister_composite_query sum": (g) => {
        for (let i = 0; i < 2; i++) g.call(idOf(1), "twice", { onReply: 6, onReject: 1 });
      },
      "canister_composite_query pay": (g) => g.raw("call_cycles_add128", 0n, 1n),
      "canister_composite_query bad": (g) => g.call(idOf(1), "twice", { onReply: 3, onCleanup: 4 }),
      "canister_query get": (g) => g.reply(`${g.get(0)}`),
    },
    table: [
      (g) => g.reply(`${g.get(0)} ${g.argText()}`),
      (g) =>
        g.reply(`reject ${g.ic0("msg_reject_code")} ${new TextDecoder().decode(g.read("msg_reject_msg"))}`),
      () => {},
      (g) => g.trap("callback"),
      (g) => g.unreachable(),
      (g) => g.reply(`${g.get(1)} ${g.ic0("data_certificate_present")}`),
      (g) => {
        g.set(2, g.get(2) + 1);
        if (g.get(2) === 2) g.reply("both");
      },
      (g) => g.reply(g.argText()),
    ],
  };
  const world = new World([outer, inner]);

  test("call queries here, keep their own changes to the end, and leave none", () => {
    expect(world.query(0, "ask", "twice|ab", new Uint8Array(1))).toBe("1 abab");
    expect(world.query(0, "get")).toBe("0");
  });
  test("each canister's method is counted; callbacks are not", () => {
    const query = { sender: USER, receiver: idOf(0), method: "ask", arg: utf8("twice|ab") };
    const { queries } = world.execution;
    const { counts } = queries.query(world.state, query, undefined, world.subnet, "counted")!;
    expect(counts).toMatchObject([
      { canister: idOf(0), stats: { calls: 1n, requestBytes: 8n, responseBytes: 0n } },
      { canister: idOf(1), stats: { calls: 1n, requestBytes: 2n, responseBytes: 4n } },
    ]);
  });
  test("one callback sees what the other did", () => {
    expect(world.query(0, "sum")).toBe("both");
  });
  test("the certificate is for the outermost method alone (C42)", () => {
    expect(world.query(0, "seen", "", new Uint8Array(1))).toBe("1 0");
  });
  test("six may wait for one another, seven may not (H67)", () => {
    expect(world.query(0, "chain", "6")).toBe("end");
    expect(world.query(0, "chain", "7")).toMatch(/^5 IC0525: /);
  });
  test.each([
    ["ask", "up", /reject 5 .*no query method 'up'/],
    ["ask", "trap", /reject 5 .*inner/],
    ["many", "", /^5 IC0526: Composite query calls exceeded the instruction limit\.$/],
    ["deep", "0", /^5 IC0525: Composite query calls exceeded the maximum call depth\.$/],
    ["pay", "", /IC0504: .*"ic0_call_cycles_add128" cannot be executed in composite query mode/],
    ["bad", "", /callback.*call_on_cleanup also failed.*unreachable/s],
  ])("%s %s", (method, arg, expected) => expect(world.query(0, method, arg)).toMatch(expected));
});

describe("the filter before induction", () => {
  const program: Program = {
    exports: {
      canister_inspect_message: (g) => {
        const method = new TextDecoder().decode(g.read("msg_method_name"));
        if (method === "trap") g.trap("inspected");
        if (method === "write") g.set(0, 1);
        if (method !== "refuse") g.ic0("accept_message");
        if (method === "loop") g.burnInstructions(300_000_000n);
      },
      "canister_update yes": (g) => g.reply(""),
      "canister_composite_query c": () => {},
    },
  };
  const ask = (world: World, method: string, index = 0) => {
    const { content } = world.ingress(idOf(index), method);
    const reject = world.execution.ingressFilter.refusal(world.state, content, world.subnet);
    return reject && `${reject.error}: ${reject.message}`;
  };

  test.each([
    ["yes", undefined],
    ["write", undefined],
    ["refuse", `IC0406: Error from Canister ${ID}: Canister rejected the message`],
    ["c", "IC0527: Composite query cannot be called in replicated mode"],
  ])("%s", (method, expected) => expect(ask(new World([program]), method)).toBe(expected));

  test("traps and endless inspection have codes of their own", () => {
    const world = new World([program]);
    expect(ask(world, "trap")).toContain("IC0503");
    expect(ask(world, "loop")).toMatch(/IC0522.*200000000/);
  });

  test("closed canisters, and those that cannot pay", () => {
    const world = (change: Parameters<typeof Object.assign>[1]) =>
      new World([program], { change: (c) => Object.assign({ ...c }, change) });
    expect(ask(world({}), "yes", 7)).toContain("IC0301");
    expect(ask(world({ status: { kind: "stopped" } }), "yes")).toBe(`IC0508: Canister ${ID} is stopped`);
    expect(ask(world({ status: { kind: "stopping", waiting: [] } }), "yes")).toContain("IC0509");
    expect(ask(world({ code: undefined }), "yes")).toContain("IC0537");
    expect(ask(world({ cycles: 1_000_000n }), "yes")).toContain("IC0207");
  });

  test("a canister without inspect_message accepts", () => {
    const open = new World([{ exports: {} }], { subnet: subnetOf(1) });
    expect(ask(open, "anything")).toBeUndefined();
  });
});
