/**
 * Payload builder: which calls enter a block, and whether somebody else's choice is lawful.
 *
 * Safety: a payload is valid exactly when
 *   P1  it has at most 1,000 messages and 4 MiB, and each message at most 2 MiB;
 *   P2  each envelope decodes and authenticates at the block's time;
 *   P3  no id appears twice: not in it, not in the payloads between the certified height and the block, not in the
 *       ingress history at the certified height. Together these cover the whole chain, so no call runs twice;
 *   P4  at the certified height the called canister exists and runs, and its balance covers the induction fees of all
 *       of this payload's messages that it pays for.
 * A state that is not here yet makes the verdict "wait", never "invalid".
 *
 * Liveness
 *   P5  What `build` makes, `validate` accepts.
 *   P6  A canister's messages go in the order in which they arrived here, so nobody gains by an early expiry.
 *   P7  Canisters take turns by bytes: each may fill an equal part, its first message goes whatever its size, and what
 *       the others leave is shared out; after four rounds the parts no longer bind. One canister's flood cannot keep
 *       the others out.
 *
 * Source: replica A.16, A.17. Checked by: payload-builder.test.ts.
 */
import { compareBytes, concat, fromHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../crypto/hash.ts";
import type { SubnetRecord } from "../../registry/registry.ts";
import type { BatchPayload, ValidationContext } from "../../types/consensus.ts";
import {
  type CanisterId,
  MANAGEMENT_CANISTER,
  type MessageId,
  type RegistryVersion,
} from "../../types/ids.ts";
import type { SignedIngress } from "../../types/messages.ts";
import type { InductionFee } from "../interfaces/execution.ts";
import type { PastPayload, PayloadBuilder, PayloadVerdict, RequestJudge } from "../interfaces/ingress.ts";
import type { StateReader } from "../interfaces/state-reader.ts";
import type { IngressPoolReader } from "../pools/ingress-pool.ts";
import type { ReplicatedState } from "../state/state.ts";
import { INGRESS_TTL } from "./expiry.ts";

export interface PayloadBuilderDeps {
  readonly pool: IngressPoolReader;
  readonly states: StateReader;
  readonly judge: RequestJudge;
  readonly inductionFee: InductionFee;
  /** Undefined when the version is not known here yet. */
  readonly subnetAt: (version: RegistryVersion) => SubnetRecord | undefined;
}

/** Why a payload is invalid. */
export type PayloadFault =
  | "too-many-messages"
  | "too-many-bytes"
  | "message-too-large"
  | "message-malformed"
  | "message-repeated"
  | "message-not-authentic"
  | "canister-not-running"
  | "fees-not-covered";

/** Users' calls do not depend on who proposes them. */
export interface IngressPayloads extends Pick<PayloadBuilder, "build"> {
  validate(payload: BatchPayload, context: ValidationContext, past: readonly PastPayload[]): PayloadVerdict;
}

export function createPayloadBuilder(deps: PayloadBuilderDeps): IngressPayloads {
  return {
    build(context, past) {
      const world = worldOf(deps, context, past);
      return typeof world === "string" ? { ingress: [] } : select(deps, world);
    },
    validate(payload, context, past): PayloadVerdict {
      const world = worldOf(deps, context, past);
      if (typeof world === "string") return { kind: "wait", because: world };
      const because = payloadFault(deps, world, payload);
      return because === undefined ? { kind: "valid" } : { kind: "invalid", because };
    },
  };
}

/** Everything that a block's context fixes. */
interface World {
  readonly context: ValidationContext;
  readonly subnet: SubnetRecord;
  readonly state: ReplicatedState;
  /** Ids in the payloads between the certified height and the block. */
  readonly past: ReadonlySet<MessageId>;
}

function worldOf(
  { states, judge, subnetAt }: PayloadBuilderDeps,
  context: ValidationContext,
  past: readonly PastPayload[],
): World | "state-not-here" | "registry-version-unknown" {
  const state = states.stateAt(context.certifiedHeight);
  if (state === undefined) return "state-not-here";
  const subnet = subnetAt(context.registryVersion);
  if (subnet === undefined) return "registry-version-unknown";
  const ids = new Set<MessageId>();
  for (const { payload } of past) {
    for (const bytes of payload.ingress) {
      const ingress = judge.decode(bytes);
      if (ingress.ok) ids.add(ingress.value.content.id);
    }
  }
  return { context, subnet, state, past: ids };
}

// ---- judging -------------------------------------------------------------------------------------------------------

function payloadFault(
  deps: PayloadBuilderDeps,
  world: World,
  payload: BatchPayload,
): PayloadFault | undefined {
  const { subnet } = world;
  if (payload.ingress.length > subnet.maxIngressMessagesPerBlock) return "too-many-messages";
  const bytes = payload.ingress.reduce((sum, message) => sum + message.length, 0);
  if (bytes > subnet.maxBlockPayloadBytes) return "too-many-bytes";
  const admission = new Admission(deps, world);
  for (const message of payload.ingress) {
    const fault = admission.admit(message);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** P2–P4, message by message, with the sums that P3 and P4 need. */
class Admission {
  readonly #deps: PayloadBuilderDeps;
  readonly #world: World;
  readonly #ids = new Set<MessageId>();
  readonly #fees = new Map<CanisterId, bigint>();

  constructor(deps: PayloadBuilderDeps, world: World) {
    this.#deps = deps;
    this.#world = world;
  }

  /** Takes the message into account when it is lawful; otherwise says why not and forgets it. */
  admit(bytes: Uint8Array): PayloadFault | undefined {
    const { subnet, context, state } = this.#world;
    if (bytes.length > subnet.maxIngressBytesPerMessage) return "message-too-large";
    const ingress = this.#deps.judge.decode(bytes);
    if (!ingress.ok) return "message-malformed";
    const { id, canister } = ingress.value.content;
    if (this.#ids.has(id) || this.#world.past.has(id) || state.ingressHistory.has(id))
      return "message-repeated";
    if (canister !== MANAGEMENT_CANISTER && state.canisters.get(canister)?.status.kind !== "running") {
      return "canister-not-running";
    }
    const fee = this.#deps.inductionFee(ingress.value.content, subnet);
    const due = fee && (this.#fees.get(fee.payer) ?? 0n) + fee.cycles;
    if (fee && due !== undefined && due > (state.canisters.get(fee.payer)?.cycles ?? -1n)) {
      return "fees-not-covered";
    }
    if (!this.#deps.judge.call(bytes, context.time).ok) return "message-not-authentic";
    this.#ids.add(id);
    if (fee && due !== undefined) this.#fees.set(fee.payer, due);
    return undefined;
  }
}

// ---- selecting -----------------------------------------------------------------------------------------------------

/** Rounds in which the parts of P7 bind. */
const QUOTA_ROUNDS = 4;

/** Messages of one canister, oldest first, and what it has put into the block. */
interface Turn {
  readonly waiting: SignedIngress[];
  bytes: number;
  messages: number;
}

function select(deps: PayloadBuilderDeps, world: World): BatchPayload {
  const { maxBlockPayloadBytes, maxIngressMessagesPerBlock } = world.subnet;
  const admission = new Admission(deps, world);
  let turns = turnsOf(deps, world);
  const chosen: Uint8Array[] = [];
  let total = 0;
  let part = maxBlockPayloadBytes / Math.max(1, turns.length);
  for (let round = 1; turns.length > 0; round++) {
    const before = chosen.length;
    for (const turn of turns) {
      while (turn.waiting.length > 0 && chosen.length < maxIngressMessagesPerBlock) {
        const { bytes } = turn.waiting[0]!;
        if (total + bytes.length > maxBlockPayloadBytes) {
          turn.waiting.length = 0;
          break;
        }
        if (round <= QUOTA_ROUNDS && turn.messages > 0 && turn.bytes + bytes.length > part) break;
        turn.waiting.shift();
        if (admission.admit(bytes) !== undefined) continue;
        chosen.push(bytes);
        total += bytes.length;
        turn.bytes += bytes.length;
        turn.messages++;
        if (round > QUOTA_ROUNDS) break;
      }
    }
    turns = turns.filter((turn) => turn.waiting.length > 0);
    if (chosen.length >= maxIngressMessagesPerBlock) break;
    if (chosen.length === before && round > QUOTA_ROUNDS) break;
    part += (maxBlockPayloadBytes - total) / Math.max(1, turns.length);
  }
  return { ingress: chosen };
}

/** P6; the order of the canisters is drawn from the block's time, so that none is always first. */
function turnsOf({ pool }: PayloadBuilderDeps, { context }: World): Turn[] {
  const byCanister = new Map<CanisterId, Turn>();
  for (const ingress of pool.validated()) {
    const { canister, expiry } = ingress.content;
    if (expiry < context.time || expiry > context.time + INGRESS_TTL) continue;
    const turn = byCanister.get(canister) ?? { waiting: [], bytes: 0, messages: 0 };
    turn.waiting.push(ingress);
    byCanister.set(canister, turn);
  }
  const salt = utf8(context.time.toString());
  return [...byCanister]
    .map(([canister, turn]) => ({ turn, draw: sha256(concat(salt, fromHex(canister))) }))
    .sort((a, b) => compareBytes(a.draw, b.draw))
    .map(({ turn }) => turn);
}
