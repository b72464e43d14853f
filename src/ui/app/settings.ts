/** The shape of the network, from the address and from an opened link. Pure. Checked by: settings.test.ts. */
import { type NetworkSettings, PAGE_SETTINGS } from "../../lab/lab.ts";

/** `?nodes=`, `?notary-delay=`, `?latency=`, else what the link shares; what cannot be is left at its default. */
export function settingsFrom(search: URLSearchParams, shared?: unknown): NetworkSettings {
  const linked = new Map<string, unknown>(typeof shared === "object" ? Object.entries(shared ?? {}) : []);
  const number = (name: string, fallback: number): number => {
    const inLink = linked.get(name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
    const text = search.get(name) ?? (typeof inLink === "number" ? String(inLink) : null);
    const value = Number(text);
    return text === null || text === "" || !Number.isFinite(value) || value < 0 ? fallback : value;
  };
  const nodes = number("nodes", PAGE_SETTINGS.nodes);
  return {
    nodes: nodes === 1 || nodes === 4 || nodes === 7 || nodes === 13 ? nodes : PAGE_SETTINGS.nodes,
    notaryDelayMs: Math.min(60_000, number("notary-delay", PAGE_SETTINGS.notaryDelayMs)),
    unitDelayMs: PAGE_SETTINGS.unitDelayMs,
    latencyMs: Math.min(10_000, number("latency", PAGE_SETTINGS.latencyMs)),
  };
}
