/** A subnet in one thread to which the page's faults can be done: the same values, on the virtual clock. */
import { prng } from "../../src/base/prng.ts";
import { createFaults, type Faults } from "../../src/lab/faults.ts";
import { lying } from "../../src/lab/liars/liar.ts";
import { createLiar } from "../../src/lab/liars/lies.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { VirtualNetwork } from "../../src/lab/virtual-network.ts";
import { nodeIds, subnetAt } from "../../src/registry/registry.ts";
import { readMessage } from "../../src/replica/gossip/wire.ts";
import { createReplica } from "../../src/replica/replica.ts";
import { conditioned, type LinkCondition } from "../../src/shell/gate.ts";
import type { Lie } from "../../src/shell/lie.ts";
import { createMemoryStore } from "../../src/shell/storage/node-store.ts";
import type { NodeId } from "../../src/types/ids.ts";
import { THE_LAB, type TraceEntry } from "../../src/types/trace.ts";
import type { SubnetSetup } from "./subnet.ts";

export interface FaultySubnet {
  readonly network: VirtualNetwork;
  readonly nodes: readonly NodeId[];
  readonly faults: Faults;
}

/** `onTrace` hears the nodes and the lab. */
export function faultySubnet(
  setup: SubnetSetup,
  latencyMs: number,
  onTrace: (entry: TraceEntry) => void,
): FaultySubnet {
  const subnet = subnetAt(setup.registry, setup.registry.latestVersion);
  const nodes = nodeIds(subnet);
  const lies = new Map<NodeId, Lie>();
  const links = new Map<NodeId, ReadonlyMap<NodeId, LinkCondition>>();
  const draw = prng(7);
  const liars = new Map(
    nodes.map((me, i) => [
      me,
      createLiar({ me, subnet, crypto: setup.cryptos[i]!, draw: draw.fork(), read: readMessage }),
    ]),
  );
  const network = new VirtualNetwork(
    nodes.map((me, i) => {
      const store = createMemoryStore();
      const honest = createReplica({
        me,
        registry: setup.registry,
        genesis: SIMULATION_GENESIS,
        crypto: setup.cryptos[i]!,
        wasm: setup.wasmHost(),
        stored: store,
      });
      const replica = lying(honest, (event, effects) => lies.get(me)?.(event, effects) ?? effects);
      return { id: me, replica, store };
    }),
    SIMULATION_GENESIS,
    (to) => (from, now) => conditioned(latencyMs, links.get(to) ?? new Map(), draw)(from, now),
  );
  network.keepTrace = false;
  network.onTrace = onTrace;
  let said = 0;
  const faults = createFaults({
    nodes,
    now: () => network.now,
    say: (fact) => onTrace({ node: THE_LAB, at: network.now, sequence: said++, fact }),
    canRestart: false,
    setKilled: (node, killed) => network.setSilent(node, killed),
    setFrozen: (node, frozen) => network.setSilent(node, frozen),
    setSlow: (node, ms) => network.setSlow(node, ms),
    setLies: (node, names) => void lies.set(node, liars.get(node)!(names)),
    setLinks: (to, conditions) => void links.set(to, conditions),
    touch: () => Promise.resolve("too late"),
    untouch: () => {},
  });
  return { network, nodes, faults };
}
