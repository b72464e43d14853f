/** The scheduler: budgets, cores, priorities, rates, and that nobody is visited for nothing. Source: replica D.1, D.2, E.2. */
import { describe, expect, test } from "vitest";
import { agendaOf, TrackedCanisters } from "../../../src/replica/state/agenda.ts";
import type { CanisterState } from "../../../src/replica/state/canister.ts";
import { HEAP_DELTA_RATE, NO_STANDING } from "../../../src/replica/state/standing.ts";
import { sortedEntries } from "../../../src/replica/state/state.ts";
import type { Fact } from "../../../src/types/trace.ts";
import type { Program } from "./scripted-host.ts";
import { idOf, SECOND, subnetOf, World } from "./world.ts";

const COUNTER: Program = {
  exports: {
    "canister_update add": (g) => {
      g.set(0, g.get(0) + 1);
      g.reply(`${g.get(0)}`);
    },
    "canister_update burn": (g) => {
      g.burnInstructions(BigInt(g.argText()));
      g.reply("");
    },
    "canister_update write": (g) => {
      g.raw("stable64_grow", 2000n);
      for (let at = 0; at < 90_000_000; at += 4096) g.raw("stable64_write", BigInt(at), 0n, 1n);
      g.reply("");
    },
    "canister_update tell": (g) => {
      g.call(idOf(Number(g.argText())), "add");
      g.reply("");
    },
  },
  table: [() => {}],
};
const many = (n: number): Program[] => Array.from({ length: n }, () => COUNTER);

const ran = (facts: readonly Fact[]): string[] =>
  facts.flatMap((f) => (f.kind === "message-executed" ? [`${parseInt(f.canister.slice(0, 16), 16)}`] : []));

/** Calls to canisters by index, in one round. */
const adds = (world: World, indices: readonly number[]) => indices.map((i) => world.ingress(idOf(i), "add"));

describe("budgets", () => {
  test("a core ends when its budget is used up, and finishes the message that uses it up", () => {
    // Each message takes 2 M and a few: four fit into 7 M, on every core.
    const world = new World(many(8), { subnet: subnetOf(13, { round: 7_000_000n }) });
    const first = ran(
      world.round(
        adds(
          world,
          [...Array(40).keys()].map((k) => k % 8),
        ),
      ),
    );
    expect(first).toEqual(["0", "1", "2", "3"].flatMap((id) => [id, id, id, id]));
    // Those who had their round give way to those who had none.
    expect(ran(world.round())).toEqual(["4", "5", "6", "7"].flatMap((id) => [id, id, id, id]));
  });

  test("every canister that is prepared costs 8 M", () => {
    const world = new World(many(12), { subnet: subnetOf(13, { round: 20_000_001n }) });
    const first = ran(world.round(adds(world, [...Array(12).keys()])));
    expect(first.length).toBe(8);
  });

  test("each iteration costs 12,000 for every canister there is", () => {
    // What canister 0 sends is executed in the next iteration, if anything is left for one.
    const rounds = (canisters: number): number => {
      const world = new World(many(canisters), { subnet: subnetOf(13, { round: 11_000_000n }) });
      return ran(world.round([world.ingress(idOf(0), "tell", "1")])).length;
    };
    expect([rounds(20), rounds(150)]).toEqual([2, 1]);
  });

  test("calls between canisters arrive after the iteration that made them", () => {
    const world = new World(many(2));
    const facts = world.round([
      world.ingress(idOf(0), "tell", "1"),
      ...adds(world, [1, 1]),
      world.ingress(idOf(1), "tell", "0"),
    ]);
    expect(ran(facts)).toEqual(["0", "1", "1", "1", "0", "1", "0", "1"]);
  });

  test("a message of more than a slice holds its canister for a round each slice; others go on", () => {
    const world = new World(many(2));
    world.round([world.ingress(idOf(0), "burn", "5000000000")]);
    const waiting = adds(world, [0, 1]);
    const rounds = [world.round(waiting), world.round(), world.round()].map(ran);
    expect(rounds).toEqual([["1"], ["0", "0"], []]);
  });

  test("a long message has a core of its own, and others the other three", () => {
    const world = new World(many(5), { subnet: subnetOf(13, { round: 1n }) });
    world.round([world.ingress(idOf(4), "burn", "5000000000")]);
    const facts = world.round(adds(world, [0, 1, 2, 3, 4]));
    expect(ran(facts)).toEqual(["0", "1", "2"]);
  });
});

