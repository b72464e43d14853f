/** Subnets to simulate, and a workload whose outcome can be counted: a counter that is created, installed, called. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { type Prng, prng } from "../../src/base/prng.ts";
import { encodeCborTagged } from "../../src/codec/cbor.ts";
import { keysOn, makeGenesis } from "../../src/lab/genesis.ts";
import type { PlannedRequest } from "../../src/lab/simulation/random-requests.ts";
import type { World } from "../../src/lab/simulation/simulation.ts";
import { STORM_WAT } from "../../src/lab/simulation/storm-canister.ts";
import { makeStandInGenesis } from "../../src/lab/simulation/stand-in.ts";
import { subnetAt } from "../../src/registry/registry.ts";
import { loadMclBls } from "../../src/crypto/bls-mcl.ts";
import { createNodeCrypto } from "../../src/shell/node-crypto.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { randomModule } from "../../src/shell/testing/random-module.ts";
import { createWasmHost } from "../../src/shell/wasm-host.ts";
import type { LabTime } from "../../src/types/ids.ts";
import { canisterIdOf } from "../../src/types/principal.ts";
import type { SubnetSetup } from "./subnet.ts";

const SETTINGS = { notaryDelayMs: 300, unitDelayMs: 1000, latencyMs: 0 };
const bls = await loadMclBls();
export const wasmHost = createWasmHost({ memoryUnits: 1000 });
/** For whole simulations. */
export const world: World = {
  wasmHost: () => wasmHost,
  modules: { storm: wat(STORM_WAT), random: randomModule },
  bls,
};

export function standInSetup(
  nodes: 1 | 4 | 7 | 13,
  seed: number,
  dkgIntervalLength = 19,
  others: Partial<typeof SETTINGS> = {},
): SubnetSetup {
  const draw = prng(seed);
  const settings = { ...SETTINGS, ...others, nodes, dkgIntervalLength };
  const { registry, cryptos } = makeStandInGenesis(settings, (n) => draw.bytes(n));
  return { registry, cryptos, wasmHost: () => wasmHost };
}

export function realSetup(nodes: 1 | 4 | 7 | 13, seed: number): SubnetSetup {
  const draw = prng(seed);
  const { registry, secrets } = makeGenesis({ ...SETTINGS, nodes }, (n) => draw.bytes(n), keysOn(bls));
  const subnet = subnetAt(registry, registry.latestVersion);
  return {
    registry,
    cryptos: secrets.map((s) => createNodeCrypto(s, subnet, bls)),
    wasmHost: () => wasmHost,
  };
}

/** Counts in a global; replies with the count as Candid nat64. */
export const COUNTER_WAT = `
(module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (memory 1)
  (global $count (mut i64) (i64.const 0))
  (data (i32.const 0) "DIDL\\00\\01\\78")
  (func $answer
    (i64.store (i32.const 7) (global.get $count))
    (call $append (i32.const 0) (i32.const 15))
    (call $reply))
  (func (export "canister_update inc")
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (call $answer))
  (func (export "canister_query get") (call $answer)))`;
export const counterWasm = (): Uint8Array => wat(COUNTER_WAT);

const COUNTER = canisterIdOf(0n);
const COUNTER_TEXT = Principal.fromHex(COUNTER).toText();

/** A call by the anonymous user, which needs no signature. */
export function anonymousCall(
  canister: string,
  method: string,
  arg: Uint8Array,
  genesis: LabTime,
  nonce: number,
): PlannedRequest["request"] {
  const content = {
    request_type: "call",
    sender: Uint8Array.of(4),
    canister_id: Principal.fromText(canister).toUint8Array(),
    method_name: method,
    arg,
    ingress_expiry: (BigInt(genesis) + 240_000n) * 1_000_000n,
    nonce: Uint8Array.of(nonce >> 8, nonce & 255),
  };
  return {
    method: "POST",
    path: `/api/v2/canister/${COUNTER_TEXT}/call`,
    contentType: "application/cbor",
    body: encodeCborTagged({ content }),
  };
}

export const counterWorkload =
  (nodes: number) =>
  (draw: Prng, genesis: LabTime): PlannedRequest[] => {
    const create = IDL.encode([IDL.Record({ amount: IDL.Opt(IDL.Nat) })], [{ amount: [] }]);
    const install = IDL.encode(
      [
        IDL.Record({
          mode: IDL.Variant({ install: IDL.Null }),
          canister_id: IDL.Principal,
          wasm_module: IDL.Vec(IDL.Nat8),
          arg: IDL.Vec(IDL.Nat8),
        }),
      ],
      [
        {
          mode: { install: null },
          canister_id: Principal.fromHex(COUNTER),
          wasm_module: counterWasm(),
          arg: [],
        },
      ],
    );
    const all = Array.from({ length: nodes }, (_, i) => i);
    const requests: PlannedRequest[] = [];
    // A patient user: the same creation again and again, which must create once; an installation until it takes.
    const creation = anonymousCall("aaaaa-aa", "provisional_create_canister_with_cycles", create, genesis, 1);
    for (let k = 0; k < 5; k++) requests.push({ afterMs: 2_000 + k * 2_000, to: all, request: creation });
    for (let k = 0; k < 8; k++) {
      const request = anonymousCall("aaaaa-aa", "install_code", install, genesis, 100 + k);
      requests.push({ afterMs: 5_000 + k * 2_000, to: all, request });
    }
    const calls = 5 + draw.below(10);
    for (let k = 0; k < calls; k++) {
      const at = 10_000 + draw.below(20_000);
      const request = anonymousCall(COUNTER_TEXT, "inc", new Uint8Array(), genesis, 1000 + k);
      requests.push({ afterMs: at, to: all, request });
      if (draw.chance(0.5)) requests.push({ afterMs: at + draw.below(10_000), to: all, request });
    }
    return requests;
  };
