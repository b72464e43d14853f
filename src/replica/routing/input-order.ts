/**
 * Which of a canister's inputs is next.
 *
 *   IO1  Tasks come first.
 *   IO2  Users' calls and messages of canisters (itself among them) take turns; where only one kind waits, it goes.
 *   IO3  Among canisters, senders take turns, in the order in which they came to have something waiting; of one sender the
 *        oldest message goes (interface M40). Users' calls go in the order of their arrival.
 *
 * Inputs stand in the order in which senders are in turn: who was served goes behind those who wait.
 * Source: replica B.5; [ic] rs/replicated_state/src/canister_state/queues/input_schedule.rs.
 */
import type { CanisterState } from "../state/canister.ts";
import { type CanisterInput, type CanisterMessage, senderOf } from "../state/messages.ts";

/** The canister with its next input in front, and everything in place for the one after it. */
export function withNextFirst(canister: CanisterState): CanisterState {
  const { inputs, usersTurn, ...rest } = canister;
  const [first] = inputs;
  if (first === undefined || first.kind === "task") return canister;
  const ofCanister = inputs.findIndex((input) => !isUsers(input));
  const ofUser = isUsers(first) ? 0 : inputs.findIndex(isUsers);
  const servesUser = ofUser >= 0 && (usersTurn === true || ofCanister < 0);
  const at = servesUser ? ofUser : ofCanister;
  const next = inputs[at] as CanisterMessage;
  if (servesUser) return { ...rest, inputs: at === 0 ? inputs : [next, ...without(inputs, at)] };
  return { ...rest, inputs: [next, ...behind(without(inputs, at), senderOf(next))], usersTurn: true };
}

const isUsers = (input: CanisterInput): boolean =>
  input.kind === "request" && input.origin.kind === "ingress";

const without = (inputs: readonly CanisterInput[], at: number): CanisterInput[] =>
  inputs.filter((_, i) => i !== at);

/** IO3. */
function behind(inputs: readonly CanisterInput[], sender: string): readonly CanisterInput[] {
  const served = (input: CanisterInput): boolean =>
    input.kind !== "task" && !isUsers(input) && senderOf(input) === sender;
  return inputs.some(served)
    ? [...inputs.filter((input) => !served(input)), ...inputs.filter(served)]
    : inputs;
}
