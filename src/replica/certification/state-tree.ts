/**
 * The canonical state tree: what of a ReplicatedState the subnet vouches for, as a hash tree.
 *
 *   T1  It depends on the state alone: built from the tree before or from nothing, it has the same root.
 *   T2  What did not change is not hashed again: a canister whose shown parts are identical, and an ingress record that
 *       is the identical object, keep their subtrees. A height with few changes costs few hashes.
 *   T3  Labels and leaves are those of the IC: certification version 22's paths, with `type` (V25), the two timestamps
 *       (V27, V28) and `/metadata` as a subtree (V24). There are no streams and no API boundary nodes here.
 *
 * Source: interface §3.4, C1–C7, C15, C17; replica C.1, C.2.
 */
import { compareBytes, concat, fromHex, utf8 } from "../../base/bytes.ts";
import { encodeCbor, encodeCborTagged } from "../../codec/cbor.ts";
import { buildTree, childOf, withLabel, withoutLabel } from "../../codec/crit-bit.ts";
import { EMPTY_TREE, type HashTree, type Label, leaf } from "../../codec/hash-tree.ts";
import { encodeLeb } from "../../codec/leb128.ts";
import type { CanisterRange } from "../../registry/ranges.ts";

import type { IngressRecord } from "../../types/messages.ts";
import type { CanisterState } from "../state/canister.ts";

import { memoryTotal } from "../state/memory-metrics.ts";
import { sortedEntries, type ReplicatedState, type SubnetInfo } from "../state/state.ts";

/** A state with the tree that was made of it. */
export interface TreedState {
  readonly state: ReplicatedState;
  readonly tree: HashTree;
}

/** `previous`: any earlier state with its tree; the nearer, the less there is to do. */
export function stateTree(state: ReplicatedState, previous?: TreedState): HashTree {
  const subnetId = fromHex(state.subnet.id);
  return branch({
    canister: canistersTree(state, previous),
    canister_ranges: fixedTrees(state.subnet).shards,
    metadata: metadataTree(state),
    request_status: requestsTree(state, previous),
    subnet: branchAt([[subnetId, subnetTree(state)]]),
    time: nat(state.time),
  });
}

// ---- canisters and requests ----------------------------------------------------------------------------------------

const canistersTree = (state: ReplicatedState, previous: TreedState | undefined): HashTree =>
  updated(
    childOrEmpty(previous, "canister"),
    previous?.state.canisters,
    state.canisters,
    showsTheSame,
    canisterTree,
  );

/** T2: cycles, heaps and queues change often, and none of them is shown. */
const showsTheSame = (a: CanisterState, b: CanisterState): boolean =>
  a === b ||
  (a.certifiedData === b.certifiedData &&
    a.code === b.code &&
    a.settings.controllers === b.settings.controllers &&
    a.createdAt === b.createdAt &&
    a.lastInstalledAt === b.lastInstalledAt);

function canisterTree(canister: CanisterState): HashTree {
  const controllers = canister.settings.controllers.map(fromHex);
  const { code, lastInstalledAt } = canister;
  return branch({
    canister_creation_timestamp: nat(canister.createdAt),
    certified_data: code && leaf(canister.certifiedData),
    controllers: leaf(encodeCborTagged(controllers)),
    last_install_timestamp:
      code === undefined || lastInstalledAt === undefined ? undefined : nat(lastInstalledAt),
    metadata: code && branchAt(sectionEntries(code.metadata)),
    module_hash: code && leaf(code.moduleHash),
  });
}

const sectionEntries = (
  sections: ReadonlyMap<string, { readonly content: Uint8Array }>,
): (readonly [Label, HashTree])[] =>
  [...sections].map(([name, { content }]) => [utf8(name), leaf(content)] as const);

const requestsTree = (state: ReplicatedState, previous: TreedState | undefined): HashTree =>
  updated(
    childOrEmpty(previous, "request_status"),
    previous?.state.ingressHistory,
    state.ingressHistory,
    (a, b) => a === b,
    requestTree,
  );

function requestTree({ status }: IngressRecord): HashTree {
  const reject = status.kind === "rejected" ? status.reject : undefined;
  return branch({
    error_code: reject?.error === undefined ? undefined : text(reject.error),
    reject_code: reject && nat(BigInt(reject.code)),
    reject_message: reject && text(reject.message),
    reply: status.kind === "replied" ? leaf(status.reply) : undefined,
    status: text(status.kind),
  });
}

/** T2: `tree` holds `before`; the result holds `after`, with the old subtree of every value that is the same. */
function updated<V>(
  tree: HashTree,
  before: ReadonlyMap<string, V> | undefined,
  after: ReadonlyMap<string, V>,
  same: (a: V, b: V) => boolean,
  make: (value: V) => HashTree,
): HashTree {
  if (before === undefined || before.size === 0) {
    return buildTree(sortedEntries(after).map(([id, value]) => [fromHex(id), make(value)] as const));
  }
  let next = tree;
  let kept = 0;
  for (const [id, value] of after) {
    const old = before.get(id);
    if (old !== undefined) kept++;
    if (old === undefined || !same(old, value)) next = withLabel(next, fromHex(id), make(value));
  }
  if (kept < before.size)
    for (const id of before.keys()) if (!after.has(id)) next = withoutLabel(next, fromHex(id));
  return next;
}

