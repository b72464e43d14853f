/** Subnets to simulate, and a workload whose outcome can be counted: a counter that is created, installed, called. */
import { IDL } from "@icp-sdk/core/candid";
import { Principal } from "@icp-sdk/core/principal";
import { type Prng, prng } from "../../src/base/prng.ts";
import { decodeCbor, encodeCborTagged } from "../../src/codec/cbor.ts";
import { requestId } from "../../src/codec/representation-independent-hash.ts";
import { keysOn, makeGenesis } from "../../src/lab/genesis.ts";
import type {
  PlannedRequest,
  SimulationResult,
  SimulationSetup,
} from "../../src/lab/simulation/simulation.ts";
import { makeStandInGenesis } from "../../src/lab/simulation/stand-in.ts";
import { subnetAt } from "../../src/registry/registry.ts";
import { loadMclBls } from "../../src/crypto/bls-mcl.ts";
import { createNodeCrypto } from "../../src/shell/node-crypto.ts";
import { wat } from "../../src/shell/testing/wat.ts";
import { createWasmHost } from "../../src/shell/wasm-host.ts";
import type { LabTime, MessageId } from "../../src/types/ids.ts";
import { canisterIdOf } from "../../src/types/principal.ts";

const SETTINGS = { notaryDelayMs: 300, unitDelayMs: 1000, latencyMs: 0 };
const bls = await loadMclBls();
export const wasmHost = createWasmHost({ memoryUnits: 1000 });

export function standInSetup(nodes: 1 | 4 | 7 | 13, seed: number): SimulationSetup {
  const draw = prng(seed);
  // With a short unit delay worse ranks propose while better ones are still on their way.
  const settings = { ...SETTINGS, nodes, unitDelayMs: seed % 2 === 0 ? 150 : SETTINGS.unitDelayMs };
  const { registry, cryptos } = makeStandInGenesis(settings, (n) => draw.bytes(n));
  return { registry, cryptos, wasmHost: () => wasmHost };
}

export function realSetup(nodes: 1 | 4 | 7 | 13, seed: number): SimulationSetup {
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

/** The message id, read back from the envelope as any node would. */
function idOf(request: PlannedRequest["request"]): MessageId {
  const decoded = decodeCbor(request.body);
  if (!decoded.ok || !(decoded.value instanceof Map)) throw new Error("our own envelope decodes");
  return requestId(decoded.value.get("content") as Map<string, never>);
}

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

export function counterWorkload(nodes: number) {
  const incIds: MessageId[] = [];
  const plan = (draw: Prng, genesis: LabTime): PlannedRequest[] => {
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
      incIds.push(idOf(request));
      requests.push({ afterMs: at, to: all, request });
      if (draw.chance(0.5)) requests.push({ afterMs: at + draw.below(10_000), to: all, request });
    }
    return requests;
  };
  /** What the counter holds at the first node, once what was executed is certified too. */
  const counted = (result: SimulationResult): bigint => {
    result.network.runFor(5_000);
    const query = {
      ...anonymousCall(COUNTER_TEXT, "get", new Uint8Array(), 0, 0),
      path: `/api/v3/canister/${COUNTER_TEXT}/query`,
    };
    const body = encodeCborTagged({
      content: {
        request_type: "query",
        sender: Uint8Array.of(4),
        canister_id: Principal.fromText(COUNTER_TEXT).toUint8Array(),
        method_name: "get",
        arg: new Uint8Array(),
        ingress_expiry: 0n,
      },
    });
    const reply = result.network.http(result.nodes[0]!, { ...query, body });
    const text = Buffer.from(reply.body).toString("latin1");
    const at = text.indexOf("DIDL\x00\x01\x78");
    return at < 0 ? 0n : Buffer.from(reply.body).readBigUInt64LE(at + 7);
  };
  /** Distinct calls of inc that the first node executed: what the counter must hold. */
  const calls = (result: SimulationResult): bigint => {
    const ids = new Set(incIds);
    return BigInt([...result.executed.get(result.nodes[0]!)!.keys()].filter((id) => ids.has(id)).length);
  };
  return { plan, counted, calls };
}
