/**
 * A network of workers: one node each, raw ports between them, commands through comlink. Runs in the page and in Node
 * (`spawn` differs).
 */
import { releaseProxy, transfer } from "comlink";
import { defined } from "../base/assert.ts";
import { nodeIds, subnetAt } from "../registry/registry.ts";
import type { LinkCondition } from "../shell/gate.ts";
import type { NamedFlight, NamedPort, NodeApi, NodeInit, NodeReport } from "../shell/node-worker.ts";
import type { MessageFault } from "../types/fault.ts";
import type { Height, NodeId, RegistryVersion } from "../types/ids.ts";
import type { InspectionReply } from "../types/inspection.ts";
import { THE_LAB, type TraceEntry } from "../types/trace.ts";
import { createFaults } from "./faults.ts";
import { createLabClock } from "./lab-clock.ts";
import type {
  Flight,
  Network,
  NetworkBatch,
  NetworkInfo,
  NetworkSettings,
  NodeStatus,
  SubnetChange,
  SubnetNow,
} from "./lab.ts";
import { type Found, isFound, openSeats, troubleOf } from "./opening.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { createRequests } from "./requests.ts";
import { prepareVersion } from "./registry-change.ts";
import {
  alive,
  answered,
  folderOfSeat,
  leave,
  occupy,
  pairwise,
  type Seat,
  type SpawnedWorker,
  tellGone,
} from "./seats.ts";

export interface WorkerNetworkOptions {
  readonly spawn: () => SpawnedWorker;
  /** Wasm memories that each of so many nodes may hold. */
  readonly memoryUnits: (nodes: number) => number;
  /** Where its nodes write themselves down, a folder each; undefined: nowhere. */
  readonly folder?: string;
  /** Holds the past. Undefined: nobody can look back. */
  readonly spawnHistory?: () => SpawnedWorker;
  /** Idle time after which links slow down; undefined: never. */
  readonly dozeAfterMs?: number;
}

const DOZE_LATENCY_MS = 2_000;

