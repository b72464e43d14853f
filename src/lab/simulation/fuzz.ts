/**
 * One seed of random work on four nodes of the stand-in scheme: faults of links and nodes as in every simulation, and
 * requests from `random-requests.ts`. What must hold: `checkers.ts`, `promises.ts`, and no node stops.
 */
import { prng } from "../../base/prng.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import { violations } from "./checkers.ts";
import { type Modules, randomRequests } from "./random-requests.ts";
import { simulate } from "./simulation.ts";
import { makeStandInGenesis } from "./stand-in.ts";

const NODES = 4;

export interface FuzzResult {
  readonly broken: readonly string[];
  /** Users' calls that the first node executed. */
  readonly executed: number;
}

export function fuzzSeed(
  seed: number,
  modules: Modules,
  wasmHost: () => WasmHost,
  size = { heights: 60, requests: 250, forMs: 40_000 },
): FuzzResult {
  const draw = prng(seed);
  const settings = { notaryDelayMs: 300, unitDelayMs: 1000, latencyMs: 0, nodes: NODES } as const;
  const { registry, cryptos } = makeStandInGenesis(settings, (n) => draw.bytes(n));
  const result = simulate(
    { registry, cryptos, wasmHost },
    {
      seed,
      heights: size.heights,
      workload: (work, genesis) => randomRequests(work, genesis, modules, { ...size, nodes: NODES }),
    },
  );
  return { broken: violations(result), executed: result.executed.get(result.nodes[0]!)!.size };
}
