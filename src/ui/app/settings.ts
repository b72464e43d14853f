/** The shape of the network, from the address and from an opened link. Pure. Checked by: settings.test.ts. */
import { type NetworkSettings, PAGE_SETTINGS } from "../../lab/lab.ts";
import type { LinkedNetwork } from "../../lab/link-contents.ts";

/** `?nodes=`, `?notary-delay=`, `?latency=`: what the address asks for and can be. */
export function askedIn(search: URLSearchParams): LinkedNetwork {
  const number = (name: string): number | undefined => {
    const text = search.get(name);
    const value = Number(text);
    return text === null || text === "" || !Number.isFinite(value) || value < 0
      ? undefined
      : Math.floor(value);
  };
  const nodes = number("nodes");
  const notaryDelayMs = number("notary-delay");
  const latencyMs = number("latency");
  return {
    ...(nodes === 1 || nodes === 4 || nodes === 7 || nodes === 13 ? { nodes } : {}),
    ...(notaryDelayMs === undefined ? {} : { notaryDelayMs: Math.min(60_000, notaryDelayMs) }),
    ...(latencyMs === undefined ? {} : { latencyMs: Math.min(10_000, latencyMs) }),
  };
}

/** What the address asks for, else what the link shares, else the page's own. */
export const settingsFrom = (search: URLSearchParams, linked: LinkedNetwork = {}): NetworkSettings => ({
  ...PAGE_SETTINGS,
  ...linked,
  ...askedIn(search),
});

/** In words: "4 nodes, notary delay 300 ms, 40 ms on each link". */
export function settingsText(settings: Omit<LinkedNetwork, "nodes"> & { readonly nodes?: number }): string {
  const { nodes, notaryDelayMs, latencyMs } = settings;
  const parts = [
    nodes === undefined ? "" : `${nodes} ${nodes === 1 ? "node" : "nodes"}`,
    notaryDelayMs === undefined ? "" : `notary delay ${notaryDelayMs} ms`,
    latencyMs === undefined ? "" : `${latencyMs} ms on each link`,
  ];
  return parts.filter((p) => p !== "").join(", ");
}

/** Whether the running network is what the link asks for. */
export const sameSettings = (asked: LinkedNetwork, running: NetworkSettings): boolean =>
  (asked.nodes ?? running.nodes) === running.nodes &&
  (asked.notaryDelayMs ?? running.notaryDelayMs) === running.notaryDelayMs &&
  (asked.latencyMs ?? running.latencyMs) === running.latencyMs;
