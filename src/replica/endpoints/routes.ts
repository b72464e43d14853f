/**
 * The twelve routes of the public interface, and why a request line has none. Source: interface H1–H12, H22, H26.
 *
 * A call whose canister nobody here knows is a 400, never a 404: agents take a 404 on v4 for an old replica and fall
 * back to v2 without a word. Source: interface §13.8.
 */
import type { HttpReply, HttpRequest } from "../../types/http.ts";
import type { PrincipalId } from "../../types/ids.ts";
import { parsePrincipal } from "../../types/principal.ts";
import { textReply } from "./replies.ts";

export type ApiVersion = "v2" | "v3" | "v4";
export type Scope = "canister" | "subnet";

/** What a POST route is about: its effective canister or subnet id. */
export interface Target {
  readonly scope: Scope;
  readonly id: PrincipalId;
  readonly version: ApiVersion;
}

export type Route =
  { readonly kind: "status" } | { readonly kind: "call" | "query" | "read_state"; readonly target: Target };

type Endpoint = Exclude<Route["kind"], "status">;

const VERSIONS: Readonly<Record<Endpoint, Readonly<Record<Scope, readonly ApiVersion[]>>>> = {
  call: { canister: ["v2", "v3", "v4"], subnet: ["v4"] },
  query: { canister: ["v2", "v3"], subnet: ["v3"] },
  read_state: { canister: ["v2", "v3"], subnet: ["v2", "v3"] },
};

const POST_PATH = /^\/api\/(v[234])\/(canister|subnet)\/([^/]*)\/(call|query|read_state)$/;
/** What a body may hold at most, of any request. Source: interface §1.3. */
const BODY_BYTES_MAX = 5 * 1024 * 1024;

export function routeOf({
  method,
  path,
  contentType,
  body,
}: HttpRequest): { readonly route: Route } | { readonly refusal: HttpReply } {
  const [pathname = ""] = path.split("?");
  if (pathname === "/api/v2/status") {
    return method === "GET" ? { route: { kind: "status" } } : refuse(405, "This route takes only GET.");
  }
  const match = POST_PATH.exec(pathname);
  if (match === null) return refuse(404, `No route ${pathname.slice(0, 200)}.`);
  const [, version, scope, text = "", kind] = match as unknown as [
    string,
    ApiVersion,
    Scope,
    string,
    Endpoint,
  ];
  if (!VERSIONS[kind][scope].includes(version)) return refuse(404, `No route ${pathname.slice(0, 200)}.`);
  if (method !== "POST") return refuse(405, "This route takes only POST.");
  const id = parsePrincipal(text);
  if (id === undefined) return refuse(400, `The URL names no principal: "${text.slice(0, 100)}".`);
  if (contentType?.toLowerCase() !== "application/cbor") {
    return refuse(400, "Unexpected content-type, expected application/cbor.");
  }
  if (body.length > BODY_BYTES_MAX) {
    return refuse(413, `The body has ${body.length} bytes, more than the ${BODY_BYTES_MAX} allowed.`);
  }
  return { route: { kind, target: { scope, id, version } } };
}

const refuse = (status: number, text: string): { readonly refusal: HttpReply } => ({
  refusal: textReply(status, text),
});
