/**
 * Why the management canister says no, in mainnet's codes and words: people and tools look for both.
 * Source: interface §9; [ic] rs/execution_environment/src/canister_manager/types.rs.
 */
import { compareText } from "../../../base/bytes.ts";
import type { CanisterId, PrincipalId } from "../../../types/ids.ts";
import { IC, rejectOf } from "../../../types/errors.ts";
import type { Reject } from "../../../types/messages.ts";
import { principalText as text } from "../../../types/principal.ts";
import { HEAP_DELTA_RATE } from "../../state/standing.ts";
import { invalidModule, outOfCyclesText, rejectFrom } from "../failure.ts";

export const help = (suggestion: string, section: string): string =>
  `\n${suggestion} See documentation: https://internetcomputer.org/docs/current/references/execution-errors#${section}`;

export const unknownMethod = (method: string): Reject =>
  rejectOf(IC.CanisterMethodNotFound, `Management canister has no method '${method}'`);

export const notOffered = (method: string): Reject =>
  rejectOf(
    IC.CanisterMethodNotFound,
    `Management canister has no method '${method}' here: this subnet does not offer it`,
  );

export const badCandid = (because: string): Reject =>
  rejectOf(IC.InvalidManagementPayload, `Error decoding candid: ${because}`);

export const onlyCanisters = (method: string): Reject =>
  rejectOf(IC.CanisterRejectedMessage, `Only canisters can call ic00 method ${method}`);

export const onlyQueries = (method: string): Reject =>
  rejectOf(IC.CanisterRejectedMessage, `${method} API is only accessible in non-replicated mode`);

export const queryMethodNotFound = (method: string): Reject =>
  rejectOf(IC.CanisterMethodNotFound, `Query method ${method} not found.`);

export const canisterNotFound = (id: CanisterId): Reject =>
  rejectOf(IC.CanisterNotFound, `Canister ${text(id)} not found`);

/** Before induction: the short form. */
export const onlyControllersCanCall = (id: CanisterId, method: string): Reject =>
  rejectOf(
    IC.CanisterInvalidController,
    `Only controllers of canister ${text(id)} can call ic00 method ${method}`,
  );

/** While executing: the long form. */
export function notController(
  id: CanisterId,
  controllers: readonly PrincipalId[],
  sender: PrincipalId,
): Reject {
  const known = [...controllers].sort(compareText).map(text).join(" ");
  const advice = help(
    "Execute this call from a controller of the target canister or add the current caller as a controller.",
    "invalid-controller",
  );
  return rejectOf(
    IC.CanisterInvalidController,
    `Only the controllers of the canister ${text(id)} can control it.\nCanister's controllers: ${known}\nSender's ID: ${text(sender)}${advice}`,
  );
}

export const statusDenied = (sender: PrincipalId): Reject =>
  rejectOf(IC.CanisterStatusAccessDenied, `Caller ${text(sender)} is not allowed to call canister_status`);

export const noMetadata = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterRejectedMessage,
    `The canister ${text(id)} has no Wasm module and hence no metadata is available.`,
  );

export const noMetadataSection = (id: CanisterId, name: string): Reject =>
  rejectOf(
    IC.CanisterRejectedMessage,
    `The canister ${text(id)} has no metadata section with the name ${name}.`,
  );

export const logsDenied = (sender: PrincipalId): Reject =>
  rejectOf(IC.CanisterRejectedMessage, `Caller ${text(sender)} is not allowed to access canister logs`);

export const invalidSettings = (because: string): Reject =>
  rejectOf(
    IC.CanisterContractViolation,
    `Could not validate the settings: ${because} ${help("Apply the described changes to make the settings valid.", "invalid-settings")}`,
  );

export const creationFeeMissing = (sent: bigint, required: bigint): Reject =>
  rejectOf(
    IC.InsufficientCyclesForCreateCanister,
    `Creating a canister requires a fee of ${required} that is deducted from the canister's initial balance but only ${sent} cycles were received with the create_canister request.${help("Try sending more cycles with the request.", "create-canister-not-enough-cycles")}`,
  );

export const noIdsLeft = (): Reject =>
  rejectOf(
    IC.SubnetOversubscribed,
    "Could not create canister. Subnet has surpassed its canister ID allocation.",
  );

