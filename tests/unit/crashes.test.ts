/** Nodes that crash and come back from their own disks while the official agent calls. Five minutes of it: `npm run bench -- crashes`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Principal } from "@icp-sdk/core/principal";
import { expect, onTestFinished, test } from "vitest";
import { startThreadNetwork } from "../../src/cli/thread-network.ts";
import type { NodeId } from "../../src/types/ids.ts";
import { agentFor, counterOf, deploy } from "../agent/clients.ts";
import { counterWasm } from "../simulation/setup.ts";

test("three in a row: every call succeeds, also through the node that has just come back, and counts once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const settings = { nodes: 4, notaryDelayMs: 300, unitDelayMs: 1_000, latencyMs: 0 } as const;
  const network = await startThreadNetwork(settings, folder);
  onTestFinished(() => network.close());
  const { info } = network;
  await new Promise<void>((resolve) => {
    network.subscribe(({ entries }) => {
      if (entries.some(({ node, fact }) => node === info.nodes[0] && fact.kind === "certified")) resolve();
    });
  });
  const agentAt = (node?: NodeId) =>
    agentFor({
      fetch: (input, init) => network.fetch(input, init, node),
      rootKey: info.rootKey,
      host: "https://crashes.invalid",
    });
  const canister = await deploy(agentAt(), Principal.fromHex(info.defaultEffectiveCanisterId), counterWasm());
  const counter = counterOf(agentAt(), canister);
  await counter.get(); // knows the nodes' keys

  const answers: bigint[] = [];
  for (const node of info.nodes.slice(0, 3)) {
    const underWay = [1, 2, 3, 4].map(() => counter.inc());
    const crash = network.inject({ kind: "kill", node });
    answers.push(...(await Promise.all(underWay)));
    expect(await counter.get()).toBe(BigInt(answers.length));
    network.undo(crash);
    answers.push(await counterOf(agentAt(node), canister).inc());
  }
  expect(answers.toSorted((a, b) => Number(a - b))).toEqual(answers.map((_, i) => BigInt(i + 1)));
}, 120_000);
