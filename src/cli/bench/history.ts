/**
 * What it takes to record a session of ten minutes, and to look at a moment of it: four nodes with real signatures on a
 * virtual clock, two minutes without calls and then one every two seconds, replayed as the page's worker does it.
 */
import type { Network } from "../../lab/lab.ts";
import { encodeCborTagged } from "../../codec/cbor.ts";
import { loadMclBls } from "../../crypto/bls-mcl.ts";
import { keysOn, makeGenesis } from "../../lab/genesis.ts";
import { History } from "../../lab/history.ts";
import { VirtualNetwork } from "../../lab/virtual-network.ts";
import { nodeIds, subnetAt } from "../../registry/registry.ts";
import { createReplica } from "../../replica/replica.ts";
import { fixedLatency } from "../../shell/gate.ts";
import { createRecording } from "../../shell/history/recording.ts";
import { createNodeCrypto } from "../../shell/node-crypto.ts";
import { createMemoryStore } from "../../shell/storage/node-store.ts";
import { createWasmHost } from "../../shell/wasm-host.ts";
import { prng } from "../../base/prng.ts";
import { deploy } from "./scenarios.ts";

const MINUTE = 60_000;
const IDLE_MS = 2 * MINUTE;
const SESSION_MS = 10 * MINUTE;
const CALL_EVERY_MS = 2_000;
const SEEKS = 60;

export interface HistoryCost {
  /** Megabytes a minute. */
  readonly idle: number;
  readonly calls: number;
  /** Milliseconds until a node as it was at a random moment has answered. */
  readonly seeks: readonly number[];
  /** Milliseconds of work a height of all four nodes, recorded and not. */
  readonly recordedMs: number;
  readonly bareMs: number;
}

export async function historyCost(wasm: Uint8Array): Promise<HistoryCost> {
  const bls = await loadMclBls();
  const draw = prng(1);
  const settings = { nodes: 4 as const, notaryDelayMs: 300, unitDelayMs: 1_000, dkgIntervalLength: 99 };
  const { registry, secrets } = makeGenesis(settings, (n) => draw.bytes(n), keysOn(bls));
  const subnet = subnetAt(registry, registry.latestVersion);
  const nodes = nodeIds(subnet);
  const host = createWasmHost({ memoryUnits: 100 });
  const genesis = Date.now();
  const recordings = nodes.map(() => createRecording(undefined));
  const network = new VirtualNetwork(
    nodes.map((me, i) => {
      const store = createMemoryStore();
      const crypto = recordings[i]!.crypto(createNodeCrypto(secrets[i]!, subnet, bls));
      const replica = createReplica({ me, registry, genesis, crypto, wasm: host, stored: store });
      return { id: me, replica: recordings[i]!.replica(replica), store };
    }),
    genesis,
    () => fixedLatency(40),
  );
  network.keepTrace = false;
  let height = 0;
  network.onTrace = ({ fact }) => {
    if (fact.kind === "certified") height = Math.max(height, fact.height);
  };
  const range = subnet.canisterRanges[0]!;
  const info = {
    subnetId: subnet.id,
    rootKey: subnet.publicKeyDer,
    nodes,
    defaultEffectiveCanisterId: range.start,
    lastCanisterId: range.end,
  };
  network.runFor(3_000); // there is a certified state
  const { id } = await deploy({ info, fetch: network.fetchAt(nodes[0]!) } as unknown as Network, wasm);
  const heightMs = (forMs: number): number => {
    const [from, start] = [height, performance.now()];
    network.runFor(forMs);
    return (performance.now() - start) / (height - from);
  };
  network.runFor(MINUTE / 4);
  const bareMs = heightMs(MINUTE / 2);

  const history = new History({ registry, genesis, wasm: createWasmHost({ memoryUnits: 4 }) });
  for (const [i, recording] of recordings.entries())
    recording.begin((recorded) => void history.add(nodes[i]!, recorded));
  const began = network.now;
  const recordedMs = heightMs(IDLE_MS);
  const idleBytes = history.range()!.bytes;
  for (let nonce = 0; network.now < began + SESSION_MS; nonce++) {
    const content = {
      request_type: "call",
      sender: Uint8Array.of(4),
      canister_id: id.toUint8Array(),
      method_name: "go",
      arg: new Uint8Array(),
      ingress_expiry: BigInt(network.now + 2 * MINUTE) * 1_000_000n,
      nonce: Uint8Array.of(nonce >> 8, nonce & 255),
    };
    network.post(nodes[nonce % nodes.length]!, {
      method: "POST",
      path: `/api/v2/canister/${id.toText()}/call`,
      contentType: "application/cbor",
      body: encodeCborTagged({ content }),
    });
    network.runFor(CALL_EVERY_MS);
  }
  for (const recording of recordings) recording.flush();

  const seeks = Array.from({ length: SEEKS }, () => {
    const at = began + draw.below(SESSION_MS);
    const node = nodes[draw.below(nodes.length)]!;
    const start = performance.now();
    const { reply, fault } = history.inspect(node, at, { kind: "state", path: [], leaves: true });
    const took = performance.now() - start;
    if (reply.kind !== "state" || fault !== undefined)
      throw new Error(fault ?? "the node did not tell its state");
    return took;
  });
  const minutes = (ms: number): number => ms / MINUTE;
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  const calls = history.range()!.bytes - idleBytes;
  return {
    idle: megabytes(idleBytes) / minutes(IDLE_MS),
    calls: megabytes(calls) / minutes(SESSION_MS - IDLE_MS),
    seeks: seeks.slice(1), // the first compiles
    recordedMs,
    bareMs,
  };
}
