/**
 * A node in a worker of its own: the control plane that the lab calls (through comlink), raw ports to the peers, and
 * one port on which facts leave. The same for Web Workers and for Node's worker threads.
 */
import { defined } from "../base/assert.ts";
import { prng, type Prng } from "../base/prng.ts";
import { describeMessage, type MessageDescription, readMessage } from "../replica/gossip/wire.ts";
import type { ReplicaCrypto } from "../replica/interfaces/crypto.ts";
import type { ReplicaEffect } from "../replica/interfaces/events.ts";
import type { WasmHost } from "../replica/interfaces/wasm-host.ts";
import { counting, GENESIS_VERSION, subnetAt } from "../registry/registry.ts";
import { createReplica, type ReplicaDeps, replayHeight, resumeReplica } from "../replica/replica.ts";
import type { LieName } from "../types/fault.ts";
import type { HttpReply, HttpRequest, Ticket } from "../types/http.ts";
import type { Height, LabTime, NodeId, RegistryVersion } from "../types/ids.ts";
import type { Inspection, InspectionReply } from "../types/inspection.ts";
import type { TraceEntry } from "../types/trace.ts";
import { type ClockSetting, labTimeAt } from "./clock.ts";
import { conditioned, fixedLatency, Gate, type Held, type LinkCondition } from "./gate.ts";
import type { Bls } from "../crypto/bls.ts";
import { loadMclBls } from "../crypto/bls-mcl.ts";
import { loadSodium } from "../crypto/ed25519-sodium.ts";
import { createRecording, type Recording } from "./history/recording.ts";
import type { Liar, Lie, LoadLiar } from "./lie.ts";
import { type MessageAct, MessageActs } from "./message-acts.ts";
import { createKeyring, type Keyring } from "./keyring.ts";
import { createNodeCrypto, type NodeSecrets } from "./node-crypto.ts";
import { NodeHost } from "./node-host.ts";
import { createElsewhere, type Sandbox } from "./sandbox.ts";
import type { Disk } from "./storage/disk.ts";
import { openFileStore, STORE_FILES, type StoreFiles } from "./storage/file-store.ts";
import {
  committed,
  type Identity,
  type IdentityFile,
  openIdentity,
  prepared,
  secretsAt,
} from "./storage/identity.ts";
import { createMemoryStore, type NodeStore } from "./storage/node-store.ts";
import type { SyncFile } from "./storage/sync-file.ts";
import { createWasmHost } from "./wasm-host.ts";

export interface NodeInit {
  /** The latest that counts: what was prepared beyond it does not. */
  readonly registryVersion: RegistryVersion;
  readonly clock: ClockSetting;
  readonly latencyMs: number;
  /** This node's share of the tab's Wasm memories: memory32 counts 1, memory64 2. */
  readonly memoryUnits: number;
}

/** What leaves on the report port. */
export interface NodeReport {
  readonly entries: readonly TraceEntry[];
  readonly flights: readonly NamedFlight[];
  readonly stopped?: string;
  /** It waits with what it could not write down. */
  readonly blocked?: string;
}

/** A message on its way, with a description for its bytes. */
export type NamedFlight = Omit<Held, "bytes" | "id"> & MessageDescription & { readonly held: number };

export interface NodeApi {
  /**
   * Where the node writes itself down from now on; what it knows of itself from there, but for its secrets. Undefined where
   * nobody was; rejects with a sentence where somebody was, and cannot be told any more.
   */
  open(folder: string): Promise<KnownNode | undefined>;
  /** What it has written down, all of it of one moment. */
  copy(): { readonly name: string; readonly bytes: Uint8Array }[];
  /** Who it is, of one that is new; a registry version that will count, and its shares of it, of one that knows. */
  prepare(identity: Omit<Identity, "shares">): void;
  start(init: NodeInit, peers: readonly NamedPort[], report: MessagePort): Promise<void>;
  /** That version, which was prepared, counts from now on. */
  learn(version: RegistryVersion): void;
  /** For the dealer of the next version. */
  secrets(): NodeSecrets;
  /** A new link to a peer that came back, in place of the one that led to it before. */
  connect(peer: NamedPort): void;
  http(request: HttpRequest): Promise<HttpReply>;
  inspect(what: Inspection): Promise<InspectionReply>;
  setClock(clock: ClockSetting): void;
  setFrozen(frozen: boolean): void;
  /** Tries again to write down what could not be. */
  retry(): void;
  /** With `hurry`, what is held under the old latency arrives now. */
  setLinks(ms: number, conditions: ReadonlyMap<NodeId, LinkCondition>, hurry: boolean): void;
  setSlow(ms: number): void;
  setMemoryUnits(units: number): void;
  setLies(lies: readonly LieName[]): Promise<void>;
  /** To a message that its gate holds; undefined: no more. See `message-acts.ts`. */
  touch(
    number: number,
    held: number,
    act: MessageAct,
  ): { readonly moved: readonly NamedFlight[]; readonly until: LabTime | undefined } | undefined;
  untouch(number: number): readonly NamedFlight[];
  nextTime(): LabTime | undefined;
  stepOne(at: LabTime): void;
  /** Tells from now on what it is told (history/recorded.ts); whatever comes back means that it is to be told anew. */
  record(port: MessagePort): void;
  /** Says what waits to be said there. How often it said something. */
  flushRecord(): number;
}

