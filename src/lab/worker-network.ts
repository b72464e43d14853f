/**
 * A network of workers: one node each, raw ports between them, commands through comlink. The first deals the keys before
 * it is a node; secrets go to their owners and are forgotten here. Runs in the page and in Node (`spawn` differs).
 */
import { type Remote, transfer, wrap, type Endpoint, releaseProxy } from "comlink";
import { defined } from "../base/assert.ts";
import { subnetAt } from "../registry/registry.ts";
import { type ClockSetting, labTimeAt, withRate } from "../shell/clock.ts";
import type { LinkCondition } from "../shell/gate.ts";
import type {
  KnownNode,
  NamedFlight,
  NamedPort,
  NodeApi,
  NodeInit,
  NodeReport,
} from "../shell/node-worker.ts";
import type { MessageFault } from "../types/fault.ts";
import type { HttpReply, HttpRequest } from "../types/http.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { InspectionReply } from "../types/inspection.ts";
import { THE_LAB } from "../types/trace.ts";
import type { Dealer } from "./dealer.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { createFaults } from "./faults.ts";
import type { Flight, Network, NetworkBatch, NetworkInfo, NetworkSettings, NodeStatus } from "./lab.ts";

/** A worker of either home: something to talk to, and a way to end it. */
export interface SpawnedWorker {
  readonly endpoint: Endpoint;
  terminate(): void;
  /** The worker failed to load or died by itself. */
  onfailure(listener: (sentence: string) => void): void;
}

export interface WorkerNetworkOptions {
  readonly spawn: () => SpawnedWorker;
  /** Wasm memories that all nodes together may hold. */
  readonly memoryUnits: number;
  /** Where its nodes write themselves down, a folder each; undefined: nowhere. */
  readonly folder?: string;
  /** Holds the past. Undefined: nobody can look back. */
  readonly spawnHistory?: () => SpawnedWorker;
  /** Idle time after which links slow down; undefined: never. */
  readonly dozeAfterMs?: number;
}

/** A worker that is a node, or will be. */
interface Occupant {
  readonly worker: SpawnedWorker;
  readonly failure: Promise<string>;
  /** Rejects, should it ever. */
  readonly failed: Promise<never>;
  readonly api: Remote<NodeApi & Dealer>;
  /** Whoever waits for its answer is told, should it go. */
  readonly asked: Set<(error: Error) => void>;
}

/** A node's place in the network: whoever is killed leaves it, and who comes back takes it again. */
interface Seat {
  readonly id: NodeId;
  /** From 0. */
  readonly number: number;
  occupant: Occupant;
  status: NodeStatus;
  /** Counts the network's interruptions: which of them was its last. 0: it has run since the beginning. */
  interrupted: number;
}

