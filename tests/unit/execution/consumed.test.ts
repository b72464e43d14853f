/** What canister_metrics tells: every cycle that ceases to be is booked once, by what it was for. Source: interface L76. */
import { expect, test } from "vitest";
import type { CanisterState, ConsumedCycles } from "../../../src/replica/state/canister.ts";
import {
  computeFee,
  executionFee,
  ingressFee,
  requestFee,
  responseFee,
  storageFee,
} from "../../../src/replica/execution/cycles.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, World } from "./world.ts";

const program: Program = {
  exports: {
    "canister_update burn": (g) => {
      g.burnCycles(1_234n);
      g.reply("");
    },
    "canister_update call": (g) => g.call(idOf(1), "echo", { arg: "four", onReply: 0 }),
    "canister_update echo": (g) => g.reply("answers"),
  },
  table: [(g) => g.reply("")],
};

const consumed = (world: World, index: number): ConsumedCycles => world.canister(index).consumed;
const sum = (account: ConsumedCycles): bigint => Object.values(account).reduce((a, b) => a + b);

test("each cycle once, under its use", () => {
  const change = (c: CanisterState, i: number): CanisterState => ({
    ...c,
    settings: { ...c.settings, computeAllocation: i === 0 ? 2n : 0n },
  });
  const world = new World([program, program], { change });
  const { subnet } = world;
  world.ask(0, "burn");
  expect(consumed(world, 0)).toMatchObject({
    burned_cycles: 1_234n,
    ingress_induction: ingressFee(4, subnet),
  });
  world.ask(0, "call");
  expect(consumed(world, 0)).toMatchObject({
    request_and_response_transmission: requestFee(8n, subnet) + responseFee(7, subnet),
    ingress_induction: 2n * ingressFee(4, subnet),
  });
  expect(consumed(world, 1).request_and_response_transmission).toBe(0n);
  expect(consumed(world, 1).instructions).toBeGreaterThanOrEqual(executionFee(0n, false, subnet));

  const before = world.canister(0);
  world.round([], 100n);
  const seconds = (world.state.time - before.chargedUntil) / 1_000_000_000n;
  const compute = computeFee(before, seconds, subnet);
  expect(consumed(world, 0).compute_allocation - before.consumed.compute_allocation).toBe(compute);
  expect(consumed(world, 0).memory - before.consumed.memory).toBe(storageFee(before, seconds, subnet));
  expect(sum(consumed(world, 0)) + sum(consumed(world, 1))).toBe(world.state.totals.cyclesBurned);
});

test("who is ruined books the rest as the uninstallation", () => {
  const world = new World([program], { cycles: 1_000n, change: (c) => ({ ...c, snapshots: new Map() }) });
  world.round([], 10_000_000n);
  expect(consumed(world, 0)).toMatchObject({ uninstall: 1_000n, memory: 0n });
  const { code, snapshots, history, historyTotal, version } = world.canister(0);
  expect([code, snapshots, history, historyTotal, version]).toEqual([undefined, undefined, [], 1n, 1n]);
  expect(world.state.totals.cyclesBurned).toBe(1_000n);
});