/** A link to that peer. */
export interface NamedPort {
  readonly node: NodeId;
  readonly port: MessagePort;
}

export interface KnownNode extends Omit<Identity, "secrets" | "shares"> {
  readonly node: NodeId;
  /** Why what it had signed is not all there; undefined: it is. */
  readonly lost: string | undefined;
}

/** What a node was told is on its way to whoever records it after this long. */
const FLUSH_MS = 200;
const IDENTITY_FILES = ["identity-a", "identity-b"];

/** `disk`: undefined where there is none; then the node lives as long as its worker. */
export function makeNode(spawnSandbox: () => Sandbox, disk: Disk | undefined, loadLiar: LoadLiar): NodeApi {
  let store: NodeStore = createMemoryStore();
  /** What it had signed is not all there (consensus C6). */
  let silent = false;
  let noteLost = (): void => {};
  let identityFile: IdentityFile | undefined;
  let identity: Identity | undefined;
  /** Not written down before this life. */
  let isNew = false;
  let keyring: Keyring | undefined;
  let bls: Bls | undefined;
  const onDisk: { readonly name: string; readonly file: SyncFile }[] = [];
  const ports = new Map<NodeId, MessagePort>();
  let listen = (_peer: NamedPort): void => {}; // until there is a host to hear it, messages wait in their port
  const tickets = new Map<Ticket, (reply: never) => void>();
  let nextTicket: Ticket = 1;
  let host: NodeHost | undefined;
  let gate: Gate | undefined;
  let wasmOptions: { memoryUnits: number; readonly elsewhere: WasmHost["elsewhere"] } | undefined;
  let recording: Recording | undefined;
  let said = 0;
  let acts: MessageActs | undefined;
  /** What its faults draw from. */
  let draw: Prng = prng(0);
  let lie: Lie = (_event, effects) => effects;
  let liar: Promise<Liar> | undefined;
  let makeLiar: (() => Promise<Liar>) | undefined;

  const started = (): NodeHost => defined(host, "start comes first");
  const self = (): Identity => defined(identity, "a node knows who it is");
  const become = (next: Identity): void => {
    if (next === identity) return;
    identityFile?.write(next); // before anything is done as that
    identity = next;
  };
  const cryptoOf = (version: RegistryVersion): ReplicaCrypto =>
    createNodeCrypto(
      secretsAt(self(), version),
      subnetAt(self().registry, version),
      defined(bls, "start comes first"),
    );
  const ask = <R>(event: (ticket: Ticket) => Parameters<NodeHost["request"]>[0]): Promise<R> =>
    new Promise<R>((resolve) => {
      const ticket = nextTicket++;
      tickets.set(ticket, resolve as (reply: never) => void);
      started().request(event(ticket));
    });
  const answer = (ticket: Ticket, reply: unknown): void => {
    tickets.get(ticket)?.(reply as never);
    tickets.delete(ticket);
  };

  loadLibraries().catch(() => {}); // compiles while the dealer is at work; `start` says what went wrong
  return {
    async open(folder) {
      const names = [...IDENTITY_FILES, ...STORE_FILES];
      const files = await defined(disk, "there is a disk").open(folder, names);
      onDisk.push(...names.map((name, i) => ({ name, file: files[i]! })));
      const [a, b, ...rest] = files as [SyncFile, SyncFile, ...SyncFile[]];
      identityFile = openIdentity([a, b]);
      ({ identity } = identityFile);
      const kept = openFileStore(
        Object.fromEntries(STORE_FILES.map((name, i) => [name, rest[i]!])) as unknown as StoreFiles,
      );
      store = kept;
      if (identity === undefined) {
        if (identityFile.isDamaged || !kept.isEmpty)
          throw new Error("its identity is damaged, and its keys with it");
        return undefined;
      }
      const lost = kept.existed ? kept.fault : "its journal is gone";
      silent = lost !== undefined;
      noteLost = kept.noteLost;
      const { registry, genesis, secrets } = identity;
      return { registry, genesis, node: secrets.node, lost };
    },
    prepare({ registry, secrets, genesis }) {
      isNew = identity === undefined;
      // Its journal is there before it is: one that is not is gone.
      if (isNew) store.write({ artifacts: [], parts: [], checkpoints: [], isWhole: false });
      const { latestVersion } = registry;
      const born = identity ?? { registry, secrets, genesis, shares: new Map() };
      const next = Math.max(...registry.versions.keys());
      become(next === latestVersion ? born : prepared(born, next, subnetAt(registry, next), secrets));
    },
    async start(init, peers, report) {
      [bls] = await loadLibraries();
      if (silent) noteLost();
      become(committed(self(), init.registryVersion));
      const { secrets, genesis } = self();
      const registry = counting(self().registry);
      for (const { node, port } of peers) ports.set(node, port);
      const record = subnetAt(registry, GENESIS_VERSION);
      const elsewhere = createElsewhere(
        spawnSandbox,
        record.limits.slice,
        () => started().request({ kind: "continue" }),
        (then) => void setTimeout(then, 500),
      );
      wasmOptions = { memoryUnits: init.memoryUnits, elsewhere };
      const wasm = createWasmHost(wasmOptions);
      const now = labTimeAt(init.clock, performance.timeOrigin + performance.now());
      recording = createRecording(silent ? now : undefined);
      keyring = createKeyring(GENESIS_VERSION, cryptoOf(GENESIS_VERSION));
      for (const version of registry.versions.keys())
        if (version !== GENESIS_VERSION) keyring.learn(version, cryptoOf(version));
      const crypto = keyring;
      const deps: ReplicaDeps = {
        me: secrets.node,
        registry,
        genesis,
        crypto: recording.crypto(crypto),
        wasm: recording.wasm(wasm),
        stored: store,
        ...(silent ? { memoryLostAt: now } : {}),
      };
      const written = store.load();
      const replica = isNew ? createReplica(deps) : resumeReplica(deps, written, now);
      const replayed = until(replayHeight(written));
      gate = new Gate(fixedLatency(init.latencyMs));
      draw = prng(Number.parseInt(secrets.node.slice(0, 8), 16));
      acts = new MessageActs(gate, draw.fork());
      const lieDraw = draw.fork();
      // What a lie signs is no part of what honest code did: it is not recorded.
      makeLiar = async () =>
        (await loadLiar())({
          me: secrets.node,
          subnet: subnetAt(self().registry, self().registry.latestVersion),
          crypto,
          draw: lieDraw,
          read: readMessage,
        });
      const honest = recording.replica(replica);
      const reports = batched((batch: NodeReport) => report.postMessage(batch));
      let timer: ReturnType<typeof setTimeout> | undefined;
      host = new NodeHost(
        {
          step: (event) => lie(event, honest.step(event)) as ReplicaEffect[],
          snapshot: () => honest.snapshot(),
        },
        gate,
        {
          persist: (batch) => store.write(batch),
          send: (to, messages) => ports.get(to)?.postMessage(messages),
          httpReply: answer,
          inspectReply: answer,
          trace(entries) {
            for (const { fact } of entries) if (fact.kind === "round-executed") replayed.reach(fact.height);
            reports.add({ entries, flights: [] });
          },
          stopped(because) {
            reports.add({ entries: [], flights: [], stopped: because });
            replayed.reach(replayed.height); // it gets no further
          },
          blocked: (because) => reports.add({ entries: [], flights: [], blocked: because }),
          wallNow: () => performance.timeOrigin + performance.now(),
          sleep: (ms, then) => {
            clearTimeout(timer);
            timer = setTimeout(then, ms);
          },
          soon: macrotask(),
        },
        init.clock,
      );
      listen = ({ node, port }) => {
        port.onmessage = ({ data }: MessageEvent<readonly Uint8Array[]>) => {
          const flights = data.flatMap((bytes) => started().accept(node, bytes) ?? []);
          if (flights.length > 0) reports.add({ entries: [], flights: flights.map(named) });
        };
      };
      for (const [node, port] of ports) listen({ node, port });
      host.run();
      if (!written.checkpoints.some(({ height }) => height >= replayed.height)) await replayed.promise;
    },
    learn(version) {
      become(committed(self(), version));
      defined(keyring, "start comes first").learn(version, cryptoOf(version));
      started().request({ kind: "registry", version, subnet: subnetAt(self().registry, version) });
    },
    secrets: () => secretsAt(self(), self().registry.latestVersion),
    copy: () =>
      onDisk.map(({ name, file }) => {
        const bytes = new Uint8Array(file.getSize());
        file.read(bytes, { at: 0 });
        return { name, bytes };
      }),
    connect(peer) {
      ports.get(peer.node)?.close();
      ports.set(peer.node, peer.port);
      listen(peer);
    },
    http: (request) => ask((ticket) => ({ kind: "http", ticket, request })),
    inspect: (what) => ask((ticket) => ({ kind: "inspect", ticket, what })),
    setClock: (clock) => started().setClock(clock),
    setFrozen: (frozen) => started().setFrozen(frozen),
    retry: () => started().retry(),
    setLinks: (ms, conditions, hurry) => {
      const g = defined(gate, "start comes first");
      g.policy = conditioned(ms, conditions, draw);
      if (hurry) g.hurry(started().now());
      started().run();
    },
    setSlow: (ms) => started().setSlow(ms),
    setMemoryUnits(units) {
      if (wasmOptions !== undefined) wasmOptions.memoryUnits = units;
    },
    async setLies(lies) {
      if (lies.length === 0 && liar === undefined) return;
      liar ??= defined(makeLiar, "start comes first")();
      lie = (await liar)(lies);
    },
    touch(number, held, act) {
      const touched = defined(acts, "start comes first").begin(number, held, act);
      started().run();
      return touched && { ...touched, moved: touched.moved.map(named) };
    },
    untouch(number) {
      const moved = defined(acts, "start comes first").end(number, started().now());
      started().run();
      return moved.map(named);
    },
    nextTime: () => started().nextTime(),
    stepOne: (at) => started().stepOne(at),
    record(port) {
      const recorded = defined(recording, "start comes first");
      recorded.begin((what) => {
        said++;
        port.postMessage(what);
      });
      port.onmessage = () => recorded.renew();
      setInterval(() => recorded.flush(), FLUSH_MS);
    },
    flushRecord() {
      recording?.flush();
      return said;
    },
  };
}

