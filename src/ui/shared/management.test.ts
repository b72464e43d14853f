/** Modules of every size get into a canister by what the page sends, through the official agent and a node's endpoints. */
import { Principal } from "@icp-sdk/core/principal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { concat, utf8 } from "../../base/bytes.ts";
import { prng } from "../../base/prng.ts";
import { SIMULATION_GENESIS } from "../../lab/simulation/simulation.ts";
import { agentFor, counterOf, deploy } from "../../../tests/agent/clients.ts";
import { counterWasm, realSetup } from "../../../tests/simulation/setup.ts";
import { runSubnet } from "../../../tests/simulation/subnet.ts";
import { installCode } from "./management.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIMULATION_GENESIS });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ["a small one as it is", 0, ["install_code"]],
  ["one that packs well in one message", 3_000_000, ["install_code"]],
  [
    "one that does not in chunks",
    -3_000_000,
    [
      "clear_chunk_store",
      "upload_chunk",
      "upload_chunk",
      "upload_chunk",
      "install_chunked_code",
      "clear_chunk_store",
    ],
  ],
] as const)("%s", async (_, padding, methods) => {
  const setup = realSetup(1, 5);
  const { network, nodes } = runSubnet(setup, 2);
  const subnet = setup.registry.versions.get(1)!;
  const agent = agentFor({
    fetch: network.fetchAt(nodes[0]!),
    rootKey: subnet.publicKeyDer,
    host: "https://large.invalid",
  });
  const id = await deploy(agent, Principal.fromHex(subnet.canisterRanges[0]!.start), counterWasm());
  const sent: string[] = [];
  const pad = padding < 0 ? prng(1).bytes(-padding) : new Uint8Array(padding);
  const wasm = padding === 0 ? counterWasm() : concat(counterWasm(), customSection(pad));
  await installCode(
    {
      async update(canister, methodName, arg, options) {
        sent.push(methodName);
        const effectiveTarget = { canisterId: options?.effective ?? canister };
        return (await agent.update(canister, { methodName, arg, effectiveTarget })) as never;
      },
    },
    id.toText(),
    "reinstall",
    wasm,
    new Uint8Array(),
    undefined,
  );
  expect(sent).toEqual(methods);
  expect(await counterOf(agent, id).inc()).toBe(1n);
});

function customSection(content: Uint8Array): Uint8Array {
  const body = concat(Uint8Array.of(1), utf8("x"), content);
  return concat(Uint8Array.of(0), leb(body.length), body);
}
function leb(n: number): Uint8Array {
  const out: number[] = [];
  for (let rest = n; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...out, rest]);
    out.push((rest & 0x7f) | 0x80);
  }
}
