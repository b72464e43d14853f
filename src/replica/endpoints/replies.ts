/** HTTP replies as values. Source: interface H20, H22, §1.3. */
import { EMPTY, utf8 } from "../../base/bytes.ts";
import { type CborInput, encodeCborTagged } from "../../codec/cbor.ts";
import type { HttpReply } from "../../types/http.ts";
import type { Reject } from "../../types/messages.ts";

export const cborReply = (body: CborInput): HttpReply => ({
  status: 200,
  contentType: "application/cbor",
  body: encodeCborTagged(body),
});

export const textReply = (status: number, text: string): HttpReply => ({
  status,
  contentType: "text/plain; charset=utf-8",
  body: utf8(text),
});

/** Taken, or being worked on: ask again by read_state. Its body is empty. Source: interface X8. */
export const ACCEPTED: HttpReply = { status: 202, contentType: "text/plain; charset=utf-8", body: EMPTY };

export const CERTIFIED_STATE_UNAVAILABLE = textReply(
  503,
  "Certified state is not available yet. Please try again...",
);

/** The three fields in which an uncertified reject travels. `error_code` is left out when there is none. */
export const rejectFields = ({
  code,
  message,
  error,
}: Reject): { reject_code: number; reject_message: string; error_code: string | undefined } => ({
  reject_code: code,
  reject_message: message,
  error_code: error,
});
