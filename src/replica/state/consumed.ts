/** Cycles consumed, by what for: what `canister_metrics` tells. Source: interface L76. */
import type { CanisterState, ConsumedCycles } from "./canister.ts";

export const NOTHING_CONSUMED: ConsumedCycles = {
  memory: 0n,
  compute_allocation: 0n,
  ingress_induction: 0n,
  instructions: 0n,
  request_and_response_transmission: 0n,
  uninstall: 0n,
  canister_creation: 0n,
  http_outcalls: 0n,
  burned_cycles: 0n,
};

/** The canister's account with `cycles` more under `use`. The balance is the caller's business. */
export const withConsumed = (
  { consumed }: Pick<CanisterState, "consumed">,
  use: keyof ConsumedCycles,
  cycles: bigint,
): ConsumedCycles => (cycles === 0n ? consumed : { ...consumed, [use]: consumed[use] + cycles });
