/**
 * `raw_rand`: 32 bytes that nobody could know when they were asked for. The tape of the asking round may have been
 * known to whoever made the block, so the answer waits for a later one. Source: interface §7 row 15, §13.20.
 */
import { assert } from "../../../base/assert.ts";
import type { Answer } from "../response.ts";
import { encodeReply } from "./candid-encode.ts";
import { Blob } from "./candid-types.ts";
import type { ManagementCall, ManagementOutcome } from "./call.ts";

export function rawRand({ draft, request }: ManagementCall): ManagementOutcome {
  draft.postponedRawRand = [...draft.postponedRawRand, { request, askedAtHeight: draft.height }];
  return { kind: "postponed" };
}

/** `bytes`: 32, drawn for this one request from a later round's randomness. */
export function rawRandAnswer(bytes: Uint8Array): Answer {
  assert(bytes.length === 32, "raw_rand answers with 32 bytes");
  return { kind: "reply", data: encodeReply(Blob, bytes) };
}
