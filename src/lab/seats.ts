/**
 * Who sits where in a network of workers. A seat is a node's place and keeps its number; its occupant is the worker that
 * is the node at the moment. Whoever is killed leaves the seat, and who comes back takes it again.
 */
import { type Remote, wrap, type Endpoint } from "comlink";
import { type Registry, nodeIds } from "../registry/registry.ts";
import type { NamedPort, NodeApi } from "../shell/node-worker.ts";
import type { NodeId } from "../types/ids.ts";
import type { Dealer } from "./dealer.ts";
import type { NodeStatus } from "./lab.ts";

/** A worker of either home: something to talk to, and a way to end it. */
export interface SpawnedWorker {
  readonly endpoint: Endpoint;
  terminate(): void;
  /** The worker failed to load or died by itself. */
  onfailure(listener: (sentence: string) => void): void;
}

/** A worker that is a node, or will be. */
export interface Occupant {
  readonly worker: SpawnedWorker;
  readonly failure: Promise<string>;
  /** Rejects, should it ever. */
  readonly failed: Promise<never>;
  readonly api: Remote<NodeApi & Dealer>;
  /** Whoever waits for its answer is told, should it go. */
  readonly asked: Set<(error: Error) => void>;
}

export interface Seat {
  readonly id: NodeId;
  /** From 0. */
  readonly number: number;
  occupant: Occupant;
  status: NodeStatus;
  /** Counts the network's interruptions: which of them was its last. 0: it has run since the beginning. */
  interrupted: number;
}

export const newSeat = (id: NodeId, number: number, occupant: Occupant): Seat => ({
  id,
  number,
  occupant,
  status: "starting",
  interrupted: 0,
});

/** Where a seat's node writes itself down, in the network's folder. */
export const folderOfSeat = (folder: string, number: number): string => `${folder}/${number}`;

/** `number`: of the seat that it is for. */
export function occupy(worker: SpawnedWorker, number: number): Occupant {
  const failure = new Promise<string>((resolve) => worker.onfailure(resolve));
  const failed = failure.then((sentence): never => {
    throw new Error(`node ${number + 1} did not start: ${sentence}`);
  });
  failed.catch(() => {}); // until somebody waits for it
  return { worker, failure, failed, api: wrap<NodeApi & Dealer>(worker.endpoint), asked: new Set() };
}

export function leave({ occupant }: Seat): void {
  occupant.worker.terminate();
  tellGone(occupant);
}
export function tellGone({ asked }: Occupant): void {
  for (const tell of asked) tell(new Error("the node is not there any more"));
}
/** Its answer, or an error when it goes before. */
export const answered = <T>({ asked }: Occupant, answer: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    asked.add(reject);
    void answer.then(resolve, reject).finally(() => asked.delete(reject));
  });

const GONE: readonly NodeStatus[] = ["killed", "stopped", "left"];
export const alive = ({ status }: Seat): boolean => !GONE.includes(status);

/** Everybody who was ever in the subnet, in the order in which they came: the number is that of the seat. */
export function seating({ versions }: Registry): NodeId[] {
  const inOrder = [...versions].sort(([a], [b]) => a - b);
  return [...new Set(inOrder.flatMap(([, subnet]) => nodeIds(subnet)))];
}

/** A port for each ordered pair of nodes. */
export function pairwise(ids: readonly NodeId[]): Map<NodeId, NamedPort[]> {
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
