/** The official agent as tests use it: management calls and a counter, typed by hand-written IDL. */
import { Actor, type Agent, HttpAgent, type Identity } from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";

export interface Endpoint {
  readonly fetch: typeof fetch;
  readonly rootKey: Uint8Array;
  readonly host: string;
}

export const agentFor = ({ fetch, rootKey, host }: Endpoint, identity?: Identity): HttpAgent =>
  HttpAgent.createSync({
    host,
    fetch,
    rootKey: Uint8Array.from(rootKey),
    retryTimes: 0,
    ...(identity === undefined ? {} : { identity }),
  });

const Settings = IDL.Record({
  controllers: IDL.Opt(IDL.Vec(IDL.Principal)),
  freezing_threshold: IDL.Opt(IDL.Nat),
});
const Mode = IDL.Variant({
  install: IDL.Null,
  reinstall: IDL.Null,
  upgrade: IDL.Opt(
    IDL.Record({
      skip_pre_upgrade: IDL.Opt(IDL.Bool),
      wasm_memory_persistence: IDL.Opt(IDL.Variant({ keep: IDL.Null, replace: IDL.Null })),
    }),
  ),
});
const Id = IDL.Record({ canister_id: IDL.Principal });

const idl: IDL.InterfaceFactory = () =>
  IDL.Service({
    provisional_create_canister_with_cycles: IDL.Func(
      [
        IDL.Record({
          amount: IDL.Opt(IDL.Nat),
          settings: IDL.Opt(Settings),
          specified_id: IDL.Opt(IDL.Principal),
        }),
      ],
      [Id],
      [],
    ),
    create_canister: IDL.Func([IDL.Record({ settings: IDL.Opt(Settings) })], [Id], []),
    install_code: IDL.Func(
      [
        IDL.Record({
          mode: Mode,
          canister_id: IDL.Principal,
          wasm_module: IDL.Vec(IDL.Nat8),
          arg: IDL.Vec(IDL.Nat8),
        }),
      ],
      [],
      [],
    ),
    update_settings: IDL.Func([IDL.Record({ canister_id: IDL.Principal, settings: Settings })], [], []),
    start_canister: IDL.Func([Id], [], []),
    stop_canister: IDL.Func([Id], [], []),
    delete_canister: IDL.Func([Id], [], []),
    uninstall_code: IDL.Func([Id], [], []),
    canister_status: IDL.Func(
      [Id],
      [
        IDL.Record({
          status: IDL.Variant({ running: IDL.Null, stopping: IDL.Null, stopped: IDL.Null }),
          cycles: IDL.Nat,
          module_hash: IDL.Opt(IDL.Vec(IDL.Nat8)),
          settings: IDL.Record({ controllers: IDL.Vec(IDL.Principal), freezing_threshold: IDL.Nat }),
        }),
      ],
      [],
    ),
  });

type Opt<T> = [] | [T];
interface SettingsArg {
  controllers: Opt<Principal[]>;
  freezing_threshold: Opt<bigint>;
}
interface Id {
  canister_id: Principal;
}
export type InstallMode =
  | { install: null }
  | { reinstall: null }
  | {
      upgrade: Opt<{
        skip_pre_upgrade: Opt<boolean>;
        wasm_memory_persistence: Opt<{ keep: null } | { replace: null }>;
      }>;
    };

export interface Management {
  provisional_create_canister_with_cycles(arg: {
    amount: Opt<bigint>;
    settings: Opt<SettingsArg>;
    specified_id: Opt<Principal>;
  }): Promise<Id>;
  create_canister(arg: { settings: Opt<SettingsArg> }): Promise<Id>;
  install_code(arg: Id & { mode: InstallMode; wasm_module: Uint8Array; arg: Uint8Array }): Promise<void>;
  update_settings(arg: Id & { settings: SettingsArg }): Promise<void>;
  start_canister(arg: Id): Promise<void>;
  stop_canister(arg: Id): Promise<void>;
  delete_canister(arg: Id): Promise<void>;
  uninstall_code(arg: Id): Promise<void>;
  canister_status(arg: Id): Promise<{
    status: object;
    cycles: bigint;
    module_hash: Opt<Uint8Array>;
    settings: { controllers: Principal[]; freezing_threshold: bigint };
  }>;
}

/** `effective`: the canister the calls are about, or any of the subnet's range for creation. */
export const managementOf = (agent: Agent, effective: Principal): Management =>
  Actor.createActor<Management>(idl, {
    agent,
    canisterId: Principal.managementCanister(),
    effectiveCanisterId: effective,
  });

export interface Counter {
  inc(): Promise<bigint>;
  get(): Promise<bigint>;
}
export const counterOf = (agent: Agent, canisterId: Principal): Counter =>
  Actor.createActor<Counter>(
    () => IDL.Service({ inc: IDL.Func([], [IDL.Nat64], []), get: IDL.Func([], [IDL.Nat64], ["query"]) }),
    { agent, canisterId },
  );

export async function deploy(
  agent: Agent,
  anyCanister: Principal,
  wasm: Uint8Array,
  arg = new Uint8Array(),
): Promise<Principal> {
  const { canister_id } = await managementOf(agent, anyCanister).provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
    specified_id: [],
  });
  await managementOf(agent, canister_id).install_code({
    mode: { install: null },
    canister_id,
    wasm_module: wasm,
    arg,
  });
  return canister_id;
}
