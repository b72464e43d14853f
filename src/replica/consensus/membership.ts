/**
 * Membership: who may do what at a height, drawn by the random beacon of the height below.
 *
 *   M1  Every node that holds the same beacon draws the same ranking and the same committee.
 *   M2  Notary committee: the first 3f + 1 of a shuffle; 2f + 1 of them notarize or finalize. Two quorums meet in an
 *       honest node, and the honest ones alone are a quorum.
 *   M3  Block makers: the first f + 1 of another shuffle, so one of them is honest.
 *   M4  The two shuffles are drawn for different purposes and tell nothing of each other.
 *
 * Drawing from the beacon below lets block making and the beacon of this height run side by side.
 * Source: replica A.2, A.3.
 * Checked by: membership.test.ts.
 */
import { fromHex } from "../../base/bytes.ts";
import { chacha20Rng, deriveSeed, seedFromBytes } from "../../crypto/chacha.ts";
import { faultsTolerated, nodeIds, type SubnetRecord } from "../../registry/registry.ts";
import type { Hash, Height, NodeId, RegistryVersion } from "../../types/ids.ts";
import type { PoolQueries, PoolReader } from "../interfaces/pool-reader.ts";

export const committeeSize = (n: number): number => 3 * faultsTolerated(n) + 1;
export const blockMakerCount = (n: number): number => faultsTolerated(n) + 1;

type Purpose = "ic-crypto-prng-blockmaker-ranking" | "ic-crypto-prng-committee-sampling";

/** The nodes, sorted and then shuffled, by beacon and purpose. */
export const shuffled = (nodes: readonly NodeId[], beacon: Hash, purpose: Purpose): NodeId[] =>
  chacha20Rng(deriveSeed(seedFromBytes(fromHex(beacon)), purpose)).shuffle([...nodes].sort());

/** The pool's questions and the subnet's answers together. What was drawn once per beacon is remembered. */
export function withMembership(
  pool: PoolQueries,
  subnet: SubnetRecord,
  registryVersion: RegistryVersion,
): PoolReader {
  const nodes = nodeIds(subnet);
  const everybody: ReadonlySet<NodeId> = new Set(nodes);
  const committees = remembered((beacon) => {
    const order = shuffled(nodes, beacon, "ic-crypto-prng-committee-sampling");
    return new Set(order.slice(0, committeeSize(nodes.length)));
  });
  const rankings = remembered((beacon) =>
    shuffled(nodes, beacon, "ic-crypto-prng-blockmaker-ranking").slice(0, blockMakerCount(nodes.length)),
  );
  const drawn =
    <T>(draw: (beacon: Hash) => T) =>
    (height: Height): T | undefined => {
      const beacon = pool.beaconHash(height - 1);
      return beacon === undefined ? undefined : draw(beacon);
    };
  return {
    ...pool,
    registryVersion: () => registryVersion,
    notaryCommittee: drawn(committees),
    blockMakers: drawn(rankings),
    thresholdCommittee: () => everybody,
  };
}

/** Committees of the last few heights are asked for again and again. */
const REMEMBERED_MAX = 64;

function remembered<T>(draw: (beacon: Hash) => T): (beacon: Hash) => T {
  const cache = new Map<Hash, T>();
  return (beacon) => {
    const known = cache.get(beacon);
    if (known !== undefined) return known;
    if (cache.size >= REMEMBERED_MAX) cache.clear();
    const value = draw(beacon);
    cache.set(beacon, value);
    return value;
  };
}
