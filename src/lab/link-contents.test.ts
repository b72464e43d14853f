import fc from "fast-check";
import { expect, test } from "vitest";
import { ARGUMENT_MAX_BYTES, CALLS_MAX, plainText, readContents } from "./link-contents.ts";
import { decodeLink, encodeLink } from "./share-link.ts";

const files = { "main.mo": "persistent actor {}", "store.mo": "" };
const call = { canister: "main.mo", method: "inc", arg: Uint8Array.of(68, 73, 68, 76, 0, 0) };
const read = (asked: Record<string, unknown>) => readContents({ files, ...asked });

test("what an honest link asks for is read as it is, after travelling too", async () => {
  const asked = {
    files,
    main: "main.mo",
    name: "Counter",
    network: { nodes: 7, notaryDelay: 100, latency: 5 },
    calls: [call, { ...call, canister: "store.mo", query: true }],
    layout: { columns: [40, 30, 30], rows: [60, 40] },
    open: { file: "store.mo", line: 3 },
    lessons: { at: 3 },
  };
  const link = await decodeLink(await encodeLink(asked));
  expect(link.ok && readContents(link.project)).toEqual({
    name: "Counter",
    files,
    main: "main.mo",
    open: { file: "store.mo", line: 3 },
    network: { nodes: 7, notaryDelayMs: 100, latencyMs: 5 },
    calls: [
      { ...call, query: false },
      { ...call, canister: "store.mo", query: true },
    ],
    layout: { columns: [40, 30, 30], rows: [60, 40] },
    scene: undefined,
    leftOut: [],
    extra: { lessons: { at: 3 } },
  });
});

test("C1: no value of any key makes reading fail, and only allowed values come out", () => {
  const value = fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 4 });
  const key = fc.constantFrom("name", "network", "calls", "layout", "open");
  fc.assert(
    fc.property(fc.dictionary(key, value), (asked) => {
      const found = read(asked);
      expect(found.name.length).toBeLessThanOrEqual(80);
      expect(found.calls.every((c) => Object.hasOwn(files, c.canister))).toBe(true);
      for (const sizes of Object.values(found.layout) as number[][])
        expect(sizes.every((s) => s >= 10 && s <= 90)).toBe(true);
      expect([undefined, 1, 4, 7, 13]).toContain(found.network.nodes);
      expect(found.open === undefined || Object.hasOwn(files, found.open.file)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("C2: a call reaches the link's own canisters and nothing else", () => {
  const strangers = [
    "aaaaa-aa",
    "ryjl3-tyaaa-aaaaa-aaaba-cai",
    "__proto__",
    "constructor",
    "toString",
    "",
    7,
    null,
  ];
  const found = read({ calls: strangers.map((canister) => ({ ...call, canister })) });
  expect(found.calls).toEqual([]);
  expect(found.leftOut).toEqual(["8 of its calls cannot be read, or name no file of the link."]);
});

test("calls are bounded in number, in the length of a name and in bytes", () => {
  const many = read({ calls: Array.from({ length: CALLS_MAX + 10 }, () => call) });
  expect(many.calls.length).toBe(CALLS_MAX);
  expect(many.leftOut).toEqual(["It has 60 calls; the first 50 are taken."]);
  const bad = [
    { ...call, method: "" },
    { ...call, method: "m".repeat(201) },
    { ...call, arg: new Uint8Array(ARGUMENT_MAX_BYTES + 1) },
    { ...call, arg: "DIDL" },
    null,
    [call],
  ];
  expect(read({ calls: bad }).calls).toEqual([]);
  expect(read({ calls: "rm -rf" }).leftOut).toEqual(["Its calls cannot be read."]);
});

test("C3: names cannot hide, turn round or break the line", () => {
  expect(plainText("a\u202Eexe.piz\u2066\u200B\u0000\nb", 80)).toBe("a exe.piz b");
  expect(plainText("x".repeat(1e6), 80)).toBe(`${"x".repeat(79)}…`);
  expect(read({ name: "<img src=x onerror=alert(1)>" }).name).toBe("<img src=x onerror=alert(1)>"); // text stays text
});

test("C4: a network that nobody could choose here is left out in words", () => {
  expect(read({ network: { nodes: 1e9, notaryDelay: 3.6e6, latency: -1 } }).network).toEqual({});
  expect(read({ network: { nodes: 1e9, notaryDelay: 3.6e6, latency: -1 } }).leftOut.length).toBe(3);
  expect(read({ network: { nodes: "4", notaryDelay: Number.NaN, latency: 20 } }).network).toEqual({
    latencyMs: 20,
  });
  expect(read({ network: 7 }).leftOut).toEqual(["Its network settings cannot be read."]);
});

test("sizes of panels are percentages that fill the whole", () => {
  for (const columns of [
    [],
    [100],
    [50, 49],
    [99, 1],
    [Number.NaN, 50],
    ["50", 50],
    [-50, 150],
    [20, 20, 20, 20, 20],
  ])
    expect(read({ layout: { columns } }).layout).toEqual({});
  expect(read({ layout: { rows: [70, 30], columns: 3 } }).layout).toEqual({ rows: [70, 30] });
});

test("what to open is a file of the link, at a line that may be", () => {
  expect(read({ open: "store.mo" }).open).toEqual({ file: "store.mo" });
  for (const open of ["../x", "constructor", { file: "x" }, 3, null])
    expect(read({ open }).open).toBeUndefined();
  for (const line of [0, -1, 1.5, 1e9, "2"])
    expect(read({ open: { file: "main.mo", line } }).open).toEqual({ file: "main.mo" });
});
