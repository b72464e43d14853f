/** The low-memory hook's status machine, in rounds. Source: interface S34; src/replica/execution/low-memory-hook.ts. */
import { describe, expect, test } from "vitest";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import {
  memoryIsLow,
  withLowMemoryHook,
  withReadyHook,
} from "../../../src/replica/execution/low-memory-hook.ts";
import { sampleCanister } from "../../../src/replica/state/sample.ts";
import { NO_STANDING } from "../../../src/replica/state/standing.ts";
import { zeroPages } from "../../../src/replica/state/pages.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, World } from "./world.ts";

const PAGE = 65_536n;

/** Starts with four pages. */
const program = (hook: boolean): Program => ({
  exports: {
    "canister_update grow": (g) => {
      g.print("update");
      g.reply(`${g.grow(Number(g.argText()))}`);
    },
    "canister_update touch": (g) => {
      g.print("update");
      g.reply("");
    },
    ...(hook ? { canister_on_low_wasm_memory: (g) => g.print("hook") } : {}),
  },
});

const settings =
  (limit: bigint, threshold: bigint) =>
  (c: CanisterState): CanisterState => ({
    ...c,
    settings: { ...c.settings, wasmMemoryLimit: limit * PAGE, wasmMemoryThreshold: threshold * PAGE },
  });
const printed = (world: World): string[] =>
  world.canister(0).logs.map((l) => new TextDecoder().decode(l.content));

test("LM1, LM2: every status, before and after, with room and without", () => {
  for (const status of ["condition_not_satisfied", "ready", "executed"] as const)
    for (const [pages, limit, threshold, low] of [
      [4, 5n, 1n, false],
      [4, 5n, 2n, true],
      [4, 4n, 0n, false],
      [5, 4n, 0n, true],
      [1, 0n, 0n, true],
      [0, 0n, 0n, false],
    ] as const) {
      const canister = settings(
        limit,
        threshold,
      )(sampleCanister("", { heap: zeroPages(pages * Number(PAGE)), lowMemoryHook: status }));
      expect(memoryIsLow(canister)).toBe(low);
      const expected = low
        ? status === "condition_not_satisfied"
          ? "ready"
          : status
        : "condition_not_satisfied";
      expect(withLowMemoryHook(canister).lowMemoryHook).toBe(expected);
    }
});

describe("in rounds", () => {
  test("it runs once when memory becomes scarce, before other messages, and not again", () => {
    const world = new World([program(true)], { change: settings(8n, 2n) });
    world.round([
      world.ingress(idOf(0), "grow", "2"),
      world.ingress(idOf(0), "grow", "1"),
      world.ingress(idOf(0), "touch"),
    ]);
    expect(printed(world)).toEqual(["update", "update", "hook", "update"]);
    expect(world.canister(0).lowMemoryHook).toBe("executed");
    world.ask(0, "grow", "1");
    expect(printed(world).filter((line) => line === "hook")).toHaveLength(1);
    expect(world.missingCycles()).toBe(0n);
  });

  test("a canister without the hook counts as having run it", () => {
    const world = new World([program(false)], { change: settings(4n, 1n) });
    world.ask(0, "touch");
    expect(world.canister(0)).toMatchObject({ lowMemoryHook: "executed", inputs: [] });
  });

  test("a stopped canister's hook waits until it is started", () => {
    const world = new World([program(true)], {
      change: (c) => ({ ...settings(4n, 1n)(c), lowMemoryHook: "ready", status: { kind: "stopped" } }),
    });
    world.round();
    world.round();
    expect(printed(world)).toEqual([]);
    expect(world.canister(0).lowMemoryHook).toBe("ready");
    world.state = {
      ...world.state,
      canisters: new Map([[idOf(0), { ...world.canister(0), status: { kind: "running" as const } }]]),
    };
    world.round();
    expect(printed(world)).toEqual(["hook"]);
    expect(world.canister(0).lowMemoryHook).toBe("executed");
  });

  test("a message in slices is finished first", () => {
    const ready = {
      ...settings(4n, 1n)(new World([program(true)]).canister(0)),
      lowMemoryHook: "ready" as const,
    };
    const long = { start: ready, height: 1, time: 1n, slices: 1, prioritized: false, credit: 0 };
    expect(withReadyHook(ready).inputs).toHaveLength(1);
    expect(withReadyHook({ ...ready, standing: { ...NO_STANDING, long } }).inputs).toEqual([]);
  });

  test("a frozen canister's hook waits, too", () => {
    const world = new World([program(true)], {
      cycles: 1_000n,
      change: (c) => ({ ...settings(4n, 1n)(c), lowMemoryHook: "ready" }),
    });
    world.round();
    expect(world.canister(0)).toMatchObject({ lowMemoryHook: "ready", inputs: [] });
  });
});
