/**
 * The floor of a height: what no node of this design can avoid. Five signatures made, the combinations, five combined
 * verifications, one Ed25519 verification; caches warm, no messages, no execution. What the peers contribute is made
 * beforehand, outside the clock.
 */
import { type Endpoint, expose } from "comlink";
import { prng } from "../../base/prng.ts";
import { keysOn, makeGenesis } from "../../lab/genesis.ts";
import { faultsTolerated, nodeIds, subnetAt } from "../../registry/registry.ts";
import { loadMclBls } from "../../crypto/bls-mcl.ts";
import { createNodeCrypto } from "../../shell/node-crypto.ts";
import type { NodeId } from "../../types/ids.ts";

const KINDS = ["low", "multi", "multi", "low", "high"] as const;
type Shares = ReadonlyMap<NodeId, Uint8Array>;
interface PreparedRound {
  readonly messages: readonly Uint8Array[];
  readonly shares: readonly Shares[];
  readonly proposal: Uint8Array;
}

export interface FloorApi {
  prepare(nodes: 1 | 4 | 7 | 13, rounds: number): Promise<void>;
  /** Milliseconds for all rounds but the first two, per round. */
  run(): number;
}

export function createFloor(): FloorApi {
  let me: ReturnType<typeof createNodeCrypto>;
  let last: NodeId;
  let rounds: PreparedRound[] = [];
  return {
    async prepare(nodes, count) {
      const bls = await loadMclBls();
      const draw = prng(7);
      const settings = { nodes, notaryDelayMs: 0, unitDelayMs: 1000, latencyMs: 0 };
      const { registry, secrets } = makeGenesis(settings, (n) => draw.bytes(n), keysOn(bls));
      const subnet = subnetAt(registry, registry.latestVersion);
      const ids = nodeIds(subnet);
      const cryptos = secrets.map((s) => createNodeCrypto(s, subnet, bls));
      me = cryptos[0]!;
      last = ids.at(-1)!;
      const f = faultsTolerated(nodes);
      rounds = Array.from({ length: count }, (_, round) => {
        const messages = KINDS.map((_, k) => Uint8Array.of(round & 255, round >> 8, k));
        const shares = KINDS.map((kind, k) => {
          const quorum = ids.slice(0, kind === "low" ? f + 1 : 2 * f + 1);
          const sign = (i: number): Uint8Array =>
            kind === "multi"
              ? cryptos[i]!.signMulti(messages[k]!)
              : cryptos[i]!.signThreshold(kind, messages[k]!);
          return new Map(quorum.map((id, i) => [id, sign(i)]));
        });
        return { messages, shares, proposal: cryptos.at(-1)!.sign(messages[0]!) };
      });
    },
    run() {
      let start = 0;
      for (const [i, { messages, shares, proposal }] of rounds.entries()) {
        if (i === 2) start = performance.now();
        for (const [k, kind] of KINDS.entries()) {
          // A message of its own: its hashing belongs to the work, and the peers' is already remembered.
          const own = Uint8Array.of(...messages[k]!, 1);
          if (kind === "multi") {
            me.signMulti(own);
            me.verifyMulti(messages[k]!, [...shares[k]!.keys()], me.combineMulti(shares[k]!)!);
          } else {
            me.signThreshold(kind, own);
            me.verifyThreshold(kind, messages[k]!, me.combineThreshold(kind, shares[k]!)!);
          }
        }
        me.verify(messages[0]!, last, proposal);
      }
      return (performance.now() - start) / (rounds.length - 2);
    },
  };
}

export const exposeFloor = (endpoint?: Endpoint): void => expose(createFloor(), endpoint);
