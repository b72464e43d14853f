/**
 * One seeded run of a whole subnet on the virtual clock; two runs of one plan are equal to the byte.
 *
 * First everything goes wrong that the plan says: what must hold then is safety, with any number of nodes silent, frozen
 * or cut off, and at most f that lie. Then all heals, except that liars stay liars, and progress is demanded: every
 * honest node must certify the heights asked for, within a bound of virtual time.
 */
import { toHex } from "../../base/bytes.ts";
import { type Prng, prng } from "../../base/prng.ts";
import type { Bls } from "../../crypto/bls.ts";
import { sha256Hasher } from "../../crypto/hash.ts";
import { faultsTolerated, nodeIds, subnetAt, type Registry } from "../../registry/registry.ts";
import { readMessage } from "../../replica/gossip/wire.ts";
import type { ReplicaCrypto } from "../../replica/interfaces/crypto.ts";
import type { Replica } from "../../replica/interfaces/events.ts";
import type { WasmHost } from "../../replica/interfaces/wasm-host.ts";
import {
  createReplica,
  type ReplicaDeps,
  type ReplicaSnapshot,
  restoreReplica,
  resumeReplica,
} from "../../replica/replica.ts";
import { createNodeCrypto } from "../../shell/node-crypto.ts";
import { createMemoryStore } from "../../shell/storage/node-store.ts";
import type { Hash, Height, LabTime, NodeId } from "../../types/ids.ts";
import type { TraceEntry } from "../../types/trace.ts";
import { keysOn, makeGenesis } from "../genesis.ts";
import { astray } from "./astray.ts";
import { createUsers, faultsAgenda, keepAgenda } from "./agenda.ts";
import { lying } from "../liars/liar.ts";
import { createLiar } from "../liars/lies.ts";
import { VirtualNetwork } from "../virtual-network.ts";
import { certifiedRoot, TIME_REQUEST } from "./certificates.ts";
import { type Checkers, createCheckers } from "./checkers.ts";
import { createLinks } from "./links.ts";
import type { Plan } from "./plan.ts";
import { beyondBounds } from "./pool-bounds.ts";
import type { Modules } from "./random-requests.ts";
import { makeStandInGenesis } from "./stand-in.ts";
import { Tally } from "./tally.ts";
import { createTornDisk } from "./torn-disk.ts";

/** What the core cannot make for itself. */
export interface World {
  wasmHost(): WasmHost;
  readonly modules: Modules;
  /** For plans that sign with it. */
  readonly bls?: Bls;
}

export interface Outcome {
  /** Sentences about what is broken; none: all promises held. */
  readonly broken: readonly string[];
  readonly finalized: Height;
  /** Users' messages that the first honest node executed. */
  readonly messages: number;
  /** How often each kind of fault really happened. */
  readonly happened: Readonly<Record<string, number>>;
  /** How often a node found its state wrong, dropped it and, as all must, came back. */
  readonly noticed: number;
  /** Whom honest nodes have named for sending what no honest node sends: by position. */
  readonly accused: readonly number[];
  /** SHA-256 over every message sent, in order, with sender and receiver. */
  readonly sent: Hash;
  /** Of the state at the height asked for. */
  readonly root: Hash | undefined;
  /** What nodes said last, oldest first. */
  readonly lastFacts: readonly TraceEntry[];
}

export interface RunOptions {
  /** Replace a node by its restored snapshot when it is the first to finalize this height. */
  readonly restoreAt?: Height;
}

export const SIMULATION_GENESIS: LabTime = 1_700_000_000_000;

/** Virtual time for a height while faults last; and, after that, for a height and for all to find each other again. */
const FAULTY_HEIGHT_MS = 1_200;
const HEALED_HEIGHT_MS = 15_000;
const HEALING_MS = 120_000;
/** Heights beyond the tip that prove progress. */
const PROGRESS = 3;
const CERTIFICATE_EVERY_MS = 5_000;
const POOLS_EVERY_HEIGHTS = 10;
const FACTS_KEPT = 40;
/** Short, so that every run comes to summaries. */
const DKG_INTERVAL = 9;

