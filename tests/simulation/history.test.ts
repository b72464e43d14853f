/** What nodes recorded brings back every moment, without their secrets. */
import { describe, expect, test } from "vitest";
import { prng } from "../../src/base/prng.ts";
import { History } from "../../src/lab/history.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { VirtualNetwork } from "../../src/lab/virtual-network.ts";
import { nodeIds, subnetAt } from "../../src/registry/registry.ts";
import { createReplica } from "../../src/replica/replica.ts";
import { fixedLatency } from "../../src/shell/gate.ts";
import type { Recorded } from "../../src/shell/history/recorded.ts";
import { createRecording } from "../../src/shell/history/recording.ts";
import { createMemoryStore } from "../../src/shell/storage/node-store.ts";
import type { LabTime, NodeId } from "../../src/types/ids.ts";
import type { Inspection, InspectionReply } from "../../src/types/inspection.ts";
import { counterWorkload, standInSetup, wasmHost } from "./setup.ts";

const QUESTIONS: readonly Inspection[] = [
  { kind: "node" },
  { kind: "canisters" },
  { kind: "state", path: [], leaves: true },
];
const LATENCY_MS = 40;
/** About fifteen seconds of such a run. */
const BYTES_MAX = 3_500_000;
const LOOK_EVERY_MS = 1_300;

interface Seen {
  readonly at: LabTime;
  readonly node: NodeId;
  readonly replies: readonly InspectionReply[];
}

/** A subnet with calls whose nodes record; what was seen of each when all up to a moment was done. */
function recordedRun(seed: number, forMs: number, bytesMax = Infinity) {
  const setup = standInSetup(4, seed);
  const { registry } = setup;
  const nodes = nodeIds(subnetAt(registry, registry.latestVersion));
  const recordings = nodes.map(() => createRecording(undefined));
  const network = new VirtualNetwork(
    nodes.map((me, i) => {
      const store = createMemoryStore();
      const recording = recordings[i]!;
      const replica = createReplica({
        me,
        registry,
        genesis: SIMULATION_GENESIS,
        crypto: recording.crypto(setup.cryptos[i]!),
        wasm: recording.wasm(wasmHost),
        stored: store,
      });
      return { id: me, replica: recording.replica(replica), store };
    }),
    SIMULATION_GENESIS,
    () => fixedLatency(LATENCY_MS),
  );
  network.keepTrace = false;
  const newHistory = (): History =>
    new History({ registry, genesis: SIMULATION_GENESIS, wasm: wasmHost, bytesMax });
  const history = newHistory();
  const said: { readonly node: NodeId; readonly recorded: Recorded }[] = [];
  for (const [i, recording] of recordings.entries())
    recording.begin((recorded) => {
      said.push({ node: nodes[i]!, recorded });
      if (history.add(nodes[i]!, recorded)) for (const each of recordings) each.renew();
    });
  const planned = counterWorkload(4)(prng(seed), network.now).sort((a, b) => a.afterMs - b.afterMs);
  const seen: Seen[] = [];
  while (network.now < SIMULATION_GENESIS + forMs) {
    const until = network.now + LOOK_EVERY_MS;
    while (planned[0] !== undefined && SIMULATION_GENESIS + planned[0].afterMs < until) {
      const { afterMs, to, request } = planned.shift()!;
      network.runFor(Math.max(1, SIMULATION_GENESIS + afterMs - network.now));
      for (const i of to) network.post(nodes[i]!, request);
    }
    network.runFor(Math.max(1, until - network.now));
    for (const node of nodes)
      seen.push({ at: network.now, node, replies: QUESTIONS.map((q) => network.inspect(node, q)) });
  }
  for (const recording of recordings) recording.flush();
  return { history, newHistory, seen, said };
}

const again = (history: History, { node, at }: Seen) => QUESTIONS.map((q) => history.inspect(node, at, q));
const unchanged = ({ replies }: Seen) => replies.map((reply) => ({ reply }));

describe("history", () => {
  test("any moment is as it was, in whatever order one looks; one that is altered is told", () => {
    const { history, newHistory, seen, said } = recordedRun(1, 30_000);
    const recorded = seen.filter(({ at }) => at >= history.range()!.from);
    expect(recorded.length).toBeGreaterThan(80);
    for (const moment of recorded) expect(again(history, moment)).toEqual(unchanged(moment));
    const draw = prng(1);
    for (let k = 0; k < 20; k++) {
      const moment = recorded[draw.below(recorded.length)]!;
      expect(again(history, moment)).toEqual(unchanged(moment));
    }
    const altered = newHistory();
    const [{ node, at }] = [recorded.at(-1)!];
    for (const { recorded } of said.filter((s) => s.node === node)) altered.add(node, anotherRoot(recorded));
    expect(altered.inspect(node, at - 3_000, { kind: "node" }).fault).toMatch(/^height \d+ has the root/);
  });

  test("what is kept is bounded: the oldest is forgotten, and from then on everything is there", () => {
    const { history, seen } = recordedRun(2, 30_000, BYTES_MAX);
    const range = history.range()!;
    expect(range.isCut).toBe(true);
    expect(range.bytes).toBeLessThan(BYTES_MAX);
    const [before, after] = [
      seen.filter(({ at }) => at < range.from),
      seen.filter(({ at }) => at > range.from),
    ];
    expect(again(history, before[0]!)[0]!.reply).toEqual({
      kind: "not-here",
      sentence: "This node was not recorded yet.",
    });
    for (const moment of after.slice(0, 8)) expect(again(history, moment)).toEqual(unchanged(moment));
    for (const moment of after.slice(-8)) expect(again(history, moment)).toEqual(unchanged(moment));
  });
});

/** As if the rounds had ended otherwise. */
const anotherRoot = (recorded: Recorded): Recorded =>
  recorded.kind === "snapshot"
    ? recorded
    : {
        ...recorded,
        steps: recorded.steps.map((s) => ({ ...s, roots: s.roots.map(([h]) => [h, "00"] as const) })),
      };
