/**
 * Membership: who may do what at a height, drawn by the random beacon of the height below.
 *
 *   M1  Every node that holds the same beacon draws the same ranking and the same committee.
 *   M2  Notary committee: the first 3f + 1 of a shuffle; 2f + 1 of them notarize or finalize. Two quorums meet in an
 *       honest node, and the honest ones alone are a quorum.
 *   M3  Block makers: the first f + 1 of another shuffle, so one of them is honest.
 *   M4  The two shuffles are drawn for different purposes and tell nothing of each other.
 *   M5  All heights of a DKG interval, its summary included, have the nodes of one registry version: the one that the
 *       summary before it announced. So everybody knows them before the interval begins, and newcomers have an interval's
 *       time to fetch the state.
 *
 * Drawing from the beacon below lets block making and the beacon of this height run side by side.
 * Source: replica A.2, A.3.
 * Checked by: membership.test.ts.
 */
import { defined } from "../../base/assert.ts";
import { fromHex } from "../../base/bytes.ts";
import { chacha20Rng, deriveSeed, seedFromBytes } from "../../crypto/chacha.ts";
import { faultsTolerated, nodeIds, type Registry, type SubnetRecord } from "../../registry/registry.ts";
import type { Hash, Height, NodeId, RegistryVersion } from "../../types/ids.ts";
import type { PoolQueries, PoolReader } from "../interfaces/pool-reader.ts";

export const committeeSize = (n: number): number => 3 * faultsTolerated(n) + 1;
export const blockMakerCount = (n: number): number => faultsTolerated(n) + 1;

type Purpose = "ic-crypto-prng-blockmaker-ranking" | "ic-crypto-prng-committee-sampling";

/** The nodes, sorted and then shuffled, by beacon and purpose. */
export const shuffled = (nodes: readonly NodeId[], beacon: Hash, purpose: Purpose): NodeId[] =>
  chacha20Rng(deriveSeed(seedFromBytes(fromHex(beacon)), purpose)).shuffle([...nodes].sort());

/** The pool's questions and the registry's answers together. What was drawn once per beacon is remembered. */
export function withMembership(
  pool: PoolQueries,
  registry: Registry,
  { dkgIntervalLength }: Pick<SubnetRecord, "dkgIntervalLength">,
): PoolReader {
  const length = dkgIntervalLength + 1;
  const known = new Map<RegistryVersion, Members>();
  function membersOf(version: RegistryVersion): Members | undefined {
    const subnet = registry.versions.get(version);
    const members = known.get(version) ?? (subnet && drawnFrom(nodeIds(subnet)));
    if (members !== undefined) known.set(version, members);
    return members;
  }
  /** M5. The first interval has no summary before it but the genesis. */
  function registryVersion(height: Height): RegistryVersion | undefined {
    const start = height - (height % length);
    return pool.summary(start)?.registryVersion ?? pool.summary(start - length)?.nextRegistryVersion;
  }
  function membersAt(height: Height): Members | undefined {
    const version = registryVersion(height);
    return version === undefined ? undefined : membersOf(version);
  }
  const drawn =
    <T>(draw: (members: Members, beacon: Hash) => T) =>
    (height: Height): T | undefined => {
      const beacon = pool.beaconHash(height - 1);
      const members = membersAt(height);
      return beacon === undefined || members === undefined ? undefined : draw(members, beacon);
    };
  return {
    ...pool,
    registryVersion,
    recordAt(height) {
      const version = registryVersion(height);
      return version === undefined ? undefined : registry.versions.get(version);
    },
    isKnown: (node) => [...registry.versions.keys()].some((version) => membersOf(version)?.all.has(node)),
    notaryCommittee: drawn(({ committee }, beacon) => committee(beacon)),
    blockMakers: drawn(({ ranking }, beacon) => ranking(beacon)),
    thresholdCommittee: (height) => membersAt(height)?.all ?? NOBODY,
  };
}

/** The registry version of a height whose committee has members. */
export const versionAt = (pool: Pick<PoolReader, "registryVersion">, height: Height): RegistryVersion =>
  defined(pool.registryVersion(height), "a committee is of a registry version");

const NOBODY: ReadonlySet<NodeId> = new Set();

interface Members {
  readonly all: ReadonlySet<NodeId>;
  readonly committee: (beacon: Hash) => ReadonlySet<NodeId>;
  readonly ranking: (beacon: Hash) => readonly NodeId[];
}

const drawnFrom = (nodes: readonly NodeId[]): Members => ({
  all: new Set(nodes),
  committee: remembered((beacon) => {
    const order = shuffled(nodes, beacon, "ic-crypto-prng-committee-sampling");
    return new Set(order.slice(0, committeeSize(nodes.length)));
  }),
  ranking: remembered((beacon) =>
    shuffled(nodes, beacon, "ic-crypto-prng-blockmaker-ranking").slice(0, blockMakerCount(nodes.length)),
  ),
});

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
