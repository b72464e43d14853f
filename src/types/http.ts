/** HTTP as values: what a shell hands to the core and gets back. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, as in the request line: `/api/v4/canister/rwlgt-…/call`. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}
export interface HttpReply {
  readonly status: number;
  readonly contentType: "application/cbor" | "text/plain; charset=utf-8";
  readonly body: Uint8Array;
}
/** Names one waiting request at the shell that asked. */
export type Ticket = number;
