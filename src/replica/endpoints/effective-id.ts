/**
 * Whether a URL's id fits what the request is about. Source: interface H26, H27, H80–H85.
 *
 * `aaaaa-aa` in the URL is in nobody's ranges; it is let through because agents put it there for calls that create a
 * canister and for reading their status.
 */
import { inRanges } from "../../registry/ranges.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { HttpReply } from "../../types/http.ts";
import { type CanisterId, MANAGEMENT_CANISTER, type PrincipalId } from "../../types/ids.ts";
import { principalText } from "../../types/principal.ts";
import { textReply } from "./replies.ts";
import type { Target } from "./routes.ts";

/** Undefined when the URL's id is this subnet's, or in its canister ranges. */
export function targetFault({ scope, id }: Target, subnet: SubnetRecord): HttpReply | undefined {
  if (scope === "subnet") {
    if (id === subnet.id) return undefined;
    return textReply(
      400,
      `Subnet ${principalText(id)} is not served here; this is ${principalText(subnet.id)}.`,
    );
  }
  if (id === MANAGEMENT_CANISTER || inRanges(subnet.canisterRanges, id)) return undefined;
  return textReply(400, `Canister ${principalText(id)} is in none of the canister ranges of this subnet.`);
}

/** `effective`: the management canister where the URL may name anyone. */
export function calleeFault(
  { scope, id }: Target,
  canister: CanisterId,
  effective: CanisterId,
): HttpReply | undefined {
  if (scope === "subnet" || id === effective) return undefined;
  if (canister === MANAGEMENT_CANISTER && effective === MANAGEMENT_CANISTER) return undefined;
  return textReply(
    400,
    `Specified CanisterId ${principalText(effective)} does not match effective canister id in URL ${principalText(id)}`,
  );
}

/** For paths of a read_state request, which name their principal in bytes. */
export function pathPrincipalFault(inUrl: PrincipalId, requested: PrincipalId): HttpReply | undefined {
  if (inUrl === requested) return undefined;
  return textReply(
    400,
    `Effective principal id in URL ${principalText(inUrl)} does not match requested principal id: ${principalText(requested)}.`,
  );
}
