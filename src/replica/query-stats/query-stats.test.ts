import { describe, expect, test } from "vitest";
import { type CanisterQueryStats, encodeQueryStats, type QueryStats } from "../../types/query-stats.ts";
import type { PastPayload } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import { NOTHING_TOLD } from "../state/query-stats.ts";
import { sampleState, sampleSubnet } from "../state/sample.ts";
import { type ClosedEpoch, createQueryCounter } from "./counter.ts";
import { createQueryStatsBuilder } from "./section.ts";

const one: QueryStats = { calls: 1n, instructions: 100n, requestBytes: 2n, responseBytes: 3n };
const asked = (canister: string, stats = one): CanisterQueryStats => ({ canister, stats });

describe("counter", () => {
  test("counts belong to the epoch of the state; a later epoch's first query closes them, in byte order", () => {
    const counter = createQueryCounter(10);
    counter.count(29, [asked("0b"), asked("0a")]);
    counter.count(20, [asked("0b")]);
    expect(counter.closed()).toBeUndefined();
    counter.count(30, []);
    expect(counter.closed()).toBeUndefined();
    counter.count(30, [asked("0c")]);
    const twice = { calls: 2n, instructions: 200n, requestBytes: 4n, responseBytes: 6n };
    expect(counter.closed()).toEqual({ epoch: 2, stats: [asked("0a"), asked("0b", twice)] });
    counter.count(29, [asked("0c")]);
    expect(createQueryCounter(10, structuredClone(counter.snapshot())).snapshot()).toEqual(
      counter.snapshot(),
    );
    counter.count(50, [asked("0a")]);
    expect(counter.closed()).toEqual({ epoch: 3, stats: [asked("0c", twice)] });
  });

  test("counts stop at their largest value", () => {
    const counter = createQueryCounter(1);
    const huge = { calls: 2n ** 32n - 1n, instructions: 2n ** 64n - 1n, requestBytes: 0n, responseBytes: 0n };
    counter.count(0, [asked("0a", huge), asked("0a")]);
    counter.count(1, [asked("0a")]);
    expect(counter.closed()!.stats[0]!.stats).toEqual({ ...huge, requestBytes: 2n, responseBytes: 3n });
  });
});

const ME = "01";
const context = { certifiedHeight: 25, registryVersion: 1, time: 0n };
const subnet = { ...sampleSubnet(4), queryStatsEpochLength: 10 };
const told = (maker: string, epoch: number, ...canisters: string[]) => ({
  summedUp: 0,
  told: new Map([[maker, new Map([[epoch, new Map(canisters.map((c) => [c, one]))]])]]),
});

function builder(own: ClosedEpoch | undefined, queryStats = { ...NOTHING_TOLD, summedUp: 0 }) {
  const state = sampleState(subnet, 25, { queryStats });
  const states = { stateAt: (h: number) => (h === 25 ? state : undefined) } as StateReader;
  return createQueryStatsBuilder({ me: ME, subnet, states, closed: () => own });
}
const section = (epoch: number, maker: string, ...canisters: string[]) =>
  encodeQueryStats({ epoch, maker, stats: canisters.map((c) => asked(c)) });
const since = (...sections: Uint8Array[]): PastPayload[] =>
  sections.map((queryStats, i) => ({ height: 26 + i, payload: { ingress: [], queryStats } }));
const namesIn = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

describe("section", () => {
  const verdict = (
    b: ReturnType<typeof builder>,
    queryStats: Uint8Array,
    past: PastPayload[] = [],
    maker = ME,
  ) => b.validate({ ingress: [], queryStats }, context, past, maker);

  test.each([
    ["its own", section(1, ME, "0a"), undefined],
    ["the epoch that runs", section(2, ME, "0a"), undefined],
    ["an empty one", section(1, ME), undefined],
    ["another maker's", section(1, "02", "0a"), "query-stats-of-another-node"],
    ["of the next epoch", section(3, ME, "0a"), "query-stats-too-early"],
    ["of an epoch summed up", section(0, ME, "0a"), "query-stats-too-late"],
    ["garbage", Uint8Array.of(1), "query-stats-malformed"],
    ["too many bytes", new Uint8Array(128 * 1024 + 1), "query-stats-too-large"],
  ])("%s", (_name, bytes, because) => {
    const expected = because === undefined ? { kind: "valid" } : { kind: "invalid", because };
    expect(verdict(builder(undefined), bytes)).toEqual(expected);
  });

  test("no canister twice in an epoch: neither in the state nor since", () => {
    const known = builder(undefined, told(ME, 1, "0a"));
    const repeated = { kind: "invalid", because: "query-stats-repeated" };
    expect(verdict(known, section(1, ME, "0a", "0b"))).toEqual(repeated);
    expect(verdict(known, section(2, ME, "0a"))).toEqual({ kind: "valid" });
    expect(verdict(known, section(1, ME, "0b"), since(section(1, ME, "0c")))).toEqual({ kind: "valid" });
    expect(verdict(known, section(1, ME, "0c"), since(section(1, ME, "0c")))).toEqual(repeated);
    expect(verdict(known, section(1, ME, "0c"), since(section(1, "02", "0c")))).toEqual({ kind: "valid" });
    expect(verdict(known, section(1, ME, "0c"), since(section(2, ME, "0c")))).toEqual({ kind: "valid" });
  });

  test("nothing to tell, nothing said; and who cannot judge waits", () => {
    expect(builder(undefined).build(context, [])).toEqual({});
    const own = { epoch: 1, stats: [asked("0a")] };
    const elsewhere = { ...context, certifiedHeight: 24 };
    expect(builder(own).build(elsewhere, [])).toEqual({});
    const queryStats = section(1, ME, "0a");
    expect(builder(own).validate({ ingress: [], queryStats }, elsewhere, [], ME).kind).toBe("wait");
    expect(builder(own).validate({ ingress: [] }, elsewhere, [], ME)).toEqual({ kind: "valid" });
    expect(builder({ ...own, epoch: 0 }).build(context, [])).toEqual({});
  });

  test("each canister is told of once, and all of them at last", () => {
    const stats = ["0a", "0b", "0c"].map((c) => asked(c));
    const b = builder({ epoch: 1, stats }, told(ME, 1, "0b"));
    const first = b.build(context, []).queryStats!;
    expect(namesIn(first)).toBe(namesIn(section(1, ME, "0a", "0c")));
    expect(verdict(b, first)).toEqual({ kind: "valid" });
    expect(b.build(context, since(first))).toEqual({});
  });

  test("what does not fit goes into later blocks", () => {
    const stats = Array.from({ length: 10_000 }, (_, i) =>
      asked(i.toString(16).padStart(20, "0"), { ...one, instructions: 2n ** 60n }),
    );
    const b = builder({ epoch: 1, stats });
    const past: Uint8Array[] = [];
    for (
      let next = b.build(context, []).queryStats;
      next;
      next = b.build(context, since(...past)).queryStats
    ) {
      expect(verdict(b, next, since(...past))).toEqual({ kind: "valid" });
      past.push(next);
      expect(past.length).toBeLessThan(10);
    }
    const bytes = past.reduce((sum, s) => sum + s.length, 0);
    expect(past).toHaveLength(Math.ceil(bytes / (128 * 1024)));
  });
});
