/** What every method of `aaaaa-aa` is given, and how it may end. */
import type { Nanos, PrincipalId } from "../../../types/ids.ts";
import type { Reject } from "../../../types/messages.ts";
import type { WasmHost } from "../../interfaces/wasm-host.ts";
import type { CanisterChange, CanisterState } from "../../state/canister.ts";
import type { SubnetMessage } from "../../state/messages.ts";
import type { LongInstall } from "../../state/standing.ts";
import type { Draft } from "../draft.ts";
import type { LongRuns } from "../long-runs.ts";
import type { Answer } from "../response.ts";
import { EMPTY_REPLY, encodeReply } from "./candid-encode.ts";
import type { Type } from "./candid-types.ts";
import { isController } from "./permissions.ts";
import { canisterNotFound, notController } from "./rejects.ts";

export interface ManagementEnv {
  readonly host: WasmHost;
  readonly longRuns: LongRuns;
}

export interface ManagementCall {
  readonly env: ManagementEnv;
  readonly draft: Draft;
  readonly request: SubnetMessage;
  /** The install that goes on with this call. */
  readonly long?: LongInstall | undefined;
}

/** When the call began. */
export const startOf = ({ draft, long }: ManagementCall): Nanos => long?.time ?? draft.time;

export type ManagementOutcome =
  /**
   * `refund`: of the cycles that came with the call. `instructions`: already paid for; `compiling`: those of an install
   * that no hook used.
   */
  | {
      readonly kind: "response";
      readonly payload: Answer;
      readonly refund: bigint;
      readonly instructions: bigint;
      readonly compiling?: bigint;
    }
  /** An install that takes more slices; undefined where it is not known yet whether it does. Nothing was done. */
  | { readonly kind: "long"; readonly install: LongInstall | undefined }
  /** Answered later, by `settleStopping` or by another management call. */
  | { readonly kind: "waiting" }
  /** Now in the draft's `postponedRawRand`: answered in a later round, with a tape that nobody knew in this one. */
  | { readonly kind: "postponed" };

type Response = ManagementOutcome & { readonly kind: "response" };

/** A success that keeps `kept` of the cycles attached. */
export const replied = <V>(call: ManagementCall, type: Type<V>, value: V, kept = 0n): Response =>
  answered(call, { kind: "reply", data: encodeReply(type, value) }, kept);

/** A success whose reply is `()`. */
export const done = (call: ManagementCall, kept = 0n): Response =>
  answered(call, { kind: "reply", data: EMPTY_REPLY }, kept);

/** All cycles go back. */
export const rejected = (call: ManagementCall, reject: Reject): Response =>
  answered(call, { kind: "reject", reject }, 0n);

const answered = (call: ManagementCall, payload: Answer, kept: bigint): Response => ({
  kind: "response",
  payload,
  refund: call.request.cycles - kept,
  instructions: 0n,
});

/** The canister, or why the caller may not manage it. */
export function controlled(
  { draft, request }: ManagementCall,
  id: PrincipalId,
  alsoItself = false,
): { readonly canister: CanisterState } | { readonly reject: Reject } {
  const canister = draft.canisters.get(id);
  if (canister === undefined) return { reject: canisterNotFound(id) };
  if (isController(canister, request.caller) || (alsoItself && request.caller === id)) return { canister };
  return { reject: notController(id, canister.settings.controllers, request.caller) };
}

/** The canister with its version raised and, when there is something to tell, its history longer by one. */
export function changed(
  call: ManagementCall,
  canister: CanisterState,
  senderVersion: bigint | undefined,
  details?: CanisterChange["details"],
): CanisterState {
  const version = canister.version + 1n;
  if (details === undefined) return { ...canister, version };
  const { origin, caller } = call.request;
  const change: CanisterChange = {
    at: startOf(call),
    version,
    origin:
      origin.kind === "canister"
        ? { kind: "canister", canister: origin.canister, version: senderVersion }
        : { kind: "user", user: caller },
    details,
  };
  return {
    ...canister,
    version,
    history: [...canister.history, change].slice(-HISTORY_MAX),
    historyTotal: canister.historyTotal + 1n,
  };
}

/** Source: interface L70: the newest twenty at least. */
const HISTORY_MAX = 20;
