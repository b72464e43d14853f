/**
 * One seeded run of a whole subnet on the virtual clock: sizes, latencies, losses, silent nodes and workload are drawn
 * from the seed; two runs of one seed are equal to the byte.
 *
 * Phase 1 runs under loss with up to f silent nodes; then links heal and silent nodes wake, and everyone must reach
 * the height asked for (safety first, then liveness).
 */
import { assert } from "../../base/assert.ts";
import { type Prng, prng } from "../../base/prng.ts";
import { sha256Hasher } from "../../crypto/hash.ts";
import { toHex } from "../../base/bytes.ts";
import { faultsTolerated, type Registry } from "../../registry/registry.ts";
import type { ReplicaCrypto } from "../../replica/interfaces/crypto.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import { createReplica, restoreReplica, type ReplicaDeps } from "../../replica/replica.ts";
import type { HttpRequest } from "../../types/http.ts";
import type { Hash, Height, LabTime, MessageId, NodeId } from "../../types/ids.ts";
import type { LinkPolicy } from "../../shell/gate.ts";
import { VirtualNetwork } from "../virtual-network.ts";
import { brokenPromises } from "./promises.ts";

export interface SimulationSetup {
  readonly registry: Registry;
  /** In the order of the subnet's nodes. */
  readonly cryptos: readonly ReplicaCrypto[];
  wasmHost(): WasmHost;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly heights: Height;
  /** Requests to send while it runs; drawn apart from the faults, so that both stay stable when one changes. */
  readonly workload?: (draw: Prng, genesis: LabTime) => readonly PlannedRequest[];
  /** Replace a node by its restored snapshot when it first finalizes this height. */
  readonly restoreAt?: Height;
}

export interface PlannedRequest {
  /** Milliseconds after genesis. */
  readonly afterMs: number;
  /** Positions of the nodes it is sent to. */
  readonly to: readonly number[];
  readonly request: HttpRequest;
}

export interface SimulationResult {
  readonly seed: number;
  readonly drawn: {
    readonly latencyMs: number;
    readonly jitterMs: number;
    /** What a link's own latency is drawn below, on top. */
    readonly unevenMs: number;
    readonly loss: number;
    readonly silent: readonly number[];
  };
  readonly network: VirtualNetwork;
  readonly nodes: readonly NodeId[];
  /** What each node finalized and computed, by height. */
  readonly finalized: ReadonlyMap<NodeId, ReadonlyMap<Height, Hash>>;
  readonly roots: ReadonlyMap<NodeId, ReadonlyMap<Height, Hash>>;
  /** Ingress messages of the blocks that each node finalized, in order. */
  readonly included: ReadonlyMap<NodeId, readonly MessageId[]>;
  /** How often each node executed each ingress message. */
  readonly executed: ReadonlyMap<NodeId, ReadonlyMap<MessageId, number>>;
  /** SHA-256 over every message sent, in order, with sender and receiver. */
  readonly sent: Hash;
  readonly reached: boolean;
  /** What the first node that made a state found broken in it. */
  readonly broken: readonly string[];
}

export const SIMULATION_GENESIS: LabTime = 1_700_000_000_000;

