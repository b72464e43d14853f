/** Who may do what to a canister. Source: interface §7 column "Who", L50: this subnet has no admins. */
import type { PrincipalId } from "../../../types/ids.ts";
import type { CanisterState, Visibility } from "../../state/canister.ts";

export const isController = (canister: CanisterState, who: PrincipalId): boolean =>
  canister.settings.controllers.includes(who);

/** Controllers and the canister itself see everything; a setting lets others see more. */
export function maySee(canister: CanisterState, visibility: Visibility, who: PrincipalId): boolean {
  if (isController(canister, who) || who === canister.id) return true;
  if (visibility.kind === "public") return true;
  return visibility.kind === "allowed" && visibility.viewers.includes(who);
}
