/** Rounds: users' calls and their history, tasks, fairness, postponed randomness, resources. Source: interface H43–H49, S32–S33. */
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/base/bytes.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, SECOND, subnetOf, told, World } from "./world.ts";

const COUNTER: Program = {
  exports: {
    "canister_update add": (g) => {
      g.set(0, g.get(0) + 1);
      g.reply(`${g.get(0)}`);
    },
    "canister_query get": (g) => g.reply(`${g.get(0)}`),
    "canister_query write": (g) => {
      g.set(0, 99);
      g.ic0("msg_reply");
    },
    "canister_update trap": (g) => {
      g.set(0, 99);
      g.ic0("certified_data_set", 0, 1);
      g.raw("global_timer_set", 5n);
      g.raw("stable64_grow", 1n);
      g.call(idOf(0), "add");
      g.print("before the trap");
      g.unreachable();
    },
    "canister_update loop": (g) => {
      for (;;) g.burnInstructions(1_000_000_000n);
    },
  },
  table: [() => {}],
};

describe("a user's call", () => {
  test("goes from received to replied, is not executed twice, and is forgotten in time", () => {
    const world = new World([COUNTER]);
    const call = world.ingress(idOf(0), "add");
    world.round([call, call]);
    expect(told(world.status(call))).toBe("1");
    world.round([call]);
    expect(world.query(0, "get")).toBe("1");
    world.round([], 298n);
    expect(told(world.status(call))).toBe("1");
    world.round([], 2n);
    expect(world.state.ingressHistory.size).toBe(0);
  });

  test("an answer older than five minutes is only done while its call could come again", () => {
    const world = new World([COUNTER]);
    const call = world.ingress(idOf(0), "add", "", 400n);
    world.round([call]);
    world.round([], 300n);
    expect(told(world.status(call))).toBe("(done)");
    world.round([], 100n);
    expect(world.state.ingressHistory.has(call.content.id)).toBe(false);
  });

  test("waits its turn, and is rejected when it has not begun by its expiry", () => {
    const world = new World([COUNTER], { subnet: subnetOf(13, { round: 1n }) });
    const calls = Array.from({ length: 4 }, () => world.ingress(idOf(0), "add", "", 3n));
    world.round(calls);
    expect(calls.map((c) => told(world.status(c)))).toEqual(["1", "(received)", "(received)", "(received)"]);
    world.round();
    world.round([], 2n);
    expect(told(world.status(calls[2]!))).toBe(
      `2 IC0202: Ingress message 0x${calls[2]!.content.id} timed out waiting to start executing.`,
    );
    expect(world.query(0, "get")).toBe("2");
  });

  test("a trap leaves no trace but its log and its cost (S24)", () => {
    const world = new World([COUNTER]);
    world.ask(0, "add");
    const before = world.canister(0);
    expect(world.ask(0, "trap")).toMatch(/^5 IC0502: Error from Canister \S+ Canister trapped: unreachable/);
    const { logs, nextLogIndex, cycles, consumed, nextContext, standing, ...after } = world.canister(0);
    expect(standing?.heapDeltaDebit).toBe(0);
    expect(before).toMatchObject(after);
    expect(before.cycles - cycles).toBeGreaterThan(5_000_000n);
    expect(logs.map((l) => new TextDecoder().decode(l.content))).toEqual([
      "before the trap",
      "[TRAP]: unreachable",
    ]);
    expect([nextLogIndex, nextContext]).toEqual([2n, 2]);
    expect(consumed.instructions).toBeGreaterThan(0n);
    expect(world.missingCycles()).toBe(0n);
  });

  test("an endless loop ends at the limit, paid for, and the canister lives on", () => {
    const world = new World([COUNTER]);
    const endless = world.ingress(idOf(0), "loop");
    const next = world.ingress(idOf(0), "add");
    world.round([endless, next]);
    for (let slice = 2; slice < 20; slice++) world.round();
    expect(world.status(endless).kind).toBe("processing");
    world.round();
    expect(told(world.status(endless))).toMatch(/^5 IC0522: .* the limit of 40000000000 instructions/);
    expect(world.status(next).kind).toBe("received");
    world.round();
    expect(told(world.status(next))).toBe("1");
    expect(world.missingCycles()).toBe(0n);
  });

  test("a query called as an update keeps nothing (S29)", () => {
    const world = new World([COUNTER]);
    const { version } = world.canister(0);
    world.ask(0, "write");
    expect(world.query(0, "get")).toBe("0");
    expect(world.canister(0).version).toBe(version);
  });
});

