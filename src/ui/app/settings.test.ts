import { expect, test } from "vitest";
import { PAGE_SETTINGS } from "../../lab/lab.ts";
import type { LinkedNetwork } from "../../lab/link-contents.ts";
import { sameSettings, settingsFrom, settingsText } from "./settings.ts";

const from = (query: string, shared?: LinkedNetwork) => settingsFrom(new URLSearchParams(query), shared);

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
  const linked = { nodes: 13, notaryDelayMs: 100 } as const;
  expect(from("nodes=1", linked)).toEqual({ ...PAGE_SETTINGS, nodes: 1, notaryDelayMs: 100 });
  expect(from("", linked)).toEqual({ ...PAGE_SETTINGS, nodes: 13, notaryDelayMs: 100 });
});

test("settings in words, and whether the running network has them", () => {
  expect(settingsText(PAGE_SETTINGS)).toBe("4 nodes, notary delay 300 ms, 40 ms on each link");
  expect(settingsText({ nodes: 1 })).toBe("1 node");
  expect(sameSettings({}, PAGE_SETTINGS)).toBe(true);
  expect(sameSettings({ nodes: 7 }, PAGE_SETTINGS)).toBe(false);
});
