/** Counts of queries, as the subnet keeps them for each canister. Source: interface H66. */
import type { QueryStats } from "./canister.ts";

export const NO_QUERIES: QueryStats = { calls: 0n, instructions: 0n, requestBytes: 0n, responseBytes: 0n };