export const idTaken = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterIdAlreadyExists,
    `Unsuccessful canister creation: canister id ${text(id)} already exists.`,
  );

export const idOutsideSubnet = (id: CanisterId, subnet: PrincipalId): Reject =>
  rejectOf(
    IC.CanisterNotHostedBySubnet,
    `Unsuccessful validation of specified ID: Specified CanisterId ${text(id)} is not hosted by subnet ${text(subnet)}.`,
  );

export const notEmpty = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterNonEmpty,
    `Canister ${text(id)} cannot be installed because the canister is not empty. Try installing with mode='reinstall' instead.${help("Check that you want to overwrite the canister and, if so, use mode='reinstall'.", "canister-not-empty")}`,
  );

/** `text` says all of it: "Canister's Wasm module is not valid: …". */
export const invalidWasm = (id: CanisterId, text: string): Reject => rejectFrom(id, invalidModule(text));

export const persistenceMissing = (): Reject =>
  rejectOf(
    IC.CanisterContractViolation,
    "Missing upgrade option: Enhanced orthogonal persistence requires the `wasm_memory_persistence` upgrade option.",
  );

export const persistenceUnsupported = (): Reject =>
  rejectOf(
    IC.CanisterContractViolation,
    "Invalid upgrade option: The `wasm_memory_persistence: opt Keep` upgrade option requires that the new canister module supports enhanced orthogonal persistence.",
  );

export const memoryDoesNotFit = (): Reject =>
  rejectOf(
    IC.CanisterContractViolation,
    "Invalid upgrade option: The main memory of the canister cannot be kept because the new canister module declares a memory that it does not fit.",
  );

export const installOutOfCycles = (id: CanisterId, missing: bigint): Reject =>
  rejectOf(
    IC.CanisterOutOfCycles,
    `Canister installation failed with \`${outOfCyclesText(id, missing, true)}\`.${help("Top up the canister with more cycles.", "install-code-not-enough-cycles")}`,
  );

export const installRateLimited = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterInstallCodeRateLimited,
    `Canister ${text(id)} is rate limited because it executed too many instructions in the previous install_code messages. Please retry installation after several minutes.${help("Retry the installation at a later time.", "install-code-rate-limited")}`,
  );

export const heapDeltaRateLimited = (id: CanisterId, debit: number): Reject =>
  rejectOf(
    IC.CanisterHeapDeltaRateLimited,
    `Canister ${text(id)} is heap delta rate limited: current delta debit is ${debit}, but limit is ${HEAP_DELTA_RATE}.${help("Try waiting a few seconds before retrying the operation.", "canister-heap-delta-rate-limited")}`,
  );

export const uninstalled = (): Reject =>
  rejectOf(IC.CanisterRejectedMessage, "Canister has been uninstalled.");

export const stopCancelled = (id: CanisterId): Reject =>
  rejectOf(IC.CanisterStoppingCancelled, `Canister ${text(id)}'s stop request was cancelled.`);

export const stopTimedOut = (): Reject =>
  rejectOf(IC.StopCanisterRequestTimeout, "Stop canister request timed out");

export const deleteSelf = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterInvalidController,
    `Canister ${text(id)} cannot delete itself.${help("Delete the canister from one of its other controllers.", "delete-canister-self")}`,
  );

export const deleteNotStopped = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterNotStopped,
    `Canister ${text(id)} must be stopped before it is deleted.${help("Stop the canister before deleting it.", "delete-canister-not-stopped")}`,
  );

export const deleteQueueNotEmpty = (id: CanisterId): Reject =>
  rejectOf(
    IC.CanisterQueueNotEmpty,
    `Canister ${text(id)} has messages in its queues and cannot be deleted now. Please retry after some time.${help("Wait until the queues have been cleared to delete the canister and in the meantime stop the canister.", "delete-canister-queue-not-empty")}`,
  );

export const chunkStore = (because: string): Reject =>
  rejectOf(
    IC.CanisterContractViolation,
    `Error from Wasm chunk store: ${because}.${help("Use the `stored_chunks` API to check which hashes are present or top up the canister if it is low on cycles.", "wasm-chunk-store-error")}`,
  );

/** What the caller's own trap says when it names a version that it does not have. */
export const senderVersionMismatch = (given: bigint, actual: bigint): string =>
  `Management canister call payload includes sender canister version ${given} that does not match the actual sender canister version ${actual}.`;