function childOrEmpty(previous: TreedState | undefined, name: string): HashTree {
  return (previous && childOf(previous.tree, utf8(name))) ?? EMPTY_TREE;
}

// ---- the subnet ----------------------------------------------------------------------------------------------------

const metadataTree = ({ height, previousRoot }: ReplicatedState): HashTree =>
  branch({
    height: nat(BigInt(height)),
    prev_state_hash: previousRoot.length === 0 ? undefined : leaf(previousRoot),
  });

function subnetTree(state: ReplicatedState): HashTree {
  const { ranges, nodes, publicKey, type } = fixedTrees(state.subnet);
  return branch({
    canister_ranges: ranges,
    metrics: leaf(encodeMetrics(state)),
    node: nodes,
    public_key: publicKey,
    type,
  });
}

/** T2: what only a new record of the subnet changes. */
interface FixedTrees {
  readonly shards: HashTree;
  readonly ranges: HashTree;
  readonly nodes: HashTree;
  readonly publicKey: HashTree;
  readonly type: HashTree;
}
const FIXED = new WeakMap<SubnetInfo, FixedTrees>();

function fixedTrees(subnet: SubnetInfo): FixedTrees {
  const known = FIXED.get(subnet);
  if (known !== undefined) return known;
  const made = {
    shards: branchAt([[fromHex(subnet.id), shardsTree(subnet.canisterRanges)]]),
    ranges: leaf(encodeRanges(subnet.canisterRanges)),
    nodes: nodesTree(subnet),
    publicKey: leaf(subnet.publicKeyDer),
    type: text(subnet.type),
  };
  FIXED.set(subnet, made);
  return made;
}

const nodesTree = ({ nodes }: SubnetInfo): HashTree =>
  branchAt(nodes.map(({ id, publicKeyDer }) => [fromHex(id), branch({ public_key: leaf(publicKeyDer) })]));

const RANGES_PER_SHARD = 5;

/** One leaf for five ranges, named by the first id in it. A subnet without ranges has one empty leaf at the empty id. */
function shardsTree(ranges: readonly CanisterRange[]): HashTree {
  const shards: [Label, HashTree][] = [];
  for (let i = 0; i === 0 || i < ranges.length; i += RANGES_PER_SHARD) {
    const shard = ranges.slice(i, i + RANGES_PER_SHARD);
    shards.push([fromHex(shard[0]?.start ?? ""), leaf(encodeRanges(shard))]);
  }
  return branchAt(shards);
}

const encodeRanges = (ranges: readonly CanisterRange[]): Uint8Array =>
  encodeCborTagged(ranges.map(({ start, end }) => [fromHex(start), fromHex(end)]));

/**
 * A CBOR map with the numbers 0–3 as keys, as clients expect it: canisters, their bytes, cycles consumed as {0: low 64
 * bits, 1: high}, update messages. Written out here because no other map of ours has such keys.
 */
function encodeMetrics({ canisters, totals }: ReplicatedState): Uint8Array {
  let bytes = 0;
  for (const canister of canisters.values()) bytes += memoryTotal(canister);
  const low = totals.cyclesBurned & (2n ** 64n - 1n);
  const high = totals.cyclesBurned >> 64n;
  const cycles =
    high === 0n
      ? concat(Uint8Array.of(0xa1, 0), encodeCbor(low))
      : concat(Uint8Array.of(0xa2, 0), encodeCbor(low), Uint8Array.of(1), encodeCbor(high));
  return concat(
    Uint8Array.of(0xa4, 0),
    encodeCbor(canisters.size),
    Uint8Array.of(1),
    encodeCbor(bytes),
    Uint8Array.of(2),
    cycles,
    Uint8Array.of(3),
    encodeCbor(totals.updates),
  );
}

// ---- pieces --------------------------------------------------------------------------------------------------------

const nat = (n: bigint): HashTree => leaf(encodeLeb(n));
const text = (t: string): HashTree => leaf(utf8(t));

/** Labels by name; those without a subtree are left out. */
function branch(children: Readonly<Record<string, HashTree | undefined>>): HashTree {
  const entries: (readonly [Label, HashTree])[] = [];
  for (const [name, child] of Object.entries(children)) {
    if (child !== undefined) entries.push([utf8(name), child]);
  }
  return branchAt(entries);
}

const branchAt = (entries: readonly (readonly [Label, HashTree])[]): HashTree =>
  buildTree([...entries].sort(([a], [b]) => compareBytes(a, b)));
