/**
 * Which calls of users to `aaaaa-aa` may enter a block at all. What is refused here leaves no trace on the subnet:
 * the sender gets an uncertified reject.
 *
 *   MI1  Only methods open to users.
 *   MI2  The argument decodes as far as the method needs it to name its canister, and that canister exists.
 *   MI3  The sender controls it, or the method is anyone's, or a setting of the canister lets the sender see.
 *
 * Execution asks again: between here and there the controllers may change. Source: interface MC1, MC2, H45, L11.
 */
import type { IngressContent, Reject } from "../../../types/messages.ts";
import type { ReplicatedState } from "../../state/state.ts";
import { managedCanister } from "./effective-canister.ts";
import { METHODS } from "./methods.ts";
import {
  badCandid,
  canisterNotFound,
  notOffered,
  onlyCanisters,
  onlyControllersCanCall,
  onlyQueries,
  statusDenied,
} from "./rejects.ts";
import { hasAccess, isController, maySeeStatus } from "./permissions.ts";
import { snapshotsDenied } from "./rejects-snapshots.ts";

/** Undefined: it may. */
export function managementIngressRefusal(state: ReplicatedState, call: IngressContent): Reject | undefined {
  const rule = METHODS.get(call.method);
  if (rule === undefined) return onlyCanisters(call.method);
  if (!rule.canisters) return onlyQueries(call.method);
  if (!rule.ingress) return onlyCanisters(call.method);

  const named = managedCanister(call.method, call.arg);
  if (!named.ok) return badCandid(named.because);
  const target = named.value;
  if (target !== undefined && target !== "any") {
    const canister = state.canisters.get(target);
    if (canister === undefined) return canisterNotFound(target);
    if (rule.who === "controllers" && !isController(canister, call.sender))
      return onlyControllersCanCall(target, call.method);
    if (rule.who === "status" && !maySeeStatus(canister, call.sender)) return statusDenied(call.sender);
    const { snapshotVisibility } = canister.settings;
    if (rule.who === "snapshots" && !hasAccess(canister, snapshotVisibility, call.sender))
      return snapshotsDenied(call.sender, call.method);
  }
  return rule.offered ? undefined : notOffered(call.method);
}
