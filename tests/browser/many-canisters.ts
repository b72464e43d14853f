/** Inside the page: many canisters on one network, more than their memories fit into the tab at once. */
import { deployCounter } from "../../src/cli/bench/scenarios.ts";
import type { NodeStatus } from "../../src/lab/lab.ts";
import { startPageNetwork } from "../../src/lab/page-network.ts";

/** Deploys so many of each, calls each `rounds` times at once, and returns what all say then. */
export async function manyCanisters(
  kinds: readonly {
    readonly wasm: readonly number[];
    readonly counts: "Nat" | "Nat64";
    readonly many: number;
  }[],
  rounds: number,
): Promise<{ readonly counts: string[]; readonly statuses: NodeStatus[] }> {
  const network = await startPageNetwork({ nodes: 4, notaryDelayMs: 50, unitDelayMs: 1000, latencyMs: 0 });
  try {
    await certified(network);
    const counters = await Promise.all(
      kinds.flatMap(({ wasm, counts, many }) =>
        Array.from({ length: many }, () => deployCounter(network, Uint8Array.from(wasm), counts)),
      ),
    );
    for (let i = 0; i < rounds; i++) await Promise.all(counters.map((c) => c.inc()));
    return {
      counts: (await Promise.all(counters.map((c) => c.get()))).map(String),
      statuses: network.info.nodes.map((node) => network.status(node)),
    };
  } finally {
    await network.close();
  }
}

const certified = (network: Awaited<ReturnType<typeof startPageNetwork>>): Promise<void> =>
  new Promise((resolve) => {
    const leave = network.subscribe(({ entries }) => {
      if (!entries.some(({ fact }) => fact.kind === "certified")) return;
      leave();
      resolve();
    });
  });
