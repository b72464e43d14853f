/**
 * HTTP requests to a network of workers: each goes to one node while that runs, and to another when it does not any more.
 * Asking again is harmless (interface H43).
 */
import type { HttpReply, HttpRequest } from "../types/http.ts";
import type { NodeId } from "../types/ids.ts";
import type { NodeStatus } from "./lab.ts";
import type { Occupant, Seat } from "./seats.ts";

interface Waiting {
  readonly request: HttpRequest;
  readonly pinned: NodeId | undefined;
  at: Occupant | undefined;
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

/** What waits for such a node may be answered yet. */
const MAY_ANSWER: readonly NodeStatus[] = ["frozen", "blocked", "starting"];

export interface Requests {
  /** Rejects with a TypeError, as `fetch` does, when no node can answer. `pinned`: that node or none. */
  ask(request: HttpRequest, pinned: NodeId | undefined): Promise<HttpReply>;
  /** To be called when the status of a node has changed. */
  redispatch(): void;
  close(): void;
}

export function createRequests(seats: readonly Seat[]): Requests {
  const waiting = new Set<Waiting>();

  /**
   * One node for all, while it runs: another may not have certified yet what this one has just answered, least of all
   * one that has just come or come back.
   */
  function dispatch(w: Waiting): void {
    const running = seats.filter((s) => s.status === "running").sort((a, b) => a.interrupted - b.interrupted);
    const seat = w.pinned === undefined ? running[0] : running.find((s) => s.id === w.pinned);
    if (seat === undefined) {
      w.at = undefined;
      const mayAnswer = ({ id, status }: Seat): boolean =>
        (w.pinned === undefined || w.pinned === id) && MAY_ANSWER.includes(status);
      if (seats.some(mayAnswer)) return;
      waiting.delete(w);
      w.reject(new TypeError("no node of this network can answer"));
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
  }

  return {
    ask: (request, pinned) =>
      new Promise((resolve, reject) => {
        const w: Waiting = { request, pinned, at: undefined, resolve, reject };
        waiting.add(w);
        dispatch(w);
      }),
    redispatch() {
      for (const w of waiting) {
        const at = seats.find((s) => s.occupant === w.at);
        if (at?.status !== "running") dispatch(w);
      }
    },
    close() {
      for (const w of waiting) w.reject(new TypeError("the network was closed"));
      waiting.clear();
    },
  };
}
