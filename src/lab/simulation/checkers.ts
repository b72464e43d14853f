/** Checkers outside the replica: they know only what nodes said they finalized and computed. */
import type { SimulationResult } from "./simulation.ts";

/** Sentences about what is broken; none: all promises held. */
export function violations(result: SimulationResult): string[] {
  return [
    ...disagreements("finalized blocks", result.finalized),
    ...disagreements("state roots", result.roots),
    ...includedTwice(result),
    ...repeated(result),
    ...result.broken,
    ...(result.reached ? [] : ["some node did not reach the height asked for after the links healed"]),
  ];
}

function disagreements(what: string, byNode: ReadonlyMap<string, ReadonlyMap<number, string>>): string[] {
  const first = new Map<number, { node: string; value: string }>();
  const out: string[] = [];
  for (const [node, values] of byNode) {
    for (const [height, value] of values) {
      const known = first.get(height);
      if (known === undefined) first.set(height, { node, value });
      else if (known.value !== value) {
        out.push(`two ${what} at height ${height}: ${known.value} at ${known.node}, ${value} at ${node}`);
      }
    }
  }
  return out;
}

function repeated(result: SimulationResult): string[] {
  const out: string[] = [];
  for (const [node, messages] of result.executed) {
    for (const [message, times] of messages) {
      if (times > 1) out.push(`${node} executed ingress ${message} ${times} times`);
    }
  }
  return out;
}

function includedTwice({ included }: SimulationResult): string[] {
  const out: string[] = [];
  for (const [node, messages] of included) {
    const seen = new Set<string>();
    for (const message of messages) {
      if (seen.has(message)) out.push(`${node} finalized ingress ${message} in two blocks`);
      seen.add(message);
    }
  }
  return out;
}
