/** Puts an example's canisters onto a subnet of one node on the virtual clock, for the official agent to call. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HttpAgent, Identity } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Principal } from "@icp-sdk/core/principal";
import { defined } from "../../src/base/assert.ts";
import { PREBUILT, prebuild } from "../../src/cli/prebuild.ts";
import type { Example, PrebuiltCanister } from "../../src/compilers/prebuilt.ts";
import { type Did, idlOf, readInterface } from "../../src/ui/shared/candid/shape.ts";
import { encodeInit } from "../../src/ui/shared/examples.ts";
import { agentFor, deploy, managementOf } from "../agent/clients.ts";
import { realSetup } from "../simulation/setup.ts";
import { type RunningSubnet, runSubnet } from "../simulation/subnet.ts";

const prepared = prebuild();

export class Stage {
  readonly example: Example;
  readonly rootKey: Uint8Array;
  readonly anyId: Principal;
  readonly #fetch: typeof fetch;
  readonly #network: RunningSubnet["network"];
  readonly #agents = new Map<string, HttpAgent>();
  readonly #canisters = new Map<string, { id: Principal; did: Did }>();

  private constructor(example: Example) {
    this.example = example;
    const setup = realSetup(1, 11);
    const { network, nodes } = runSubnet(setup, 2);
    this.#network = network;
    this.#fetch = network.fetchAt(nodes[0]!);
    this.rootKey = setup.registry.versions.get(1)!.publicKeyDer;
    this.anyId = Principal.fromHex(setup.registry.versions.get(1)!.canisterRanges[0]!.start);
  }
  static async of(id: string): Promise<Stage> {
    const example = (await prepared).examples.find((e) => e.id === id);
    const stage = new Stage(defined(example, `there is an example ${id}`));
    for (const canister of stage.example.canisters) await stage.#install(canister);
    return stage;
  }
  async #install(canister: PrebuiltCanister): Promise<void> {
    const wasm = readFileSync(join(PREBUILT, canister.wasm));
    const arg = encodeInit(canister.did, canister.init, (name) => this.#canisters.get(name)?.id.toText());
    const id = await deploy(this.agent("you"), this.anyId, wasm, Uint8Array.from(arg));
    this.#canisters.set(canister.name, { id, did: readInterface(canister.did) });
  }

  /** The agent of a named user. */
  agent(user: string): HttpAgent {
    const known = this.#agents.get(user);
    if (known !== undefined) return known;
    const made = agentFor(
      { fetch: this.#fetch, rootKey: this.rootKey, host: "https://stage.invalid" },
      this.identity(user),
    );
    this.#agents.set(user, made);
    return made;
  }
  identity(user: string): Identity {
    return Ed25519KeyIdentity.generate(new Uint8Array(32).fill(user.charCodeAt(0)));
  }
  idOf(canister: string): Principal {
    return defined(this.#canisters.get(canister), `${canister} is installed`).id;
  }

  /** By the interface: an update through consensus, a query at the node. The first result, or undefined. */
  async call(
    canister: string,
    method: string,
    args: readonly unknown[] = [],
    user = "you",
  ): Promise<unknown> {
    const { id, did } = defined(this.#canisters.get(canister), `${canister} is installed`);
    const { func } = defined(
      did.methods.find((m) => m.name === method),
      `${canister} has a method ${method}`,
    );
    const arg = IDL.encode(idlOf(func.args, did.types), [...args]);
    const results = idlOf(func.results, did.types);
    const agent = this.agent(user);
    if (func.mode === "query" || func.mode === "composite_query") {
      const answer = await agent.query(id, { methodName: method, arg });
      if (answer.status === "rejected") throw new Error(answer.reject_message);
      return IDL.decode(results, answer.reply.arg)[0];
    }
    const { reply } = await agent.update(id, {
      methodName: method,
      arg,
      effectiveTarget: { canisterId: id },
    });
    return IDL.decode(results, reply)[0];
  }

  async upgrade(canister: string, wasm: Uint8Array): Promise<void> {
    const id = this.idOf(canister);
    await managementOf(this.agent("you"), id).install_code({
      mode: { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }] },
      canister_id: id,
      wasm_module: wasm,
      arg: new Uint8Array(IDL.encode([], [])),
    });
  }
  /** Another canister's principal becomes known under a name. */
  meet(name: string, id: Principal, did: string): void {
    this.#canisters.set(name, { id, did: readInterface(did) });
  }
  /** The subnet's time goes on, with nobody calling. */
  pass(ms: number): void {
    this.#network.runFor(ms);
  }
}
