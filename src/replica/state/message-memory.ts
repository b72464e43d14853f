/**
 * Memory that a canister's messages take, which it pays for like storage and keeps cycles for: 2 MiB for each answer that
 * may come to it or that it owes, unless it may stay away (bounded wait), and what waits in its queue.
 *
 * Sizes are those that mainnet's messages have in its memory: of the fixed parts, 16 + 128 bytes of a response and 16 + 160
 * of a request. Source: interface M44, M47; [ic] rs/replicated_state/src/canister_state/queues/message_pool.rs,
 * rs/types/types/src/messages.rs (MAX_RESPONSE_COUNT_BYTES).
 */
import { utf8 } from "../../base/bytes.ts";
import type { CanisterState } from "./canister.ts";
import type { CallOrigin, CanisterRequest, CanisterResponse } from "./messages.ts";

const RESPONSE_BYTES = 16 + 128;
const REQUEST_BYTES = 16 + 160;
/** What is kept for an answer that must come. */
export const RESERVED_BYTES = RESPONSE_BYTES + 2 * 1024 * 1024;

/** What making a call adds. `bytes`: of its method's name and payload. */
export const callMemory = (bytes: number, isGuaranteed: boolean): number =>
  isGuaranteed ? Math.max(RESERVED_BYTES, REQUEST_BYTES + bytes) : REQUEST_BYTES + bytes;

export function messageMemory({ callbacks, contexts, inputs }: CanisterState): number {
  let bytes = 0;
  for (const callback of callbacks.values()) if (callback.deadline === 0n) bytes += RESERVED_BYTES;
  for (const context of contexts.values())
    if (!context.responded && isGuaranteed(context.origin)) bytes += RESERVED_BYTES;
  for (const input of inputs) {
    if (input.kind === "request" && input.origin.kind === "canister") bytes += requestMemory(input);
    if (input.kind === "response") {
      bytes += responseMemory(input);
      if (callbacks.get(input.callback)?.deadline === 0n) bytes -= RESERVED_BYTES;
    }
  }
  return bytes;
}

const isGuaranteed = (origin: CallOrigin): boolean => origin.kind === "canister" && origin.deadline === 0n;

const requestMemory = ({ origin, method, payload }: CanisterRequest): number =>
  callMemory(utf8(method).length + payload.length, isGuaranteed(origin));

const responseMemory = ({ payload }: CanisterResponse): number =>
  RESPONSE_BYTES + (payload.kind === "reply" ? payload.data.length : utf8(payload.reject.message).length);
