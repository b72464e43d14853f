/** What the bench does to a network, the same in the page and in Node. Times are milliseconds. */
import { Actor, HttpAgent } from "@icp-sdk/core/agent";
import type { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { gzipSync } from "fflate";
import type { Network } from "../../lab/lab.ts";

/** Larger modules would not fit into a message as they are. */
const PLAIN_MAX_BYTES = 1_900_000;

/** Heights certified per second, counted over `forMs` after `warmUp` heights. */
export function heightsPerSecond(network: Network, warmUp: number, forMs: number): Promise<number> {
  return new Promise((resolve) => {
    let first: { height: number; at: number } | undefined;
    let highest = 0;
    const leave = network.subscribe(({ entries }) => {
      for (const { fact } of entries) {
        if (fact.kind === "certified") highest = Math.max(highest, fact.height);
      }
      const at = performance.now();
      if (first === undefined) {
        if (highest >= warmUp) first = { height: highest, at };
      } else if (at - first.at >= forMs) {
        leave();
        resolve(((highest - first.height) / (at - first.at)) * 1000);
      }
    });
  });
}

export interface Counter {
  inc(): Promise<unknown>;
  get(): Promise<unknown>;
}

/** A counter, created and installed through the official agent, ready to be called. */
export async function deployCounter(
  network: Network,
  wasm: Uint8Array,
  counts: "Nat" | "Nat64" = "Nat64",
): Promise<Counter> {
  const { id, agent } = await deploy(network, wasm);
  return Actor.createActor<Counter>(counterIdl(counts), { agent, canisterId: id });
}

/** A canister with this module. */
export async function deploy(
  network: Network,
  wasm: Uint8Array,
): Promise<{ readonly id: Principal; readonly agent: HttpAgent }> {
  const agent = HttpAgent.createSync({
    host: `https://n${network.info.subnetId.slice(0, 12)}.terrarium.invalid`,
    fetch: (input, init) => network.fetch(input, init),
    rootKey: Uint8Array.from(network.info.rootKey),
  });
  const management = Actor.createActor<{
    provisional_create_canister_with_cycles(args: object): Promise<{ canister_id: Principal }>;
    install_code(args: object): Promise<void>;
  }>(managementIdl, {
    agent,
    canisterId: Principal.managementCanister(),
    effectiveCanisterId: Principal.fromHex(network.info.defaultEffectiveCanisterId),
  });
  const { canister_id } = await management.provisional_create_canister_with_cycles({
    amount: [],
    settings: [],
  });
  const installer = Actor.createActor<{ install_code(args: object): Promise<void> }>(managementIdl, {
    agent,
    canisterId: Principal.managementCanister(),
    effectiveCanisterId: canister_id,
  });
  await installer.install_code({
    mode: { install: null },
    canister_id,
    wasm_module: wasm.length > PLAIN_MAX_BYTES ? gzipSync(wasm) : wasm,
    arg: new Uint8Array(),
  });
  return { id: canister_id, agent };
}

export const counterIdl =
  (counts: "Nat" | "Nat64"): IDL.InterfaceFactory =>
  ({ IDL }) =>
    IDL.Service({ inc: IDL.Func([], [IDL[counts]], []), get: IDL.Func([], [IDL[counts]], ["query"]) });

const managementIdl: IDL.InterfaceFactory = ({ IDL }) =>
  IDL.Service({
    provisional_create_canister_with_cycles: IDL.Func(
      [IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(IDL.Record({})) })],
      [IDL.Record({ canister_id: IDL.Principal })],
      [],
    ),
    install_code: IDL.Func(
      [
        IDL.Record({
          mode: IDL.Variant({ install: IDL.Null }),
          canister_id: IDL.Principal,
          wasm_module: IDL.Vec(IDL.Nat8),
          arg: IDL.Vec(IDL.Nat8),
        }),
      ],
      [],
      [],
    ),
  });

/** Milliseconds of each of `count` calls, one after the other. */
export async function latencies(call: () => Promise<unknown>, count: number): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    out.push(performance.now() - start);
  }
  return out;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