export async function startWorkerNetwork(
  settings: NetworkSettings,
  options: WorkerNetworkOptions,
): Promise<Network> {
  const { folder } = options;
  const opened = await openSeats(settings, options.spawn, folder);
  const { genesis } = opened;
  let { registry } = opened;
  const seats = [...opened.seats];
  const clock = createLabClock(seats);
  const requests = createRequests(seats);

  const listeners = new Set<(batch: NetworkBatch) => void>();
  /** What happened to nodes before anybody listened, and why: told to the first who does. */
  let untold: NetworkBatch["statuses"] = [];
  const emit = (batch: NetworkBatch): void => {
    if (listeners.size === 0) untold = [...untold, ...batch.statuses.filter((s) => s.because !== undefined)];
    for (const listener of listeners) listener(batch);
  };
  let flightId = 0;
  let recorder: Promise<Recorder> | undefined;

  let interruptions = 0;
  const seatOf = (id: NodeId): Seat =>
    defined(
      seats.find((s) => s.id === id),
      `${id} is a node`,
    );

  const setStatus = (seat: Seat, status: NodeStatus, because?: string): void => {
    const isInterrupted = seat.status === "running" && status !== "running";
    if (isInterrupted || status === "starting") seat.interrupted = ++interruptions;
    seat.status = status;
    emit({
      entries: [],
      flights: [],
      statuses: [{ node: seat.id, status, ...(because === undefined ? {} : { because }) }],
    });
    requests.redispatch();
  };

  let latencyMs = settings.latencyMs;
  let dozing = false;
  /** Who agrees, as a node told that is further than all before. */
  let members: { readonly from: Height; readonly version: RegistryVersion } = {
    from: -1,
    version: registry.latestVersion,
  };
  let tip: Height = 0;
  function note(seat: Seat, entries: readonly TraceEntry[]): void {
    for (const { fact } of entries) {
      if (fact.kind === "finalized") tip = Math.max(tip, fact.height);
      else if (fact.kind === "members" && fact.height > members.from)
        members = { from: fact.height, version: fact.version };
      else if (fact.kind === "left-subnet") {
        leave(seat);
        setStatus(seat, "left");
      }
    }
  }

  const memoryUnits = (): number => options.memoryUnits(seats.filter(alive).length);
  async function begin(seat: Seat, peers: readonly NamedPort[]): Promise<void> {
    const { occupant } = seat;
    const { api, failure, failed } = occupant;
    const still = (): boolean => seat.occupant === occupant && alive(seat);
    void failure.then((sentence) => {
      if (!still()) return;
      tellGone(occupant);
      setStatus(seat, "stopped", sentence);
    });
    const report = new MessageChannel();
    report.port1.onmessage = ({ data }: MessageEvent<NodeReport>) => {
      if (seat.occupant !== occupant) return;
      const flights: Flight[] = data.flights.map((f) => ({ ...f, id: flightId++, to: seat.id }));
      if (data.entries.length + flights.length > 0) emit({ entries: data.entries, flights, statuses: [] });
      note(seat, data.entries);
      faults.sweep();
      if (data.stopped !== undefined && still()) setStatus(seat, "stopped", data.stopped);
      if (data.blocked === undefined || !still()) return;
      clock.pause();
      setStatus(seat, "blocked", data.blocked);
    };
    const init: NodeInit = {
      registryVersion: registry.latestVersion,
      clock: clock.setting,
      latencyMs: dozing ? DOZE_LATENCY_MS : latencyMs,
      memoryUnits: memoryUnits(),
    };
    const start = api.start(
      init,
      transfer(
        peers,
        peers.map((p) => p.port),
      ),
      transfer(report.port2, [report.port2]),
    );
    await Promise.race([start, failed]);
    if (!still()) return;
    setStatus(seat, "running");
    void recorder?.then(({ join }) => join(seat.id, api));
    faults.apply(seat.id);
  }
  /** Whether it was the seat's node. Who is in the subnet no more has no need of what is gone. */
  const isHere = (seat: Seat, found: Found): boolean => {
    const trouble = troubleOf(seat.id, found);
    if (isFound(seat.id, found)) {
      if (trouble !== undefined) setStatus(seat, "starting", trouble);
      return true;
    }
    const isMember = nodeIds(subnetAt(registry, registry.latestVersion)).includes(seat.id);
    if (isMember) setStatus(seat, "stopped", trouble);
    else setStatus(seat, "left");
    return false;
  };
  const linksInto = new Map<NodeId, ReadonlyMap<NodeId, LinkCondition>>();
  const setLinks = (seat: Seat, hurry: boolean): void => {
    const ms = dozing ? DOZE_LATENCY_MS : latencyMs;
    if (alive(seat)) void seat.occupant.api.setLinks(ms, linksInto.get(seat.id) ?? new Map(), hurry);
  };
  /** A message that was touched keeps its number; a copy of it gets one. */
  const moved = ({ message }: MessageFault, flights: readonly NamedFlight[]): void =>
    emit({
      entries: [],
      flights: flights.map((f) => ({
        ...f,
        id: f.held === message.held ? message.id : flightId++,
        to: message.to,
      })),
      statuses: [],
    });
  let saidByLab = 0;
  const faults = createFaults({
    get nodes() {
      return seats.map((s) => s.id);
    },
    now: clock.now,
    say: (fact) =>
      emit({
        entries: [{ node: THE_LAB, at: clock.now(), sequence: saidByLab++, fact }],
        flights: [],
        statuses: [],
      }),
    canRestart: folder !== undefined,
    setKilled(node, killed) {
      const seat = seatOf(node);
      if (!killed) return revive(seat);
      if (seat.status === "killed") return;
      leave(seat);
      setStatus(seat, "killed");
    },
    setFrozen(node, frozen) {
      const seat = seatOf(node);
      if (seat.status !== (frozen ? "running" : "frozen")) return;
      void seat.occupant.api.setFrozen(frozen);
      setStatus(seat, frozen ? "frozen" : "running");
    },
    setSlow(node, ms) {
      if (alive(seatOf(node))) void seatOf(node).occupant.api.setSlow(ms);
    },
    setLies(node, lies) {
      if (alive(seatOf(node))) void seatOf(node).occupant.api.setLies(lies);
    },
    setLinks(to, conditions) {
      linksInto.set(to, conditions);
      setLinks(seatOf(to), false);
    },
    async touch(number, fault) {
      const { message, ...act } = fault;
      const seat = seatOf(message.to);
      const touched = alive(seat) ? await seat.occupant.api.touch(number, message.held, act) : undefined;
      if (touched === undefined) return "too late";
      moved(fault, touched.moved);
      return touched.until ?? "undone";
    },
    untouch(number, fault) {
      const seat = seatOf(fault.message.to);
      if (alive(seat)) void seat.occupant.api.untouch(number).then((flights) => moved(fault, flights));
    },
  });

  for (const [i, found] of opened.found.entries()) isHere(seats[i]!, found);
  const present = seats.filter(alive);
  const ports = pairwise(present.map((s) => s.id));
  await Promise.all(present.map((seat) => begin(seat, ports.get(seat.id)!))).catch((error: unknown) => {
    for (const seat of seats) leave(seat);
    throw error;
  });

  function revive(seat: Seat): void {
    if (folder === undefined || alive(seat)) return;
    leave(seat); // one that stopped by itself is still there
    void restart(seat);
  }
  /** From what it had written down. */
  async function restart(seat: Seat): Promise<void> {
    const home = defined(folder, "who lives in memory does not come back");
    const occupant = occupy(options.spawn(), seat.number);
    seat.occupant = occupant;
    setStatus(seat, "starting");
    try {
      const found = await Promise.race([occupant.api.open(folderOfSeat(home, seat.number)), occupant.failed]);
      if (seat.occupant !== occupant) return;
      if (isHere(seat, found)) await join(seat);
    } catch (error) {
      if (seat.occupant !== occupant) return;
      setStatus(seat, "stopped", error instanceof Error ? error.message : String(error));
    }
  }
  /** With new links to all who live. */
  function join(seat: Seat): Promise<void> {
    const mine: NamedPort[] = [];
    for (const peer of seats) {
      if (peer === seat || !alive(peer)) continue;
      const { port1, port2 } = new MessageChannel();
      mine.push({ node: peer.id, port: port1 });
      void peer.occupant.api.connect(transfer({ node: seat.id, port: port2 }, [port2]));
    }
    return begin(seat, mine);
  }

  let changing = false;
  async function change(to: SubnetChange): Promise<void> {
    if (changing) throw new Error("The subnet is being changed already.");
    changing = true;
    try {
      const prepared = await prepareVersion({ registry, genesis, seats, folder, spawn: options.spawn }, to);
      registry = prepared.registry;
      const before = seats.filter(alive);
      for (const { occupant } of before) void occupant.api.learn(registry.latestVersion);
      seats.push(...prepared.come);
      info = { ...info, nodes: seats.map((s) => s.id) };
      const units = memoryUnits();
      for (const { occupant } of before) void occupant.api.setMemoryUnits(units);
      for (const seat of prepared.come) setStatus(seat, "starting");
      await Promise.all(prepared.come.map(join));
    } finally {
      changing = false;
    }
  }

  const setLatency = (hurry: boolean): void => {
    for (const seat of seats) setLinks(seat, hurry);
  };

  let hidden = false;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  const setDozing = (value: boolean): void => {
    if (value === dozing) return;
    dozing = value;
    setLatency(!value);
    emit({ entries: [], flights: [], statuses: [] });
  };
  const stir = (): void => {
    if (options.dozeAfterMs === undefined) return;
    setDozing(false);
    clearTimeout(idleTimer);
    idleTimer = setTimeout(() => setDozing(true), options.dozeAfterMs);
  };
  stir();

  const subnet = subnetAt(registry, registry.latestVersion);
  const shapeAt = (version: RegistryVersion): SubnetNow => {
    const record = subnetAt(registry, version);
    return { nodes: nodeIds(record), notaryDelayMs: record.initialNotaryDelayMs };
  };
  const range = defined(subnet.canisterRanges[0], "the subnet has a range");
  let info: NetworkInfo = {
    subnetId: subnet.id,
    rootKey: subnet.publicKeyDer,
    nodes: seats.map((s) => s.id),
    defaultEffectiveCanisterId: range.start,
    lastCanisterId: range.end,
  };

  return {
    get info() {
      return info;
    },
    get subnet() {
      return shapeAt(members.version);
    },
    get nextSubnet() {
      if (members.version === registry.latestVersion) return undefined;
      const length = subnet.dkgIntervalLength + 1;
      return { ...shapeAt(registry.latestVersion), from: (Math.floor(tip / length) + 2) * length };
    },
    change,
    settings,
    now: clock.now,
    subscribe(listener) {
      listeners.add(listener);
      const statuses = untold;
      untold = [];
      if (statuses.length > 0) queueMicrotask(() => listener({ entries: [], flights: [], statuses }));
      return () => listeners.delete(listener);
    },
    async fetch(input, init, node) {
      const request = new Request(input, init);
      const path = new URL(request.url).pathname;
      if (path.endsWith("/call")) stir();
      const body = new Uint8Array(await request.arrayBuffer());
      const contentType = request.headers.get("content-type") ?? undefined;
      const reply = await requests.ask({ method: request.method, path, contentType, body }, node);
      return new Response(Uint8Array.from(reply.body), {
        status: reply.status,
        headers: { "content-type": reply.contentType },
      });
    },
    inspect(node, what) {
      const { occupant } = seatOf(node);
      return answered(occupant, occupant.api.inspect(what) as Promise<InspectionReply>);
    },
    record() {
      if (options.spawnHistory === undefined) return undefined;
      recorder ??= startRecorder(options.spawnHistory(), registry, genesis).then((recorder) => {
        for (const seat of seats)
          if (seat.status === "running" || seat.status === "frozen")
            recorder.join(seat.id, seat.occupant.api);
        return recorder;
      });
      return recorder;
    },
    status: (node) => seatOf(node).status,
    get faults() {
      return faults.inForce;
    },
    inject: faults.inject,
    undo: faults.undo,
    heal: faults.heal,
    canRestart: folder !== undefined,
    restart: (node) => revive(seatOf(node)),
    pause: clock.pause,
    resume() {
      for (const seat of seats) {
        if (seat.status !== "blocked") continue;
        setStatus(seat, "running");
        void seat.occupant.api.retry();
      }
      clock.resume();
    },
    get paused() {
      return clock.paused;
    },
    step: clock.step,
    setRate: clock.setRate,
    get latencyMs() {
      return latencyMs;
    },
    setLatency(ms) {
      latencyMs = ms;
      setLatency(false);
    },
    setHidden(value) {
      hidden = value;
      if (options.dozeAfterMs === undefined) return;
      if (hidden) setDozing(true);
      else stir();
    },
    get dozing() {
      return dozing;
    },
    async copy() {
      const living = seats.filter((s) => s.status !== "killed" && s.status !== "left");
      const files = await Promise.all(
        living.map(async ({ number, occupant }) => {
          const all = (await occupant.api.copy()) as Awaited<ReturnType<NodeApi["copy"]>>;
          return all.map(({ name, bytes }) => ({ node: number, name, bytes }));
        }),
      );
      return files.flat();
    },
    async close() {
      clearTimeout(idleTimer);
      void recorder?.then(({ close }) => close());
      for (const seat of seats) {
        seat.occupant.api[releaseProxy]();
        seat.occupant.worker.terminate();
        seat.status = "killed";
      }
      requests.close();
      listeners.clear();
    },
  };
}