function until(height: Height) {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const reach = (reached: Height): void => {
    if (reached >= height) resolve();
  };
  reach(0);
  return { height, promise, reach };
}

const loadLibraries = () => Promise.all([loadMclBls(), loadSodium()]);

const named = ({ bytes, id, ...flight }: Held): NamedFlight => ({
  ...flight,
  ...describeMessage(bytes),
  held: id,
});

/** One report a frame at most: the page draws at 60 Hz, and a message a fact would drown it. */
function batched(post: (batch: NodeReport) => void): { add(part: NodeReport): void } {
  let waiting: NodeReport[] = [];
  return {
    add(part) {
      waiting.push(part);
      if (waiting.length > 1) return;
      setTimeout(() => {
        const parts = waiting;
        waiting = [];
        const stopped = parts.find((p) => p.stopped !== undefined)?.stopped;
        const blocked = parts.findLast((p) => p.blocked !== undefined)?.blocked;
        post({
          entries: parts.flatMap((p) => p.entries),
          flights: parts.flatMap((p) => p.flights),
          ...(stopped === undefined ? {} : { stopped }),
          ...(blocked === undefined ? {} : { blocked }),
        });
      }, 16);
    },
  };
}

/**
 * A macrotask without the clamp of nested timers, so that messages in waiting are taken in between. Node has one of its
 * own; there a port that feeds itself would keep timers and other ports out for a thousand messages.
 */
function macrotask(): (then: () => void) => void {
  if (typeof setImmediate === "function") return (then) => void setImmediate(then);
  const { port1, port2 } = new MessageChannel();
  let next: (() => void)[] = [];
  port1.onmessage = () => {
    const now = next;
    next = [];
    for (const then of now) then();
  };
  return (then) => {
    next.push(then);
    port2.postMessage(0);
  };
}
