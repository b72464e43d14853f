import { expect, test } from "vitest";
import { createParts } from "../../codec/parts.ts";
import type { InstalledCode } from "./canister.ts";
import { pagesOf } from "./pages.ts";
import { sampleCanister, sampleCode, sampleState, sampleSubnet } from "./sample.ts";
import { NO_STANDING } from "./standing.ts";
import { fromStored, toStored } from "./stored.ts";

const CODE = { ...sampleCode(), uploaded: new Uint8Array(2000).fill(5) };
const codeOf = (uploaded: Uint8Array): InstalledCode => ({ ...CODE, uploaded });
const canister = sampleCanister("0a", {
  code: CODE,
  heap: pagesOf(new Uint8Array(10_000).fill(3)),
  cycles: 2n ** 90n,
});
const long = { start: canister, height: 3, time: 9n, slices: 1, prioritized: false, credit: 0 };
const busy = sampleCanister("0b", { code: CODE, standing: { ...NO_STANDING, priority: 0.5, long } });
const state = {
  ...sampleState(sampleSubnet(4), 3),
  canisters: new Map([
    ["0a", canister],
    ["0b", busy],
  ]),
};

function written(value: object, parts = createParts(), had: ReadonlyMap<string, Uint8Array> = new Map()) {
  const store = new Map<string, Uint8Array>();
  const name = parts.write(value, {
    has: (h) => had.has(h) || store.has(h),
    keep: (h, bytes) => store.set(h, bytes),
  });
  return { name, store };
}

test("W1: read again it is the same state, with a name of its own; what was begun remembers its canister", () => {
  const { name, store } = written(toStored(state));
  const read = createParts().read(name, (h) => store.get(h));
  const back = fromStored(read.ok && read.value, codeOf);
  expect(back).toEqual(state);
  expect(written(toStored(back)).name).toBe(name);
  expect([...store.values()].every((bytes) => bytes.length < 9_000)).toBe(true);
});

test("W2: what did not change is not written again, after a restart neither", () => {
  const parts = createParts();
  const first = written(toStored(state), parts);
  const next = {
    ...state,
    height: state.height + 1,
    canisters: new Map(state.canisters).set("0c", sampleCanister("0c")),
  };
  const second = written(toStored(next), parts, first.store);
  expect(second.store.size).toBeLessThanOrEqual(3); // the new canister, its settings, the whole

  const again = createParts();
  const read = again.read(first.name, (h) => first.store.get(h));
  const back = fromStored(read.ok && read.value, codeOf);
  expect(written(toStored(back), again, first.store).store.size).toBeLessThanOrEqual(1);
});
