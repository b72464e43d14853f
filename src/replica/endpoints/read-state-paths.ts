/**
 * Which paths of the state tree a request may ask for.
 *
 *   R1  A path of no known shape for this endpoint: 404. Bad parts: 400. Not yours: 403.
 *   R2  A request's status is shown to its own sender alone, at the effective id it was sent to, and to a delegation
 *       only when its callee is among the targets. An id that the subnet does not know is nobody's: its absence is shown.
 *   R3  All request_status paths of one request name the same request id; all canister_ranges paths the same subnet.
 *   R4  Private sections are the controllers'. Certified data is for `ic0.data_certificate` alone.
 *
 * Source: interface §1.8, H72–H77; texts: replica's.
 */
import { toHex, utf8Strict } from "../../base/bytes.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { HttpReply } from "../../types/http.ts";
import { MANAGEMENT_CANISTER } from "../../types/ids.ts";
import { principalText } from "../../types/principal.ts";
import type { JudgedReadState } from "../interfaces/ingress.ts";
import type { StatePath } from "../interfaces/state-reader.ts";
import type { ReplicatedState } from "../state/state.ts";
import { pathPrincipalFault } from "./effective-id.ts";
import { textReply } from "./replies.ts";
import type { Target } from "./routes.ts";

interface Asked {
  readonly request: JudgedReadState;
  readonly target: Target;
  readonly state: ReplicatedState;
  readonly subnet: SubnetRecord;
}

/** The first fault of the request's paths, or undefined when all may be shown. */
export function pathsFault(asked: Asked): HttpReply | undefined {
  const only = new Map<string, string>();
  for (const path of asked.request.paths) {
    const fault = pathFault(asked, path);
    if (fault !== undefined) return fault;
    const root = nameOf(path[0]);
    if (root !== "request_status" && root !== "canister_ranges") continue;
    const id = toHex(path[1]!);
    const earlier = only.get(root);
    if (earlier !== undefined && earlier !== id) return severalIds(root, earlier, id);
    only.set(root, id);
  }
  return undefined;
}

const INVALID_PATH = textReply(404, "Invalid path requested.");
const PRINCIPAL_BYTES_MAX = 29;
const REQUEST_ID_BYTES = 32;
const STATUS_LEAVES = ["status", "reply", "reject_code", "reject_message", "error_code"];
const BOUNDARY_NODE_LEAVES = ["domain", "ipv4_address", "ipv6_address"];
const CANISTER_LEAVES = [
  "module_hash",
  "controllers",
  "canister_creation_timestamp",
  "last_install_timestamp",
];

function pathFault(asked: Asked, path: StatePath): HttpReply | undefined {
  const [root, id, third] = path;
  const leaf = nameOf(third);
  const n = path.length;
  switch (nameOf(root)) {
    case "time":
      return n === 1 ? undefined : INVALID_PATH;
    case "api_boundary_nodes":
      return n <= 2 || (n === 3 && BOUNDARY_NODE_LEAVES.includes(leaf)) ? undefined : INVALID_PATH;
    case "canister_ranges":
      if (asked.target.scope !== "subnet" || n !== 2) return INVALID_PATH;
      return principalFault(id!);
    case "subnet":
      return subnetPathFault(asked, path);
    case "request_status":
      if (n !== 2 && !(n === 3 && STATUS_LEAVES.includes(leaf))) return INVALID_PATH;
      return requestFault(asked, id!);
    case "canister":
      if (asked.target.scope !== "canister") return INVALID_PATH;
      if (n === 3 && CANISTER_LEAVES.includes(leaf)) return ownCanisterFault(asked, id!);
      if (n === 4 && leaf === "metadata") return ownCanisterFault(asked, id!) ?? sectionFault(asked, path);
      return INVALID_PATH;
    default:
      return INVALID_PATH;
  }
}

function subnetPathFault({ target, subnet }: Asked, path: StatePath): HttpReply | undefined {
  const [, id, third, , fifth] = path;
  const n = path.length;
  if (n <= 2) return undefined;
  const leaf = nameOf(third);
  if (n === 3 && ["public_key", "type", "node"].includes(leaf)) return undefined;
  if (leaf === "node" && (n === 4 || (n === 5 && nameOf(fifth) === "public_key"))) return undefined;
  if (n !== 3) return INVALID_PATH;
  if (leaf === "canister_ranges") {
    const flatRangesAreShown = target.version === "v2" || toHex(id!) === subnet.id;
    return flatRangesAreShown ? undefined : INVALID_PATH;
  }
  if (leaf === "metrics" && target.scope === "subnet") {
    return principalFault(id!) ?? pathPrincipalFault(target.id, toHex(id!));
  }
  return INVALID_PATH;
}

/** R2. */
function requestFault({ request, target, state }: Asked, id: Uint8Array): HttpReply | undefined {
  if (id.length !== REQUEST_ID_BYTES) {
    return textReply(
      400,
      `Invalid request id in paths. Maybe the request ID is not of ${REQUEST_ID_BYTES} bytes in length?!`,
    );
  }
  const record = state.ingressHistory.get(toHex(id));
  if (record === undefined) return undefined;
  if (record.sender !== request.sender) {
    return textReply(403, "The user tries to access Request ID not signed by the caller.");
  }
  if (request.targets !== undefined && !request.targets.has(record.receiver)) {
    return textReply(
      403,
      "The user tries to access request IDs for canisters not belonging to sender delegation targets.",
    );
  }
  const { effectiveCanister } = record;
  if (target.scope === "subnet" || effectiveCanister === MANAGEMENT_CANISTER) return undefined;
  return pathPrincipalFault(target.id, effectiveCanister);
}

const ownCanisterFault = ({ target }: Asked, id: Uint8Array): HttpReply | undefined =>
  principalFault(id) ?? pathPrincipalFault(target.id, toHex(id));

/** R4. */
function sectionFault({ request, state }: Asked, path: StatePath): HttpReply | undefined {
  const name = utf8Strict(path[3]!);
  if (name === undefined) {
    return textReply(400, "Could not parse the custom section name: it is not UTF-8.");
  }
  const canister = state.canisters.get(toHex(path[1]!));
  if (canister?.code?.metadata.get(name)?.visibility !== "private") return undefined;
  if (canister.settings.controllers.includes(request.sender)) return undefined;
  return textReply(
    403,
    `Custom section ${name.slice(0, 100)} can only be requested by the controllers of the canister.`,
  );
}

const principalFault = (bytes: Uint8Array): HttpReply | undefined =>
  bytes.length <= PRINCIPAL_BYTES_MAX
    ? undefined
    : textReply(
        400,
        `Could not parse principal ID: it has ${bytes.length} bytes, at most ${PRINCIPAL_BYTES_MAX} are allowed.`,
      );

/** R3. */
const severalIds = (root: "request_status" | "canister_ranges", first: string, second: string): HttpReply =>
  textReply(
    400,
    root === "request_status"
      ? `More than one non-unique request ID exists in request_status paths: 0x${first} and 0x${second}.`
      : `More than one subnet ID exists in canister_ranges paths: ${principalText(first)} and ${principalText(second)}.`,
  );

/** A label as a name; what is no UTF-8 is no name of ours. */
const nameOf = (label: Uint8Array | undefined): string => (label && utf8Strict(label)) ?? "";
