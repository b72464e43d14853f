import { expect, test } from "vitest";
import { PAGE_SETTINGS } from "../../lab/lab.ts";
import { settingsFrom } from "./settings.ts";

const from = (query: string, shared?: unknown) => settingsFrom(new URLSearchParams(query), shared);

test("the address shapes the network, and nonsense leaves the default", () => {
  expect(from("")).toEqual(PAGE_SETTINGS);
  expect(from("nodes=7&notary-delay=0&latency=5")).toEqual({
    ...PAGE_SETTINGS,
    nodes: 7,
    notaryDelayMs: 0,
    latencyMs: 5,
  });
  for (const query of ["nodes=5", "nodes=", "nodes=x", "latency=-1", "notary-delay=Infinity"]) {
    expect(from(query), query).toEqual(PAGE_SETTINGS);
  }
});

test("a link's network counts where the address is silent", () => {
  const shared = { nodes: 13, notaryDelay: 100, latency: "x" };
  expect(from("nodes=1", shared)).toEqual({ ...PAGE_SETTINGS, nodes: 1, notaryDelayMs: 100 });
  expect(from("", "rubbish")).toEqual(PAGE_SETTINGS);
});
