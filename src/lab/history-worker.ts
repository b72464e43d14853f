/** The worker that holds the past: nodes tell it, each over a port of its own, and the page asks it (recorder.ts). */
import { defined } from "../base/assert.ts";
import { loadSodium } from "../crypto/ed25519-sodium.ts";
import type { Registry } from "../registry/registry.ts";
import type { Recorded } from "../shell/history/recorded.ts";
import { createWasmHost } from "../shell/wasm-host.ts";
import type { LabTime, NodeId } from "../types/ids.ts";
import type { Inspection } from "../types/inspection.ts";
import { History, type HistoryRange, type PastReply } from "./history.ts";

export interface HistoryApi {
  /** `memoryUnits`: Wasm memories that its replays may hold. */
  begin(registry: Registry, genesis: LabTime, memoryUnits: number): Promise<void>;
  listen(node: NodeId, port: MessagePort): void;
  /** Once so much was heard of a node since it was listened to. */
  heard(node: NodeId, times: number): Promise<void>;
  range(): HistoryRange | undefined;
  neighbour(time: LabTime, direction: -1 | 1): LabTime | undefined;
  inspect(node: NodeId, time: LabTime, what: Inspection): PastReply;
}

export function makeHistory(): HistoryApi {
  let history: History | undefined;
  const ears = new Map<NodeId, { readonly port: MessagePort; heard: number }>();
  let waiting: (() => void)[] = [];
  const begun = (): History => defined(history, "begin comes first");

  return {
    async begin(registry, genesis, memoryUnits) {
      await loadSodium();
      history = new History({ registry, genesis, wasm: createWasmHost({ memoryUnits }) });
    },
    listen(node, port) {
      const ear = { port, heard: 0 };
      ears.set(node, ear);
      port.onmessage = ({ data }: MessageEvent<Recorded>) => {
        if (begun().add(node, data)) for (const each of ears.values()) each.port.postMessage("renew");
        ear.heard++;
        const told = waiting;
        waiting = [];
        for (const look of told) look();
      };
    },
    async heard(node, times) {
      while ((ears.get(node)?.heard ?? times) < times)
        await new Promise<void>((resolve) => waiting.push(resolve));
    },
    range: () => begun().range(),
    neighbour: (time, direction) => begun().neighbour(time, direction),
    inspect: (node, time, what) => begun().inspect(node, time, what),
  };
}
