/** Why the snapshot methods say no, in mainnet's codes and words. Source: [ic] canister_manager/types.rs. */
import { IC, rejectOf } from "../../../types/errors.ts";
import type { CanisterId, PrincipalId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import { principalText as text } from "../../../types/principal.ts";
import type { SnapshotId } from "../../state/snapshot.ts";
import { outOfCyclesText } from "../failure.ts";
import { chunkStore, help } from "./rejects.ts";

/** Advice whose link mainnet gives without its page. */
const bareHelp = (suggestion: string, section: string): string =>
  `\n${suggestion} See documentation: ${section}`;

export const snapshotNotFound = (id: SnapshotId, canister: CanisterId): Reject =>
  rejectOf(
    IC.CanisterSnapshotNotFound,
    `Could not find the snapshot ID ${id} for canister ${text(canister)}.${help("Use the `list_canister_snapshot` API to see which snapshots are present.", "canister-snapshot-not-found")}`,
  );

export const snapshotsDenied = (caller: PrincipalId, method: string): Reject =>
  rejectOf(IC.CanisterRejectedMessage, `Caller ${text(caller)} is not allowed to call ${method}`);

export const snapshotNotController = (id: SnapshotId, canister: CanisterId, caller: PrincipalId): Reject =>
  rejectOf(
    IC.CanisterRejectedMessage,
    `Only a controller of the canister that snapshot ${id} belongs to can load it on canister ${text(canister)}. Sender: ${text(caller)}.${bareHelp("Make sure you are a controller of the canister that the snapshot belongs to.", "canister-snapshot-not-controller")}`,
  );

export const snapshotOfEmptyCanister = (canister: CanisterId): Reject =>
  rejectOf(IC.CanisterRejectedMessage, `Failed to create snapshot for empty canister ${text(canister)}:`);

export const tooManySnapshots = (canister: CanisterId, limit: number): Reject =>
  rejectOf(
    IC.CanisterRejectedMessage,
    `Canister ${text(canister)} has reached the maximum number of snapshots allowed: ${limit}.${bareHelp("Consider deleting an unnecessary snapshot of the specified canister before creating a new one.", "canister-snapshot-limit-exceeded")}`,
  );

export const snapshotTooDear = (canister: CanisterId, missing: bigint, reveal: boolean): Reject =>
  rejectOf(
    IC.CanisterOutOfCycles,
    `Canister snapshotting failed with: \`${outOfCyclesText(canister, missing, reveal)}\`${bareHelp("Try sending more cycles with the request.", "canister-snapshot-not-enough-cycles")}`,
  );

export const memoryTooDear = (bytes: number, missing: bigint): Reject =>
  rejectOf(
    IC.InsufficientCyclesInMemoryGrow,
    `Canister cannot grow memory by ${bytes} bytes due to insufficient cycles. At least ${missing} additional cycles are required.${help("Top up the canister with more cycles.", "insufficient-cycles-in-memory-grow-1")}`,
  );

export const snapshotImmutable = (): Reject =>
  rejectOf(
    IC.CanisterSnapshotImmutable,
    "Only canister snapshots created by metadata upload can be mutated.",
  );

export const snapshotInconsistent = (message: string): Reject =>
  rejectOf(IC.InvalidManagementPayload, message);

/** `fault`: the name of what is wrong, as mainnet's type names it. */
export const metadataInvalid = (fault: string): Reject =>
  rejectOf(IC.InvalidManagementPayload, `Snapshot Metadata contains invalid data: ${fault}`);

export const invalidSlice = (offset: bigint, size: bigint | number): Reject =>
  rejectOf(
    IC.InvalidManagementPayload,
    `Invalid subslice into wasm module / main memory / stable memory: offset: ${offset}, size: ${size}`,
  );

export const sliceTooLarge = (requested: bigint, allowed: bigint): Reject =>
  rejectOf(IC.InvalidManagementPayload, `Requested slice too large: ${requested} > ${allowed}`);

const listed = (bytes: Uint8Array): string =>
  `[${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(", ")}]`;

export const chunkHashMalformed = (hash: Uint8Array): Reject =>
  chunkStore(`Bytes ${listed(hash)} are not a valid WasmChunkHash.`);
export const chunkHashUnknown = (hash: Uint8Array): Reject =>
  chunkStore(`WasmChunkHash ${listed(hash)} not found.`);
