/**
 * Certificates: what a user gets to see of a certified state.
 *
 *   Z1  The tree is pruned to the requested paths and `/time`, and has the certified root.
 *   Z2  A requested path that is not there is provably not there.
 *   Z3  There is no delegation: this subnet is the root, its key is the root key. The field is left out, not null.
 *
 * Source: interface C1–C6, C20–C24, H71.
 */
import { utf8 } from "../../base/bytes.ts";
import { encodeCborTagged } from "../../codec/cbor.ts";
import { type HashTree, treeToCbor } from "../../codec/hash-tree.ts";
import { prune } from "../../codec/witness.ts";
import type { Certification } from "../../types/consensus.ts";
import type { StatePath } from "../interfaces/state-reader.ts";

const TIME: StatePath = [utf8("time")];

/** The encoded certificate. `tree` is the whole tree of the certification's height. */
export const encodeCertificate = (
  tree: HashTree,
  { signature }: Certification,
  paths: readonly StatePath[],
): Uint8Array => encodeCborTagged({ tree: treeToCbor(prune(tree, [...paths, TIME])), signature });