describe("priorities", () => {
  const tight = { subnet: subnetOf(13, { round: 1n }) };

  test("everybody gets a round before anybody gets two", () => {
    const world = new World(many(12), tight);
    const calls = adds(
      world,
      [...Array(36).keys()].map((k) => k % 12),
    );
    const rounds = [world.round(calls), world.round(), world.round()].map(ran);
    expect(rounds.flat().map(Number)).toEqual([...Array(12).keys()]);
  });

  test("a compute allocation buys rounds in its proportion", () => {
    const world = new World(many(8), {
      ...tight,
      cycles: 10n ** 18n,
      change: (c, i) => ({ ...c, settings: { ...c.settings, computeAllocation: i === 7 ? 100n : 0n } }),
    });
    const calls = adds(
      world,
      [...Array(240).keys()].map((k) => k % 8),
    );
    const facts = [world.round(calls), ...Array.from({ length: 27 }, () => world.round())].flatMap(ran);
    // From the second round on in every round; the other seven share what is left of four cores.
    expect(facts.filter((id) => id === "7").length).toBeGreaterThanOrEqual(27);
    expect(facts.filter((id) => id === "0").length).toBeLessThan(14);
  });

  test("idleness saves nothing", () => {
    const world = new World(many(5), tight);
    world.round(
      adds(
        world,
        Array.from({ length: 20 }, () => 0),
      ),
    );
    for (let i = 0; i < 8; i++) world.round();
    const saved = world.canister(0).standing!.priority;
    world.round(adds(world, [4]));
    expect(world.canister(4).standing!.priority).toBe(saved - 100);
  });
});

describe("rates", () => {
  test("who writes faster than 75 MiB a round waits until it is worked off", () => {
    const world = new World(many(1));
    world.round([world.ingress(idOf(0), "write")]);
    expect(world.canister(0).standing?.heapDeltaDebit).toBeGreaterThan(10_000_000);
    expect(ran(world.round(adds(world, [0])))).toEqual(["0"]);
    const limited = (c: CanisterState): CanisterState => ({
      ...c,
      standing: { ...NO_STANDING, heapDeltaDebit: HEAP_DELTA_RATE },
    });
    const held = new World(many(1), { change: limited });
    expect([ran(held.round(adds(held, [0]))), ran(held.round())]).toEqual([[], ["0"]]);
  });
});

test("at checkpoint heights it is forgotten what was compiled, and only there", () => {
  const world = new World(many(1));
  const compiled = new Set(["aa"]);
  const after = (height: number): ReadonlySet<string> => {
    world.state = { ...world.state, height: height - 1, scheduler: { ...world.state.scheduler, compiled } };
    world.round(adds(world, [0]));
    return world.state.scheduler.compiled;
  };
  expect([499, 500, 501, 1000].map((height) => after(height).size)).toEqual([1, 0, 1, 0]);
});

describe("tasks", () => {
  test("heartbeat and messages take turns in being first", () => {
    const beating: Program = {
      exports: { ...COUNTER.exports, canister_heartbeat: (g) => g.set(1, g.get(1) + 1) },
    };
    const world = new World([beating]);
    const methods = (facts: readonly Fact[]): string[] =>
      facts.flatMap((f) => (f.kind === "message-executed" ? [f.method] : []));
    const rounds = Array.from({ length: 4 }, () => methods(world.round(adds(world, [0]))));
    expect(rounds).toEqual([["canister_heartbeat", "add"], ["add"], ["canister_heartbeat", "add"], ["add"]]);
  });
});

describe("the agenda", () => {
  test("kept from round to round or made anew, every state is the same", () => {
    const run = (anew: boolean) => {
      const world = new World(many(6), { subnet: subnetOf(13, { round: 10_000_000n }) });
      for (let k = 0; k < 12; k++) {
        if (anew) world.state = structuredClone(world.state);
        world.round([world.ingress(idOf(k % 6), "tell", `${(k * 5) % 6}`), ...adds(world, [k % 4])], 3n);
      }
      return { canisters: sortedEntries(world.state.canisters), totals: world.state.totals };
    };
    expect(run(true)).toEqual(run(false));
  });

  test("quiet canisters are not watched, and stand in the order of their last charge", () => {
    const world = new World(many(3), {
      change: (c, i) => ({ ...c, chargedUntil: BigInt(3 - i) * SECOND, globalTimer: i === 1 ? 5n : 0n }),
    });
    const agenda = agendaOf(new TrackedCanisters(world.state.canisters));
    expect([...agenda.watched]).toEqual([idOf(1)]);
    expect([...agenda.charged.keys()]).toEqual([idOf(2), idOf(1), idOf(0)]);
  });
});
