/**
 * Names of things. A principal inside the core is its bytes in lower-case hex: comparing two as text compares their
 * bytes, so maps keyed by it can be put into the order that consensus needs. The text form (`rwlgt-…-cai`) appears
 * only at the edges, through `types/principal.ts`. The management canister is the empty string.
 */
declare const brand: unique symbol;
type Named<N extends string> = string & { readonly [brand]?: N };

export type PrincipalId = Named<"principal">;
export type CanisterId = PrincipalId;
export type NodeId = PrincipalId;
export type SubnetId = PrincipalId;
export type UserId = PrincipalId;

export const MANAGEMENT_CANISTER: CanisterId = "";
export const ANONYMOUS: UserId = "04";

/** 32-byte hashes in lower-case hex, for use as map keys. */
export type Hash = Named<"hash">;
export type BlockHash = Hash;
/** Representation-independent hash of an ingress message's content. */
export type MessageId = Hash;
/** SHA-256 of an artifact's encoded bytes. */
export type ArtifactId = Hash;

/** Heights count from 0, the genesis. Far below 2^53 for ever. */
export type Height = number;
export type RegistryVersion = number;
export type Rank = number;

/** Nanoseconds since 1970: block time, what `ic0.time` shows. */
export type Nanos = bigint;
/** Integer milliseconds since 1970 on the network's one clock (wall time minus pauses, times rate). */
export type LabTime = number;

export const nanosOf = (time: LabTime): Nanos => BigInt(time) * 1_000_000n;

/** Heights in (after, upTo]. */
export function* heightsAfter(after: Height, upTo: Height): Generator<Height> {
  for (let h = after + 1; h <= upTo; h++) yield h;
}
