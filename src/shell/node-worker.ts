/**
 * A node in a worker of its own: the control plane that the lab calls (through comlink), raw ports to the peers, and
 * one port on which facts leave. The same for Web Workers and for Node's worker threads.
 */
import { defined } from "../base/assert.ts";
import type { Registry } from "../registry/registry.ts";
import { describeMessage, type MessageDescription } from "../replica/gossip/wire.ts";
import { createReplica } from "../replica/replica.ts";
import type { HttpReply, HttpRequest, Ticket } from "../types/http.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { Inspection, InspectionReply } from "../types/inspection.ts";
import type { TraceEntry } from "../types/trace.ts";
import type { ClockSetting } from "./clock.ts";
import { fixedLatency, Gate, type Held } from "./gate.ts";
import { loadMclBls } from "../crypto/bls-mcl.ts";
import { loadSodium } from "../crypto/ed25519-sodium.ts";
import { createNodeCrypto, type NodeSecrets } from "./node-crypto.ts";
import { NodeHost } from "./node-host.ts";
import { createElsewhere, type Sandbox } from "./sandbox.ts";
import { createMemoryStore } from "./storage/node-store.ts";
import { createWasmHost } from "./wasm-host.ts";

export interface NodeInit {
  readonly registry: Registry;
  /** This node's own keys and shares, and nobody else's. */
  readonly secrets: NodeSecrets;
  readonly genesis: LabTime;
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
}

/** A message on its way, with a description for its bytes. */
export type NamedFlight = Omit<Held, "bytes"> & MessageDescription;

export interface NodeApi {
  start(
    init: NodeInit,
    peers: readonly { readonly node: NodeId; readonly port: MessagePort }[],
    report: MessagePort,
  ): Promise<void>;
  http(request: HttpRequest): Promise<HttpReply>;
  inspect(what: Inspection): Promise<InspectionReply>;
  setClock(clock: ClockSetting): void;
  setFrozen(frozen: boolean): void;
  /** With `hurry`, what is held under the old latency arrives now. */
  setLatency(ms: number, hurry: boolean): void;
  nextTime(): LabTime | undefined;
  stepOne(at: LabTime): void;
}

export function makeNode(spawnSandbox: () => Sandbox): NodeApi {
  const tickets = new Map<Ticket, (reply: never) => void>();
  let nextTicket: Ticket = 1;
  let host: NodeHost | undefined;
  let gate: Gate | undefined;

  const started = (): NodeHost => defined(host, "start comes first");
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
    async start(init, peers, report) {
      const [bls] = await loadLibraries();
      const ports = new Map(peers.map((p) => [p.node, p.port]));
      const record = defined(init.registry.versions.get(1), "genesis record");
      const elsewhere = createElsewhere(
        spawnSandbox,
        record.limits.slice,
        () => started().request({ kind: "continue" }),
        (then) => void setTimeout(then, 500),
      );
      const wasm = createWasmHost({ memoryUnits: init.memoryUnits, elsewhere });
      const store = createMemoryStore();
      const replica = createReplica({
        me: init.secrets.node,
        registry: init.registry,
        genesis: init.genesis,
        crypto: createNodeCrypto(init.secrets, record, bls),
        wasm,
        stored: store,
      });
      gate = new Gate(fixedLatency(init.latencyMs));
      const reports = batched((batch: NodeReport) => report.postMessage(batch));
      let timer: ReturnType<typeof setTimeout> | undefined;
      host = new NodeHost(
        replica,
        gate,
        {
          persist: (batch) => store.write(batch),
          send: (to, messages) => ports.get(to)?.postMessage(messages),
          httpReply: answer,
          inspectReply: answer,
          trace: (entries) => reports.add({ entries, flights: [] }),
          stopped: (because) => reports.add({ entries: [], flights: [], stopped: because }),
          wallNow: () => performance.timeOrigin + performance.now(),
          sleep: (ms, then) => {
            clearTimeout(timer);
            timer = setTimeout(then, ms);
          },
          soon: macrotask(),
        },
        init.clock,
      );
      for (const [node, port] of ports) {
        port.onmessage = ({ data }: MessageEvent<readonly Uint8Array[]>) => {
          const flights = data.flatMap((bytes) => started().accept(node, bytes) ?? []);
          if (flights.length > 0) reports.add({ entries: [], flights: flights.map(named) });
        };
      }
      host.run();
    },
    http: (request) => ask((ticket) => ({ kind: "http", ticket, request })),
    inspect: (what) => ask((ticket) => ({ kind: "inspect", ticket, what })),
    setClock: (clock) => started().setClock(clock),
    setFrozen: (frozen) => started().setFrozen(frozen),
    setLatency: (ms, hurry) => {
      const g = defined(gate, "start comes first");
      g.policy = fixedLatency(ms);
      if (hurry) g.hurry(started().now());
      started().run();
    },
    nextTime: () => started().nextTime(),
    stepOne: (at) => started().stepOne(at),
  };
}

const loadLibraries = () => Promise.all([loadMclBls(), loadSodium()]);

const named = ({ bytes, ...flight }: Held): NamedFlight => ({ ...flight, ...describeMessage(bytes) });

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
        post({
          entries: parts.flatMap((p) => p.entries),
          flights: parts.flatMap((p) => p.flights),
          ...(stopped === undefined ? {} : { stopped }),
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