interface Waiting {
  readonly request: HttpRequest;
  readonly pinned: NodeId | undefined;
  at: Occupant | undefined;
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

/** What waits for such a node may be answered yet. */
const MAY_ANSWER: readonly NodeStatus[] = ["frozen", "blocked", "starting"];
const DOZE_LATENCY_MS = 2_000;
/** Mainnet's is 499: here an interval takes seconds, so that one is seen, and little is executed again after a reload. */
const DKG_INTERVAL_LENGTH = 99;

export async function startWorkerNetwork(
  settings: NetworkSettings,
  options: WorkerNetworkOptions,
): Promise<Network> {
  const occupy = (i: number): Occupant => {
    const worker = options.spawn();
    const failure = new Promise<string>((resolve) => worker.onfailure(resolve));
    const failed = failure.then((sentence): never => {
      throw new Error(`node ${i + 1} did not start: ${sentence}`);
    });
    failed.catch(() => {}); // until somebody waits for it
    return { worker, failure, failed, api: wrap<NodeApi & Dealer>(worker.endpoint), asked: new Set() };
  };
  const workers = Array.from({ length: settings.nodes }, (_, i) => occupy(i));
  const endAll = (error: unknown): never => {
    for (const { worker } of workers) worker.terminate();
    throw error;
  };
  const orFailure = <T>(promise: Promise<T>): Promise<T> =>
    Promise.race([promise, ...workers.map((w) => w.failed)]).catch(endAll);
  const { folder } = options;
  const opened =
    folder === undefined
      ? []
      : await orFailure(Promise.all(workers.map(({ api }, i) => api.open(`${folder}/${i}`))));
  const known = opened.find((node) => node !== undefined);
  const { nodes, notaryDelayMs, unitDelayMs } = settings;
  const dkgIntervalLength = DKG_INTERVAL_LENGTH;
  const first = defined(workers[0], "there is a node");
  const dealt =
    known === undefined
      ? await orFailure(first.api.deal({ nodes, notaryDelayMs, unitDelayMs, dkgIntervalLength }))
      : undefined;
  const { registry } = defined(known ?? dealt, "a network is known or was dealt");
  const secrets = [...(dealt?.secrets ?? [])];
  const subnet = subnetAt(registry, registry.latestVersion);
  const wallNow = (): number => performance.timeOrigin + performance.now();
  let clock: ClockSetting = { wall: wallNow(), lab: Math.floor(wallNow()), rate: 1 };
  const genesis = known?.genesis ?? clock.lab;

  const waiting = new Set<Waiting>();
  const listeners = new Set<(batch: NetworkBatch) => void>();
  const emit = (batch: NetworkBatch): void => {
    for (const listener of listeners) listener(batch);
  };
  let flightId = 0;
  let recorder: Promise<Recorder> | undefined;

  const seats: Seat[] = subnet.nodes.map(({ id }, number) => ({
    id,
    number,
    occupant: workers[number]!,
    status: "starting",
    interrupted: 0,
  }));
  let interruptions = 0;
  const seatOf = (id: NodeId): Seat =>
    defined(
      seats.find((s) => s.id === id),
      `${id} is a node`,
    );

  const setStatus = (seat: Seat, status: NodeStatus, because?: string): void => {
    if (seat.status === "running" && status !== "running") seat.interrupted = ++interruptions;
    seat.status = status;
    emit({
      entries: [],
      flights: [],
      statuses: [{ node: seat.id, status, ...(because === undefined ? {} : { because }) }],
    });
    redispatch();
  };

  let latencyMs = settings.latencyMs;
  let dozing = false;
  /** `identity`: undefined of one that has written down who it is. */
  async function begin(
    seat: Seat,
    identity: NodeInit["identity"],
    peers: readonly NamedPort[],
  ): Promise<void> {
    const { occupant } = seat;
    const { api, failure, failed } = occupant;
    const still = (): boolean => seat.occupant === occupant && alive(seat);
    void failure.then((sentence) => {
      if (still()) setStatus(seat, "stopped", sentence);
    });
    const report = new MessageChannel();
    report.port1.onmessage = ({ data }: MessageEvent<NodeReport>) => {
      if (seat.occupant !== occupant) return;
      const flights: Flight[] = data.flights.map((f) => ({ ...f, id: flightId++, to: seat.id }));
      if (data.entries.length + flights.length > 0) emit({ entries: data.entries, flights, statuses: [] });
      faults.sweep();
      if (data.stopped !== undefined && still()) setStatus(seat, "stopped", data.stopped);
      if (data.blocked === undefined || !still()) return;
      if (clock.rate !== 0) setClock(withRate(clock, 0, wallNow()));
      setStatus(seat, "blocked", data.blocked);
    };
    const init: NodeInit = {
      identity,
      clock,
      latencyMs: dozing ? DOZE_LATENCY_MS : latencyMs,
      memoryUnits: Math.floor(options.memoryUnits / seats.length),
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
  const isWhoSatHere = (seat: Seat, found: KnownNode | undefined): boolean => {
    if (found?.node === seat.id) return true;
    setStatus(seat, "stopped", "what it had written down is gone, and its keys with it");
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
    nodes: seats.map((s) => s.id),
    now: () => labTimeAt(clock, wallNow()),
    say: (fact) =>
      emit({
        entries: [{ node: THE_LAB, at: labTimeAt(clock, wallNow()), sequence: saidByLab++, fact }],
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

  const ports = pairwise(seats.map((s) => s.id));
  await Promise.all(
    seats.map(async (seat, i) => {
      if (known !== undefined && !isWhoSatHere(seat, opened[i])) return;
      const identity = known === undefined ? { registry, secrets: secrets[i]!, genesis } : undefined;
      await begin(seat, identity, ports.get(seat.id)!);
    }),
  ).catch(endAll);
  secrets.length = 0;

  function revive(seat: Seat): void {
    if (folder === undefined || alive(seat)) return;
    leave(seat); // one that stopped by itself is still there
    void restart(seat);
  }
  /** From what it had written down, with new links to all who live. */
  async function restart(seat: Seat): Promise<void> {
    const home = defined(folder, "who lives in memory does not come back");
    const occupant = occupy(seat.number);
    seat.occupant = occupant;
    setStatus(seat, "starting");
    try {
      const found = await Promise.race([occupant.api.open(`${home}/${seat.number}`), occupant.failed]);
      if (seat.occupant !== occupant || !isWhoSatHere(seat, found)) return;
      const mine: NamedPort[] = [];
      for (const peer of seats) {
        if (peer === seat || !alive(peer)) continue;
        const { port1, port2 } = new MessageChannel();
        mine.push({ node: peer.id, port: port1 });
        void peer.occupant.api.connect(transfer({ node: seat.id, port: port2 }, [port2]));
      }
      await begin(seat, undefined, mine);
    } catch (error) {
      if (seat.occupant !== occupant) return;
      setStatus(seat, "stopped", error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * One node for all, while it runs: another may not have certified yet what this one has just answered, least of all
   * one that has just come back.
   */
  const dispatch = (w: Waiting): void => {
    const running = seats.filter((s) => s.status === "running").sort((a, b) => a.interrupted - b.interrupted);
    const seat = w.pinned === undefined ? running[0] : running.find((s) => s.id === w.pinned);
    if (seat === undefined) {
      w.at = undefined;
      const hopeless = seats.every((s) => s.status === "killed" || s.status === "stopped");
      const mayAnswer = ({ status }: Seat): boolean => MAY_ANSWER.includes(status);
      if (hopeless || (w.pinned !== undefined && !seats.some((s) => s.id === w.pinned && mayAnswer(s)))) {
        waiting.delete(w);
        w.reject(new TypeError("no node of this network can answer"));
      }
      return;
    }
    const { occupant } = seat;
    w.at = occupant;
    occupant.api.http(w.request).then(
      (reply) => {
        if (!waiting.delete(w)) return; // another node was quicker after a freeze
        w.resolve(reply);
      },
      (error: unknown) => {
        if (waiting.delete(w)) w.reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
  /** Asking again is harmless (interface H43): what waits at a node that no longer answers goes to another. */
  function redispatch(): void {
    for (const w of waiting) {
      const at = seats.find((s) => s.occupant === w.at);
      if (at?.status !== "running") dispatch(w);
    }
  }

  const setClock = (next: ClockSetting): void => {
    clock = next;
    for (const seat of seats) if (alive(seat)) void seat.occupant.api.setClock(next);
  };
  const setLatency = (hurry: boolean): void => {
    for (const seat of seats) setLinks(seat, hurry);
  };

  let rate = 1;
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

  const range = defined(subnet.canisterRanges[0], "the subnet has a range");
  const info: NetworkInfo = {
    subnetId: subnet.id,
    rootKey: subnet.publicKeyDer,
    nodes: seats.map((s) => s.id),
    defaultEffectiveCanisterId: range.start,
    lastCanisterId: range.end,
  };

  return {
    info,
    settings,
    now: () => labTimeAt(clock, wallNow()),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async fetch(input, init, node) {
      const request = new Request(input, init);
      const path = new URL(request.url).pathname;
      if (path.endsWith("/call")) stir();
      const body = new Uint8Array(await request.arrayBuffer());
      const contentType = request.headers.get("content-type") ?? undefined;
      const reply = await new Promise<HttpReply>((resolve, reject) => {
        const w: Waiting = {
          request: { method: request.method, path, contentType, body },
          pinned: node,
          at: undefined,
          resolve,
          reject,
        };
        waiting.add(w);
        dispatch(w);
      });
      return new Response(Uint8Array.from(reply.body), {
        status: reply.status,
        headers: { "content-type": reply.contentType },
      });
    },
    inspect(node, what) {
      const { api, asked } = seatOf(node).occupant;
      return new Promise<InspectionReply>((resolve, reject) => {
        asked.add(reject);
        const answered = api.inspect(what) as Promise<InspectionReply>;
        void answered.then(resolve, reject).finally(() => asked.delete(reject));
      });
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
    pause() {
      if (clock.rate !== 0) setClock(withRate(clock, 0, wallNow()));
    },
    resume() {
      for (const seat of seats) {
        if (seat.status !== "blocked") continue;
        setStatus(seat, "running");
        void seat.occupant.api.retry();
      }
      if (clock.rate === 0) setClock(withRate(clock, rate, wallNow()));
    },
    get paused() {
      return clock.rate === 0;
    },
    step() {
      void stepEarliest();
    },
    setRate(next) {
      rate = next;
      if (clock.rate !== 0) setClock(withRate(clock, next, wallNow()));
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
      const living = seats.filter((s) => s.status !== "killed");
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
      for (const w of waiting) w.reject(new TypeError("the network was closed"));
      waiting.clear();
      listeners.clear();
    },
  };

  async function stepEarliest(): Promise<void> {
    if (clock.rate !== 0) return;
    const times = await Promise.all(
      seats
        .filter((s) => s.status === "running")
        .map(async (seat) => ({ seat, at: (await seat.occupant.api.nextTime()) as LabTime | undefined })),
    );
    let best: { seat: Seat; at: LabTime } | undefined;
    for (const { seat, at } of times) {
      if (at !== undefined && (best === undefined || at < best.at)) best = { seat, at };
    }
    if (best === undefined || clock.rate !== 0) return;
    if (best.at > clock.lab) setClock({ ...clock, lab: best.at });
    await best.seat.occupant.api.stepOne(clock.lab);
  }
}

function leave({ occupant }: Seat): void {
  occupant.worker.terminate();
  for (const tell of occupant.asked) tell(new Error("the node was killed"));
}

const alive = (seat: Seat): boolean => seat.status !== "killed" && seat.status !== "stopped";

/** A port for each ordered pair of nodes. */
function pairwise(ids: readonly NodeId[]): Map<NodeId, NamedPort[]> {
  const ports = new Map(ids.map((id) => [id, [] as NamedPort[]]));
  for (const [i, a] of ids.entries()) {
    for (const b of ids.slice(i + 1)) {
      const { port1, port2 } = new MessageChannel();
      ports.get(a)!.push({ node: b, port: port1 });
      ports.get(b)!.push({ node: a, port: port2 });
    }
  }
  return ports;
}