export function simulate(plan: Plan, world: World, options: RunOptions = {}): Outcome {
  const draws = prng(plan.seed);
  const draw = draws.fork();
  const tearing = draws.fork();
  const { registry, cryptos } = genesisOf(plan, world, draw.fork());
  const subnet = subnetAt(registry, registry.latestVersion);
  const nodes = nodeIds(subnet);
  const liars = new Map(plan.faults.liars.map(({ node, lies }) => [nodes[node]!, lies]));
  const honest = new Set(nodes.filter((id) => !liars.has(id)));
  const tally = new Tally();
  const read = readOnce();
  const checkers = createCheckers(honest, read);
  const disks =
    plan.faults.tearing === 0 || plan.faults.crash.length === 0
      ? []
      : nodes.map(() => createTornDisk(tearing.fork(), () => tally.count("torn-write")));
  const stores = nodes.map((_, i) => disks[i]?.store ?? createMemoryStore());

  const deps = (i: number): ReplicaDeps => ({
    me: nodes[i]!,
    registry,
    genesis: SIMULATION_GENESIS,
    crypto: cryptos[i]!,
    wasm: world.wasmHost(),
    readMessage: read,
    stored: stores[i]!,
    watch: (state) => checkers.state(nodes[i]!, state),
  });
  const lieStreams = nodes.map(() => draw.fork());
  function seated(i: number, replica: Replica): Replica {
    const me = nodes[i]!;
    const liar = createLiar({ me, subnet, crypto: cryptos[i]!, read, draw: lieStreams[i]! }, (lie) =>
      tally.count(lie),
    );
    const lies = liars.get(me);
    return lies === undefined ? replica : lying(replica, liar(lies));
  }

  const links = createLinks(plan, nodes, SIMULATION_GENESIS, draw.fork(), tally);
  const network = new VirtualNetwork(
    nodes.map((id, i) => ({ id, replica: seated(i, createReplica(deps(i))), store: stores[i]! })),
    SIMULATION_GENESIS,
    links.policy,
  );
  network.keepTrace = false;
  network.link = (from, to, bytes) => links.carry(from, to, bytes, network.now);
  const sent = hashOfSent(nodes);
  let last: Uint8Array | undefined;
  network.onSend = (from, to, bytes) => {
    sent.add(from, to, bytes);
    if (bytes !== last) checkers.sent(from, bytes);
    last = bytes;
  };
  network.onCrash = (id, effect) =>
    disks[nodes.indexOf(id)]?.fail(effect.kind === "persist" ? effect.batch : undefined);
  const lastFacts: TraceEntry[] = [];
  const toInspect = new Set<NodeId>();
  let toRestore: NodeId | undefined;
  network.onTrace = (entry) => {
    checkers.fact(entry);
    const { node, fact } = entry;
    if (fact.kind === "finalized" && fact.height % POOLS_EVERY_HEIGHTS === 0 && honest.has(node))
      toInspect.add(node);
    if (fact.kind === "finalized" && fact.height === options.restoreAt && honest.has(node))
      toRestore ??= node;
    if (lastFacts.push(entry) > 2 * FACTS_KEPT) lastFacts.splice(0, FACTS_KEPT);
  };

  /** Checks that ask nodes, and so must wait until nobody is in the middle of a step. */
  const look = (): void => {
    for (const id of toInspect) {
      const reply = network.inspect(id, { kind: "node" });
      if (reply.kind === "node")
        for (const sentence of beyondBounds(reply, nodes.length, DKG_INTERVAL, checkers.finalized))
          checkers.report(sentence);
    }
    toInspect.clear();
    if (toRestore === undefined || options.restoreAt === undefined) return;
    const i = nodes.indexOf(toRestore);
    const snapshot = structuredClone(network.replica(toRestore).snapshot());
    network.replace(toRestore, restoreReplica(deps(i), snapshot));
    toRestore = undefined;
    options = {};
  };
  const users = createUsers(plan, nodes, network, tally, draw.fork(), world.modules);
  const asking = draw.fork();
  const divergences = draw.fork();
  let usersSaw: Height = -1;
  const stopped = (): boolean => {
    if (checkers.finalized > usersSaw) {
      usersSaw = checkers.finalized;
      users(usersSaw);
    }
    if (toInspect.size > 0 || toRestore !== undefined) look();
    return checkers.broken.length > 0;
  };

  /** From what it had written down, if it has crashed; if not, it will not. */
  const revive = (i: number): void => {
    const id = nodes[i]!;
    network.crashAfter(id, undefined);
    if (!network.hasCrashed(id)) return;
    tally.count("crash");
    checkers.crashed(id);
    const fault = disks[i]?.restart();
    if (fault !== undefined) checkers.report(`after a crash the disk of ${id} is no memory: ${fault}`);
    network.replace(id, seated(i, resumeReplica(deps(i), stores[i]!.load(), network.now)));
    network.setSilent(id, false);
  };

  /** It goes on from a state that is not the one it computed. */
  const diverge = (i: number): void => {
    const id = nodes[i]!;
    if (network.hasCrashed(id)) return;
    const snapshot = structuredClone(network.replica(id).snapshot()) as ReplicaSnapshot;
    tally.count("divergence");
    checkers.goesAstray(id);
    network.replace(id, seated(i, restoreReplica(deps(i), astray(snapshot, divergences))));
  };

  const askForCertificate = (node: NodeId): void =>
    network.post(node, TIME_REQUEST, (reply) => {
      const root = certifiedRoot(reply, cryptos[0]!);
      if (root === undefined) {
        if (honest.has(node) && reply.status === 200)
          checkers.report(`${node} gives a certificate of no root`);
      } else if (!checkers.isAgreed(root))
        checkers.report(`${node} gives a certificate of ${root}, nobody's root`);
    });

  const outcome = (): Outcome => ({
    broken: checkers.broken,
    finalized: checkers.finalized,
    messages: checkers.messages([...honest][0]!),
    happened: tally.all(),
    noticed: checkers.noticed,
    accused: [...nodes.keys()].filter((i) => checkers.accused.has(nodes[i]!)),
    sent: sent.digest(),
    root: checkers.root(plan.heights),
    lastFacts: lastFacts.slice(-FACTS_KEPT),
  });

  try {
    const forMs = plan.heights * FAULTY_HEIGHT_MS;
    const agenda = faultsAgenda(plan, nodes, network, tally, revive, diverge);
    for (let atMs = CERTIFICATE_EVERY_MS; atMs < forMs; atMs += CERTIFICATE_EVERY_MS)
      agenda.push({ atMs, keep: () => askForCertificate(nodes[asking.below(nodes.length)]!) });
    const top = (): Height => Math.max(...nodes.map((id) => checkers.executed(id)));
    keepAgenda(network, agenda, forMs, () => stopped() || top() >= plan.heights);

    heal(network, nodes, links);
    for (const i of nodes.keys()) revive(i);
    const { target, boundMs } = demandOf(plan, network, [...honest]);
    const reached = (): boolean => [...honest].every((id) => checkers.certified(id) >= target);
    if (!stopped() && !network.runUntil(() => stopped() || reached(), boundMs))
      checkers.report(late(checkers, [...honest], target, boundMs));
    for (const id of nodes) askForCertificate(id);
    network.runFor(1);
    for (const id of honest) toInspect.add(id);
    look();
  } catch (error) {
    checkers.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return outcome();
}

function genesisOf(
  plan: Plan,
  { bls }: World,
  draw: Prng,
): { readonly registry: Registry; readonly cryptos: readonly ReplicaCrypto[] } {
  const settings = { ...plan, latencyMs: 0, dkgIntervalLength: DKG_INTERVAL };
  if (plan.crypto === "stand-in" || bls === undefined)
    return makeStandInGenesis(settings, (n) => draw.bytes(n));
  const { registry, secrets } = makeGenesis(settings, (n) => draw.bytes(n), keysOn(bls));
  const subnet = subnetAt(registry, registry.latestVersion);
  return { registry, cryptos: secrets.map((s) => createNodeCrypto(s, subnet, bls)) };
}

/** What is sent to all is read once between them: it is the same bytes, and nobody writes into them. */
function readOnce(): typeof readMessage {
  const known = new WeakMap<Uint8Array, ReturnType<typeof readMessage>>();
  return (bytes) => {
    const found = known.get(bytes) ?? readMessage(bytes);
    known.set(bytes, found);
    return found;
  };
}

function heal(network: VirtualNetwork, nodes: readonly NodeId[], links: { heal(): void }): void {
  links.heal();
  for (const id of nodes) {
    network.setSilent(id, false);
    network.setSkew(id, 0);
    network.setSlow(id, 0);
  }
}

/** What every honest node must certify, and within which time. */
function demandOf(
  plan: Plan,
  network: VirtualNetwork,
  honest: readonly NodeId[],
): { readonly target: Height; readonly boundMs: number } {
  const replies = honest.map((id) => network.inspect(id, { kind: "node" })).filter((r) => r.kind === "node");
  const target = Math.max(plan.heights, ...replies.map((r) => r.notarized + PROGRESS));
  const behind = target - Math.min(...replies.map((r) => r.certified));
  const gap = Math.max(...replies.map((r) => r.notarized - r.finalized));
  // Where finality lags, worse ranks wait long (notary N5): a liar of rank 0 costs that.
  const patience = plan.unitDelayMs * faultsTolerated(plan.nodes) * 1.5 ** Math.min(gap + PROGRESS, 40);
  return { target, boundMs: Math.ceil(HEALING_MS + behind * HEALED_HEIGHT_MS + patience) };
}

const late = (checkers: Checkers, honest: readonly NodeId[], target: Height, boundMs: number): string =>
  `${boundMs} ms after all healed not every honest node has certified height ${target}: ` +
  honest.map((id) => checkers.certified(id)).join(", ");

function hashOfSent(nodes: readonly NodeId[]) {
  const hasher = sha256Hasher();
  const position = new Map(nodes.map((id, i) => [id, i]));
  let last: Uint8Array | undefined;
  return {
    /** The bytes of a broadcast go in once. */
    add(from: NodeId, to: NodeId, bytes: Uint8Array): void {
      hasher.update(Uint8Array.of(position.get(from)!, position.get(to)!));
      if (bytes !== last) hasher.update(bytes);
      last = bytes;
    },
    digest: (): Hash => toHex(hasher.digest()),
  };
}
