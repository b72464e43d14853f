/** Memory, logs and page charges at their limits. Source: interface S37, S40, L72; replica D.6. */
import { describe, expect, test } from "vitest";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import type { Program } from "./scripted-host.ts";
import { World } from "./world.ts";

const PROGRAM: Program = {
  exports: {
    "canister_update grow": (g) => g.reply(`${g.grow(Number(g.argText()))}`),
    "canister_query peek": (g) => g.reply(`${g.grow(Number(g.argText()))}`),
    "canister_update stable": (g) => g.reply(`${g.raw("stable64_grow", BigInt(g.argText()))}`),
    "canister_query say": (g) => {
      g.print("from a query");
      g.reply("");
    },
    "canister_update print": (g) => {
      for (let i = 0; i < 5; i++) g.print(`${i}`.repeat(1_000));
      g.reply("");
    },
  },
};

const settings = (change: Partial<CanisterState["settings"]>) => ({
  change: (c: CanisterState): CanisterState => ({ ...c, settings: { ...c.settings, ...change } }),
});

describe("memory", () => {
  test("a 32-bit heap ends at 4 GiB", () => {
    const world = new World([PROGRAM]);
    expect(world.ask(0, "grow", "65533")).toBe("-1");
    expect(world.ask(0, "grow", "2")).toBe("4");
    expect(world.canister(0).heap.length).toBe(6 * 65_536);
  });

  test("the developer's limit traps in updates, not in queries; 0 is none", () => {
    const world = new World([PROGRAM], settings({ wasmMemoryLimit: 5n * 65_536n }));
    expect(world.query(0, "peek", "10")).toBe("4");
    expect(world.ask(0, "grow", "1")).toBe("4");
    expect(world.ask(0, "grow", "1")).toMatch(
      /^5 IC0539: .*current Wasm memory limit of 327680 bytes\. The peak Wasm memory usage was 393216 bytes/s,
    );
    expect(world.canister(0).heap.length).toBe(5 * 65_536);
  });

  test("growth that could not be kept traps (IC0532)", () => {
    const world = new World([PROGRAM], { cycles: 60_000_000_000n });
    expect(world.ask(0, "grow", "1000")).toMatch(
      /^5 IC0532: .*65536000 bytes.* At least \d+ additional cycles/s,
    );
    expect(world.ask(0, "stable", "1000")).toMatch(/^5 IC0532/);
    expect(world.query(0, "peek", "1000")).toBe("4");
  });
});

describe("logs", () => {
  test("queries leave none", () => {
    const world = new World([PROGRAM]);
    world.query(0, "say");
    expect(world.canister(0).logs).toEqual([]);
  });

  test("the newest 4 KiB stay, headers counted, and indexes go on", () => {
    const world = new World([PROGRAM]);
    const indexes = (): bigint[] => world.canister(0).logs.map((l) => l.index);
    world.ask(0, "print");
    expect(indexes()).toEqual([2n, 3n, 4n]);
    expect(world.canister(0).nextLogIndex).toBe(5n);
    world.ask(0, "print");
    // Of one message three fit, with their larger headers; of all messages four do.
    expect(indexes()).toEqual([4n, 7n, 8n, 9n]);
  });
});
