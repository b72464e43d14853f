/** A subnet of scriptable canisters on the true Wasm host, driven round by round. */
import { defined } from "../../../src/base/assert.ts";
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { createWasmHost } from "../../../src/shell/wasm-host.ts";
import type { IngressStatus } from "../../../src/types/messages.ts";
import { idOf, told, World } from "../../unit/execution/world.ts";
import { type ModuleOptions, scriptableModule } from "./module.ts";
import type { Script } from "./script.ts";

const NOTHING = new Uint8Array(0);
const Id = IDL.Record({ canister_id: IDL.Principal });
const Create = IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) });
const Upgrade = IDL.Opt(
  IDL.Record({
    skip_pre_upgrade: IDL.Opt(IDL.Bool),
    wasm_memory_persistence: IDL.Opt(IDL.Variant({ keep: IDL.Null, replace: IDL.Null })),
  }),
);
const Install = IDL.Record({
  mode: IDL.Variant({ install: IDL.Null, reinstall: IDL.Null, upgrade: Upgrade }),
  canister_id: IDL.Principal,
  wasm_module: IDL.Vec(IDL.Nat8),
  arg: IDL.Vec(IDL.Nat8),
});
export type Mode = "install" | "reinstall" | "upgrade";

export class Subnet {
  readonly world: World;

  constructor(modules: readonly ModuleOptions[], cycles = 100_000_000_000_000n) {
    this.world = new World([], { host: createWasmHost() });
    modules.forEach((module, index) => {
      this.manage("provisional_create_canister_with_cycles", Create, { amount: [cycles], settings: [] });
      const answer = this.install(index, module);
      if (answer !== "DIDL\0\0") throw new Error(answer);
    });
  }

  manage(method: string, type: IDL.Type, args: unknown, about = 0): string {
    return told(this.finish(this.submitManagement(method, type, args, about)));
  }

  /** Enters the call and runs a round; `status` tells later. */
  submitManagement(method: string, type: IDL.Type, args: unknown, about = 0) {
    const call = this.world.ingress("", method, new Uint8Array(IDL.encode([type], [args])));
    this.world.round([{ ...call, effectiveCanister: idOf(about) }]);
    return call;
  }

  about(method: string, index: number): string {
    return this.manage(method, Id, { canister_id: Principal.fromHex(idOf(index)) }, index);
  }

  install(index: number, module: ModuleOptions, mode: Mode = "install", arg: Script = NOTHING): string {
    return this.installWasm(index, scriptableModule(module), mode, arg);
  }

  /** An upgrade keeps the heap where the module says that it can. */
  installWasm(index: number, wasm: Uint8Array, mode: Mode, arg: Script = NOTHING): string {
    const names = WebAssembly.Module.customSections(
      new WebAssembly.Module(wasm as BufferSource),
      "icp:private enhanced-orthogonal-persistence",
    );
    const options = { skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] };
    const args = {
      mode: { [mode]: mode !== "upgrade" ? null : names.length === 0 ? [] : [options] },
      canister_id: Principal.fromHex(idOf(index)),
      wasm_module: wasm,
      arg,
    };
    // What an earlier install used up is forgotten: these tests are not about its rate.
    const canister = this.world.canister(index);
    const { standing: _, ...fresh } = canister;
    const canisters = new Map(this.world.state.canisters).set(canister.id, fresh);
    this.world.state = { ...this.world.state, canisters };
    return this.manage("install_code", Install, args, index);
  }

  /** Rounds until the call is over. */
  finish(call: ReturnType<World["ingress"]>, rounds = 50): IngressStatus {
    for (let i = 0; i < rounds; i++) {
      const status = this.world.status(call);
      if (status.kind === "replied" || status.kind === "rejected") return status;
      this.world.round();
    }
    return this.world.status(call);
  }

  submit(index: number, program: Script, method = "u") {
    const call = this.world.ingress(idOf(index), method, program);
    this.world.round([call]);
    return call;
  }

  /** Runs a program as an update and tells the reply as text, or the reject. */
  update(index: number, program: Script, method = "u"): string {
    return told(this.finish(this.submit(index, program, method)));
  }

  /** The same, replying eight bytes. */
  number(index: number, program: Script): bigint {
    const status = this.finish(this.submit(index, program));
    if (status.kind !== "replied") throw new Error(told(status));
    return numberIn(status.reply);
  }

  query(index: number, program: Script, method: "q" | "c" = "q", certificate?: Uint8Array): string {
    const query = { sender: CALLER, receiver: idOf(index), method, arg: program };
    const { world } = this;
    const result = defined(
      world.execution.queries.query(world.state, query, certificate, world.subnet, "one at a time"),
      "there is one thread only",
    );
    if (result.kind === "replied") return new TextDecoder().decode(result.reply);
    return told({ kind: "rejected", reject: result.reject });
  }

  logs(index: number): string[] {
    return this.world.canister(index).logs.map(({ content }) => new TextDecoder().decode(content));
  }
}

const CALLER = `${"ab".repeat(28)}02`;

export const numberIn = (data: Uint8Array): bigint =>
  new DataView(data.buffer, data.byteOffset, 8).getBigUint64(0, true);