export function simulate(setup: SimulationSetup, options: SimulationOptions): SimulationResult {
  const draw = prng(options.seed);
  const links = draw.fork();
  const work = draw.fork();
  const version = setup.registry.latestVersion;
  const subnet = setup.registry.versions.get(version)!;
  const nodes = subnet.nodes.map((n) => n.id);
  // In half of the seeds every link has a latency of its own, up to seconds: blocks of worse ranks overtake better ones.
  const uneven = draw.chance(0.5);
  const drawn = {
    latencyMs: 5 + draw.below(100),
    jitterMs: draw.below(200),
    unevenMs: uneven ? 300 + draw.below(1500) : 0,
    loss: draw.chance(0.5) ? draw.below(20) / 100 : 0,
    silent: drawSilent(draw, nodes.length),
  };
  const own = new Map<string, number>();
  for (const from of nodes) for (const to of nodes) own.set(`${from} ${to}`, draw.below(drawn.unevenMs + 1));
  let healed = false;
  const policy =
    (to: NodeId): LinkPolicy =>
    (from, now) => {
      const jitter = links.below(drawn.jitterMs + 1);
      if (links.chance(drawn.loss) && !healed) return undefined;
      return now + drawn.latencyMs + (healed ? 0 : own.get(`${from} ${to}`)!) + jitter;
    };
  const judged = new Set<Height>();
  const broken: string[] = [];
  const deps = (i: number): ReplicaDeps => ({
    me: nodes[i]!,
    registry: setup.registry,
    genesis: SIMULATION_GENESIS,
    crypto: setup.cryptos[i]!,
    wasm: setup.wasmHost(),
    watch: (state) => {
      if (judged.has(state.height)) return;
      judged.add(state.height);
      broken.push(...brokenPromises(state));
    },
  });
  const network = new VirtualNetwork(
    nodes.map((id, i) => ({ id, replica: createReplica(deps(i)) })),
    SIMULATION_GENESIS,
    policy,
  );
  network.keepTrace = false;

  const finalized = new Map(nodes.map((id) => [id, new Map<Height, Hash>()]));
  const roots = new Map(nodes.map((id) => [id, new Map<Height, Hash>()]));
  const included = new Map(nodes.map((id) => [id, [] as MessageId[]]));
  const executed = new Map(nodes.map((id) => [id, new Map<MessageId, number>()]));
  let restore: NodeId | undefined;
  network.onTrace = ({ node, fact }) => {
    if (fact.kind === "finalized") {
      const mine = finalized.get(node)!;
      assert(mine.get(fact.height) === undefined, `${node} finalizes height ${fact.height} once`);
      mine.set(fact.height, fact.block);
      included.get(node)!.push(...fact.ingress);
      if (fact.height === options.restoreAt && restore === undefined) restore = node;
    }
    if (fact.kind === "round-executed") roots.get(node)!.set(fact.height, fact.root);
    // Callbacks name the user's call for which they run, too.
    if (fact.kind === "message-executed" && fact.message !== undefined && !fact.method.startsWith("(")) {
      const mine = executed.get(node)!;
      mine.set(fact.message, (mine.get(fact.message) ?? 0) + 1);
    }
    assert(fact.kind !== "stopped", fact.kind === "stopped" ? fact.because : "");
  };
  const sent = sha256Hasher();
  const position = new Map(nodes.map((id, i) => [id, i]));
  network.onSend = (from, to, bytes) => {
    sent.update(Uint8Array.of(position.get(from)!, position.get(to)!)).update(bytes);
  };

  for (const i of drawn.silent) network.setSilent(nodes[i]!, true);
  const planned = [...(options.workload?.(work, SIMULATION_GENESIS) ?? [])].sort(
    (a, b) => a.afterMs - b.afterMs,
  );
  const restored = new Set<NodeId>();
  const reached = (): boolean =>
    nodes.every((id, i) =>
      healed || !drawn.silent.includes(i) ? roots.get(id)!.has(options.heights) : true,
    );
  const tick = (): boolean => {
    while (planned[0] !== undefined && network.now >= SIMULATION_GENESIS + planned[0].afterMs) {
      const { to, request } = planned.shift()!;
      for (const i of to) network.post(nodes[i]!, request);
    }
    if (restore !== undefined && !restored.has(restore)) {
      const i = nodes.indexOf(restore);
      restored.add(restore);
      network.replace(restore, restoreReplica(deps(i), structuredClone(network.replica(restore).snapshot())));
    }
    return reached() && planned.length === 0;
  };
  const perPhaseMs = 60_000 + options.heights * 20_000;
  network.runUntil(tick, perPhaseMs);
  healed = true;
  for (const i of drawn.silent) network.setSilent(nodes[i]!, false);
  const done = network.runUntil(tick, perPhaseMs);
  network.onSend = () => {};
  return {
    seed: options.seed,
    drawn,
    network,
    nodes,
    finalized,
    roots,
    included,
    executed,
    sent: toHex(sent.digest()),
    reached: done,
    broken,
  };
}

function drawSilent(draw: Prng, n: number): number[] {
  const silent = new Set<number>();
  for (let k = draw.below(faultsTolerated(n) + 1); k > 0; k--) silent.add(draw.below(n));
  return [...silent].sort((a, b) => a - b);
}
