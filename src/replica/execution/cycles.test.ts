/** Prices: every fee of replica E.1 at 13 nodes and at others, with mainnet's rounding. */
import { describe, expect, test } from "vitest";
import { canisterIdOf } from "../../types/principal.ts";
import type { CanisterSettings } from "../state/canister.ts";
import { sampleCanister, sampleSubnet } from "../state/sample.ts";
import { zeroPages } from "../state/pages.ts";
import * as cycles from "./cycles.ts";

const GIB = 2 ** 30;
const on = (nodes: number) => sampleSubnet(nodes);
const canisterWith = (bytes: number, changes: Partial<CanisterSettings> = {}) => {
  const empty = sampleCanister(canisterIdOf(1n));
  return { ...empty, stable: zeroPages(bytes), settings: { ...empty.settings, ...changes } };
};

describe("fees", () => {
  test.each([
    ["creation", (n: number) => cycles.createCanisterFee(on(n)), 500_000_000_000n, 1_307_692_307_692n],
    ["a message", (n: number) => cycles.executionFee(0n, false, on(n)), 5_000_000n, 13_076_923n],
    [
      "a billion instructions",
      (n: number) => cycles.executionFee(10n ** 9n, false, on(n)),
      1_005_000_000n,
      2_628_461_538n,
    ],
    [
      "the same in wasm64",
      (n: number) => cycles.executionFee(10n ** 9n, true, on(n)),
      2_005_000_000n,
      5_243_846_153n,
    ],
    ["a call of no bytes", (n: number) => cycles.requestFee(0n, on(n)), 260_000n, 680_000n],
    ["a byte of an answer", (n: number) => cycles.responseFee(1, on(n)), 1_000n, 2_615n],
    ["ingress of no bytes", (n: number) => cycles.ingressFee(0, on(n)), 1_200_000n, 3_138_461n],
    [
      "ingress of seven bytes",
      (n: number) => cycles.ingressFee(7, on(n)),
      1_214_000n,
      3_138_461n + 7n * 5_230n,
    ],
    ["HTTPS outcall", (n: number) => cycles.httpRequestFee(0n, 0n, on(n)), 49_140_000n, 171_360_000n],
    [
      "a GiB for a day",
      (n: number) => cycles.idleBurnPerDay(canisterWith(GIB), on(n)),
      127_000n * 86_400n,
      28_698_092_307n,
    ],
    [
      "a percent for a second",
      (n: number) => cycles.computeFee(canisterWith(0, { computeAllocation: 1n }), 1n, on(n)),
      10_000_000n,
      26_153_846n,
    ],
  ] as const)("%s, at 13 and at 34 nodes", (_name, fee, at13, at34) => {
    expect([fee(13), fee(34)]).toEqual([at13, at34]);
  });

  test("a sum is a sum of scaled fees", () => {
    for (const n of [1, 4, 7, 13, 28, 34]) {
      const one = (fee: bigint): bigint => (fee * BigInt(n)) / 13n;
      for (const bytes of [0n, 1n, 3n, 1_000_003n]) {
        expect(cycles.requestFee(bytes, on(n))).toBe(one(260_000n) + one(1_000n * bytes));
        expect(cycles.totalCallFee(bytes, false, on(n))).toBe(
          one(260_000n) + one(1_000n * bytes) + one(1_000n * 2n ** 21n) + one(40_005_000_000n),
        );
      }
    }
  });

  test("what unused instructions give back never exceeds what was prepaid", () => {
    for (const n of [1, 4, 13, 34])
      for (const used of [0n, 1n, 12n, 13n, 39_999_999_999n, 40_000_000_000n]) {
        const prepaid = cycles.executionFee(40_000_000_000n, false, on(n));
        const refund = cycles.unusedInstructionsRefund(40_000_000_000n - used, false, on(n));
        expect(prepaid - refund).toBeGreaterThanOrEqual(cycles.executionFee(used, false, on(n)));
        expect(prepaid - refund - cycles.executionFee(used, false, on(n))).toBeLessThanOrEqual(1n);
      }
  });
});

describe("occupancy", () => {
  test("memory is paid as used or as allocated, whichever is more", () => {
    const of = (bytes: number, memoryAllocation: bigint): bigint =>
      cycles.storageFee(canisterWith(bytes, { memoryAllocation }), 10n, on(13));
    expect(of(GIB, 0n)).toBe(1_270_000n);
    expect(of(GIB, BigInt(GIB) / 2n)).toBe(1_270_000n);
    expect(of(0, BigInt(GIB))).toBe(1_270_000n);
  });

  test("the freezing limit is the burn of the threshold, less what is reserved", () => {
    const canister = canisterWith(GIB, { freezingThresholdSeconds: 2_592_000n });
    const limit = 127_000n * 2_592_000n;
    expect(cycles.freezingLimit(canister, on(13))).toBe(limit);
    expect(cycles.freezingLimit({ ...canister, reservedCycles: 1_000n }, on(13))).toBe(limit - 1_000n);
    expect(cycles.freezingLimit({ ...canister, reservedCycles: limit + 1n }, on(13))).toBe(0n);
    expect(cycles.isFrozen({ ...canister, cycles: limit - 1n }, on(13))).toBe(true);
    expect(cycles.isFrozen({ ...canister, cycles: limit }, on(13))).toBe(false);
  });
});