describe("tasks", () => {
  const TIMED: Program = {
    exports: {
      "canister_update arm": (g) => {
        g.raw("global_timer_set", BigInt(g.argText()));
        g.ic0("msg_reply");
      },
      canister_global_timer: (g) => {
        g.set(0, g.get(0) + 1);
        g.set(1, g.read("msg_caller").length);
        if (g.get(0) === 2) g.trap("second");
      },
      "canister_query fired": (g) => g.reply(`${g.get(0)}`),
    },
  };

  test("a timer fires once when due, and is off before it runs", () => {
    const world = new World([TIMED]);
    world.ask(0, "arm", `${world.state.time + 3n * SECOND}`);
    world.round();
    expect(world.query(0, "fired")).toBe("0");
    world.round();
    expect(world.query(0, "fired")).toBe("1");
    expect(world.canister(0).globalTimer).toBe(0n);
    world.round();
    expect(world.query(0, "fired")).toBe("1");
    world.ask(0, "arm", "1");
    world.round();
    expect(world.query(0, "fired")).toBe("1");
    expect(world.canister(0).globalTimer).toBe(0n);
    expect(world.canister(0).logs.length).toBe(1);
    expect(world.canister(0).contexts.size).toBe(0);
    expect(world.missingCycles()).toBe(0n);
  });

  test("a task that waits is not scheduled twice, and goes before messages (T3)", () => {
    const beating: Program = {
      exports: {
        canister_heartbeat: (g) => g.set(0, g.get(0) + 1),
        "canister_update n": (g) => g.reply(`${g.get(0)}`),
      },
    };
    const world = new World([beating, beating]);
    expect(world.ask(0, "n")).toBe("1");
    const busy = new World([beating, beating], { subnet: subnetOf(13, { round: 1n }) });
    for (let i = 0; i < 4; i++) busy.round();
    for (const i of [0, 1]) expect(busy.canister(i).inputs.length).toBeLessThan(2);
  });

  test("a frozen canister's timer waits until it is topped up", () => {
    const world = new World([TIMED], { change: (c) => ({ ...c, globalTimer: 1n, cycles: 1_000n }) });
    world.round();
    expect(world.canister(0).globalTimer).toBe(1n);
  });

  test("neither stopped nor frozen canisters run tasks (S32)", () => {
    const beating: Program = {
      exports: {
        canister_heartbeat: (g) => g.set(0, g.get(0) + 1),
        "canister_query n": (g) => g.reply(`${g.get(0)}`),
      },
    };
    const world = new World([beating, beating, beating], {
      change: (c, i) =>
        i === 1 ? { ...c, status: { kind: "stopped" } } : i === 2 ? { ...c, cycles: 1_000n } : c,
    });
    world.round();
    world.round();
    const beats = [0, 1, 2].map((i) => world.canister(i).nextContext);
    expect(beats).toEqual([2, 0, 0]);
  });
});

describe("randomness", () => {
  test("is answered in a later round, with other bytes for every call", () => {
    const program: Program = {
      exports: {
        "canister_update roll": (g) => {
          for (const environment of [0n, 1n])
            g.call("", "raw_rand", { arg: utf8("DIDL\0\0"), onReply: 0, environment });
        },
      },
      table: [
        (g, environment) => {
          const bytes = g.arg();
          g.memory.set(bytes, environment === 0n ? 0 : 100);
          if (environment === 1n) g.reply(g.memory.slice(0, 200));
        },
      ],
    };
    const world = new World([program]);
    const call = world.ingress(idOf(0), "roll");
    world.round([call]);
    expect(world.status(call).kind).toBe("processing");
    world.round();
    const status = world.status(call);
    if (status.kind !== "replied") throw new Error(told(status));
    // Candid: blob of 32.
    const [a, b] = [status.reply.slice(0, 39), status.reply.slice(100, 139)].map(toHex);
    expect(a).toMatch(/^4449444c016d7b010020/);
    expect(b).toMatch(/^4449444c016d7b010020/);
    expect(a).not.toBe(b);
    expect(world.missingCycles()).toBe(0n);
  });
});

describe("resources", () => {
  test("storage is charged every ten seconds", () => {
    const world = new World([COUNTER], {
      change: (c) => ({ ...c, settings: { ...c.settings, memoryAllocation: 2n ** 30n } }),
    });
    const { cycles } = world.canister(0);
    world.round([], 9n);
    expect(world.canister(0).cycles).toBe(cycles);
    world.round([], 1n);
    expect(cycles - world.canister(0).cycles).toBe(1_270_000n);
    expect(world.missingCycles()).toBe(0n);
  });

  test("who cannot pay loses the code, and whoever waits is told (L49)", () => {
    const world = new World([COUNTER], { cycles: 5n });
    world.round([], 100_000_000n);
    const canister = world.canister(0);
    expect([canister.cycles, canister.code, canister.heap.length]).toEqual([0n, undefined, 0]);
    expect(world.missingCycles()).toBe(0n);
  });
});
