/** The page's side of the past (history-worker.ts): which nodes tell of themselves, and what is asked about them. */
import { type Endpoint, releaseProxy, type Remote, transfer, wrap } from "comlink";
import type { Registry } from "../registry/registry.ts";
import type { NodeApi } from "../shell/node-worker.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { Inspection } from "../types/inspection.ts";
import type { HistoryRange, PastReply } from "./history.ts";
import type { HistoryApi } from "./history-worker.ts";

/** Replays run one after the other; a heap that does not fit is read from the state again. */
export const HISTORY_MEMORY_UNITS = 4;
/** A node that says nothing for so long is not there any more. */
const GONE_MS = 1_000;

/** The past as the page asks for it. */
export interface NetworkHistory {
  range(): Promise<HistoryRange | undefined>;
  neighbour(time: LabTime, direction: -1 | 1): Promise<LabTime | undefined>;
  inspect(node: NodeId, time: LabTime, what: Inspection): Promise<PastReply>;
  /** Returns when all that nodes did so far is there. */
  settle(): Promise<void>;
}

export interface Recorder extends NetworkHistory {
  join(node: NodeId, api: Remote<NodeApi>): void;
  close(): void;
}

export async function startRecorder(
  worker: { readonly endpoint: Endpoint; terminate(): void },
  registry: Registry,
  genesis: LabTime,
): Promise<Recorder> {
  const api = wrap<HistoryApi>(worker.endpoint);
  const nodes = new Map<NodeId, Remote<NodeApi>>();
  await api.begin(registry, genesis, HISTORY_MEMORY_UNITS);
  return {
    join(node, of) {
      const { port1, port2 } = new MessageChannel();
      nodes.set(node, of);
      void api.listen(node, transfer(port1, [port1]));
      void of.record(transfer(port2, [port2]));
    },
    async settle() {
      await Promise.all(
        [...nodes].map(async ([node, of]) => {
          const gone = new Promise<undefined>((resolve) => setTimeout(resolve, GONE_MS));
          const times = await Promise.race([of.flushRecord(), gone]);
          if (times !== undefined) await api.heard(node, times);
        }),
      );
    },
    range: () => api.range() as Promise<HistoryRange | undefined>,
    neighbour: (time, direction) => api.neighbour(time, direction),
    inspect: (node, time, what) => api.inspect(node, time, what) as Promise<PastReply>,
    close() {
      api[releaseProxy]();
      worker.terminate();
    },
  };
}
