/**
 * What nodes tell one another of the queries they answered: a section of a block's payload, by its maker, about one
 * epoch, which is a fixed number of heights.
 *
 *   QS1  A section has one encoding, [epoch, maker, [[canister, calls, instructions, request bytes, response bytes], …]],
 *        with canisters in strictly ascending order: none appears twice. Other bytes are refused.
 *   QS2  Calls are below 2^32, the other counts below 2^64.
 *
 * Source: interface H66; [ic] rs/types/types/src/batch/execution_environment.rs.
 */
import { compareText, equalBytes, fromHex, toHex } from "../base/bytes.ts";
import { type Decoded, decoded, undecodable } from "../base/decoded.ts";
import { cborNat, type CborValue, decodeCbor, encodeCbor, isBytes, isCborArray } from "../codec/cbor.ts";
import type { CanisterId, Height, NodeId } from "./ids.ts";

export interface QueryStats {
  readonly calls: bigint;
  readonly instructions: bigint;
  readonly requestBytes: bigint;
  readonly responseBytes: bigint;
}

export interface CanisterQueryStats {
  readonly canister: CanisterId;
  readonly stats: QueryStats;
}

export interface QueryStatsSection {
  readonly epoch: number;
  readonly maker: NodeId;
  readonly stats: readonly CanisterQueryStats[];
}

export const CALLS_MAX = (1n << 32n) - 1n;
export const COUNT_MAX = (1n << 64n) - 1n;
const PRINCIPAL_BYTES_MAX = 29;

export const epochOf = (height: Height, epochLength: number): number => Math.floor(height / epochLength);

export const encodeQueryStats = ({ epoch, maker, stats }: QueryStatsSection): Uint8Array =>
  encodeCbor([epoch, fromHex(maker), stats.map(fieldsOf)]);

/** What one canister's entry adds to a section. */
export const encodedLength = (entry: CanisterQueryStats): number => encodeCbor(fieldsOf(entry)).length;

const fieldsOf = ({ canister, stats }: CanisterQueryStats) => [
  fromHex(canister),
  stats.calls,
  stats.instructions,
  stats.requestBytes,
  stats.responseBytes,
];

export function decodeQueryStats(bytes: Uint8Array): Decoded<QueryStatsSection> {
  const value = decodeCbor(bytes);
  if (!value.ok) return value;
  const [epoch, maker, entries] = isCborArray(value.value) ? value.value : [];
  if (typeof epoch !== "number" || epoch < 0) return undecodable("query statistics: item 0 is not an epoch");
  if (!isPrincipal(maker)) return undecodable("query statistics: item 1 is not a node");
  if (!isCborArray(entries)) return undecodable("query statistics: item 2 is not an array");
  const stats: CanisterQueryStats[] = [];
  for (const [i, entry] of entries.entries()) {
    const read = entryOf(entry);
    if (read === undefined) return undecodable(`query statistics: entry ${i} is no canister with its counts`);
    const last = stats.at(-1);
    if (last !== undefined && compareText(last.canister, read.canister) >= 0)
      return undecodable(`query statistics: entry ${i} is not in order`);
    stats.push(read);
  }
  const section: QueryStatsSection = { epoch, maker: toHex(maker), stats };
  return equalBytes(encodeQueryStats(section), bytes)
    ? decoded(section)
    : undecodable("query statistics: not in their one encoding");
}

const isPrincipal = (value: CborValue | undefined): value is Uint8Array =>
  isBytes(value) && value.length <= PRINCIPAL_BYTES_MAX;

function entryOf(entry: CborValue): CanisterQueryStats | undefined {
  if (!isCborArray(entry)) return undefined;
  const [canister, ...counts] = entry;
  const [calls, instructions, requestBytes, responseBytes] = counts.map(cborNat);
  if (!isPrincipal(canister)) return undefined;
  if (calls === undefined || calls > CALLS_MAX) return undefined;
  if (instructions === undefined || instructions > COUNT_MAX) return undefined;
  if (requestBytes === undefined || requestBytes > COUNT_MAX) return undefined;
  if (responseBytes === undefined || responseBytes > COUNT_MAX) return undefined;
  return { canister: toHex(canister), stats: { calls, instructions, requestBytes, responseBytes } };
}
