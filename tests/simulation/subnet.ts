/** A calm subnet in one thread, for tests that want one that runs: every link has one latency, nobody lies. */
import { type Prng, prng } from "../../src/base/prng.ts";
import { type Checkers, createCheckers } from "../../src/lab/simulation/checkers.ts";
import type { PlannedRequest } from "../../src/lab/simulation/random-requests.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { VirtualNetwork } from "../../src/lab/virtual-network.ts";
import { nodeIds, type Registry, subnetAt } from "../../src/registry/registry.ts";
import type { ReplicaCrypto } from "../../src/replica/interfaces/crypto.ts";
import type { WasmHost } from "../../src/replica/interfaces/wasm-host.ts";
import { createReplica } from "../../src/replica/replica.ts";
import { createMemoryStore } from "../../src/shell/storage/node-store.ts";
import { fixedLatency } from "../../src/shell/gate.ts";
import type { Height, LabTime, NodeId } from "../../src/types/ids.ts";

export interface SubnetSetup {
  readonly registry: Registry;
  /** In the order of the subnet's nodes. */
  readonly cryptos: readonly ReplicaCrypto[];
  wasmHost(): WasmHost;
}

export interface RunningSubnet {
  readonly network: VirtualNetwork;
  readonly nodes: readonly NodeId[];
  readonly checkers: Checkers;
  readonly reached: boolean;
}

const LATENCY_MS = 40;

/** Runs until every node has executed that height and every request was sent. */
export function runSubnet(
  setup: SubnetSetup,
  heights: Height,
  workload: (draw: Prng, genesis: LabTime) => readonly PlannedRequest[] = () => [],
): RunningSubnet {
  const nodes = nodeIds(subnetAt(setup.registry, setup.registry.latestVersion));
  const checkers = createCheckers(new Set(nodes));
  const network = new VirtualNetwork(
    nodes.map((me, i) => {
      const store = createMemoryStore();
      const replica = createReplica({
        me,
        registry: setup.registry,
        genesis: SIMULATION_GENESIS,
        crypto: setup.cryptos[i]!,
        wasm: setup.wasmHost(),
        watch: (state) => checkers.state(me, state),
        stored: store,
      });
      return { id: me, replica, store };
    }),
    SIMULATION_GENESIS,
    () => fixedLatency(LATENCY_MS),
  );
  network.keepTrace = false;
  network.onTrace = checkers.fact;
  network.onSend = (from, _to, bytes) => checkers.sent(from, bytes);
  const planned = [...workload(prng(1), SIMULATION_GENESIS)].sort((a, b) => a.afterMs - b.afterMs);
  const reached = network.runUntil(
    () => {
      while (planned[0] !== undefined && network.now >= SIMULATION_GENESIS + planned[0].afterMs) {
        const { to, request } = planned.shift()!;
        for (const i of to) network.post(nodes[i]!, request);
      }
      return planned.length === 0 && nodes.every((id) => checkers.executed(id) >= heights);
    },
    60_000 + heights * 20_000,
  );
  return { network, nodes, checkers, reached };
}
