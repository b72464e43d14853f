/** Who may do what to a canister. Source: interface §7 column "Who", L50: this subnet has no admins. */
import type { PrincipalId } from "../../../types/ids.ts";
import type { CanisterState, Visibility } from "../../state/canister.ts";

export const isController = (canister: CanisterState, who: PrincipalId): boolean =>
  canister.settings.controllers.includes(who);

/** Controllers see everything; a setting lets others see more. */
export function hasAccess(canister: CanisterState, visibility: Visibility, who: PrincipalId): boolean {
  if (isController(canister, who) || visibility.kind === "public") return true;
  return visibility.kind === "allowed" && visibility.viewers.includes(who);
}

/** A canister sees its own status, whatever its setting. */
export const maySeeStatus = (canister: CanisterState, who: PrincipalId): boolean =>
  who === canister.id || hasAccess(canister, canister.settings.statusVisibility, who);
