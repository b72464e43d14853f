/**
 * The official agent calls without pause while one node after another crashes and comes back from its own disk, the same
 * in the page and in Node. The agent tries nothing twice: a call fails at once or not at all.
 */
import { Actor, HttpAgent } from "@icp-sdk/core/agent";
import type { Network, NetworkSettings } from "../../lab/lab.ts";
import type { Height, NodeId } from "../../types/ids.ts";
import { type Counter, counterIdl, deploy } from "./scenarios.ts";

/** As `serve` starts it. */
export const SERVED: NetworkSettings = { nodes: 4, notaryDelayMs: 300, unitDelayMs: 1_000, latencyMs: 0 };
const FOR_MS = 300_000;
/** From one kill to the next: longer, should a node not be back by then, because four nodes bear one fault. */
const EVERY_MS = 10_000;
export const CRASHES = FOR_MS / EVERY_MS;
/** From a kill to the restart. */
const AWAY_MS = 3_000;
/** Each calls `inc`, checked by its certificate, then `get`, checked by its signature, again and again. */
const CALLERS = 8;

export interface CrashCost {
  readonly crashes: number;
  /** Milliseconds of each. */
  readonly updates: readonly number[];
  readonly queries: readonly number[];
  /** A sentence for each call that failed. */
  readonly failed: readonly string[];
  /** Milliseconds from a restart until the node certified the newest height that any had. */
  readonly backMs: readonly number[];
  /** What each node answers in the end, less the updates that succeeded. */
  readonly miscounts: readonly number[];
  /** Heights at which two nodes had different states. */
  readonly forks: readonly Height[];
  /** Heights that all nodes certified. */
  readonly heights: number;
}

export async function crashCost(network: Network, wasm: Uint8Array): Promise<CrashCost> {
  const { nodes } = network.info;
  const followed = follow(network);
  const { id } = await deploy(network, wasm);
  const counterAt = (node?: NodeId): Counter => {
    const agent = HttpAgent.createSync({
      host: "https://crashes.terrarium.invalid",
      fetch: (input, init) => network.fetch(input, init, node),
      rootKey: Uint8Array.from(network.info.rootKey),
      retryTimes: 0,
    });
    return Actor.createActor<Counter>(counterIdl("Nat64"), { agent, canisterId: id });
  };

  const updates: number[] = [];
  const queries: number[] = [];
  const failed: string[] = [];
  let isOver = false;
  const timed = async (call: () => Promise<unknown>, into: number[]): Promise<void> => {
    const start = performance.now();
    await call().then(
      () => into.push(performance.now() - start),
      (error: unknown) => failed.push(error instanceof Error ? error.message : String(error)),
    );
  };
  const caller = async (): Promise<void> => {
    const counter = counterAt();
    while (!isOver) {
      await timed(() => counter.inc(), updates);
      await timed(() => counter.get(), queries);
    }
  };

  const backMs: number[] = [];
  const crash = async (): Promise<void> => {
    const until = performance.now() + FOR_MS;
    for (let k = 0; performance.now() < until; k++) {
      const node = nodes[k % nodes.length]!;
      const next = pause(EVERY_MS);
      const fault = network.inject({ kind: "kill", node });
      await pause(AWAY_MS);
      const start = performance.now();
      network.undo(fault);
      await followed.caughtUp(node);
      backMs.push(performance.now() - start);
      await next;
    }
    isOver = true;
  };
  await Promise.all([crash(), ...Array.from({ length: CALLERS }, caller)]);

  await followed.allAt(followed.newest() + 2);
  const miscounts = await Promise.all(
    nodes.map(async (node) => Number(await counterAt(node).get()) - updates.length),
  );
  followed.stop();
  return { crashes: backMs.length, updates, queries, failed, backMs, miscounts, ...followed.compared() };
}

/** What every node certified, and who waits for it. */
function follow(network: Network) {
  const { nodes } = network.info;
  const roots = new Map<Height, Map<NodeId, string>>();
  const highest = new Map<NodeId, Height>();
  const newest = (): Height => Math.max(0, ...highest.values());
  const waiting = new Set<() => boolean>();
  const stop = network.subscribe(({ entries }) => {
    for (const { node, fact } of entries) {
      if (fact.kind !== "certified") continue;
      highest.set(node, Math.max(fact.height, highest.get(node) ?? 0));
      const there = roots.get(fact.height) ?? new Map<NodeId, string>();
      roots.set(fact.height, there.set(node, fact.root));
    }
    for (const isOver of waiting) if (isOver()) waiting.delete(isOver);
  });
  const when = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) =>
      waiting.add(() => {
        const so = isSo();
        if (so) resolve();
        return so;
      }),
    );
  return {
    newest,
    stop,
    /** What it had certified before it crashed does not count. */
    caughtUp(node: NodeId): Promise<void> {
      highest.delete(node);
      return when(() => (highest.get(node) ?? -1) >= newest());
    },
    allAt: (height: Height): Promise<void> => when(() => nodes.every((n) => (highest.get(n) ?? 0) >= height)),
    compared() {
      const all = [...roots].filter(([, there]) => there.size === nodes.length);
      const forks = [...roots].filter(([, there]) => new Set(there.values()).size > 1);
      return { heights: all.length, forks: forks.map(([height]) => height) };
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
