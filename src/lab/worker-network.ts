/**
 * A network of workers: one node each, raw ports between them, commands through comlink. The first deals the keys before
 * it is a node; secrets go to their owners and are forgotten here. Runs in the page and in Node (`spawn` differs).
 */
import { type Remote, transfer, wrap, type Endpoint, releaseProxy } from "comlink";
import { defined } from "../base/assert.ts";
import { subnetAt } from "../registry/registry.ts";
import { type ClockSetting, labTimeAt, withRate } from "../shell/clock.ts";
import type { NodeApi, NodeReport } from "../shell/node-worker.ts";
import type { HttpReply, HttpRequest } from "../types/http.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { InspectionReply } from "../types/inspection.ts";
import type { Dealer } from "./dealer.ts";
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
  /** Idle time after which links slow down; undefined: never. */
  readonly dozeAfterMs?: number;
}

interface Seat {
  readonly id: NodeId;
  readonly worker: SpawnedWorker;
  /** Rejects, should it ever. */
  readonly failed: Promise<never>;
  readonly api: Remote<NodeApi & Dealer>;
  status: NodeStatus;
}

interface Waiting {
  readonly request: HttpRequest;
  readonly pinned: NodeId | undefined;
  at: NodeId | undefined;
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

const DOZE_LATENCY_MS = 2_000;
/** Mainnet's is 499: here an interval takes seconds, so that one is seen, and little is executed again after a reload. */
const DKG_INTERVAL_LENGTH = 99;

export async function startWorkerNetwork(
  settings: NetworkSettings,
  options: WorkerNetworkOptions,
): Promise<Network> {
  const workers = Array.from({ length: settings.nodes }, (_, i) => {
    const worker = options.spawn();
    const failure = new Promise<string>((resolve) => worker.onfailure(resolve));
    const failed = failure.then((sentence): never => {
      throw new Error(`node ${i + 1} did not start: ${sentence}`);
    });
    failed.catch(() => {}); // until somebody waits for it
    return { worker, failure, failed, api: wrap<NodeApi & Dealer>(worker.endpoint) };
  });
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

  const seats: Seat[] = subnet.nodes.map(({ id }, i) => {
    const { worker, failure, failed, api } = workers[i]!;
    const seat: Seat = { id, worker, failed, api, status: "starting" };
    void failure.then((sentence) => setStatus(seat, "stopped", sentence));
    return seat;
  });
  const seatOf = (id: NodeId): Seat =>
    defined(
      seats.find((s) => s.id === id),
      `${id} is a node`,
    );

  const setStatus = (seat: Seat, status: NodeStatus, because?: string): void => {
    if (seat.status === "terminated" || (seat.status === "stopped" && status !== "terminated")) return;
    seat.status = status;
    emit({
      entries: [],
      flights: [],
      statuses: [{ node: seat.id, status, ...(because === undefined ? {} : { because }) }],
    });
    redispatch();
  };

  const ports = pairwise(seats.map((s) => s.id));
  await Promise.all(
    seats.map(async (seat, i) => {
      if (known !== undefined && opened[i]?.node !== seat.id) {
        setStatus(seat, "stopped", "what it had written down is gone, and its keys with it");
        return;
      }
      const report = new MessageChannel();
      report.port1.onmessage = ({ data }: MessageEvent<NodeReport>) => {
        const flights: Flight[] = data.flights.map((f) => ({ ...f, id: flightId++, to: seat.id }));
        if (data.entries.length + flights.length > 0) emit({ entries: data.entries, flights, statuses: [] });
        if (data.stopped !== undefined) setStatus(seat, "stopped", data.stopped);
      };
      const mine = ports.get(seat.id)!;
      const init = {
        identity: known === undefined ? { registry, secrets: secrets[i]!, genesis } : undefined,
        clock,
        latencyMs: settings.latencyMs,
        memoryUnits: Math.floor(options.memoryUnits / seats.length),
      };
      const start = seat.api.start(
        init,
        transfer(
          mine,
          mine.map((p) => p.port),
        ),
        transfer(report.port2, [report.port2]),
      );
      await Promise.race([start, seat.failed]);
      setStatus(seat, "running");
    }),
  ).catch(endAll);
  secrets.length = 0;

  /** One node for all, while it runs: another may not have certified yet what this one has just answered. */
  const dispatch = (w: Waiting): void => {
    const running = seats.filter((s) => s.status === "running");
    const seat = w.pinned === undefined ? running[0] : running.find((s) => s.id === w.pinned);
    if (seat === undefined) {
      w.at = undefined;
      const hopeless = seats.every((s) => s.status === "terminated" || s.status === "stopped");
      if (
        hopeless ||
        (w.pinned !== undefined && !seats.some((s) => s.id === w.pinned && s.status === "frozen"))
      ) {
        waiting.delete(w);
        w.reject(new TypeError("no node of this network can answer"));
      }
      return;
    }
    w.at = seat.id;
    seat.api.http(w.request).then(
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
      const at = seats.find((s) => s.id === w.at);
      if (at === undefined || at.status !== "running") dispatch(w);
    }
  }

  const setClock = (next: ClockSetting): void => {
    clock = next;
    for (const seat of seats) if (alive(seat)) void seat.api.setClock(next);
  };
  const setLatency = (ms: number, hurry: boolean): void => {
    for (const seat of seats) if (alive(seat)) void seat.api.setLatency(ms, hurry);
  };

  let rate = 1;
  let latencyMs = settings.latencyMs;
  let hidden = false;
  let dozing = false;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  const setDozing = (value: boolean): void => {
    if (value === dozing) return;
    dozing = value;
    setLatency(value ? DOZE_LATENCY_MS : latencyMs, !value);
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
    inspect: (node, what) => seatOf(node).api.inspect(what) as Promise<InspectionReply>,
    status: (node) => seatOf(node).status,
    freeze(node) {
      const seat = seatOf(node);
      if (seat.status !== "running") return;
      void seat.api.setFrozen(true);
      setStatus(seat, "frozen");
    },
    thaw(node) {
      const seat = seatOf(node);
      if (seat.status !== "frozen") return;
      void seat.api.setFrozen(false);
      setStatus(seat, "running");
    },
    terminate(node) {
      const seat = seatOf(node);
      seat.worker.terminate();
      setStatus(seat, "terminated");
    },
    pause() {
      if (clock.rate !== 0) setClock(withRate(clock, 0, wallNow()));
    },
    resume() {
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
      setLatency(ms, false);
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
    async close() {
      clearTimeout(idleTimer);
      for (const seat of seats) {
        seat.api[releaseProxy]();
        seat.worker.terminate();
        seat.status = "terminated";
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
        .map(async (seat) => ({ seat, at: (await seat.api.nextTime()) as LabTime | undefined })),
    );
    let best: { seat: Seat; at: LabTime } | undefined;
    for (const { seat, at } of times) {
      if (at !== undefined && (best === undefined || at < best.at)) best = { seat, at };
    }
    if (best === undefined || clock.rate !== 0) return;
    if (best.at > clock.lab) setClock({ ...clock, lab: best.at });
    await best.seat.api.stepOne(clock.lab);
  }
}

const alive = (seat: Seat): boolean => seat.status !== "terminated" && seat.status !== "stopped";

/** A port for each ordered pair of nodes. */
function pairwise(ids: readonly NodeId[]): Map<NodeId, { node: NodeId; port: MessagePort }[]> {
  const ports = new Map(ids.map((id) => [id, [] as { node: NodeId; port: MessagePort }[]]));
  for (const [i, a] of ids.entries()) {
    for (const b of ids.slice(i + 1)) {
      const { port1, port2 } = new MessageChannel();
      ports.get(a)!.push({ node: b, port: port1 });
      ports.get(b)!.push({ node: a, port: port2 });
    }
  }
  return ports;
}
