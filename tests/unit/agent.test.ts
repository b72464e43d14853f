/** A counter, deployed and called by the official agent through the endpoints of one node, on the virtual clock. */
import { Principal } from "@icp-sdk/core/principal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { agentFor, counterOf, deploy } from "../agent/clients.ts";
import { counterWasm, realSetup } from "../simulation/setup.ts";
import { runSubnet } from "../simulation/subnet.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIMULATION_GENESIS });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([1, 4] as const)("n = %i: deploy, call, query, verified by the official agent", async (nodes) => {
  const setup = realSetup(nodes, 5);
  const { network, nodes: ids } = runSubnet(setup, 2);
  const subnet = setup.registry.versions.get(1)!;
  const agent = agentFor({
    fetch: network.fetchAt(ids[0]!),
    rootKey: subnet.publicKeyDer,
    host: `https://virtual-${nodes}.invalid`,
  });
  const canister = await deploy(agent, Principal.fromHex(subnet.canisterRanges[0]!.start), counterWasm());
  expect(canister.toText()).toBe("rwlgt-iiaaa-aaaaa-aaaaa-cai");
  const counter = counterOf(agent, canister);
  expect(await counter.inc()).toBe(1n);
  expect(await counter.inc()).toBe(2n);
  expect(await counter.get()).toBe(2n);
});
