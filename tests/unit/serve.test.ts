/** `npm run serve` as its users meet it: flags, the ready line, the official agent with every identity, rejects and traps. */
import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import {
  DelegationChain,
  DelegationIdentity,
  ECDSAKeyIdentity,
  Ed25519KeyIdentity,
} from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { IDL } from "@icp-sdk/core/candid";
import { CanisterStatus, type Identity, type SubnetStatus } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromHex } from "../../src/base/bytes.ts";
import { agentFor, counterOf, deploy, type Endpoint, managementOf } from "../agent/clients.ts";
import { exitOf, type Ready, readyOf, startServe } from "../agent/serve.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { counterWasm } from "../simulation/setup.ts";

describe("flags", () => {
  test.each([
    [["--nodes", "5"], "--nodes takes 1, 4, 7 or 13"],
    [["--port", "x"], "--port takes a whole number"],
    [["--nonsense"], "nonsense"],
  ])("%j exits with 2 and one sentence", async (args, sentence) => {
    const { child, stdout, stderr } = startServe(...args);
    expect(await exitOf(child)).toBe(2);
    expect(stderr()).toContain(sentence);
    expect(stderr().trim().split("\n")).toHaveLength(1);
    expect(stdout()).toBe("");
  });
});

describe("a subnet of four", () => {
  let child: ChildProcess;
  let ready: Ready;
  let printed: () => string;
  let endpoint: Endpoint;
  let any: Principal;

  beforeAll(async () => {
    const started = startServe("--port", "0", "--notary-delay", "0");
    child = started.child;
    printed = started.stderr;
    ready = await readyOf(started);
    endpoint = { fetch, rootKey: fromHex(ready.rootKey), host: ready.url };
    any = Principal.fromText(ready.defaultEffectiveCanisterId);
  }, 60_000);
  afterAll(async () => {
    child.kill("SIGTERM");
    expect(await exitOf(child)).toBe(0);
  });

  test("the port taken: exit 2, one sentence", async () => {
    const second = startServe("--port", new URL(ready.url).port);
    expect(await exitOf(second.child)).toBe(2);
    expect(second.stderr()).toContain("is taken");
  });

  test("the entry for icp.yaml, and the README's script as it stands there", async () => {
    expect(printed()).toContain(`    url: ${ready.url}\n    root-key: ${ready.rootKey}\n`);
    const folder = mkdtempSync("node_modules/.readme-");
    try {
      const script = /```js\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8"))![1]!;
      const [file, readyFile, wasm] = ["deploy.mjs", "ready.json", "counter.wasm"].map(
        (n) => `${folder}/${n}`,
      );
      writeFileSync(file!, script);
      writeFileSync(readyFile!, JSON.stringify(ready));
      writeFileSync(wasm!, counterWasm());
      const said = await promisify(execFile)(process.execPath, [file!, readyFile!, wasm!, "inc"]);
      expect(said.stdout).toMatch(/^[a-z0-9-]+-cai 1n\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("topology has PocketIC's shape", async () => {
    const topology = (await (await fetch(`${ready.url}/_/topology`)).json()) as Record<string, never>;
    const id = Buffer.from(any.toUint8Array()).toString("base64");
    expect(topology).toMatchObject({
      subnet_configs: {
        [ready.subnetId]: { subnet_kind: "Application", canister_ranges: [{ start: { canister_id: id } }] },
      },
      default_effective_canister_id: { canister_id: id },
    });
  });

  test("creation at the subnet's path", async () => {
    const agent = agentFor(endpoint);
    const Arg = IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) });
    const { reply } = await agent.update(Principal.managementCanister(), {
      methodName: "provisional_create_canister_with_cycles",
      arg: IDL.encode([Arg], [{ amount: [], settings: [] }]),
      effectiveTarget: { subnetId: Principal.fromText(ready.subnetId) },
    });
    const [{ canister_id }] = IDL.decode([IDL.Record({ canister_id: IDL.Principal })], reply) as unknown as [
      { canister_id: Principal },
    ];
    await managementOf(agent, canister_id).install_code({
      mode: { install: null },
      canister_id,
      wasm_module: counterWasm(),
      arg: new Uint8Array(),
    });
    expect(await counterOf(agent, canister_id).inc()).toBe(1n);
  });

  const identities: [string, () => Promise<Identity | undefined>][] = [
    ["anonymous", async () => undefined],
    ["Ed25519", async () => Ed25519KeyIdentity.generate()],
    ["secp256k1", async () => Secp256k1KeyIdentity.generate()],
    ["P-256", () => ECDSAKeyIdentity.generate()],
    [
      "a delegation chain",
      async () => {
        const [root, middle, session] = [1, 2, 3].map(() => Ed25519KeyIdentity.generate());
        const expires = new Date(Date.now() + 600_000);
        const first = await DelegationChain.create(root!, middle!.getPublicKey(), expires);
        const chain = await DelegationChain.create(middle!, session!.getPublicKey(), expires, {
          previous: first,
        });
        return DelegationIdentity.fromDelegation(session!, chain);
      },
    ],
  ];
  test.each(identities)("%s: create, install, update, query", async (_name, make) => {
    const agent = agentFor(endpoint, await make());
    const canister = await deploy(agent, any, counterWasm());
    const counter = counterOf(agent, canister);
    expect(await counter.inc()).toBe(1n);
    expect(await counter.get()).toBe(1n);
    const { settings, module_hash } = await managementOf(agent, canister).canister_status({
      canister_id: canister,
    });
    expect(settings.controllers.map(String)).toEqual([(await agent.getPrincipal()).toText()]);
    expect(module_hash[0]).toHaveLength(32);
  });

  test("read_state: time, controllers, module hash, node keys", async () => {
    const agent = agentFor(endpoint);
    const canister = await deploy(agent, any, counterWasm());
    const status = await CanisterStatus.request({
      agent,
      canisterId: canister,
      paths: ["time", "controllers", "module_hash", "subnet"],
    });
    expect(status.get("controllers")).toHaveLength(1);
    expect(status.get("module_hash")).toMatch(/^[0-9a-f]{64}$/);
    const subnet = status.get("subnet") as unknown as SubnetStatus.SubnetStatus & {
      nodeKeys: Map<string, unknown>;
    };
    expect(new Set(subnet.nodeKeys.keys())).toEqual(new Set(ready.nodes));
  });

  test("a trap and a reject carry mainnet's codes", async () => {
    const agent = agentFor(endpoint);
    const wasm = wat(`(module
      (import "ic0" "trap" (func $trap (param i32 i32)))
      (import "ic0" "msg_reject" (func $reject (param i32 i32)))
      (memory 1) (data (i32.const 0) "boom")
      (func (export "canister_update inc") (call $trap (i32.const 0) (i32.const 4)))
      (func (export "canister_query get") (call $reject (i32.const 0) (i32.const 4))))`);
    const counter = counterOf(agent, await deploy(agent, any, wasm));
    await expect(counter.inc()).rejects.toThrow(/IC0503[\s\S]*boom|boom[\s\S]*IC0503/);
    await expect(counter.get()).rejects.toThrow(/boom/);
  });

  test("an absent canister and an unknown method are refused in words", async () => {
    const agent = agentFor(endpoint);
    const canister = await deploy(agent, any, counterWasm());
    const absent = Principal.fromHex("00000000000fff000101");
    await expect(counterOf(agent, absent).inc()).rejects.toThrow(/not found|IC0301/);
    await expect(
      agent.query(canister, { methodName: "nothing", arg: new Uint8Array() }),
    ).resolves.toMatchObject({
      status: "rejected",
      error_code: "IC0536",
    });
  });
});
