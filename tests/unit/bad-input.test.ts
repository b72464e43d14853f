/**
 * What is wrong gets the error of mainnet or of common sense, and the subnet goes on: truncated and hostile modules,
 * endless loops and recursion, bytes that do not decode, requests that are late, forged or too large.
 */
import { Actor } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Principal } from "@icp-sdk/core/principal";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { encodeCborTagged } from "../../src/codec/cbor.ts";
import { SIMULATION_GENESIS } from "../../src/lab/simulation/simulation.ts";
import { subnetAt } from "../../src/registry/registry.ts";
import { agentFor, counterOf, deploy } from "../agent/clients.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { counterWasm, realSetup } from "../simulation/setup.ts";
import { type RunningSubnet, runSubnet } from "../simulation/subnet.ts";

let result: RunningSubnet;
let any: Principal;
let agent: ReturnType<typeof agentFor>;

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: SIMULATION_GENESIS });
  const setup = realSetup(4, 11);
  // An endless loop ends at a limit; mainnet's own 40 billion would only make the test long.
  const subnet = subnetAt(setup.registry, 1);
  const limits = { ...subnet.limits, update: 50_000_000n };
  const registry = { latestVersion: 1, versions: new Map([[1, { ...subnet, limits }]]) };
  result = runSubnet({ ...setup, registry }, 2);
  any = Principal.fromHex(subnet.canisterRanges[0]!.start);
  agent = agentFor({
    fetch: result.network.fetchAt(result.nodes[0]!),
    rootKey: subnet.publicKeyDer,
    host: "https://bad-input.invalid",
  });
});
afterAll(() => {
  vi.useRealTimers();
});

const post = (path: string, body: Uint8Array) =>
  result.network.http(result.nodes[0]!, { method: "POST", path, contentType: "application/cbor", body });
const textOf = (reply: { body: Uint8Array }): string => new TextDecoder().decode(reply.body);
const content = (over: object = {}) => ({
  request_type: "call",
  sender: Uint8Array.of(4),
  canister_id: any.toUint8Array(),
  method_name: "inc",
  arg: new Uint8Array(),
  ingress_expiry: BigInt(Date.now() + 60_000) * 1_000_000n,
  ...over,
});

test("a truncated module", async () => {
  const wasm = counterWasm();
  await expect(deploy(agent, any, wasm.subarray(0, wasm.length - 9))).rejects.toThrow(/IC0505/);
});

test("an import that no System API has, by its name", async () => {
  const wasm = wat('(module (import "ic0" "make_coffee" (func)))');
  await expect(deploy(agent, any, wasm)).rejects.toThrow(/IC0505[\s\S]*make_coffee|make_coffee[\s\S]*IC0505/);
});

test("recursion without end, and a loop without end", async () => {
  const wasm = wat(`(module
    (func $deep (call $deep))
    (func (export "canister_update inc") (call $deep))
    (func (export "canister_query get") (loop (br 0)))
    (func (export "canister_update spin") (loop (br 0))))`);
  const canister = await deploy(agent, any, wasm);
  await expect(counterOf(agent, canister).inc()).rejects.toThrow(/IC0502/);
  const spinning = Actor.createActor<{ spin(): Promise<void> }>(
    () => IDL.Service({ spin: IDL.Func([], [], []) }),
    { agent, canisterId: canister },
  );
  await expect(spinning.spin()).rejects.toThrow(/IC0522/);
});

test("Candid of another type", async () => {
  const management = Actor.createActor<{
    provisional_create_canister_with_cycles(text: string): Promise<void>;
  }>(() => IDL.Service({ provisional_create_canister_with_cycles: IDL.Func([IDL.Text], [], []) }), {
    agent,
    canisterId: Principal.managementCanister(),
    effectiveCanisterId: any,
  });
  await expect(management.provisional_create_canister_with_cycles("a cup")).rejects.toThrow(/IC0408/);
});

test("bytes that are no CBOR", () => {
  const reply = post(`/api/v4/canister/${any}/call`, Uint8Array.of(0xff, 0, 1));
  expect(reply.status).toBe(400);
  expect(textOf(reply)).not.toBe("");
});

test("a request whose time is over", () => {
  const late = { ingress_expiry: BigInt(SIMULATION_GENESIS - 600_000) * 1_000_000n };
  const reply = post(`/api/v4/canister/${any}/call`, encodeCborTagged({ content: content(late) }));
  expect(reply.status).toBe(400);
  expect(textOf(reply)).toContain("Invalid request expiry: ");
});

test("a signature that is not the sender's", () => {
  const identity = Ed25519KeyIdentity.generate();
  const body = encodeCborTagged({
    content: content({ sender: identity.getPrincipal().toUint8Array() }),
    sender_pubkey: new Uint8Array(identity.getPublicKey().toDer()),
    sender_sig: new Uint8Array(64).fill(7),
  });
  const reply = post(`/api/v4/canister/${any}/call`, body);
  expect(reply.status).toBe(400);
  expect(textOf(reply)).toMatch(/signature/i);
});

test("three mebibytes", () => {
  const large = content({ arg: new Uint8Array(3 * 1024 * 1024) });
  expect(post(`/api/v4/canister/${any}/call`, encodeCborTagged({ content: large })).status).toBe(413);
});

test("afterwards the subnet goes on, and every node holds the same states", async () => {
  const counter = counterOf(agent, await deploy(agent, any, counterWasm()));
  expect(await counter.inc()).toBe(1n);
  expect(result.checkers.broken).toEqual([]);
});
