/**
 * How many updates a second a network certifies, the same in the page and in Node. Calls are encoded (and signed) before
 * the clock starts and spread over the nodes; one counts when the first node has certified the height that executed it.
 */
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";
import { Principal } from "@icp-sdk/core/principal";
import { concat, fromHex, utf8 } from "../../base/bytes.ts";
import { encodeCborTagged } from "../../codec/cbor.ts";
import { requestId } from "../../codec/representation-independent-hash.ts";
import type { Network } from "../../lab/lab.ts";
import { deploy } from "./scenarios.ts";

export interface Load {
  readonly wasm: Uint8Array;
  readonly arg: Uint8Array;
  readonly canisters: number;
  readonly calls: number;
  readonly signed: boolean;
}

/** With none, both cores of a small machine would be full of the signatures of small heights. */
export const LOAD_NOTARY_DELAY_MS = 600;
/** Sent and not yet certified, at most. */
const WINDOW = 3_000;
const PATIENCE_MS = 60_000;

export async function updatesPerSecond(network: Network, load: Load): Promise<number> {
  const ids: Uint8Array[] = [];
  for (let left = load.canisters; left > 0; left -= 10)
    ids.push(
      ...(await Promise.all(Array.from({ length: Math.min(10, left) }, () => made(network, load.wasm)))),
    );
  const identity = load.signed ? Ed25519KeyIdentity.generate() : undefined;
  const bodies: { readonly path: string; readonly body: Uint8Array }[] = [];
  for (let k = 0; k < load.calls; k++) {
    const id = ids[k % ids.length]!;
    bodies.push({
      path: `/api/v2/canister/${Principal.fromUint8Array(id).toText()}/call`,
      body: await encoded(network, id, load.arg, k, identity),
    });
  }

  const progress = certifiedUpdates(network);
  const start = performance.now();
  const { nodes } = network.info;
  let sent = 0;
  const sendMore = (): void => {
    for (; sent < bodies.length && sent - progress.count() < WINDOW; sent++) {
      const { path, body } = bodies[sent]!;
      const request = new Request(`https://bench.invalid${path}`, {
        method: "POST",
        headers: { "content-type": "application/cbor" },
        body: Uint8Array.from(body),
      });
      void network.fetch(request, undefined, nodes[sent % nodes.length]).catch(() => {});
    }
  };
  sendMore();
  await progress.until(load.calls, sendMore);
  const seconds = (performance.now() - start) / 1000;
  progress.stop();
  return load.calls / seconds;
}

async function made(network: Network, wasm: Uint8Array): Promise<Uint8Array> {
  const { id } = await deploy(network, wasm);
  return id.toUint8Array();
}

async function encoded(
  network: Network,
  canister: Uint8Array,
  arg: Uint8Array,
  nonce: number,
  identity: Ed25519KeyIdentity | undefined,
): Promise<Uint8Array> {
  const content = {
    request_type: "call",
    sender: identity?.getPrincipal().toUint8Array() ?? fromHex("04"),
    canister_id: canister,
    method_name: "go",
    arg,
    ingress_expiry: BigInt(Math.floor(network.now()) + 240_000) * 1_000_000n,
    nonce: Uint8Array.of(nonce >> 24, nonce >> 16, nonce >> 8, nonce),
  };
  if (identity === undefined) return encodeCborTagged({ content });
  const id = fromHex(requestId(new Map(Object.entries(content)) as never));
  const signature = new Uint8Array(await identity.sign(concat(Uint8Array.of(10), utf8("ic-request"), id)));
  const sender_pubkey = new Uint8Array(identity.getPublicKey().toDer());
  return encodeCborTagged({ content, sender_pubkey, sender_sig: signature });
}

/** Counts the updates of canisters at the first node, height by height, as their heights are certified. */
function certifiedUpdates(network: Network) {
  const first = network.info.nodes[0]!;
  const executed = new Map<number, number>();
  let certified = 0;
  let progressed = performance.now();
  let wake = (): void => {};
  const stop = network.subscribe(({ entries }) => {
    for (const { node, fact } of entries) {
      if (node !== first) continue;
      if (fact.kind === "message-executed" && fact.method === "go")
        executed.set(fact.height, (executed.get(fact.height) ?? 0) + 1);
      if (fact.kind === "certified")
        for (const [height, count] of executed)
          if (height <= fact.height) {
            certified += count;
            progressed = performance.now();
            executed.delete(height);
          }
    }
    wake();
  });
  return {
    stop,
    count: () => certified,
    until: (count: number, onProgress: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        progressed = performance.now();
        wake = () => {
          onProgress();
          if (certified >= count) resolve();
          if (performance.now() - progressed > PATIENCE_MS)
            reject(
              new Error(
                `${certified} of ${count} calls were certified, and none for a minute: too slow, they expire`,
              ),
            );
        };
        wake();
      }),
  };
}
